/**
 * Web Locks as the browser host uses them: one to be the only writer of a log, one per tab to tell that the tab lives.
 * The browser frees a lock whose holder crashed, which is how the others learn of it.
 */
import type { Cancel } from '../../client/ports/ports.ts'

/** Names of the locks of the server called `name`. */
export function lockNames(name: string): {
  authority: string
  leader: string
  tab(id: string): string
  worker(id: string): string
} {
  return {
    authority: `planwire-mock:${name}:authority`,
    leader: `planwire-mock:${name}:leader`,
    tab: (id) => `planwire-mock:${name}:tab:${id}`,
    worker: (id) => `planwire-mock:${name}:worker:${id}`,
  }
}

/** The browser's locks; undefined on an insecure origin, where they do not exist. */
export function webLocks(): LockManager | undefined {
  return 'locks' in navigator ? navigator.locks : undefined
}

/** Lets a lock go; resolves once it is free. Idempotent. */
export type Free = () => Promise<void>

/** Takes an exclusive lock, waiting for it if need be; resolves to what frees it. `busy` is called if somebody has it now. */
export async function holdLock(locks: LockManager, name: string, busy?: () => void): Promise<Free> {
  if (busy !== undefined) {
    const taken = await tryLock(locks, name)
    if (taken !== undefined) return taken
    busy()
  }
  const held = await request(locks, name, {})
  // Without `ifAvailable` a request is granted or rejected.
  if (held === undefined) throw new Error(`The lock ${name} was not granted`)
  return held
}

/** Takes an exclusive lock if nobody has it; undefined if somebody has. */
function tryLock(locks: LockManager, name: string): Promise<Free | undefined> {
  return request(locks, name, { ifAvailable: true })
}

function request(locks: LockManager, name: string, options: LockOptions): Promise<Free | undefined> {
  return new Promise((resolve, reject) => {
    const over: Promise<void> = locks
      .request(name, options, (lock) => {
        if (lock === null) {
          resolve(undefined)
          return undefined
        }
        return new Promise<void>((free) => {
          resolve(() => {
            free()
            return over
          })
        })
      })
      .catch(reject)
  })
}

/** Calls `freed` once when the holder of a lock lets it go or dies; at once if nobody has it. */
export function whenFreed(locks: LockManager, name: string, freed: () => void): Cancel {
  const stop = new AbortController()
  // Shared, so that several can wait for the same holder. The rejection of an aborted wait is the point of aborting.
  locks.request(name, { mode: 'shared', signal: stop.signal }, () => freed()).catch(() => {})
  return () => stop.abort()
}
