/** A live store whose half that saves is not there yet: its code is loaded when the app says where to save to. */
import { afterEach, expect, test, vi } from 'vitest'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { EVENT, update } from './open-scheduler.contract.ts'

afterEach(() => vi.doUnmock('./saving.ts'))

/** A store that hears of changes, made of modules that have loaded nothing yet. */
async function fresh() {
  vi.resetModules()
  const { liveSaving } = await import('./live-runner.ts')
  const { createScheduler } = await import('./event-store.ts')
  const server = new HandServer()
  const store = createScheduler(server.ports)
  const errors: string[] = []
  store.on('error', ({ code }) => errors.push(code))
  void store.load('/events')
  const { RemoteEvents, remoteUpdates } = store.ext.liveUpdates
  new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
  await settle()
  await server.request('GET /events').answer(200, [EVENT])
  await server.request('GET /api/v1').answer(200, { websocket: true })
  server.socket.start()
  await settle()
  await server.request('GET /events').answer(200, [EVENT])
  return { liveSaving, server, store, errors }
}

const writes = (server: HandServer): string[] => server.asked.filter((line) => !line.startsWith('GET'))

test('a store that only shows never loads what saves', async () => {
  const { liveSaving, server, store } = await fresh()
  server.socket.event('events', update({ ...EVENT, text: 'theirs' }))
  expect(store.getEvent(7)?.text).toBe('theirs')
  expect(liveSaving.code).toBeUndefined()
})

test('edits that are made before the code is there are shown, and counted, and leave when it is; what others do meanwhile is seen', async () => {
  const { liveSaving, server, store } = await fresh()
  store.createDataProcessor({ url: '/events' })
  store.updateEvent(7, { text: 'mine' })
  store.addEvent({ text: 'new' })
  server.socket.event('events', update({ ...EVENT, note: 'theirs' }))
  await server.pass(0)
  expect(store.getEvents()).toMatchObject([{ text: 'mine', note: 'theirs' }, { text: 'new' }])
  expect([writes(server), store.pendingCount]).toEqual([[], 2])
  await liveSaving.load()
  await settle()
  expect(writes(server)).toEqual(['PUT /events/7', 'POST /events'])
  expect(server.request('PUT /events/7').body).toMatchObject({ text: 'mine', note: 'theirs' })
})

test('a record that others remove before the code is there takes its edit along, and nothing is sent', async () => {
  const { liveSaving, server, store } = await fresh()
  store.createDataProcessor({ url: '/events' })
  const conflicts = vi.fn()
  store.on('conflict', conflicts)
  store.updateEvent(7, { text: 'mine' })
  server.socket.event('events', { type: 'delete-event', event: { id: 7 } })
  expect(conflicts).toHaveBeenCalledWith(expect.objectContaining({ id: 7, kind: 'removed' }))
  await liveSaving.load()
  await settle()
  expect([writes(server), store.pendingCount]).toEqual([[], 0])
})

test('where the code cannot be loaded the app is told, edits wait, and leave when a later try brings it', async () => {
  vi.doMock('./saving.ts', () => {
    throw new Error('a deploy removed it')
  })
  const { liveSaving, server, store, errors } = await fresh()
  store.createDataProcessor({ url: '/events' })
  store.addEvent({ text: 'waits' })
  await expect(liveSaving.load()).rejects.toThrow()
  await settle()
  expect([errors, writes(server), store.pendingCount]).toEqual([['connection-lost'], [], 1])
  vi.doUnmock('./saving.ts')
  vi.resetModules()
  await server.pass(BACKOFF_CAP_MS)
  await liveSaving.load()
  await settle()
  expect(writes(server)).toEqual(['POST /events'])
})

test('a store that is closed before the code is there asks for nothing more', async () => {
  const { liveSaving, server, store } = await fresh()
  store.createDataProcessor({ url: '/events' })
  store.addEvent({ text: 'dropped' })
  store.close()
  await liveSaving.load()
  await settle()
  expect([writes(server), server.clock.waiting]).toEqual([[], 1])
})

test('what a tab left stays stored while the code that takes it over is on its way, and goes on in the next', async () => {
  const storage = new MemoryOutbox()
  const locks = new MemoryLocks()
  const former: string[] = []
  const open = async (text: string) => {
    vi.resetModules()
    const { liveKeeping } = await import('./live-client.ts')
    const { createScheduler } = await import('./event-store.ts')
    const server = new HandServer()
    const store = createScheduler({
      ...server.ports,
      random: seededRandom(text),
      outbox: { storage, locks: locks.tab(former) },
    })
    store.createDataProcessor({ url: '/events' })
    store.addEvent({ text })
    await settle()
    return { liveKeeping, server, store }
  }
  const first = await open('left')
  await first.liveKeeping.load()
  await settle()
  expect(first.server.asked).toEqual(['POST /events'])
  first.store.close()
  const second = await open('new')
  expect(storage.stored.size).toBe(1)
  await second.liveKeeping.load()
  await settle()
  expect(storage.stored.size).toBe(2)
  expect(second.store.getEvents().map(({ text }) => text)).toEqual(['new', 'left'])
  expect(second.store.pendingCount).toBe(2)
})
