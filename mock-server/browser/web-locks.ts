/**
 * Web Locks as the browser host uses them: one to be the only writer of a log, one per tab to tell that the tab lives.
 * The browser frees a lock whose holder crashed, which is how the others learn of it.
 */
import type { Cancel } from '../../client/ports/ports.ts'
import { databaseLocks } from './database-locks.ts'

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

/** What of `LockOptions` is used; a `shared` lock is only ever asked for to wait for an exclusive one. */
export interface LockRequest {
  readonly mode?: 'exclusive' | 'shared'
  readonly ifAvailable?: boolean
  readonly signal?: AbortSignal
}

/** What of a `LockManager` is used. */
export interface Locks {
  request(name: string, options: LockRequest, run: (lock: object | null) => unknown): Promise<unknown>
  /** Removes what processes left behind that ended with nobody watching, of names that begin so and never come again. */
  sweep?(prefixes: readonly string[]): Promise<void>
}

/** The locks of this origin: the browser's, those that IndexedDB can stand in for, or none at all. */
export async function originLocks(): Promise<Locks | undefined> {
  // Imported at once: bundlers make workers in one piece, as long as nothing in them is loaded late.
  return 'locks' in navigator ? navigator.locks : databaseLocks()
}

/** Lets a lock go; resolves once it is free. Idempotent. */
export type Free = () => Promise<void>

/** Takes an exclusive lock, waiting for it if need be; resolves to what frees it. `busy` is called if somebody has it now. */
export async function holdLock(locks: Locks, name: string, busy?: () => void): Promise<Free> {
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
export function tryLock(locks: Locks, name: string): Promise<Free | undefined> {
  return request(locks, name, { ifAvailable: true })
}

function request(locks: Locks, name: string, options: LockRequest): Promise<Free | undefined> {
  return new Promise((resolve, reject) => {
    const over: Promise<unknown> = locks
      .request(name, options, (lock) => {
        if (lock === null) {
          resolve(undefined)
          return undefined
        }
        return new Promise<void>((free) => {
          resolve(async () => {
            free()
            await over
          })
        })
      })
      .catch(reject)
  })
}

/** Calls `freed` once when the holder of a lock lets it go or dies; at once if nobody has it. */
export function whenFreed(locks: Locks, name: string, freed: () => void): Cancel {
  const stop = new AbortController()
  // Shared, so that several can wait for the same holder. The rejection of an aborted wait is the point of aborting.
  locks.request(name, { mode: 'shared', signal: stop.signal }, () => freed()).catch(() => {})
  return () => stop.abort()
}
