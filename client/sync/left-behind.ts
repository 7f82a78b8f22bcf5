/**
 * What tabs left in a box of the outbox: who may take it over, and when. A tab takes back its own at once; what a tab left
 * that has been gone for 5 s, any tab adopts, one of them alone: the lock of a client decides.
 */
import type { ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { type ClientId, parseChangesetId } from '../protocol/ids.ts'

/** Changesets of a tab are adopted when it has been gone for this time, in milliseconds: it may only be reloading. */
const ADOPT_AFTER_MS = 5_000
/** Pause between two looks for tabs that are gone, in milliseconds. */
export const LOOK_MS = 2_500

/** One box, as one client sees what others left in it. */
export class LeftBehind {
  readonly #box: string
  readonly #client: ClientId
  readonly #storage: OutboxStorage
  readonly #locks: ClientLocks
  readonly #clock: Clock
  /** Clients whose changesets were taken over: nobody else writes under their ids any more. */
  readonly #taken = new Set<ClientId>()
  /** Clients that were found gone, and when first. */
  #gone: ReadonlyMap<ClientId, number> = new Map()

  constructor(box: string, client: ClientId, storage: OutboxStorage, locks: ClientLocks, clock: Clock) {
    this.#box = box
    this.#client = client
    this.#storage = storage
    this.#locks = locks
    this.#clock = clock
  }

  /** Takes over what this tab left before it was reloaded. Rejects when storage is refused. */
  async takeOwn(): Promise<readonly StoredChangeset[]> {
    const former = this.#locks.formerIds(this.#client)
    return this.#take((await this.#others()).filter((client) => former.includes(client)))
  }

  /** Takes over what tabs left that have been gone for long enough. Rejects when storage is refused. */
  async takeGone(): Promise<readonly StoredChangeset[]> {
    const others = await this.#others()
    const now = this.#clock.now()
    const gone = new Map<ClientId, number>()
    for (const client of others) if (await this.#locks.isFree(client)) gone.set(client, this.#gone.get(client) ?? now)
    this.#gone = gone
    return this.#take(others.filter((client) => now - (gone.get(client) ?? now) >= ADOPT_AFTER_MS))
  }

  async #take(clients: readonly ClientId[]): Promise<readonly StoredChangeset[]> {
    const taken: ClientId[] = []
    for (const client of clients) if (await this.#locks.take(client)) taken.push(client)
    if (taken.length === 0) return []
    // What was read before the lock was ours may have been stored by whoever had it.
    const left = (await this.#readable()).filter(({ client }) => taken.includes(client))
    for (const client of taken) this.#taken.add(client)
    return left.map(({ stored }) => stored).sort((a, b) => a.rank - b.rank)
  }

  async #others(): Promise<readonly ClientId[]> {
    return [...new Set((await this.#readable()).map(({ client }) => client))]
  }

  /** What others keep in the box and this version can read. */
  async #readable(): Promise<{ client: ClientId; stored: StoredChangeset }[]> {
    const found = await this.#storage.read(this.#box)
    return found.flatMap((stored) => {
      const client = parseChangesetId(stored.id)?.client
      const known = client === undefined || client === this.#client || this.#taken.has(client)
      return known || stored.format !== 1 ? [] : [{ client, stored }]
    })
  }
}
