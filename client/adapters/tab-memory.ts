/**
 * What a tab and its browser remember: the client ids that the tab had before, by sessionStorage (which a reload keeps and
 * a new tab does not see), and who logged in last at each server, by both. And when the page goes.
 */
import type { ClientLocks } from '../ports/ports.ts'
import type { ClientId } from '../protocol/ids.ts'

const KEY = 'planwire-clients'
const USERS = 'planwire-users'
/** Former ids that are remembered: more than one reload deep, in case the outbox could not be emptied in between. Of servers as many. */
const REMEMBERED = 8

/** What a tab and its browser remember from visit to visit. */
export function tabMemory(): Pick<ClientLocks, 'formerIds' | 'lastUser' | 'tabUser' | 'leaving'> {
  let former: readonly ClientId[] | undefined
  return {
    formerIds(current) {
      if (!former) {
        const ids = stored(() => sessionStorage.getItem(KEY))
        former = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : []
        const next = [...former.filter((id) => id !== current), current].slice(-REMEMBERED)
        // Without sessionStorage a reloaded tab is a new one: its changesets are adopted like those of any other.
        keep(() => sessionStorage.setItem(KEY, JSON.stringify(next)))
      }
      return former
    },
    lastUser: (server, now) => userOf('localStorage', server, now),
    tabUser: (server, now) => userOf('sessionStorage', server, now),
    leaving(run) {
      addEventListener('pagehide', run)
      return () => removeEventListener('pagehide', run)
    },
  }
}

/** Who is remembered for a server, there where it outlives the tab or not; `null` forgets. */
function userOf(where: 'localStorage' | 'sessionStorage', server: string, now?: string | null): string | undefined {
  const users = stored(() => globalThis[where].getItem(USERS))
  const known = new Map<unknown, unknown>(Array.isArray(users) ? users.filter(Array.isArray).map(pairOf) : [])
  if (now !== undefined) {
    known.delete(server)
    const next = now === null ? [...known] : [...known, [server, now]].slice(-REMEMBERED)
    keep(() => globalThis[where].setItem(USERS, JSON.stringify(next)))
    return now ?? undefined
  }
  const user = known.get(server)
  return typeof user === 'string' ? user : undefined
}

const pairOf = ([server, user]: readonly unknown[]): [unknown, unknown] => [server, user]

/** What was stored as JSON; undefined where that is refused, or somebody else wrote there. */
function stored(read: () => string | null): unknown {
  try {
    return JSON.parse(read() ?? 'null')
  } catch {
    return undefined
  }
}

function keep(write: () => void): void {
  try {
    write()
  } catch {
    // Refused: as if nothing had been remembered.
  }
}
