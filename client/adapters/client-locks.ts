/** Which clients live, by Web Locks; and the ids that this tab had before, by sessionStorage (which a reload keeps and a new tab does not see). */
import type { ClientLocks, OutboxStorage } from '../ports/ports.ts'
import type { ClientId } from '../protocol/ids.ts'
import { hasIndexedDb, indexedDbOutbox } from './indexed-db-outbox.ts'

const KEY = 'planwire-clients'
/** Former ids that are remembered: more than one reload deep, in case the outbox could not be emptied in between. */
const REMEMBERED = 8

/**
 * Locks of one client of this tab. Where the browser has no Web Locks (plain-http LAN origins), nobody else's changesets are
 * ever adopted, and own former ones only if this tab was reloaded.
 */
export function webClientLocks(): ClientLocks {
  const held = new Map<ClientId, Promise<boolean>>()
  const releases: (() => void)[] = []
  let released = false
  let former: readonly ClientId[] | undefined
  const request = (manager: LockManager, client: ClientId): Promise<boolean> =>
    new Promise((resolve) => {
      manager
        .request(lockOf(client), { ifAvailable: true }, (lock) => {
          resolve(lock !== null && !released)
          return lock && !released ? new Promise<void>((release) => releases.push(release)) : undefined
        })
        .catch(() => resolve(false))
    })
  return {
    async take(client) {
      const manager = webLocks()
      if (!manager) return former?.includes(client) ?? false
      const taking = held.get(client) ?? request(manager, client)
      held.set(client, taking)
      const taken = await taking
      if (!taken) held.delete(client)
      return taken
    },
    async isFree(client) {
      const manager = webLocks()
      if (!manager) return false
      if (await held.get(client)) return true
      const name = lockOf(client)
      const { held: all = [] } = await manager.query()
      return !all.some((lock) => lock.name === name)
    },
    formerIds(current) {
      if (!former) {
        former = readIds()
        writeIds([...former.filter((id) => id !== current), current].slice(-REMEMBERED))
      }
      return former
    },
    releaseAll() {
      released = true
      held.clear()
      for (const release of releases.splice(0)) release()
    },
  }
}

/** The outbox of a browser tab; undefined where there is no IndexedDB: changesets then live as long as the client. */
export function browserOutbox(): { readonly storage: OutboxStorage; readonly locks: ClientLocks } | undefined {
  return hasIndexedDb() ? { storage: indexedDbOutbox(), locks: webClientLocks() } : undefined
}

function lockOf(client: ClientId): string {
  return `planwire-client:${client}`
}

/** The browser's locks; undefined on an insecure origin and outside of pages. */
function webLocks(): LockManager | undefined {
  return typeof navigator === 'undefined' ? undefined : navigator.locks
}

function readIds(): ClientId[] {
  try {
    const ids: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '[]')
    return Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
  } catch {
    return []
  }
}

function writeIds(ids: readonly ClientId[]): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(ids))
  } catch {
    // Without sessionStorage a reloaded tab is a new one: its changesets are adopted like those of any other.
  }
}
