/**
 * How far each record's edits have come, for the badge of its row. Derived from the pending changesets and their
 * delivery; only what the user has to be told of (`rejected`, `conflict`) is kept, until it is dealt with.
 */
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { ProjectCopy } from '../sync/session-types.ts'

/**
 * `synced`: nothing of mine is under way. `pending`: waiting for the server. `unconfirmed`: sent to a server that never
 * answers. `rejected`: the server refused my last edit. `conflict`: somebody removed the record under my edit.
 */
export type RecordStatus = 'synced' | 'pending' | 'unconfirmed' | 'rejected' | 'conflict'

/** A record and its status. */
export interface StatusChange {
  readonly store: string
  readonly id: RecordId
  readonly status: RecordStatus
}

/** Records refused or in conflict that are remembered; of more, the oldest are forgotten. */
const VERDICTS = 1_000

/** Status of every record that is not simply synced. */
export class RecordStatuses {
  readonly #copy: () => ProjectCopy | undefined
  readonly #heard: () => boolean
  readonly #tell: (changes: readonly StatusChange[]) => void
  readonly #verdicts = new Map<string, StatusChange>()
  #known: ReadonlyMap<string, StatusChange> | undefined = new Map()
  #told: readonly StatusChange[] = []
  #planned = false

  /** `heard`: whether anybody listens; if not, nothing is compared. */
  constructor(
    copy: () => ProjectCopy | undefined,
    heard: () => boolean,
    tell: (changes: readonly StatusChange[]) => void,
  ) {
    this.#copy = copy
    this.#heard = heard
    this.#tell = tell
  }

  /** The status of a record, also by the phantom id that it had. */
  of(store: string, id: RecordId): RecordStatus {
    return this.#all().get(this.#keyOf(store, id))?.status ?? 'synced'
  }

  /** The server refused an edit of the record, or somebody removed it. */
  judged(store: string, id: RecordId, status: 'rejected' | 'conflict'): void {
    const key = this.#keyOf(store, id)
    this.#verdicts.delete(key)
    this.#verdicts.set(key, { store, id, status })
    const [oldest] = this.#verdicts.keys()
    if (this.#verdicts.size > VERDICTS && oldest !== undefined) this.#verdicts.delete(oldest)
    this.changed()
  }

  /** The user has seen the verdict, or edits the record again. */
  settle(store: string, id: RecordId): void {
    if (this.#verdicts.size > 0 && this.#verdicts.delete(this.#keyOf(store, id))) this.changed()
  }

  /** Another project: its records have nothing to do with these. */
  clear(): void {
    this.#verdicts.clear()
    this.changed()
  }

  /** Something happened to pending changesets. Listeners are told once, at the end of the turn. */
  changed(): void {
    this.#known = undefined
    if (this.#planned || !this.#heard()) return
    this.#planned = true
    queueMicrotask(() => {
      this.#planned = false
      this.#compare()
    })
  }

  #compare(): void {
    // What was told under a phantom id may have its real one by now.
    const before = new Map(this.#told.map((known) => [this.#keyOf(known.store, known.id), known]))
    const now = this.#all()
    this.#told = [...now.values()]
    const changes: StatusChange[] = []
    for (const [key, { store, id }] of new Map([...before, ...now])) {
      const status = now.get(key)?.status ?? 'synced'
      if (status !== (before.get(key)?.status ?? 'synced')) changes.push({ store, id: this.#realId(id), status })
    }
    if (changes.length) this.#tell(changes)
  }

  #all(): ReadonlyMap<string, StatusChange> {
    this.#known ??= this.#collect()
    return this.#known
  }

  #collect(): Map<string, StatusChange> {
    const known = new Map<string, StatusChange>()
    const copy = this.#copy()
    for (const pending of copy?.replica.pending ?? []) {
      const status = pending.delivery?.status === 'unconfirmed' ? 'unconfirmed' : 'pending'
      for (const [store, own] of pending.operations) {
        for (const [key, { id }] of own) {
          if (known.get(`${store} ${key}`)?.status !== 'pending') known.set(`${store} ${key}`, { store, id, status })
        }
      }
    }
    // Ordered, but not yet for sure in the server's log. These still carry the ids that they were sent with.
    for (const { pending } of copy?.ordered.values() ?? []) {
      for (const [store, own] of pending.operations)
        for (const { id } of own.values())
          known.set(this.#keyOf(store, id), { store, id: this.#realId(id), status: 'pending' })
    }
    for (const { store, id, status } of this.#verdicts.values())
      known.set(this.#keyOf(store, id), { store, id, status })
    return known
  }

  #keyOf(store: string, id: RecordId): string {
    return `${store} ${idKey(this.#realId(id))}`
  }

  #realId(id: RecordId): RecordId {
    return this.#copy()?.replica.realIds.get(idKey(id)) ?? id
  }
}
