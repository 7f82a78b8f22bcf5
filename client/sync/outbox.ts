/**
 * The outbox: own changesets from their commit to their ack, kept beyond the life of the tab. It follows the session's
 * state and writes what differs from what it wrote before: at once, or while many writes are under way, together.
 *
 *     tab A                         storage                          tab B, same user and project
 *     commit   ── put A:7 ────────▶ A:7
 *     crash                         A:7 (lock of A is free)
 *                                   A:7 ◀── after 5 s: takes the lock of A, then reads: A:7 is its own from now on
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
import type { ProjectCopy, SessionState } from './session-types.ts'

/** Changesets of a tab are adopted when it has been gone for this time, in milliseconds: it may only be reloading. */
const ADOPT_AFTER_MS = 5_000
/** Pause between two looks for tabs that are gone. */
const LOOK_MS = 2_500
/** Writes under way at a time. More of them would not be stored sooner, and each compares everything that is pending. */
const WRITES = 4

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

/** A changeset as storage has it, or should have it. */
interface Kept {
  readonly box: string
  readonly operations: Operations
  readonly sent: boolean
  readonly rank: number
}

/** What one user has in one project of one server. */
interface Box {
  readonly key: string
  readonly user: string
  readonly project: ProjectId
  /** Clients whose changesets were taken over: nobody else writes under their ids any more. */
  readonly taken: Set<ClientId>
  /** Clients that were found gone, and when first. */
  gone: ReadonlyMap<ClientId, number>
  reading: boolean
}

/** The outbox of one client. */
export class Outbox {
  readonly #client: ClientId
  readonly #ports: OutboxPorts
  readonly #listener: OutboxListener
  /** What storage holds of the copies in memory. */
  readonly #kept = new Map<ChangesetId, Kept>()
  readonly #boxes = new Map<string, Box>()
  #state: SessionState | undefined
  #stopLooking: Cancel | undefined
  readonly #writes = new Set<Promise<void>>()
  /** Something may have changed since the last write began. */
  #behind = false
  /** Whether the own lock is held: from then on other tabs leave our changesets alone. */
  #claimed: Promise<unknown> | undefined
  #failed = false
  #closed = false

  constructor(client: ClientId, ports: OutboxPorts, listener: OutboxListener) {
    this.#client = client
    this.#ports = ports
    this.#listener = listener
  }

  /** Brings storage in step with the session. Called after each change of what is pending, however often. */
  follow(state: SessionState): void {
    if (this.#closed) return
    this.#state = state
    this.#openBox(state)
    this.#behind = true
    this.#write(state)
  }

  /** Stops looking, finishes what is to be written, then gives the locks back: what is still kept is anybody's of the same user. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopLooking?.()
    void this.#end()
  }

  async #end(): Promise<void> {
    while (this.#writes.size > 0) await Promise.all(this.#writes)
    this.#ports.locks.releaseAll()
    this.#ports.storage.close()
  }

  #write(state: SessionState): void {
    if (!this.#behind || this.#writes.size >= WRITES) return
    this.#behind = false
    const { changed, forgotten } = differenceOf(state, this.#kept)
    if (changed.size === 0 && forgotten.length === 0) return
    const before = [...forgotten, ...changed.keys()].map((id) => [id, this.#kept.get(id)] as const)
    for (const id of forgotten) this.#kept.delete(id)
    for (const [id, kept] of changed) this.#kept.set(id, kept)
    const write = this.#store(changed, forgotten)
      .catch((cause: unknown) => {
        // Storage is as it was, and what a later write has not settled is tried again with the next change.
        for (const [id, kept] of before) {
          if (this.#kept.get(id) !== changed.get(id)) continue
          if (kept) this.#kept.set(id, kept)
          else this.#kept.delete(id)
        }
        this.#fail(cause)
      })
      .then(() => {
        this.#writes.delete(write)
        this.#write(state)
      })
    this.#writes.add(write)
  }

  async #store(changed: ReadonlyMap<ChangesetId, Kept>, forgotten: readonly ChangesetId[]): Promise<void> {
    const put = [...changed].map(([id, { box, operations, sent, rank }]): StoredChangeset => {
      return { format: 1, id, box, changes: changesOf(operations, isPhantomId), sent, rank }
    })
    await this.#claim()
    await this.#ports.storage.write(put, forgotten)
  }

  #claim(): Promise<unknown> {
    this.#claimed ??= this.#ports.locks.take(this.#client)
    return this.#claimed
  }

  /** Reads the box of the project in sight as soon as somebody has logged in, and again whenever the project comes back empty. */
  #openBox(state: SessionState): void {
    const copy = currentCopy(state)
    const key = copy && boxOf(state, copy)
    if (!copy || key === undefined || copy.user === undefined) return
    let box = this.#boxes.get(key)
    if (!box) {
      box = { key, user: copy.user, project: copy.project, taken: new Set(), gone: new Map(), reading: false }
      this.#boxes.set(key, box)
    }
    if (!this.#stopLooking) this.#lookLater()
    // Ahead of the first edit, which then waits for storage only; a refusal is told when there is something to keep.
    this.#claim().catch(() => {})
    if (copy.restored || box.reading) return
    const former = this.#ports.locks.formerIds(this.#client)
    void this.#read(box, async (clients) => clients.filter((client) => former.includes(client)))
  }

  #lookLater(): void {
    this.#stopLooking = this.#ports.clock.after(LOOK_MS, () => {
      this.#lookLater()
      const copy = this.#state && currentCopy(this.#state)
      const box = this.#state && copy && this.#boxes.get(boxOf(this.#state, copy) ?? '')
      if (box && !box.reading) void this.#read(box, (clients) => this.#goneLongEnough(box, clients))
    })
  }

  async #goneLongEnough(box: Box, clients: readonly ClientId[]): Promise<readonly ClientId[]> {
    const now = this.#ports.clock.now()
    const gone = new Map<ClientId, number>()
    for (const client of clients) {
      if (await this.#ports.locks.isFree(client)) gone.set(client, box.gone.get(client) ?? now)
    }
    box.gone = gone
    return clients.filter((client) => now - (gone.get(client) ?? now) >= ADOPT_AFTER_MS)
  }

  /** Takes over what those clients left that `choose` names and whose locks are free, if their project is still in sight then. */
  async #read(box: Box, choose: (clients: readonly ClientId[]) => Promise<readonly ClientId[]>): Promise<void> {
    box.reading = true
    const taken: ClientId[] = []
    let left: readonly StoredChangeset[] = []
    try {
      const others = new Set((await this.#readable(box)).map(({ client }) => client))
      for (const client of await choose([...others])) {
        if (!this.#closed && (await this.#ports.locks.take(client))) taken.push(client)
      }
      // What was read before the lock was ours may have been acknowledged to whoever had it.
      if (taken.length)
        left = (await this.#readable(box))
          .filter(({ client }) => taken.includes(client))
          .map(({ stored }) => stored)
          .sort((a, b) => a.rank - b.rank)
    } catch (cause) {
      this.#fail(cause)
    }
    box.reading = false
    // Somebody else, or another project: what was left stays where it is, for when they return.
    const copy = this.#state && currentCopy(this.#state)
    if (this.#closed || !this.#state || !copy || boxOf(this.#state, copy) !== box.key) return
    const entries = left.map(({ id, changes, sent, rank }): Restored => {
      const operations = operationsOf(changes)
      this.#kept.set(id, { box: box.key, operations, sent, rank })
      return { pending: { id, operations }, sent }
    })
    for (const client of taken) box.taken.add(client)
    // Even nothing is an answer: until then nothing is sent.
    this.#listener.restored(box.user, box.project, entries)
  }

  /** What others keep in a box and this version can read. */
  async #readable(box: Box): Promise<{ client: ClientId; stored: StoredChangeset }[]> {
    const found = await this.#ports.storage.read(box.key)
    return found.flatMap((stored) => {
      const client = parseChangesetId(stored.id)?.client
      const known = client === undefined || client === this.#client || box.taken.has(client)
      return known || stored.format !== 1 ? [] : [{ client, stored }]
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

/**
 * What storage should hold and does not, and what it should forget. Ranks grow along the list of each project, whoever made
 * the changesets: one that builds on another, maybe of a former client, comes after it wherever both are read.
 */
function differenceOf(
  state: SessionState,
  kept: ReadonlyMap<ChangesetId, Kept>,
): { readonly changed: Map<ChangesetId, Kept>; readonly forgotten: ChangesetId[] } {
  const changed = new Map<ChangesetId, Kept>()
  let found = 0
  for (const copy of state.copies.values()) {
    const box = boxOf(state, copy)
    if (box === undefined) continue
    let rank = 0
    eachCommitted(copy, (id, operations, sent) => {
      const known = kept.get(id)
      if (known) found += 1
      rank = known && known.rank > rank ? known.rank : rank + 1
      if (known?.operations === operations && known.sent === sent && known.rank === rank) return
      changed.set(id, { box: known?.box ?? box, operations, sent, rank })
    })
  }
  return { changed, forgotten: found === kept.size ? [] : gone(state, kept) }
}

function gone(state: SessionState, kept: ReadonlyMap<ChangesetId, Kept>): ChangesetId[] {
  const present = new Set<ChangesetId>()
  for (const copy of state.copies.values()) eachCommitted(copy, (id) => present.add(id))
  return [...kept.keys()].filter((id) => !present.has(id))
}

/** Visits what was committed and not acknowledged, oldest first. */
function eachCommitted(
  copy: ProjectCopy,
  visit: (id: ChangesetId, operations: Operations, sent: boolean) => void,
): void {
  for (const [id, { pending }] of copy.ordered) visit(id, pending.operations, true)
  for (const { id, operations } of copy.replica.pending) {
    const delivery = copy.delivery.get(id)
    if (delivery && delivery.status !== 'draft')
      visit(id, operations, delivery.status !== 'waiting' || delivery.sentBefore)
  }
}

/** Changesets are filed by server, user and project; undefined before somebody has logged in. */
function boxOf(state: SessionState, copy: ProjectCopy): string | undefined {
  return state.url === undefined || copy.user === undefined
    ? undefined
    : JSON.stringify([state.url, copy.user, idKey(copy.project)])
}
