import { afterEach, describe, expect, test, vi } from 'vitest'
import { MemoryOutbox } from '../testing/memory-outbox.ts'
import { indexedDbOutbox } from './indexed-db-outbox.ts'
import { outboxContract, storedChangeset } from './outbox.contract.ts'

const NAME = 'outbox-test'

/** Deletes the database as a user does who clears the site's data. */
async function deleteDatabase(): Promise<void> {
  await finished(indexedDB.deleteDatabase(NAME))
}

/** Never, if an open connection does not give way. */
function finished(request: IDBOpenDBRequest): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

outboxContract('IndexedDB', { open: () => indexedDbOutbox(NAME), clear: deleteDatabase })

let memory = new MemoryOutbox()
outboxContract('memory', {
  open: () => memory,
  async clear() {
    memory = new MemoryOutbox()
  },
})

describe('the outbox in IndexedDB', () => {
  afterEach(async () => {
    vi.restoreAllMocks()
    await deleteDatabase()
  })

  test('touches nothing before it is asked', async () => {
    indexedDbOutbox(NAME).close()
    expect((await indexedDB.databases()).map(({ name }) => name)).not.toContain(NAME)
  })

  test('[OB6] a browser that refuses storage rejects reads and writes', async () => {
    vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    })
    const storage = indexedDbOutbox(NAME)
    await expect(storage.read('ann')).rejects.toThrow('insecure')
    await expect(storage.write([storedChangeset('c-1:1')], [])).rejects.toThrow('insecure')
    storage.close()
  })

  test('[OB2] a write that fails changes nothing, and the next one works', async () => {
    const storage = indexedDbOutbox(NAME)
    await storage.write([storedChangeset('c-1:1')], [])
    const { put } = IDBObjectStore.prototype
    vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementationOnce(function (this: IDBObjectStore, value: unknown) {
      // The first row is written, the second one fails, as on a full disk.
      put.call(this, value)
      return this.add(value)
    })
    await expect(storage.write([storedChangeset('c-1:2')], ['c-1:1'])).rejects.toThrow('already exists')
    expect((await storage.read('ann')).map(({ id }) => id)).toEqual(['c-1:1'])
    await storage.write([storedChangeset('c-1:3')], [])
    expect((await storage.read('ann')).map(({ id }) => id)).toEqual(['c-1:1', 'c-1:3'])
    storage.close()
  })

  test('[OB2] values that JSON cannot say are kept as they travel', async () => {
    const storage = indexedDbOutbox(NAME)
    const task = { id: 1, startDate: new Date(0), render: () => {} }
    await storage.write([storedChangeset('c-1:1', { changes: { stores: { tasks: { updated: [task] } } } })], [])
    expect(await storage.read('ann')).toMatchObject([
      { changes: { stores: { tasks: { updated: [{ id: 1, startDate: '1970-01-01T00:00:00.000Z' }] } } } },
    ])
    storage.close()
  })

  test('stands in nobody’s way: a later version of the app changes the store, and this one is refused from then on', async () => {
    const storage = indexedDbOutbox(NAME)
    await storage.write([storedChangeset('c-1:1')], [])
    const later = await finished(indexedDB.open(NAME, 2))
    await expect(storage.read('ann')).rejects.toMatchObject({ name: 'VersionError' })
    later.close()
    storage.close()
  })

  test('goes on with an empty store after the user has cleared the site’s data', async () => {
    const storage = indexedDbOutbox(NAME)
    await storage.write([storedChangeset('c-1:1')], [])
    await deleteDatabase()
    expect(await storage.read('ann')).toEqual([])
    await storage.write([storedChangeset('c-1:2')], [])
    expect((await storage.read('ann')).map(({ id }) => id)).toEqual(['c-1:2'])
    storage.close()
  })
})
