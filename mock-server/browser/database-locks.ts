/**
 * Locks for origins that have no Web Locks (plain http on a LAN), made of IndexedDB: a lock is a connection to a database of
 * its own. To open one with a higher version the browser waits until every other connection to it is closed, by its
 * owner or by the end of its process, across all tabs and workers of the origin, however throttled or frozen they are.
 */
import type { LockRequest, Locks } from './web-locks.ts'

const PREFIX = 'planwire-lock:'
/** A request behind another that waits is told nothing, not even that it waits: so long it may take to be free. */
const FREE_WITHIN_MS = 500

/** Undefined where the browser refuses IndexedDB too. */
export async function databaseLocks(): Promise<Locks | undefined> {
  try {
    await remove('')
    return { request, sweep }
  } catch {
    return undefined
  }
}

/** Those that are held are removed when they are freed. */
async function sweep(prefixes: readonly string[]): Promise<void> {
  const databases = (await indexedDB.databases?.()) ?? []
  for (const { name = '' } of databases) {
    const lock = name.slice(PREFIX.length)
    if (name.startsWith(PREFIX) && prefixes.some((prefix) => lock.startsWith(prefix))) remove(lock).catch(() => {})
  }
}

/** As `LockManager.request`, but what is asked for as `shared` only waits until the lock is free. */
async function request(name: string, options: LockRequest, run: (lock: object | null) => unknown): Promise<void> {
  const { signal } = options
  signal?.throwIfAborted()
  if (options.mode === 'shared') {
    await Promise.race([remove(name), whenAborted(signal)])
    await run({})
    return
  }
  let notFree = (): void => {}
  const occupied = new Promise<undefined>((resolve) => {
    notFree = () => resolve(undefined)
    if (options.ifAvailable) setTimeout(notFree, FREE_WITHIN_MS)
  })
  const taking = take(name, options.ifAvailable ? notFree : () => {})
  let held: IDBDatabase | undefined
  try {
    held = await Promise.race([taking, occupied, whenAborted(signal)])
    await run(held === undefined ? null : {})
  } finally {
    // A request cannot be taken back: what it gets is given back at once.
    if (held === undefined) taking.then((late) => late.close()).catch(() => {})
    else held.close()
  }
}

/** Resolves to the only connection there is. */
function take(name: string, blocked: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    let step = 1 + Math.floor(Math.random() * 1000)
    let version = Date.now() * 1000
    const attempt = (): void => {
      version += step
      step *= 2
      let alone = false
      const opening = indexedDB.open(PREFIX + name, version)
      opening.onupgradeneeded = () => {
        alone = true
      }
      opening.onblocked = blocked
      opening.onsuccess = () => {
        if (alone) return resolve(opening.result)
        // The version that somebody else has: their connection is open too.
        opening.result.close()
        attempt()
      }
      opening.onerror = () => {
        if (opening.error?.name === 'VersionError') attempt()
        else reject(opening.error)
      }
    }
    attempt()
  })
}

/** Removes the database of a lock, as soon as nobody has it. */
function remove(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const removing = indexedDB.deleteDatabase(PREFIX + name)
    removing.onsuccess = () => resolve()
    removing.onerror = () => reject(removing.error)
  })
}

function whenAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }))
}
