/**
 * The outbox: own changesets from their commit to their ack, kept beyond the life of the tab. It follows the session's
 * state and writes what differs from what it wrote before.
 *
 *     tab A                         storage                          tab B, same user and project
 *     commit   ── put A:7 ────────▶ A:7
 *     crash                         A:7 (lock of A is free)
 *                                   A:7 ◀── read, after 5 s ──────── takes the lock of A: A:7 is its own from now on
 *                                   (gone) ◀──────────── ack of A:7, sent under its old id
 *
 * The same tab, reloaded, takes back its own at once. A duplicated tab inherits the list of former ids, but their locks
 * are held by the original.
 */
import type { Cancel, ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, type ClientId, idKey, type ProjectId, parseChangesetId } from '../protocol/ids.ts'
import { changesOf, type Operations, operationsOf } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { currentCopy, type Restored } from './copies.ts'
import type { Pending } from './replica.ts'
import type { ProjectCopy, SessionState } from './session-types.ts'

/** Changesets of another tab that is gone are adopted after this time, in milliseconds: it may only be reloading. */
const ADOPT_AFTER_MS = 5_000

/** What the outbox needs. */
export interface OutboxPorts {
  readonly storage: OutboxStorage
  readonly locks: ClientLocks
  readonly clock: Clock
}

/** What the outbox tells the session. */
export interface OutboxListener {
  restored(user: string, project: ProjectId, entries: readonly Restored[]): void
  failed(error: PlanwireError): void
}

interface Kept {
  readonly operations: Operations
  readonly sent: boolean
}

/** The outbox of one client. */
export class Outbox {
  readonly #client: ClientId
  readonly #ports: OutboxPorts
  readonly #listener: OutboxListener
  /** What storage holds of the copies in memory. */
  readonly #kept = new Map<ChangesetId, Kept>()
  /** Boxes that were read, with the timer that looks for changesets of tabs that are gone. */
  readonly #boxes = new Map<string, Cancel>()
  /** Whether the own lock is held: from then on other tabs leave our changesets alone. */
  #claimed: Promise<unknown> | undefined
  #failed = false
  #closed = false

  constructor(client: ClientId, ports: OutboxPorts, listener: OutboxListener) {
    this.#client = client
    this.#ports = ports
    this.#listener = listener
  }

  /** Brings storage in step with the session. Called after each change of what is pending. */
  follow(state: SessionState): void {
    if (this.#closed) return
    this.#openBox(state)
    const put: StoredChangeset[] = []
    const present = new Set<ChangesetId>()
    for (const copy of state.copies.values()) {
      const box = boxOf(state, copy)
      if (box === undefined) continue
      for (const pending of copy.replica.pending) {
        const status = copy.delivery.get(pending.id)
        if (!status || status.status === 'draft') continue
        present.add(pending.id)
        this.#keep(put, box, pending, status.status !== 'waiting' || status.sentBefore)
      }
      for (const { pending } of copy.ordered.values()) {
        present.add(pending.id)
        this.#keep(put, box, pending, true)
      }
    }
    const forgotten = [...this.#kept.keys()].filter((id) => !present.has(id))
    for (const id of forgotten) this.#kept.delete(id)
    if (put.length || forgotten.length) this.#write(put, forgotten)
  }

  /** Stops looking and gives the locks back: what is still kept is anybody's of the same user. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const stop of this.#boxes.values()) stop()
    this.#ports.locks.releaseAll()
    this.#ports.storage.close()
  }

  #keep(put: StoredChangeset[], box: string, pending: Pending, sent: boolean): void {
    const before = this.#kept.get(pending.id)
    if (before && before.operations === pending.operations && before.sent === sent) return
    this.#kept.set(pending.id, { operations: pending.operations, sent })
    put.push({ format: 1, id: pending.id, box, changes: changesOf(pending.operations, isPhantomId), sent })
  }

  /** Reads the current project's box once, then again for changesets of tabs that are gone. */
  #openBox(state: SessionState): void {
    const copy = currentCopy(state)
    const box = copy && boxOf(state, copy)
    if (!copy || box === undefined || copy.user === undefined || this.#boxes.has(box)) return
    const { user, project } = copy
    const former = this.#ports.locks.formerIds(this.#client)
    const again = (): void => {
      this.#boxes.set(
        box,
        this.#ports.clock.after(ADOPT_AFTER_MS, () => {
          void this.#read(box, user, project, () => true)
          again()
        }),
      )
    }
    again()
    void this.#read(box, user, project, (client) => former.includes(client))
  }

  async #read(box: string, user: string, project: ProjectId, wanted: (client: ClientId) => boolean): Promise<void> {
    const entries: Restored[] = []
    try {
      const free = new Map<ClientId, boolean>()
      for (const stored of await this.#ports.storage.read(box)) {
        const client = parseChangesetId(stored.id)?.client
        if (stored.format !== 1 || client === undefined || client === this.#client || this.#kept.has(stored.id))
          continue
        if (!wanted(client)) continue
        if (!free.has(client)) free.set(client, await this.#ports.locks.take(client))
        if (!free.get(client)) continue
        const pending: Pending = { id: stored.id, operations: operationsOf(stored.changes) }
        this.#kept.set(stored.id, { operations: pending.operations, sent: stored.sent })
        entries.push({ pending, sent: stored.sent })
      }
    } catch (cause) {
      this.#fail(cause)
    }
    // Even an empty answer is one: until then nothing is sent.
    if (!this.#closed) this.#listener.restored(user, project, entries)
  }

  #write(put: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): void {
    this.#claimed ??= this.#ports.locks.take(this.#client)
    void this.#claimed
      .then(() => this.#ports.storage.write(put, forgotten))
      .catch((cause: unknown) => {
        this.#fail(cause)
      })
  }

  /** Told once: the app goes on in memory, and its user should know that a closed tab loses what is pending. */
  #fail(cause: unknown): void {
    if (this.#failed || this.#closed) return
    this.#failed = true
    const why = cause instanceof Error ? cause.message : String(cause)
    const text = `Changes cannot be kept beyond this tab (${why}): do not close it while something is pending`
    this.#listener.failed(new PlanwireError('storage-failed', text, 'retry', {}, { cause }))
  }
}

/** Changesets are filed by server, user and project; undefined before somebody has logged in. */
function boxOf(state: SessionState, copy: ProjectCopy): string | undefined {
  return state.url === undefined || copy.user === undefined
    ? undefined
    : JSON.stringify([state.url, copy.user, idKey(copy.project)])
}
