/**
 * What an authority finds in a browser, in a SharedWorker as in a tab: locks, IndexedDB, and memory where those are refused.
 */

import { systemRandom } from '../../client/adapters/system.ts'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { MockServerConfig } from '../core/config.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { readByFetch, withProjectSources } from '../core/project-sources.ts'
import { type Authority, type AuthorityHost, createAuthority, type OwnedLog } from './authority.ts'
import { type IndexedDbLogOptions, openIndexedDbLog } from './indexed-db-log.ts'
import { type Free, holdLock, type Locks, lockNames, originLocks, whenFreed } from './web-locks.ts'

/** What of a configuration cannot travel as JSON: it stays where the authority runs. */
export type ConfigFunctions = Pick<MockServerConfig, 'api' | 'commands'>

/**
 * The authority of all tabs, in a SharedWorker or in the leading tab: waits until an older one (of another deployment, of
 * a tab that is going) has let the log go, and watches its tabs.
 */
export function createSharedAuthority(name: string, functions: ConfigFunctions = {}): Authority {
  const names = lockNames(name)
  const lifeLock = names.worker(systemRandom.id())
  let locks: Locks | undefined
  let endLife: Free | undefined
  const begun = originLocks().then(async (found) => {
    locks = found
    if (locks === undefined) return
    // Free when the browser ends the worker, or when the leader resigns: that is what tabs wait for.
    endLife = await holdLock(locks, lifeLock)
    await locks.sweep?.([names.tab(''), names.worker('')])
  })
  const authority = createAuthority({
    get lifeLock() {
      return endLife === undefined ? '' : lifeLock
    },
    async own(busy) {
      await begun
      return locks === undefined ? async () => {} : holdLock(locks, names.authority, busy)
    },
    async openLog(config, logger) {
      if (locks !== undefined) return openLog(name, { history: config.limits?.history }, logger)
      logger(
        'warn',
        'The browser has no Web Locks here, and refused storage: the state stays in memory, and a crashed tab is not noticed.',
      )
      return memoryLog()
    },
    watchTab(tab, gone) {
      let watch: Cancel | undefined = () => {}
      begun.then(() => {
        if (watch !== undefined && locks !== undefined) watch = whenFreed(locks, names.tab(tab), gone)
      })
      return () => {
        watch?.()
        watch = undefined
      }
    },
    wholeConfig: readerOf(functions),
    createCore: createMockCore,
  })
  return {
    connect: (port) => authority.connect(port),
    async close() {
      await authority.close()
      await begun
      await endLife?.()
    },
  }
}

/**
 * The authority of a page that has neither a SharedWorker nor Web Locks to find a leader by: its one tab is the page
 * itself, which cannot outlive it.
 */
export function createPageAuthority(functions: ConfigFunctions): Authority {
  return createAuthority({
    lifeLock: '',
    own: async () => async () => {},
    openLog: async () => memoryLog(),
    watchTab: (): Cancel => () => {},
    wholeConfig: readerOf(functions),
    createCore: createMockCore,
  })
}

function readerOf(functions: ConfigFunctions): AuthorityHost['wholeConfig'] {
  return async (config, signal) => {
    const read = readByFetch((url) => fetch(url, { signal }))
    return { ...(await withProjectSources(config, read)), ...functions }
  }
}

async function openLog(name: string, options: IndexedDbLogOptions, logger: Logger): Promise<OwnedLog> {
  try {
    const log = await openIndexedDbLog(name, options)
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
