/** What an app can rely on where leases tell which tabs live: a tab that slept through its lease saves nothing twice. */

import { describe, expect, test } from 'vitest'
import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { createScheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { liveKeeping } from './live-client.ts'
import { EVENT } from './open-scheduler.contract.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await liveKeeping.load()

const NEW = { text: 'New', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }

function browser() {
  const storage = new MemoryOutbox()
  const locks = new MemoryLocks()
  let tabs = 0
  return {
    storage,
    async tab() {
      const server = new HandServer()
      const own = locks.tab()
      const store = createScheduler({
        ...server.ports,
        random: seededRandom(`tab${++tabs}`),
        outbox: { storage, locks: own },
      })
      const saves = (): string[] => server.asked.filter((line) => !line.startsWith('GET'))
      const load = async (records: unknown): Promise<void> => {
        await settle()
        for (let i = 0; i < server.requests.length; i++) {
          const request = server.requests[i]
          if (request?.method === 'GET') await request.answer(200, records)
        }
      }
      void store.load('/events')
      store.createDataProcessor({ url: '/events' })
      await load([EVENT])
      return { store, server, saves, load, sleep: own.sleep }
    },
  }
}

type Tab = Awaited<ReturnType<ReturnType<typeof browser>['tab']>>

/** `other` adopts what is left and loads `records`. */
async function adopts(other: Tab, records: unknown): Promise<void> {
  for (let look = 0; look < 3; look++) await other.server.pass(2_500)
  await other.load(records)
}

describe('a tab that slept through its lease', () => {
  test('[LU19] does not save again what another saved meanwhile, and shows what became of it', async () => {
    const { tab, storage } = browser()
    const sleeper = await tab()
    const other = await tab()
    sleeper.store.addEvent(NEW)
    sleeper.store.updateEvent(7, { text: 'mine' })
    await settle()
    // The network went with the machine: no request of it was answered.
    await sleeper.server.request('POST /events').lose()
    await sleeper.server.request('PUT /events/7').lose()
    const before = sleeper.saves().length
    sleeper.sleep()
    await adopts(other, [EVENT])
    expect(other.saves().sort()).toEqual(['POST /events', 'PUT /events/7'])
    await other.server.request('POST /events').answer(200, { tid: 8 })
    await other.server.request('PUT /events/7').answer(200)

    const now = [
      { ...EVENT, text: 'mine' },
      { ...NEW, id: 8 },
    ]
    for (let at = 0; at < 3; at++) {
      await sleeper.server.pass(30_000)
      await sleeper.load(now)
    }
    expect(sleeper.saves().slice(before)).toEqual([])
    expect([sleeper.store.getEvents(), sleeper.store.pendingCount]).toEqual([now, 0])
    expect(storage.stored.size).toBe(0)
  })

  test('[LU19] does not save what waited behind a request that is answered in the moment it wakes', async () => {
    const { tab } = browser()
    const sleeper = await tab()
    const other = await tab()
    sleeper.store.updateEvent(7, { text: 'first' })
    await settle()
    sleeper.store.updateEvent(7, { note: 'then' })
    await settle()
    sleeper.sleep()
    await adopts(other, [EVENT])
    expect(other.saves()).toEqual(['PUT /events/7'])
    await sleeper.server.request('PUT /events/7').answer(200)
    await settle()
    expect([sleeper.saves(), sleeper.store.pendingCount]).toEqual([['PUT /events/7'], 0])
  })

  test('[LU19] edits made in the moment it wakes are saved, or told of where they would make a second record', async () => {
    const { tab } = browser()
    const sleeper = await tab()
    const other = await tab()
    const rejected: unknown[] = []
    sleeper.store.on('rejected', (rejection) => rejected.push(rejection))
    const id = sleeper.store.addEvent(NEW)
    sleeper.store.updateEvent(7, { text: 'evening' })
    await settle()
    await sleeper.server.request('POST /events').lose()
    await sleeper.server.request('PUT /events/7').lose()
    const before = sleeper.saves().length
    sleeper.sleep()
    await adopts(other, [EVENT])
    sleeper.store.updateEvent(id, { text: 'Newer' })
    sleeper.store.updateEvent(7, { text: 'morning' })
    await settle()
    const now = [
      { ...EVENT, text: 'evening' },
      { ...NEW, id: 8 },
    ]
    for (let at = 0; at < 3; at++) {
      await sleeper.server.pass(30_000)
      await sleeper.load(now)
    }
    expect(sleeper.saves().slice(before)).toEqual(['PUT /events/7'])
    expect(sleeper.store.getEvent(7)).toMatchObject({ text: 'morning' })
    expect(rejected).toMatchObject([
      { error: { code: 'conflict', recovery: 'drop-changeset' }, store: 'events', id, fields: { text: 'Newer' } },
    ])
  })

  test('[LU19] edits made after it woke are saved, by it alone', async () => {
    const { tab, storage } = browser()
    const sleeper = await tab()
    const other = await tab()
    sleeper.store.updateEvent(7, { text: 'before' })
    await settle()
    await sleeper.server.request('PUT /events/7').lose()
    const before = sleeper.saves().length
    sleeper.sleep()
    await adopts(other, [EVENT])
    sleeper.store.addEvent(NEW)
    await settle()
    expect(sleeper.saves().slice(before)).toEqual(['POST /events'])
    await sleeper.server.request('POST /events').answer(200, { tid: 8 })
    await adopts(other, [EVENT])
    expect(other.saves()).toEqual(['PUT /events/7'])
    await other.server.request('PUT /events/7').answer(200)
    expect([sleeper.store.pendingCount, storage.stored.size]).toEqual([0, 0])
  })

  test('[LU19] if nobody took anything over, it saves its own', async () => {
    const { tab } = browser()
    const sleeper = await tab()
    sleeper.store.updateEvent(7, { text: 'mine' })
    await settle()
    await sleeper.server.request('PUT /events/7').lose()
    const before = sleeper.saves().length
    sleeper.sleep()
    await sleeper.server.pass(30_000)
    await sleeper.load([EVENT])
    await sleeper.server.pass(30_000)
    expect(sleeper.saves().slice(before)).toEqual(['PUT /events/7'])
  })
})
