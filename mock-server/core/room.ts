/**
 * Owns one project's truth, or one collection's: its records, its revision, its order of commits. A commit is checked
 * first, then applied wholly; listeners hear of it at once, the log writes it meanwhile.
 *
 * Invariants: `revision` grows by one with every commit and every reset and never goes back; history, log and
 * listeners see the same commits in the same order; records are replaced, never changed.
 */
import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import type { PlanwireError } from '../../client/protocol/errors.ts'
import { type ClientId, changesetId, type Epoch, parseChangesetId, type RecordId } from '../../client/protocol/ids.ts'
import type { ClientRevision, LogPosition } from '../../client/protocol/messages.ts'
import type { Dataset, Fields, PlainRecord } from '../../client/protocol/records.ts'
import { applyChanges, storesOf, type Table, type Tables, tablesOf } from '../../client/store/tables.ts'
import { AuthorMemory } from './author-memory.ts'
import { changesRefusal } from './bounds.ts'
import type { CorePorts, LogEntry, RoomSnapshot, StoredRoom } from './contract.ts'
import { type Commit, History } from './history.ts'
import type { IdAllocator } from './id-allocator.ts'
import { type PhantomIds, prepareChanges } from './prepare-changes.ts'
import { RoomLog } from './room-log.ts'
import { VersionContents, withoutContents } from './versions.ts'

/** Who commits. A session is its own author, so that listeners know it again. */
export interface Author {
  /** Under which the room remembers the author; undefined for authors that need no memory (REST). */
  readonly key: string | undefined
  /** Id that the session got at login, or `server`. */
  readonly client: string
  /** Client id of the extension. */
  readonly clientId: ClientId | undefined
  /** `7`, or `events-7`. */
  readonly ids: 'numbers' | 'strings'
}

/** A record that a commit changed. */
export interface Touched {
  readonly store: string
  readonly before: PlainRecord | undefined
  readonly after: PlainRecord | undefined
}

/** What became of one revision of a frame. */
export type Outcome =
  | {
      readonly type: 'committed'
      readonly commit: Commit
      readonly added: boolean
      readonly touched: readonly Touched[]
    }
  /** Committed before; `commit` is missing when the history no longer holds it. */
  | { readonly type: 'replayed'; readonly commit: Commit | undefined }

/** Why the whole content was replaced. */
export type Replacement = { readonly type: 'reset'; readonly by: string } | { readonly type: 'lost' }

/** Hears of everything that happens in a room, in order. */
export interface RoomListener {
  committed(outcomes: readonly Outcome[], author: Author): void
  replaced(why: Replacement, before: Tables): void
  durable(revision: number): void
}

/** What a room is made of. */
export interface RoomOptions {
  /** Its name in the log: `project/1`, `collection/events`. */
  readonly name: string
  readonly kind: 'project' | 'collection'
  /** The configured content: what a reset puts back. */
  readonly seed: Dataset
  readonly ids: IdAllocator
  /** Revisions kept for catch-up and replays. */
  readonly history: number
}

/** One room. Made by {@link openRoom}. */
export class Room {
  readonly name: string
  readonly #options: RoomOptions
  readonly #ports: CorePorts
  readonly #listeners = new Set<RoomListener>()
  readonly #authors = new AuthorMemory()
  readonly #versions = new VersionContents()
  readonly #history: History
  readonly #log: RoomLog
  #epoch: Epoch
  #revision: number
  #tables: Tables
  #meta: Fields

  constructor(options: RoomOptions, ports: CorePorts, stored: StoredRoom, earlier: readonly LogEntry[]) {
    this.name = options.name
    this.#options = options
    this.#ports = ports
    this.#history = new History(options.history)
    const { snapshot, entries } = stored
    this.#epoch = snapshot.epoch
    this.#revision = snapshot.revision
    const dataset = this.#claimed(this.#versions.takeAll(snapshot.dataset))
    this.#tables = tablesOf(dataset.stores)
    this.#meta = dataset.meta
    options.ids.resume(snapshot.nextId)
    for (const [client, counter] of snapshot.counters ?? []) {
      this.#authors.committed(AuthorMemory.client(client), snapshot.revision, { counter })
    }
    for (const entry of earlier) if (entry.revision <= snapshot.revision) this.#remember(entry)
    for (const entry of entries) this.#replay(entry)
    this.#log = new RoomLog(ports.log, options.name, ports.logger, this.#logOwner(), this.#revision)
  }

  get position(): LogPosition {
    return { epoch: this.#epoch, revision: this.#revision }
  }

  /** The newest revision that the log holds for sure. */
  get durableRevision(): number {
    return this.#log.durable
  }

  /** The records as they are. Read only. */
  get tables(): Tables {
    return this.#tables
  }

  /** The records of a store as they are. Read only. */
  table(store: string): Table {
    return this.#tables.get(store) ?? EMPTY
  }

  dataset(): Dataset {
    return { stores: storesOf(this.#tables), meta: this.#meta }
  }

  /** The content of a saved version; undefined when there is none. */
  versionContent(id: RecordId): unknown {
    return this.#versions.get(id)
  }

  listen(listener: RoomListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Commits the revisions of one frame: all of them, or none and the reason. Revisions that were committed before are
   * recognised and not applied again.
   */
  commit(revisions: readonly ClientRevision[], author: Author): readonly Outcome[] | PlanwireError {
    const refusal = changesRefusal(revisions, this.#tables)
    if (refusal) return refusal
    const outcomes = revisions.map((revision) => this.#replayed(revision, author) ?? this.#apply(revision, author))
    this.#tell((listener) => listener.committed(outcomes, author))
    return outcomes
  }

  /** Puts the configured content back, in the name of `by`. Ids and revisions go on. */
  reset(by: string): void {
    const before = this.#tables
    const dataset = this.#options.seed
    this.#append({ type: 'reset', revision: this.#revision + 1, dataset, at: this.#ports.clock.now() })
    this.#tell((listener) => listener.replaced({ type: 'reset', by }, before))
  }

  /** True once everything up to `revision` is in the log, false when it will never be. */
  whenDurable(revision: number): Promise<boolean> {
    return this.#log.whenDurable(revision)
  }

  flushed(): Promise<void> {
    return this.#log.flushed()
  }

  /** A session loaded the room anew. */
  startOver(author: Author): void {
    if (author.key !== undefined) this.#authors.startOver(author.key)
  }

  /** A session is gone; whoever has a client id may come back. */
  forget(author: Author): void {
    if (author.key !== undefined && author.clientId === undefined) this.#authors.forget(author.key)
  }

  #replayed({ counter, localRevision }: ClientRevision, { key, clientId }: Author): Outcome | undefined {
    if (key === undefined) return undefined
    if (clientId !== undefined && counter !== undefined) {
      if (!this.#authors.isReplay(key, counter)) return undefined
      return { type: 'replayed', commit: this.#history.ofChangeset(changesetId(clientId, counter)) }
    }
    const revision = localRevision === undefined ? undefined : this.#authors.revisionOf(key, localRevision)
    return revision === undefined ? undefined : { type: 'replayed', commit: this.#history.commit(revision) }
  }

  #apply(sent: ClientRevision, author: Author): Outcome {
    const { ids, kind } = this.#options
    const { key, clientId } = author
    const prepared = prepareChanges(sent.changes, {
      tables: this.#tables,
      newId: (store) => this.#newId(store, author.ids),
      claim: (id) => ids.claim(id),
      remembered: (store, phantom) => (key === undefined ? undefined : this.#authors.realId(key, store, phantom)),
      isProject: kind === 'project',
    })
    const changeset =
      clientId !== undefined && sent.counter !== undefined ? changesetId(clientId, sent.counter) : undefined
    const revision = this.#revision + 1
    const touched: Touched[] = []
    const changes = this.#append(
      {
        type: 'changes',
        revision,
        changes: prepared.changes,
        ...(changeset === undefined ? {} : { author: changeset }),
        at: this.#ports.clock.now(),
      },
      touched,
    )
    const commit: Commit = {
      revision,
      changes,
      client: author.client,
      ...(changeset === undefined ? {} : { changeset }),
      ...(sent.localRevision === undefined ? {} : { localRevision: sent.localRevision }),
      ...(sent.conflictResolutionFor === undefined ? {} : { conflictResolutionFor: sent.conflictResolutionFor }),
      ...(sent.extra === undefined ? {} : { extra: sent.extra }),
    }
    this.#history.add({ type: 'commit', commit })
    if (key !== undefined) {
      this.#authors.committed(key, revision, {
        ...(sent.counter === undefined ? {} : { counter: sent.counter }),
        ...(sent.localRevision === undefined ? {} : { localRevision: sent.localRevision }),
        phantoms: prepared.phantoms,
      })
    }
    return { type: 'committed', commit, added: prepared.added, touched }
  }

  /** Applies an entry and sends it to the log; answers its changes as listeners may see them. */
  #append(entry: LogEntry, touched?: Touched[]): ProjectChanges {
    const changes = this.#enter(entry, touched)
    this.#log.append(entry)
    return changes
  }

  /** Applies an entry to the room. */
  #enter(entry: LogEntry, touched?: Touched[]): ProjectChanges {
    this.#revision = entry.revision
    if (entry.type === 'reset') {
      const dataset = this.#claimed(this.#versions.takeAll(entry.dataset))
      this.#tables = tablesOf(dataset.stores)
      this.#meta = dataset.meta
      this.#authors.reset()
      this.#history.add({ type: 'reset', revision: entry.revision })
      return NO_CHANGES
    }
    const changes = this.#options.kind === 'project' ? this.#versions.take(entry.changes) : entry.changes
    applyChanges(this.#tables, changes, (store, _key, before, after) => touched?.push({ store, before, after }))
    if (changes.meta) {
      // A real client sends the project's own generated id along; the project keeps its own.
      const { id: _, ...meta } = changes.meta
      this.#meta = { ...this.#meta, ...meta }
    }
    return changes
  }

  /** An entry of the log at the start of the room. */
  #replay(entry: LogEntry): void {
    this.#enter(entry)
    if (entry.type === 'changes') this.#remember(entry)
  }

  /** What is known of the authors and for replays from an entry whose effect the room has already. */
  #remember(entry: LogEntry): void {
    if (entry.type === 'reset') {
      this.#authors.reset()
      this.#history.add({ type: 'reset', revision: entry.revision })
      return
    }
    const { author, revision } = entry
    const changes = this.#options.kind === 'project' ? withoutContents(entry.changes) : entry.changes
    this.#history.add({
      type: 'commit',
      commit: { revision, changes, client: 'server', ...(author === undefined ? {} : { changeset: author }) },
    })
    const phantoms: PhantomIds = new Map()
    for (const store in changes.stores) {
      const ids = new Map<string, RecordId>()
      for (const { id, $PhantomId } of changes.stores[store]?.added ?? []) {
        if (id === undefined) continue
        this.#options.ids.claim(id)
        if ($PhantomId !== undefined) ids.set(String($PhantomId), id)
      }
      if (ids.size > 0) phantoms.set(store, ids)
    }
    const parsed = author === undefined ? undefined : parseChangesetId(author)
    if (parsed)
      this.#authors.committed(AuthorMemory.client(parsed.client), revision, { counter: parsed.counter, phantoms })
  }

  #newId(store: string, manner: Author['ids']): RecordId {
    const number = this.#options.ids.take()
    // Bryntum's task store has the id `events`, and the 2025 server names tasks after it.
    return manner === 'numbers' ? number : `${store === 'tasks' ? 'events' : store}-${number}`
  }

  #claimed(dataset: Dataset): Dataset {
    for (const store in dataset.stores) for (const { id } of dataset.stores[store] ?? []) this.#options.ids.claim(id)
    return dataset
  }

  #snapshot(): RoomSnapshot {
    return {
      epoch: this.#epoch,
      revision: this.#revision,
      dataset: this.#versions.putBack(this.dataset()),
      nextId: this.#options.ids.next,
      counters: this.#authors.counters(),
    }
  }

  #logOwner(): ConstructorParameters<typeof RoomLog>[3] {
    return {
      snapshot: () => this.#snapshot(),
      durable: (revision) => this.#tell((listener) => listener.durable(revision)),
      lost: () => {
        this.#epoch = this.#ports.random.id()
        this.#history.clear()
        this.#tell((listener) => listener.replaced({ type: 'lost' }, this.#tables))
      },
    }
  }

  #tell(say: (listener: RoomListener) => void): void {
    for (const listener of [...this.#listeners]) {
      try {
        say(listener)
      } catch (cause) {
        this.#ports.logger('error', 'A listener of a room failed', { room: this.name, cause })
      }
    }
  }
}

/** Opens a room: as the log remembers it, else as configured. */
export async function openRoom(options: RoomOptions, ports: CorePorts): Promise<Room> {
  const known = await ports.log.load(options.name)
  if (known) {
    const latest = known.entries.at(-1)?.revision ?? known.snapshot.revision
    const earlier = await ports.log.read(options.name, Math.max(0, latest - options.history))
    return new Room(options, ports, known, earlier === 'lost' ? [] : earlier)
  }
  const snapshot: RoomSnapshot = {
    epoch: ports.random.id(),
    revision: 0,
    dataset: options.seed,
    nextId: options.ids.next,
  }
  await ports.log.saveSnapshot(options.name, snapshot)
  return new Room(options, ports, { snapshot, entries: [] }, [])
}

const EMPTY: Table = new Map()
const NO_CHANGES: ProjectChanges = { stores: {} }
