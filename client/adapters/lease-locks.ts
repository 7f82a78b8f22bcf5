/**
 * Which clients live, where the browser has no Web Locks (plain-http origins of a LAN): leases in IndexedDB that their
 * holders renew. A closed tab gives its leases back; one that crashed stops renewing.
 *
 * Timers of hidden tabs run once a minute, those of frozen ones and of a sleeping machine not at all. So a lease outlasts
 * two such minutes; who has slept itself lets the others renew before it judges; and a holder that slept for longer than
 * its lease may find it gone: {@link ClientLocks.take} then says so once.
 */
import type { ClientLocks } from '../ports/ports.ts'
import type { ClientId } from '../protocol/ids.ts'
import { complete, openLater } from './indexed-db.ts'
import { systemRandom } from './system.ts'
import { tabMemory } from './tab-memory.ts'

const STORE = 'leases'
/** A lease that was not renewed for this time is over. */
const LEASE_MS = 150_000
/** Leases are renewed this often. */
const RENEW_MS = 20_000

interface Lease {
  readonly client: ClientId
  readonly holder: string
  /** When it was renewed, in milliseconds since the epoch: all tabs read the clock of one machine. */
  readonly at: number
}

/** Settings of {@link leaseClientLocks}; each has a default. */
export interface LeaseOptions {
  readonly database?: string
  readonly leaseMs?: number
  readonly renewMs?: number
  readonly now?: () => number
}

/** Locks of one client of this tab, by leases. Rejects where storage is refused. */
export function leaseClientLocks({
  database: name = 'planwire-leases',
  leaseMs = LEASE_MS,
  renewMs = RENEW_MS,
  now = Date.now,
}: LeaseOptions = {}): ClientLocks {
  const { database, opened, close } = openLater(name, (db) => void db.createObjectStore(STORE, { keyPath: 'client' }))
  const holder = systemRandom.id()
  /** Leases that this tab holds, as far as it knows, and when it renewed them. */
  const held = new Map<ClientId, number>()
  let timer: ReturnType<typeof setInterval> | undefined
  let released = false
  let seenAt = now()
  let wokeAt = Number.NEGATIVE_INFINITY

  /** The time; notes when this tab, or the machine, has slept. */
  const look = (): number => {
    const at = now()
    if (Math.abs(at - seenAt) > leaseMs / 2) wokeAt = at
    seenAt = at
    return at
  }
  const isFresh = (renewedAt = Number.NEGATIVE_INFINITY): boolean => Math.abs(now() - renewedAt) < leaseMs / 2
  const isOver = (lease: Lease | undefined, at: number): boolean =>
    !lease || (Math.abs(at - lease.at) >= leaseMs && at - wokeAt >= leaseMs / 2)

  /** Calls `each` with every lease of `clients`, in one transaction. */
  const visit = async (
    clients: Iterable<ClientId>,
    each: (lease: Lease | undefined, leases: IDBObjectStore, client: ClientId) => void,
  ): Promise<void> => {
    const transaction = (await database()).transaction(STORE, 'readwrite')
    const leases = transaction.objectStore(STORE)
    for (const client of clients) {
      const found: IDBRequest<Lease | undefined> = leases.get(client)
      found.onsuccess = () => each(found.result, leases, client)
    }
    await complete(transaction)
  }
  const renew = (): void => {
    const at = look()
    visit(held.keys(), (lease, leases, client) => {
      if (lease?.holder !== holder) return
      leases.put({ ...lease, at })
      held.set(client, at)
    }).catch(() => {})
  }
  /** Gives leases back without looking at them: the page may be about to go, and runs nothing more then. */
  const giveBack = (clients: Iterable<ClientId>): void => {
    // Those that may have lapsed may be somebody else's by now.
    const own = [...clients].filter((client) => isFresh(held.get(client)))
    if (own.length === 0) return
    try {
      const transaction = opened()?.transaction(STORE, 'readwrite')
      for (const client of own) transaction?.objectStore(STORE).delete(client)
      transaction?.commit()
    } catch {
      // The database is gone, and the leases with it.
    }
  }
  /** The page goes, maybe for good; one that returns from the back/forward cache finds its leases gone. */
  const hidden = (): void => {
    giveBack(held.keys())
    for (const client of held.keys()) held.set(client, Number.NEGATIVE_INFINITY)
  }

  const start = (): void => {
    timer ??= setInterval(renew, renewMs)
    addEventListener('pagehide', hidden)
  }
  return {
    ...tabMemory(),
    lapsed: (client) => held.has(client) && !isFresh(held.get(client)),
    async take(client) {
      // Nobody can have it yet; and what is to be written must not wait.
      if (isFresh(held.get(client))) return true
      let taken = false
      start()
      await visit([client], (lease, leases) => {
        const at = look()
        const mine = lease?.holder === holder
        if (held.has(client) && !mine) held.delete(client)
        else if (!released && (mine || isOver(lease, at))) {
          leases.put({ client, holder, at } satisfies Lease)
          held.set(client, at)
          taken = true
        }
      })
      return taken
    },
    async isFree(client) {
      let free = false
      await visit([client], (lease) => {
        free = lease?.holder === holder || isOver(lease, look())
      })
      return free
    },
    release(client) {
      giveBack([client])
      held.delete(client)
    },
    releaseAll() {
      released = true
      clearInterval(timer)
      removeEventListener('pagehide', hidden)
      giveBack(held.keys())
      close()
      held.clear()
    },
  }
}
