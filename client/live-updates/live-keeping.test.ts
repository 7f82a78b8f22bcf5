/** A live store whose outbox is not there yet: its code is loaded beside it. */
import { expect, test, vi } from 'vitest'
import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'

/** Without the modules of an earlier test: nothing is loaded yet. */
async function fresh(breakIt = false) {
  vi.resetModules()
  if (breakIt) vi.doMock('./live-keeping.ts', () => Promise.reject(new Error('chunk not found')))
  else vi.doUnmock('./live-keeping.ts')
  const { liveKeeping } = await import('./live-client.ts')
  const { createScheduler } = await import('./event-store.ts')
  const { HandServer } = await import('./hand-server.contract.ts')
  const server = new HandServer()
  const storage = new MemoryOutbox()
  const store = createScheduler({ ...server.ports, outbox: { storage, locks: new MemoryLocks().tab() } })
  const errors: unknown[] = []
  store.on('error', ({ code }) => errors.push(code))
  store.createDataProcessor({ url: '/events' })
  return { liveKeeping, server, storage, store, errors }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

test('what is edited before the code of the outbox is there is shown at once, then kept and sent', async () => {
  const { liveKeeping, server, storage, store } = await fresh()
  store.addEvent({ text: 'early' })
  expect(store.getEvents()).toMatchObject([{ text: 'early' }])
  expect(server.asked).toEqual([])
  await liveKeeping.load()
  await turns()
  expect(server.asked).toEqual(['POST /events'])
  expect(storage.stored.size).toBe(1)
})

test('a store that is closed before the code of its outbox is there leaves its edits there all the same', async () => {
  const { liveKeeping, storage, store } = await fresh()
  store.addEvent({ text: 'last' })
  store.close()
  await liveKeeping.load()
  await turns()
  expect(storage.stored.size).toBe(1)
})

test('where the code of the outbox cannot be loaded, the app is told, and goes on in memory', async () => {
  const { liveKeeping, server, store, errors } = await fresh(true)
  store.addEvent({ text: 'kept by nobody' })
  await expect(liveKeeping.load()).rejects.toThrow()
  await turns()
  expect(errors).toEqual(['storage-failed'])
  expect(server.asked).toEqual(['POST /events'])
})
