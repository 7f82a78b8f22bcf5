/**
 * Owns one project's truth, or one collection's, and the order of its commits. A commit is checked first, then applied
 * wholly; listeners hear of it at once, the log writes it meanwhile.
 *
 * Invariants: `revision` grows by one with every commit and every reset and never goes back while the room is open;
 * history, log and listeners see the same commits in the same order; records are replaced, never changed.
 * Listeners hear of commits before the log has them. If the log loses its end, the next room gives those revisions again,
 * but in another run (runs.ts), so that nobody takes one for the other.
 */
import type { PlanwireError } from '../../client/protocol/errors.ts'
import type { ChangesetId, Epoch, RecordId, RecordKey } from '../../client/protocol/ids.ts'
import type { ClientRevision, LogPosition, ResumePoint } from '../../client/protocol/messages.ts'
import type { Dataset, PlainRecord } from '../../client/protocol/records.ts'
import type { Table, Tables } from '../../client/store/tables.ts'
import { type Author, makerOf } from './author.ts'
import { changesRefusal } from './bounds.ts'
import type { CorePorts, LogEntry, RoomSnapshot, StoredRoom } from './contract.ts'
import { type Commit, History } from './history.ts'
import type { IdAllocator } from './id-allocator.ts'
import { prepareChanges } from './prepare-changes.ts'
import { repairOf } from './repair.ts'
import { type AnsweredRequest, RequestMemory } from './request-memory.ts'
import { RoomLog } from './room-log.ts'
import { RoomState, type Touched } from './room-state.ts'
import { Runs } from './runs.ts'

/** What became of one revision of a frame. */
export type Outcome =
  | {
      readonly type: 'committed'
      readonly commit: Commit
      /** Whether the author added records. */
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

/** What a commit may bring along. */
export interface CommitOptions {
  /** What the request that commits is answered, for requests that may come again; called once the changes of a revision are in the tables. */
  readonly answer?: (() => AnsweredRequest) | undefined
  /** The JSON text of the changes of the one revision, as its author wrote it; asked for where they stand so. */
  readonly text?: (() => string | undefined) | undefined
}

/** What a room is made of. */
export interface RoomOptions {
  /** Its name in the log: `project/1`, `collection/events`. */
  readonly name: string
  readonly kind: 'project' | 'collection'
  /** The configured content: what a reset puts back. */
  readonly seed: Dataset
  readonly ids: IdAllocator
  /** Commits kept for catch-up and replays. */
  readonly history: number
  /** Runs what comes from the log when nothing else is running. */
  inTurn(run: () => void): void
}

const EMPTY: Table = new Map()
const NO_RUN = {}

/** A commit that the history no longer holds: somewhere up to `revision`, and durable for sure when that is. */
function longAgo(changeset: ChangesetId, { client }: Author, revision: number): Commit {
  return { revision, changes: { stores: {} }, client, changeset }
}

function runOf({ run }: LogEntry): { readonly run?: string } {
  return run === undefined ? {} : { run }
}

/** One room. Made by `openRoom`. */
export class Room {
  /** Requests with an idempotency key. */
  readonly requests: RequestMemory = new RequestMemory()
  readonly #options: RoomOptions
  readonly #ports: CorePorts
  readonly #listeners = new Set<RoomListener>()
  readonly #history: History
  readonly #state: RoomState
  readonly #log: RoomLog
  #epoch: Epoch
  #runs: Runs
  /** The run that gives the next revision. */
  #run: string

  /** `earlier`: entries that the snapshot covers and the log still has. `run`: of this opening; empty where the epoch begins. */
  constructor(
    options: RoomOptions,
    ports: CorePorts,
    { snapshot, entries }: StoredRoom,
    earlier: readonly LogEntry[],
    run: string,
  ) {
    this.#options = options
    this.#ports = ports
    this.#history = new History(options.history)
    this.#epoch = snapshot.epoch
    this.#runs = new Runs(snapshot.runs)
    this.#run = run
    this.#state = new RoomState(snapshot, options.ids, options.kind === 'project')
    for (const { request, revision } of snapshot.requests ?? []) this.requests.remember(request, revision)
    for (const entry of earlier) if (entry.revision <= snapshot.revision) this.#remember(entry)
    for (const entry of entries) {
      if (entry.run !== undefined) this.#runs.began(entry.revision, entry.run)
      this.#state.enter(entry)
      this.#remember(entry)
    }
    this.#log = new RoomLog(ports.log, options.name, ports.logger, this.#logOwner(), this.#state.revision)
    if (options.kind === 'project') this.#repair()
  }

  /** Its name in the log. */
  get name(): string {
    return this.#options.name
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  get position(): LogPosition {
    return this.positionAt(this.#state.revision)
  }

  /** The position of a commit: with the run that made it, which the newest may not be of. */
  positionAt(revision: number): LogPosition {
    const run = this.#runs.at(revision)
    return { epoch: this.#epoch, revision, ...(run ? { run } : {}) }
  }

  /** The newest revision that the log holds for sure. */
  get durableRevision(): number {
    return this.#log.durable
  }

  /** The records as they are. Read only. */
  get tables(): Tables {
    return this.#state.tables
  }

  /** The records of a store as they are. Read only. */
  table(store: string): Table {
    return this.#state.tables.get(store) ?? EMPTY
  }

  dataset(): Dataset {
    return this.#state.dataset()
  }

  /** The tasks under a parent (by its key, empty for the root), in no particular order. */
  *children(parent: RecordKey): Generator<PlainRecord, void, undefined> {
    const tasks = this.table('tasks')
    for (const key of this.#state.index?.referringTo('tasks', `tasks ${parent}`) ?? []) {
      const task = tasks.get(key)
      if (task) yield task
    }
  }

  /** The content of a saved version; undefined when there is none. */
  versionContent(id: RecordId): unknown {
    return this.#state.versionContent(id)
  }

  listen(listener: RoomListener): void {
    this.#listeners.add(listener)
  }

  /**
   * Commits the revisions of one frame: all of them, or none and the reason. Revisions that were committed before are
   * recognised and not applied again. `length` is that of the frame.
   */
  commit(
    revisions: readonly ClientRevision[],
    author: Author,
    length: number,
    options: CommitOptions = {},
  ): readonly Outcome[] | PlanwireError {
    const refusal = changesRefusal(revisions, this.#state.tables, this.#state.meta)
    if (refusal) return refusal
    const share = Math.ceil(length / Math.max(1, revisions.length))
    const outcomes = revisions.map((sent) => this.#replayed(sent, author) ?? this.#apply(sent, author, share, options))
    this.#tell((listener) => listener.committed(outcomes, author))
    // Behind what others wait for, and behind the last entry: it takes everything.
    this.#log.saveWhenDue()
    return outcomes
  }

  /** Everything that {@link reset} could put back: the records, and the contents of saved versions in theirs. */
  content(): Dataset {
    return this.#state.snapshot().dataset
  }

  /** Puts the configured content back, or another, in the name of `by`. Ids and revisions go on. */
  reset(by: string, dataset: Dataset = this.#options.seed): void {
    const before = this.#state.tables
    const entry: LogEntry = {
      type: 'reset',
      revision: this.#state.revision + 1,
      dataset,
      ...this.#beginRun(),
      at: this.#ports.clock.now(),
    }
    this.#state.enter(entry)
    this.#log.append(entry)
    this.#tell((listener) => listener.replaced({ type: 'reset', by }, before))
    this.#log.saveWhenDue()
  }

  /** True once everything up to `revision` is in the log, false when it will never be. */
  whenDurable(revision: number): Promise<boolean> {
    return this.#log.whenDurable(revision)
  }

  flushed(): Promise<void> {
    return this.#log.flushed()
  }

  /** A session loads the room, anew or for the first time. */
  startOver(author: Author): void {
    if (author.key !== undefined) this.#state.authors.startOver(author.key)
  }

  /** A session is gone; whoever has a client id may come back. */
  forget(author: Author): void {
    if (author.key !== undefined && author.clientId === undefined) this.#state.authors.forget(author.key)
  }

  /** The commits that a client which stands at `point` has missed; `lost` when only the dataset helps. */
  since(point: ResumePoint): readonly Commit[] | 'lost' {
    const { epoch, revision } = point
    if (epoch !== this.#epoch || revision === undefined || this.hasLost(point)) return 'lost'
    return this.#history.since(revision, this.#state.revision)
  }

  /** True when a client heard of a history of this epoch that the log lost: it goes on otherwise from some point before. */
  hasLost({ epoch, revision, run = '' }: ResumePoint): boolean {
    if (epoch !== this.#epoch || revision === undefined) return false
    return revision > this.#state.revision || run !== this.#runs.at(revision)
  }

  /** True when a client handed changesets over that the room can no longer tell from new ones. */
  hasForgotten({ key }: Author, { epoch, counter }: ResumePoint): boolean {
    return epoch === this.#epoch && counter > 0 && key !== undefined && this.#state.authors.mayHaveForgotten(key)
  }

  #replayed(sent: ClientRevision, author: Author): Outcome | undefined {
    const { authors } = this.#state
    const made = makerOf(sent, author)
    if (made) {
      if (!authors.isReplay(made.key, made.counter)) return undefined
      return {
        type: 'replayed',
        commit: this.#history.ofChangeset(made.changeset) ?? longAgo(made.changeset, author, this.#state.revision),
      }
    }
    const { key } = author
    const { localRevision } = sent
    if (key === undefined) return undefined
    const revision = localRevision === undefined ? undefined : authors.revisionOf(key, localRevision)
    return revision === undefined ? undefined : { type: 'replayed', commit: this.#history.commit(revision) }
  }

  #apply(sent: ClientRevision, author: Author, length: number, { answer, text }: CommitOptions): Outcome {
    const { authors, tables } = this.#state
    const { client, ids } = author
    const made = makerOf(sent, author)
    const key = made?.key ?? author.key
    const prepared = prepareChanges(sent.changes, {
      tables,
      newId: (store) => this.#newId(store, ids),
      claim: (id) => this.#options.ids.claim(id),
      remembered: (store, phantom) => (key === undefined ? undefined : authors.realId(key, store, phantom)),
      index: this.#state.index,
    })
    const { localRevision, conflictResolutionFor, extra } = sent
    const changeset = made?.changeset
    const entry: LogEntry = {
      type: 'changes',
      revision: this.#state.revision + 1,
      changes: prepared.changes,
      ...(changeset === undefined ? {} : { author: changeset }),
      ...this.#beginRun(),
      at: this.#ports.clock.now(),
    }
    const touched: Touched[] = []
    const changes = this.#state.enter(entry, touched)
    const written = prepared.asWritten && changes === sent.changes ? text?.() : undefined
    const commit: Commit = {
      revision: entry.revision,
      changes,
      client,
      text: written,
      changeset,
      run: entry.run,
      localRevision,
      conflictResolutionFor,
      extra,
      correction: prepared.correction,
    }
    this.#history.add(commit, length)
    if (key !== undefined) {
      const { phantoms } = prepared
      authors.committed(key, commit.revision, { counter: made?.counter, localRevision, phantoms })
    }
    const request = answer?.()
    if (request) this.requests.remember(request, entry.revision)
    this.#log.append(request ? { ...entry, request } : entry, length, written)
    return { type: 'committed', commit, added: prepared.added, touched }
  }

  /** Records that an earlier version stored broken are repaired by a commit, so that clients that come back hear of it. */
  #repair(): void {
    const repair = repairOf(this.#state.tables)
    if (!repair) return
    const { name: room } = this.#options
    const revision = this.#state.revision + 1
    this.#ports.logger('warn', 'A stored project was not whole and is repaired', { room, ...repair.damage })
    const { changes: repaired } = repair
    const at = this.#ports.clock.now()
    const entry: LogEntry = { type: 'changes', revision, changes: repaired, ...this.#beginRun(), at }
    const changes = this.#state.enter(entry)
    const { length } = JSON.stringify(changes)
    this.#history.add({ revision, changes, client: 'server', ...runOf(entry) }, length)
    this.#log.append(entry, length)
  }

  #remember(entry: LogEntry): void {
    const changes = this.#state.remember(entry)
    if (!changes || entry.type === 'reset') return
    const { revision, author, request } = entry
    if (request) this.requests.remember(request, revision)
    const changeset = author === undefined ? {} : { changeset: author }
    const commit = { revision, changes, client: 'server', ...changeset, ...runOf(entry) }
    this.#history.add(commit, JSON.stringify(changes).length)
  }

  #newId(store: string, manner: Author['ids']): RecordId {
    const number = this.#options.ids.take()
    // Bryntum's task store has the id `events`, and the 2025 server names tasks after it.
    return manner === 'numbers' ? number : `${store === 'tasks' ? 'events' : store}-${number}`
  }

  /** The whole of it, as the log keeps it. */
  snapshot(): RoomSnapshot {
    const requests = this.requests.newest()
    const kept = requests.length === 0 ? {} : { requests }
    return { epoch: this.#epoch, ...this.#state.snapshot(), ...kept, ...this.#runs.starts() }
  }

  /** What the next entry says of its run: its name, if it is the first. */
  #beginRun(): { readonly run?: string } {
    const { revision } = this.#state
    if (this.#runs.newest === this.#run) return NO_RUN
    this.#runs.began(revision + 1, this.#run)
    return { run: this.#run }
  }

  #logOwner(): ConstructorParameters<typeof RoomLog>[3] {
    return {
      snapshot: () => this.snapshot(),
      records: () => {
        let records = 0
        for (const table of this.#state.tables.values()) records += table.size
        return records
      },
      oldest: () => this.#history.oldest ?? this.#state.revision + 1,
      durable: (revision) => this.#options.inTurn(() => this.#tell((listener) => listener.durable(revision))),
      lost: () => {
        this.#epoch = this.#ports.random.id()
        this.#runs = new Runs()
        this.#run = ''
        this.#history.clear()
        this.#options.inTurn(() => this.#tell((listener) => listener.replaced({ type: 'lost' }, this.#state.tables)))
      },
    }
  }

  #tell(say: (listener: RoomListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        say(listener)
      } catch (cause) {
        this.#ports.logger('error', 'A listener of a room failed', { room: this.#options.name, cause })
      }
    }
  }
}
