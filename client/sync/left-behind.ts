/**
 * What tabs left in a box of the outbox: who may take it over, and when. A tab takes back its own at once; what a tab left
 * that has been gone for 5 s, any tab adopts, one of them alone and as a whole: the lock of its keeper decides.
 *
 *     made by B, kept by B  ── B is gone, A adopts ──▶  made by B, kept by A   with what A makes on top of it
 *                           ── A is gone, C adopts ──▶  both kept by C, in their order
 */
import type { ClientLocks, Clock, OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { type ClientId, parseChangesetId } from '../protocol/ids.ts'

/** Changesets of a tab are adopted when it has been gone for this time, in milliseconds: it may only be reloading. */
const ADOPT_AFTER_MS = 5_000
/** Pause between two looks for tabs that are gone, in milliseconds. */
export const LOOK_MS = 2_500

/** The newest format of entries that this version knows. Older ones say less, and are read. */
const FORMAT: number = 1

/** One box, as one client sees what others left in it. */
export class LeftBehind {
  readonly #box: string
  readonly #client: ClientId
  readonly #storage: OutboxStorage
  readonly #locks: ClientLocks
  readonly #clock: Clock
  readonly #newer: () => void
  readonly #fits: (stored: StoredChangeset) => boolean
  /** Keepers whose changesets were taken over: nobody else writes them any more. */
  readonly #taken = new Set<ClientId>()
  /** Clients that were found gone, and when first. */
  #gone: ReadonlyMap<ClientId, number> = new Map()

  /** `newer`: a later version of planwire keeps something here, which stays as it is. `fits`: what of the box may be taken. */
  constructor(
    box: string,
    client: ClientId,
    storage: OutboxStorage,
    locks: ClientLocks,
    clock: Clock,
    newer: () => void,
    fits: (stored: StoredChangeset) => boolean = () => true,
  ) {
    this.#box = box
    this.#client = client
    this.#storage = storage
    this.#locks = locks
    this.#clock = clock
    this.#newer = newer
    this.#fits = fits
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

  /** What was taken is kept under this client's id by now: what its former keepers left elsewhere is anybody's. */
  release(): void {
    for (const client of this.#taken) this.#locks.release(client)
    this.#taken.clear()
  }

  async #take(clients: readonly ClientId[]): Promise<readonly StoredChangeset[]> {
    const taken: ClientId[] = []
    for (const client of clients) if (await this.#locks.take(client)) taken.push(client)
    if (taken.length === 0) return []
    for (const client of taken) this.#taken.add(client)
    // What was read before the lock was ours may have been stored by whoever had it.
    const left = (await this.#readable()).filter(({ client }) => taken.includes(client))
    return left.map(({ stored }) => stored).sort((a, b) => a.rank - b.rank)
  }

  async #others(): Promise<readonly ClientId[]> {
    const found = new Set((await this.#readable()).map(({ client }) => client))
    return [...found].filter((client) => !this.#taken.has(client))
  }

  /** What others keep in the box and this version can read. */
  async #readable(): Promise<{ client: ClientId; stored: StoredChangeset }[]> {
    const found = await this.#storage.read(this.#box)
    return found.flatMap((stored) => {
      const client = stored.keeper ?? parseChangesetId(stored.id)?.client
      if (client === undefined || client === this.#client || !this.#fits(stored)) return []
      if (stored.format > FORMAT) this.#newer()
      return stored.format > FORMAT ? [] : [{ client, stored }]
    })
  }
}
