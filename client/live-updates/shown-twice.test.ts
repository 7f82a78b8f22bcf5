/** What an app can rely on while a new record is shown twice: as it was added, its answer lost, and as a read shows it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { PlanwireError } from '../protocol/errors.ts'
import type { ClientId, RecordId } from '../protocol/ids.ts'
import { MemoryLocks, MemoryOutbox, type MemoryTab } from '../testing/memory-outbox.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { createScheduler, type Scheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { liveKeeping } from './live-client.ts'
import { answerLoads, EVENT, gone, update } from './open-scheduler.contract.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await liveKeeping.load()

const LUNCH = { text: 'Lunch', start_date: '2025-04-22 12:00', end_date: '2025-04-22 13:00' }
const STORED = { ...LUNCH, id: 8 }

let server: HandServer
let scheduler: Scheduler
/** Under which the event was added. */
let id: RecordId
/** Of one browser; each test has its own, or would adopt what the one before left. */
let storage: MemoryOutbox
let locks: MemoryLocks
let tabs = 0
let own: MemoryTab
/** `sessionStorage`. */
let memory: ClientId[]
beforeEach(async () => {
  storage = new MemoryOutbox()
  locks = new MemoryLocks()
  memory = []
  await openTab()
  id = scheduler.addEvent(LUNCH)
  await settle()
  await server.last.lose()
  server.requests.length = 0
})
afterEach(() => {
  scheduler.close()
})

/** Opens the tab, or reloads it, before a server that knows keys. */
async function openTab(events?: readonly object[]): Promise<void> {
  server = new HandServer()
  own = locks.tab(memory)
  scheduler = createScheduler({
    ...server.ports,
    random: seededRandom(`tab${++tabs}`),
    outbox: { storage, locks: own },
  })
  scheduler.createDataProcessor({ url: '/events' })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
  await server.accept({ api: {}, data: {}, websocket: true, planwire: { idempotencyKey: true } })
  void scheduler.load('/events')
  await settle()
  await answerLoads(server, events)
  await server.pass(5_000)
  await answerLoads(server, events)
}

/** A read shows the stored event, and the insert is asked for again. */
async function showTwice(): Promise<void> {
  scheduler.reload()
  await settle()
  await server.request('GET /events').answer(200, [EVENT, STORED])
  expect(scheduler.getEvents()).toHaveLength(3)
  expect(server.asked.at(-1)).toBe('POST /events')
}

/** The edit of the stored event is saved, and its frame heard. */
async function save(): Promise<void> {
  await settle()
  const put = server.request('PUT /events/8')
  await put.answer(200, { action: 'updated' })
  server.socket.event('events', update({ ...(put.body as object), id: 8 }))
}

/** The insert is answered, late. */
async function name(): Promise<void> {
  await server.request('POST /events').answer(200, { action: 'inserted', tid: 8, item: STORED })
  await settle()
}

const puts = (): unknown[] => server.requests.filter(({ method }) => method === 'PUT').map(({ body }) => body)

test('[LU13] an edit of the one does not take back a later one of the other that was stored meanwhile', async () => {
  scheduler.updateEvent(id, { note: 'first', text: 'Brunch' })
  await showTwice()
  scheduler.updateEvent(8, { note: 'second' })
  await save()
  await name()
  expect(puts()).toEqual([
    { ...LUNCH, note: 'second' },
    { ...LUNCH, note: 'second', text: 'Brunch' },
  ])
  await save()
  expect([scheduler.getEvent(id)?.['note'], scheduler.getEvents().length, scheduler.pendingCount]).toEqual([
    'second',
    2,
    0,
  ])
})

test('[LU13] nothing is sent when all of it was said later of the other', async () => {
  scheduler.updateEvent(id, { note: 'first' })
  await showTwice()
  scheduler.updateEvent(8, { note: 'second' })
  await save()
  await name()
  expect([puts().length, scheduler.getEvent(8)?.note, scheduler.pendingCount]).toEqual([1, 'second', 0])
})

test.each([{ stored: true }, { stored: false }])(
  '[LU13] of edits of both in turn the last one stands, stored meanwhile: $stored',
  async ({ stored }) => {
    scheduler.updateEvent(id, { note: 'first' })
    await showTwice()
    scheduler.updateEvent(8, { note: 'second' })
    if (stored) await save()
    scheduler.updateEvent(id, { note: 'third' })
    await name()
    if (!stored) await save()
    await save()
    expect(puts()).toEqual([
      { ...LUNCH, note: 'second' },
      { ...LUNCH, note: 'third' },
    ])
    expect([scheduler.getEvent(8)?.note, scheduler.pendingCount]).toEqual(['third', 0])
  },
)

test('[LU13] of many edits of both the last one stands, before the first of them is stored as well', async () => {
  scheduler.updateEvent(id, { note: 'first' })
  await showTwice()
  scheduler.updateEvent(8, { note: 'second' })
  await settle()
  scheduler.updateEvent(8, { note: 'third' })
  scheduler.updateEvent(id, { note: 'fourth' })
  scheduler.updateEvent(8, { note: 'fifth' })
  await name()
  await save()
  await save()
  expect([scheduler.getEvent(8)?.note, scheduler.pendingCount]).toEqual(['fifth', 0])
})

test('[LU13] what somebody else wrote meanwhile is no reason to drop an own edit', async () => {
  scheduler.updateEvent(id, { note: 'mine' })
  await showTwice()
  scheduler.updateEvent(8, { text: 'Brunch' })
  await save()
  server.socket.event('events', update({ ...STORED, text: 'Brunch', note: 'theirs' }))
  await name()
  expect(puts().at(-1)).toEqual({ ...LUNCH, text: 'Brunch', note: 'mine' })
})

test('[LU13] a later edit that is refused does not stand in the way of an earlier one of the other', async () => {
  const rejected: unknown[] = []
  scheduler.on('rejected', ({ fields }) => rejected.push(fields))
  scheduler.updateEvent(id, { note: 'first', text: 'Brunch' })
  await showTwice()
  scheduler.updateEvent(8, { note: 'second', text: 'Tea' })
  await settle()
  scheduler.updateEvent(8, { text: 'Dinner' })
  await settle()
  await server.request('PUT /events/8').answer(422, 'no')
  await name()
  expect(rejected).toEqual([{ note: 'second', text: 'Tea' }])
  await save()
  await save()
  expect([scheduler.getEvent(8), scheduler.pendingCount]).toEqual([{ ...STORED, note: 'first', text: 'Dinner' }, 0])
})

test.each([{ underWay: false }, { underWay: true }])(
  '[LU13] the removal of the one is not lost to an edit of the other, and the app is told, removal under way: $underWay',
  async ({ underWay }) => {
    const conflicts: unknown[] = []
    scheduler.on('conflict', ({ kind, ours }) => conflicts.push({ kind, ours }))
    scheduler.updateEvent(id, { note: 'first' })
    await showTwice()
    if (!underWay) scheduler.updateEvent(8, { text: 'Brunch' })
    await settle()
    scheduler.deleteEvent(8)
    await settle()
    await name()
    if (!underWay) await save()
    await settle()
    // The first time it did not leave.
    const offline = new PlanwireError('connection-lost', 'offline', 'retry', { sent: false })
    await server.request('DELETE /events/8').lose(offline)
    await server.pass(20_000)
    await answerLoads(server, [EVENT, STORED])
    await server.request('DELETE /events/8').answer(200, { action: 'deleted' })
    server.socket.event('events', gone(8))
    expect([scheduler.getEvents(), scheduler.pendingCount]).toEqual([[EVENT], 0])
    expect(conflicts).toEqual([{ kind: 'removed', ours: { note: 'first' } }])
  },
)

test('[LU5 LU13] after a reload of the tab as well, the later of two edits stands', async () => {
  scheduler.updateEvent(id, { note: 'first', text: 'Brunch' })
  await showTwice()
  scheduler.updateEvent(8, { note: 'second' })
  await settle()
  own.crash()
  await openTab([EVENT, STORED])
  await name()
  await save()
  await save()
  expect([scheduler.getEvent(8), scheduler.pendingCount]).toEqual([{ ...STORED, note: 'second', text: 'Brunch' }, 0])
})
