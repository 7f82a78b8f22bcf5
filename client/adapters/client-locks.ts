/** Which clients live, by Web Locks; and the ids that this tab had before, by sessionStorage (which a reload keeps and a new tab does not see). */
import type { ClientLocks, OutboxStorage } from '../ports/ports.ts'
import type { ClientId } from '../protocol/ids.ts'
import { hasIndexedDb, indexedDbOutbox } from './indexed-db-outbox.ts'

const KEY = 'planwire-clients'
/** Former ids that are remembered: more than one reload deep, in case the outbox could not be emptied in between. */
const REMEMBERED = 8

/**
 * Locks of this tab. Where the browser has no Web Locks (plain-http LAN origins), nobody else's changesets are ever
 * adopted, and own former ones only if this tab was reloaded.
 */
function webClientLocks(): ClientLocks {
  const releases: (() => void)[] = []
  let former: readonly ClientId[] | undefined
  const locks = (): LockManager | undefined => (typeof navigator === 'undefined' ? undefined : navigator.locks)
  return {
    take(client) {
      const manager = locks()
      if (!manager) return Promise.resolve(former?.includes(client) ?? false)
      return new Promise((resolve) => {
        manager
          .request(`planwire-client:${client}`, { ifAvailable: true }, (lock) => {
            resolve(lock !== null)
            return lock && new Promise<void>((release) => releases.push(release))
          })
          .catch(() => resolve(false))
      })
    },
    formerIds(current) {
      if (!former) {
        former = readIds()
        writeIds([...former.filter((id) => id !== current), current].slice(-REMEMBERED))
      }
      return former
    },
    releaseAll() {
      for (const release of releases.splice(0)) release()
    },
  }
}

/** The outbox of a browser tab; undefined where there is no IndexedDB: changesets then live as long as the client. */
export function browserOutbox(): { readonly storage: OutboxStorage; readonly locks: ClientLocks } | undefined {
  return hasIndexedDb() ? { storage: indexedDbOutbox(), locks: webClientLocks() } : undefined
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
