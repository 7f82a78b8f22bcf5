/** What an app can rely on when a tab is reloaded, crashes or closes before everything was saved. */

import { beforeEach, describe, expect, test } from 'vitest'
import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { createScheduler, type Scheduler } from './event-store.ts'
import { createGanttStore, type GanttStore } from './gantt-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import type { LiveClientOptions } from './live-client.ts'
import { liveKeeping } from './live-client.ts'
import { BODY, EVENT } from './open-scheduler.contract.ts'
import type { DataProcessorOptions } from './rest-client.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await liveKeeping.load()

const NEW = { text: 'New', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }

let storage: MemoryOutbox
let locks: MemoryLocks
let tabs: number
beforeEach(() => {
  storage = new MemoryOutbox()
  locks = new MemoryLocks()
  tabs = 0
})

interface Tab<Store> {
  readonly store: Store
  readonly server: HandServer
  /** Writes so far. */
  readonly saves: () => string[]
  load(records: unknown): Promise<void>
  crash(): void
}

function tabOf<Store extends Scheduler | GanttStore>(
  make: (options: LiveClientOptions) => Store,
  url: string,
  former: string[],
  options: Partial<DataProcessorOptions>,
): Tab<Store> {
  const server = new HandServer()
  const own = locks.tab(former)
  tabs += 1
  const store = make({ ...server.ports, random: seededRandom(`tab${tabs}`), outbox: { storage, locks: own } })
  void store.load(url)
  store.createDataProcessor({ url, ...options })
  return {
    store,
    server,
    saves: () => server.asked.filter((line) => !line.startsWith('GET')),
    async load(records) {
      await settle()
      for (let i = 0; i < server.requests.length; i++) {
        const request = server.requests[i]
        if (request?.method === 'GET') await request.answer(200, records)
      }
    },
    crash() {
      own.crash()
    },
  }
}

/** A scheduler of one browser; `former`: what its sessionStorage remembers. */
const tab = (former: string[] = [], options: Partial<DataProcessorOptions> = {}): Tab<Scheduler> =>
  tabOf(createScheduler, '/events', former, options)

/** One that has loaded {@link EVENT}. */
async function loaded(former: string[] = [], options: Partial<DataProcessorOptions> = {}): Promise<Tab<Scheduler>> {
  const opened = tab(former, options)
  await opened.load([EVENT])
  return opened
}

const kept = (): unknown[] => [...storage.stored.values()].map(({ changes }) => changes.stores)

describe('what is not saved yet', () => {
  test('[LU4] is kept from the edit to the answer, one entry for each record', async () => {
    const { store, server } = await loaded()
    store.updateEvent(7, { text: 'mine' })
    await settle()
    expect(kept()).toEqual([{ events: { updated: [{ id: 7, text: 'mine' }] } }])
    store.updateEvent(7, { note: 'more' })
    const id = store.addEvent(NEW)
    await settle()
    expect(kept()).toEqual([
      { events: { updated: [{ id: 7, text: 'mine', note: 'more' }] } },
      { events: { added: [{ ...NEW, $PhantomId: id }] } },
    ])
    await server.request('PUT /events/7').answer(200)
    expect(kept()).toMatchObject([{ events: { added: [{}] } }, { events: { updated: [{ id: 7, note: 'more' }] } }])
    await server.request('POST /events').answer(200, { tid: 8 })
    await server.request('PUT /events/7').answer(200)
    expect([kept(), store.pendingCount]).toEqual([[], 0])
  })

  test('[LU4] a refused edit is not kept, one without an answer is', async () => {
    const { store, server } = await loaded()
    store.updateEvent(7, { text: 'bad' })
    store.addEvent(NEW)
    await settle()
    await server.request('PUT /events/7').answer(400)
    await server.request('POST /events').lose()
    expect(kept()).toMatchObject([{ events: { added: [NEW] } }])
  })

  test('[LU4] what waits for a data processor that comes late is kept as soon as it is there', async () => {
    const server = new HandServer()
    const store = createScheduler({ ...server.ports, outbox: { storage, locks: locks.tab() } })
    store.addEvent(NEW)
    await settle()
    expect(kept()).toEqual([])
    store.createDataProcessor({ url: '/events' })
    await settle()
    expect(kept()).toMatchObject([{ events: { added: [NEW] } }])
  })
})

describe('after a reload', () => {
  test('[LU5] edits are seen at once and saved when the store has loaded, on what others made of the record', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    before.store.updateEvent(7, { text: 'mine' })
    await settle()
    before.crash()
    const after = tab(memory)
    await settle()
    expect([after.store.pendingCount, after.saves()]).toEqual([1, []])
    await after.load([{ ...EVENT, note: 'others’' }])
    expect(after.store.getEvent(7)).toEqual({ ...EVENT, text: 'mine', note: 'others’' })
    expect(after.saves()).toEqual(['PUT /events/7'])
    expect(after.server.last.body).toEqual({ ...BODY, text: 'mine', note: 'others’' })
    await after.server.last.answer(200)
    expect([kept(), after.store.pendingCount]).toEqual([[], 0])
  })

  test('[LU5] edits stand before those made since, and a second reload keeps both', async () => {
    const memory: string[] = []
    const first = await loaded(memory)
    first.store.updateEvent(7, { text: 'first', note: 'first' })
    await settle()
    first.crash()
    let read = (): void => {}
    const slow = storage.read.bind(storage)
    storage.read = (box) => new Promise((resolve) => (read = () => resolve(slow(box))))
    const second = await loaded(memory)
    second.store.updateEvent(7, { text: 'second' })
    await settle()
    expect(second.saves()).toEqual([])
    storage.read = slow
    read()
    await settle()
    expect(second.store.getEvent(7)).toMatchObject({ text: 'second', note: 'first' })
    second.crash()
    const third = await loaded(memory)
    expect(third.store.getEvent(7)).toMatchObject({ text: 'second', note: 'first' })
    expect(third.saves()).toEqual(['PUT /events/7'])
  })

  test('[LU5] a removal is done again, one that was done already is not', async () => {
    for (const [now, expected] of [
      [[EVENT], ['DELETE /events/7']],
      [[], []],
    ] as const) {
      storage = new MemoryOutbox()
      const memory: string[] = []
      const before = await loaded(memory)
      before.store.deleteEvent(7)
      await settle()
      before.crash()
      const after = tab(memory)
      await after.load(now)
      expect([after.saves(), after.store.getEvents()]).toEqual([expected, []])
    }
  })

  test('[LU5] an edit of a record that others removed meanwhile is told as a conflict', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    before.store.updateEvent(7, { text: 'mine' })
    await settle()
    before.crash()
    const after = tab(memory)
    const conflicts: unknown[] = []
    after.store.on('conflict', (conflict) => conflicts.push(conflict))
    await after.load([])
    expect(conflicts).toMatchObject([{ store: 'events', id: 7, kind: 'removed', ours: { text: 'mine' } }])
    expect([after.saves(), after.store.pendingCount, kept()]).toEqual([[], 0, []])
  })

  test('[LU6] a new record that was stored is recognised by its content, and what came after is saved under its id', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    const id = before.store.addEvent(NEW)
    await settle()
    before.store.updateEvent(id, { text: 'Newer' })
    await settle()
    before.crash()
    const after = tab(memory)
    await settle()
    expect(after.store.getEvents()).toMatchObject([{ ...NEW, text: 'Newer' }])
    await after.load([EVENT, { ...NEW, id: 8 }])
    expect(after.saves()).toEqual(['PUT /events/8'])
    expect(after.store.getEvents()).toEqual([EVENT, { ...NEW, text: 'Newer', id: 8 }])
  })

  test('[LU6] a new record that was stored is recognised although the user has edited it as it was read, and the later edit stands', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    const id = before.store.addEvent(NEW)
    await settle()
    before.store.updateEvent(id, { text: 'Newer', note: 'first' })
    before.store.reload()
    await before.load([EVENT, { ...NEW, id: 8 }])
    before.store.updateEvent(8, { note: 'second' })
    await settle()
    before.crash()
    const after = tab(memory)
    await after.load([EVENT, { ...NEW, id: 8 }])
    expect(after.store.getEvents()).toEqual([EVENT, { ...NEW, text: 'Newer', note: 'second', id: 8 }])
  })

  test('[LU6] a new record is not taken for one that the user has removed', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    before.store.addEvent(NEW)
    await settle()
    before.store.reload()
    await before.load([EVENT, { ...NEW, id: 8 }])
    before.store.deleteEvent(8)
    await settle()
    before.crash()
    const after = tab(memory)
    await after.load([EVENT, { ...NEW, id: 8 }])
    expect(after.saves().sort()).toEqual(['DELETE /events/8', 'POST /events'])
    expect(after.store.getEvents()).toMatchObject([EVENT, NEW])
  })

  test('[LU6] a new record that was stored and removed before the answer is removed', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    const id = before.store.addEvent(NEW)
    await settle()
    before.store.deleteEvent(id)
    await settle()
    before.crash()
    const after = tab(memory)
    await after.load([EVENT, { ...NEW, id: 8 }])
    expect([after.saves(), after.store.getEvents()]).toEqual([['DELETE /events/8'], [EVENT]])
  })

  test('[LU6] a new record that was not stored is sent, once; one that said the same before is not taken for it', async () => {
    const memory: string[] = []
    const twin = { ...NEW, id: 6 }
    const before = tab(memory)
    await before.load([twin])
    before.store.addEvent(NEW)
    await settle()
    before.crash()
    const after = tab(memory)
    await after.load([twin])
    expect(after.saves()).toEqual(['POST /events'])
    expect(after.store.getEvents()).toHaveLength(2)
    await after.server.last.answer(200, { tid: 9 })
    expect([after.store.getEvent(9), after.store.pendingCount, kept()]).toEqual([{ ...NEW, id: 9 }, 0, []])
  })

  test('[LU6] what an earlier version left names records by texts, and is understood', async () => {
    const memory: string[] = []
    const twin = { ...NEW, id: 6 }
    const before = tab(memory)
    await before.load([EVENT, twin])
    before.store.addEvent(NEW)
    before.store.updateEvent(EVENT.id, { text: 'edited' })
    await settle()
    before.crash()
    for (const [id, entry] of storage.stored) {
      const { updated = [] } = entry.changes.stores['events'] ?? {}
      const events = {
        ...entry.changes.stores['events'],
        updated: updated.map((own) => ({ ...own, id: String(own.id) })),
      }
      const twins = entry.twins?.map(String)
      storage.stored.set(id, { ...entry, changes: { stores: { events } }, ...(twins ? { twins } : {}) })
    }
    const after = tab(memory)
    await after.load([EVENT, twin])
    expect(after.saves().sort()).toEqual([`POST /events`, `PUT /events/${EVENT.id}`])
    expect(after.store.getEvent(EVENT.id)?.text).toBe('edited')
    expect(after.store.getEvents()).toHaveLength(3)
  })

  test('[LU6] of two new records that say the same and one that was stored, the other is sent', async () => {
    const memory: string[] = []
    const before = await loaded(memory)
    before.store.addEvent(NEW)
    before.store.addEvent(NEW)
    await settle()
    before.crash()
    const after = tab(memory)
    await after.load([EVENT, { ...NEW, id: 8 }])
    expect(after.saves()).toEqual(['POST /events'])
    expect(after.store.getEvents()).toHaveLength(3)
  })

  test('[LU6] new records that refer to each other come back whole, whichever of them was stored', async () => {
    const TASK = { text: 'p', start_date: '01-04-2025 00:00', duration: 1, progress: 0, parent: 0 }
    const memory: string[] = []
    const plan = (): Tab<GanttStore> => tabOf(createGanttStore, '/data', memory, {})
    const before = plan()
    await before.load({ data: [], links: [] })
    const parent = before.store.tasks.add(TASK)
    before.store.tasks.add({ ...TASK, text: 'c', parent: parent.id })
    await settle()
    before.crash()
    const after = plan()
    // The parent was stored, and the child too, in the moment before the tab went.
    const data = [
      { ...TASK, id: 101 },
      { ...TASK, id: 102, text: 'c', parent: 101 },
    ]
    await after.load({ data, links: [] })
    await after.load({ data, links: [] })
    expect([after.saves(), after.store.pendingCount]).toEqual([[], 0])
    expect(after.store.tasks.all()).toEqual(data)
    expect(kept()).toEqual([])
  })
})

describe('tabs of one browser', () => {
  test('[LU7] edits of a tab that is gone are adopted after 5 s, by one tab; a tab that lives keeps its own', async () => {
    const author = await loaded()
    const other = await loaded()
    const third = await loaded()
    author.store.updateEvent(7, { text: 'mine' })
    await settle()
    await other.server.pass(10_000)
    expect(other.store.pendingCount).toBe(0)
    author.crash()
    await other.server.pass(2_500)
    await other.server.pass(2_500)
    expect(other.store.pendingCount).toBe(0)
    await other.server.pass(2_500)
    await third.server.pass(10_000)
    expect([other.store.pendingCount, third.store.pendingCount]).toEqual([1, 0])
    expect(other.saves()).toEqual([])
    await other.load([EVENT])
    expect(other.saves()).toEqual(['PUT /events/7'])
    await other.server.last.answer(200)
    expect(kept()).toEqual([])
  })

  test('[LU6 LU7] of two adopted records that say the same, one that the adopting tab shows already stands for one', async () => {
    const author = await loaded()
    author.store.addEvent(NEW)
    author.store.addEvent(NEW)
    await settle()
    author.crash()
    const other = tab()
    await other.load([EVENT, { ...NEW, id: 8 }])
    for (let i = 0; i < 3; i++) await other.server.pass(2_500)
    await other.load([EVENT, { ...NEW, id: 8 }])
    expect(other.saves()).toEqual(['POST /events'])
    expect(other.store.getEvents()).toHaveLength(3)
  })

  test('[LU7] a closed store leaves its edits to the next', async () => {
    const before = await loaded()
    before.store.updateEvent(7, { text: 'mine' })
    before.store.close()
    await settle()
    expect(before.server.clock.waiting).toBe(0)
    const after = await loaded()
    for (let i = 0; i < 3; i++) await after.server.pass(2_500)
    await after.load([EVENT])
    expect(after.saves()).toEqual(['PUT /events/7'])
  })

  test('[LU8] edits are filed by URL and account', async () => {
    const memory: string[] = []
    const ann = await loaded(memory, { account: 'ann' })
    ann.store.updateEvent(7, { text: 'ann’s' })
    await settle()
    expect(() => ann.store.createDataProcessor({ url: '/events', account: 'bob' })).toThrow(
      expect.objectContaining({ code: 'changes-pending' }),
    )
    ann.crash()
    const bob = await loaded(memory, { account: 'bob' })
    const elsewhere = await loaded(memory, { url: '/other', account: 'ann' })
    expect([bob.store.pendingCount, elsewhere.store.pendingCount]).toEqual([0, 0])
    const again = await loaded(memory, { account: 'ann' })
    expect(again.saves()).toEqual(['PUT /events/7'])
  })

  test('[LU8] where a function makes the URLs, edits are kept only under an account', async () => {
    const url = (): string => '/events/7'
    const nameless = await loaded([], { url })
    nameless.store.updateEvent(7, { text: 'mine' })
    await settle()
    expect([nameless.saves(), kept()]).toEqual([['PUT /events/7'], []])
    const named = await loaded([], { url, account: 'ann at plan.example' })
    named.store.updateEvent(7, { text: 'mine' })
    await settle()
    expect(kept()).toHaveLength(1)
  })
})

test('[LU9] storage that is refused is told once, everything goes on, and is kept when it is not refused any more', async () => {
  storage.refused = true
  const server = new HandServer()
  const store = createScheduler({ ...server.ports, outbox: { storage, locks: locks.tab() } })
  const codes: string[] = []
  store.on('error', ({ code }) => codes.push(code))
  store.createDataProcessor({ url: '/events' })
  await settle()
  store.addEvent(NEW)
  await settle()
  expect([codes, server.asked]).toEqual([['storage-failed'], ['POST /events']])
  storage.refused = false
  store.addEvent({ ...NEW, text: 'second' })
  await settle()
  expect([codes, kept().length]).toEqual([['storage-failed'], 2])
})

test('without an outbox nothing is kept and nothing waits for it', async () => {
  const server = new HandServer()
  const store = createScheduler({ ...server.ports, outbox: false })
  store.createDataProcessor({ url: '/events' })
  store.addEvent(NEW)
  await settle()
  expect([server.asked, server.clock.waiting, kept()]).toEqual([['POST /events'], 0, []])
})
