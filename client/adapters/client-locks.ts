/** Which clients live, by Web Locks; and the outbox that a page has without asking for one. */
import type { ClientLocks, OutboxStorage } from '../ports/ports.ts'
import type { ClientId } from '../protocol/ids.ts'
import { indexedDbOutbox } from './indexed-db-outbox.ts'
import { leaseClientLocks } from './lease-locks.ts'
import { tabMemory } from './tab-memory.ts'

/** Locks of one client of this tab, by Web Locks. */
export function webClientLocks(): ClientLocks {
  const held = new Map<ClientId, Promise<boolean>>()
  const releases = new Map<ClientId, () => void>()
  let released = false
  const manager = navigator.locks
  const request = (client: ClientId): Promise<boolean> =>
    new Promise((resolve) => {
      manager
        .request(lockOf(client), { ifAvailable: true }, (lock) => {
          resolve(lock !== null && !released)
          return lock && !released ? new Promise<void>((release) => releases.set(client, release)) : undefined
        })
        .catch(() => resolve(false))
    })
  const release = (client: ClientId): void => {
    held.delete(client)
    releases.get(client)?.()
    releases.delete(client)
  }
  return {
    ...tabMemory(),
    async take(client) {
      const taking = held.get(client) ?? request(client)
      held.set(client, taking)
      const taken = await taking
      if (!taken) held.delete(client)
      return taken
    },
    async isFree(client) {
      if (await held.get(client)) return true
      const name = lockOf(client)
      const { held: all = [] } = await manager.query()
      return !all.some((lock) => lock.name === name)
    },
    release,
    releaseAll() {
      released = true
      for (const client of [...held.keys()]) release(client)
    },
  }
}

/** The outbox of a browser tab, where there is IndexedDB. */
export function browserOutbox(): { readonly storage: OutboxStorage; readonly locks: ClientLocks } {
  // Plain-http origins of a LAN have no Web Locks.
  const locks = 'locks' in navigator && navigator.locks ? webClientLocks() : leaseClientLocks()
  return { storage: indexedDbOutbox(), locks }
}

function lockOf(client: ClientId): string {
  return `planwire-client:${client}`
}
