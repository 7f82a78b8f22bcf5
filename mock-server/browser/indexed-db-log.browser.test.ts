import { deleteDB, openDB } from 'idb'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createMemoryLog } from '../core/memory-log.ts'
import { emptySnapshot, entryOf, revisionLogContract } from '../core/revision-log.contract.ts'
import { type IndexedDbLog, type IndexedDbLogOptions, logDatabaseName, openIndexedDbLog } from './indexed-db-log.ts'

let count = 0
const names: string[] = []
function newName(): string {
  const name = `log-test-${++count}`
  names.push(name)
  return name
}

const nameOf = new WeakMap<object, string>()
async function openNew(options: IndexedDbLogOptions = {}): Promise<IndexedDbLog> {
  const name = newName()
  const log = await openIndexedDbLog(name, options)
  nameOf.set(log, name)
  return log
}

afterEach(async () => {
  vi.restoreAllMocks()
  for (const name of names.splice(0)) await deleteDB(logDatabaseName(name))
})

revisionLogContract('memory', { create: async () => createMemoryLog() })
revisionLogContract('IndexedDB', {
  create: () => openNew(),
  async reopen(log) {
    await log.close()
    return openIndexedDbLog(nameOf.get(log) ?? '')
  },
  withHistory: (history) => openNew({ history }),
})

describe('IndexedDB log', () => {
  it('writes the commits of a turn together, and those that come while a transaction is on its way in the next one', async () => {
    const log = await openNew()
    await log.saveSnapshot('p1', emptySnapshot())
    const transactions = vi.spyOn(IDBDatabase.prototype, 'transaction')
    const commit = (from: number): Promise<unknown> =>
      Promise.all(Array.from({ length: 50 }, (_, n) => log.append('p1', from + n, entryOf(from + n + 1))))
    const first = commit(0)
    expect(transactions).not.toHaveBeenCalled()
    await undefined
    expect(transactions).toHaveBeenCalledTimes(1)
    await Promise.all([first, commit(50)])
    expect(transactions).toHaveBeenCalledTimes(2)
    await log.close()
  })

  it('acknowledges nothing that an aborted transaction took back, and goes on from what is really stored', async () => {
    const log = await openNew()
    await log.saveSnapshot('p1', emptySnapshot())
    expect(await log.append('p1', 0, entryOf(1))).toBe('ok')
    const add = vi.spyOn(IDBObjectStore.prototype, 'add')
    add.mockImplementationOnce(function (this: IDBObjectStore, value: unknown, key?: IDBValidKey) {
      const request = this.put(value, key)
      // The row is written, and then the disk is full.
      request.onsuccess = () => this.transaction.abort()
      return request
    })
    await expect(log.append('p1', 1, entryOf(2))).rejects.toMatchObject({ code: 'storage-failed' })
    expect((await log.load('p1'))?.entries).toEqual([entryOf(1)])
    expect(await log.append('p1', 1, entryOf(2))).toBe('ok')
    await log.close()
  })

  it('writes what was queued before it closes, and refuses what comes later', async () => {
    const name = newName()
    const log = await openIndexedDbLog(name)
    await log.saveSnapshot('p1', emptySnapshot())
    const appended = [log.append('p1', 0, entryOf(1)), log.append('p1', 1, entryOf(2))]
    await log.close()
    expect(await Promise.all(appended)).toEqual(['ok', 'ok'])
    await expect(log.append('p1', 2, entryOf(3))).rejects.toMatchObject({ code: 'storage-failed' })
    const again = await openIndexedDbLog(name)
    expect((await again.load('p1'))?.entries).toEqual([entryOf(1), entryOf(2)])
    await again.close()
  })

  it('reports a browser that refuses storage as storage-failed', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    await expect(openIndexedDbLog(newName())).rejects.toMatchObject({ code: 'storage-failed' })
  })

  it('refuses a log of a newer format instead of guessing', async () => {
    const name = newName()
    const newer = await openDB(logDatabaseName(name), 1000)
    newer.close()
    await expect(openIndexedDbLog(name)).rejects.toMatchObject({ code: 'storage-failed' })
  })

  it('remembers what its state was made from', async () => {
    const name = newName()
    const log = await openIndexedDbLog(name)
    expect(await log.seed()).toBeUndefined()
    await log.setSeed('abc')
    await log.close()
    const again = await openIndexedDbLog(name)
    expect(await again.seed()).toBe('abc')
    await again.close()
  })
})
