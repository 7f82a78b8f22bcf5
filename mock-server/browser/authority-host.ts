/**
 * What an authority finds in a browser, in a SharedWorker as in a page: locks, IndexedDB, and memory where those are refused.
 */

import { systemRandom } from '../../client/adapters/system.ts'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { type Authority, createAuthority, type OwnedLog } from './authority.ts'
import { openIndexedDbLog } from './indexed-db-log.ts'
import { holdLock, lockNames, tryLock, webLocks, whenFreed } from './web-locks.ts'

/** The authority of a SharedWorker: waits until the worker of an older deployment is gone, watches its tabs. */
export function createWorkerAuthority(name: string): Authority {
  const locks = webLocks()
  const names = lockNames(name)
  const lifeLock = locks === undefined ? '' : names.worker(systemRandom.id())
  // Held until the browser ends the worker, and never given back: that is what tabs wait for.
  const life = locks === undefined ? undefined : holdLock(locks, lifeLock)
  return createAuthority({
    lifeLock,
    async own(busy) {
      await life
      return locks === undefined ? async () => {} : holdLock(locks, names.authority, busy)
    },
    async openLog(config, logger) {
      if (locks !== undefined) return openLog(name, config.limits?.history, logger)
      logger(
        'warn',
        'This origin is not secure (no Web Locks): the state stays in memory, and a crashed tab is not noticed.',
      )
      return memoryLog()
    },
    watchTab: (tab, gone) => (locks === undefined ? () => {} : whenFreed(locks, names.tab(tab), gone)),
    createCore: createMockCore,
  })
}

/**
 * The authority of a page where there is no SharedWorker. It writes to IndexedDB only if no other tab does, and shares
 * nothing with other tabs either way. Its one tab is the page itself, which cannot outlive it.
 */
export function createPageAuthority(name: string): Authority {
  const locks = webLocks()
  const names = lockNames(name)
  let alone = false
  return createAuthority({
    lifeLock: '',
    async own() {
      const free = locks === undefined ? undefined : await tryLock(locks, names.authority)
      alone = free !== undefined
      return free ?? (async () => {})
    },
    async openLog(config, logger) {
      if (alone) return openLog(name, config.limits?.history, logger)
      logger(
        'warn',
        'Another tab may have the stored state (or there are no Web Locks): this one keeps its own in memory.',
      )
      return memoryLog()
    },
    watchTab: (): Cancel => () => {},
    createCore: createMockCore,
  })
}

async function openLog(name: string, history: number | undefined, logger: Logger): Promise<OwnedLog> {
  try {
    const log = await openIndexedDbLog(name, history === undefined ? {} : { history })
    return { log, storage: 'indexeddb', seed: () => log.seed(), setSeed: (print) => log.setSeed(print) }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    logger('warn', 'The browser refused storage: the state lives in memory and ends with the last tab.', { why })
    return memoryLog()
  }
}

function memoryLog(): OwnedLog {
  return { log: createMemoryLog(), storage: 'memory', seed: async () => undefined, setSeed: async () => {} }
}
