/**
 * Owns the content of a room at one revision: its records, its own fields, the contents of its versions, and what it
 * knows of its authors. The same entries in the same order make the same state, from a log or from live commits.
 */
import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import { idKey, parseChangesetId, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Dataset, Fields, PlainRecord } from '../../client/protocol/records.ts'
import { applyChanges, storesOf, type Tables, tablesOf } from '../../client/store/tables.ts'
import { AuthorMemory } from './author-memory.ts'
import type { LogEntry, RoomSnapshot } from './contract.ts'
import type { IdAllocator } from './id-allocator.ts'
import type { PhantomIds } from './prepare-changes.ts'
import { ReferenceIndex } from './reference-index.ts'
import { VersionContents, withoutContents } from './versions.ts'

/** A record that a commit changed. */
export interface Touched {
  readonly store: string
  readonly before: PlainRecord | undefined
  readonly after: PlainRecord | undefined
}

const NO_CHANGES: ProjectChanges = { stores: {} }

/** What a room holds. */
export class RoomState {
  readonly authors: AuthorMemory = new AuthorMemory()
  /** Only projects have one. */
  readonly index: ReferenceIndex | undefined
  readonly #ids: IdAllocator
  readonly #isProject: boolean
  readonly #versions = new VersionContents()
  #revision: number
  #tables: Tables = new Map()
  #meta: Fields = {}

  constructor(snapshot: Omit<RoomSnapshot, 'epoch'>, ids: IdAllocator, isProject: boolean) {
    this.#ids = ids
    this.#isProject = isProject
    this.index = isProject ? new ReferenceIndex() : undefined
    this.#revision = snapshot.revision
    ids.resume(snapshot.nextId)
    this.#replace(snapshot.dataset)
    for (const counter of snapshot.counters ?? []) this.authors.resume(counter)
  }

  get revision(): number {
    return this.#revision
  }

  get tables(): Tables {
    return this.#tables
  }

  get meta(): Fields {
    return this.#meta
  }

  dataset(): Dataset {
    return { stores: storesOf(this.#tables), meta: this.#meta }
  }

  /** The content of a saved version. */
  versionContent(id: RecordId): unknown {
    return this.#versions.get(id)
  }

  /** The state but for the epoch, version contents in their records. */
  snapshot(): Omit<RoomSnapshot, 'epoch'> {
    return {
      revision: this.#revision,
      dataset: this.#versions.putBack(this.dataset()),
      nextId: this.#ids.next,
      counters: this.authors.counters(),
    }
  }

  /** Applies an entry; answers its changes as listeners may see them. */
  enter(entry: LogEntry, touched?: Touched[]): ProjectChanges {
    this.#revision = entry.revision
    if (entry.type === 'reset') {
      this.#replace(entry.dataset)
      this.authors.reset()
      return NO_CHANGES
    }
    const changes = this.#isProject ? this.#versions.take(entry.changes) : entry.changes
    applyChanges(this.#tables, changes, (store, key, before, after) => {
      touched?.push({ store, before, after })
      this.index?.changed(store, key, before, after)
    })
    if (changes.meta) {
      // A real client sends the project's own generated id along; the project keeps its own.
      const { id: _, ...meta } = changes.meta
      this.#meta = { ...this.#meta, ...meta }
    }
    return changes
  }

  /**
   * What an entry of the log tells of its author and of ids, whether its effect is in the records already (`enter`, a
   * snapshot) or not. Answers its changes as listeners may see them; undefined for a reset.
   */
  remember(entry: LogEntry): ProjectChanges | undefined {
    if (entry.type === 'reset') {
      this.authors.reset()
      return undefined
    }
    const changes = this.#isProject ? withoutContents(entry.changes) : entry.changes
    const phantoms: PhantomIds = new Map()
    for (const store in changes.stores) {
      const ids = new Map<RecordKey, RecordId>()
      for (const { id, $PhantomId } of changes.stores[store]?.added ?? []) {
        if (id === undefined) continue
        this.#ids.claim(id)
        if ($PhantomId !== undefined) ids.set(idKey($PhantomId), id)
      }
      if (ids.size > 0) phantoms.set(store, ids)
    }
    const author = entry.author === undefined ? undefined : parseChangesetId(entry.author)
    if (author) {
      this.authors.committed(AuthorMemory.client(author.client), entry.revision, { counter: author.counter, phantoms })
    }
    return changes
  }

  #replace(dataset: Dataset): void {
    const { stores, meta } = this.#isProject ? this.#versions.takeAll(dataset) : dataset
    for (const store in stores) for (const { id } of stores[store] ?? []) this.#ids.claim(id)
    this.#tables = tablesOf(stores)
    this.index?.rebuild(this.#tables)
    this.#meta = meta
  }
}
