/** What an app can rely on before a server that offers keys and versions for saves, and what others never see of them. */
import { beforeEach, describe, expect, test } from 'vitest'
import { recordTag } from '../protocol/dialects/dhtmlx/record-tag.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { createScheduler, type Scheduler } from './event-store.ts'
import { createGanttStore } from './gantt-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { LIVE_OUTBOX_LIMIT } from './live-store.ts'
import { add, answerLoads, BODY, EVENT, open, update } from './open-scheduler.contract.ts'

const LUNCH = { text: 'Lunch', start_date: '2025-04-22 12:00', end_date: '2025-04-22 13:00' }
const OFFERS = { idempotencyKey: true, ifMatch: true }

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

/** Opens a scheduler before a server with these offers. */
async function openWith(offers: object | undefined): Promise<Scheduler> {
  const { scheduler } = await open(server)
  server.socket.close(1006)
  await server.pass(BACKOFF_CAP_MS)
  await server.last.answer(200, { api: {}, data: {}, websocket: true, ...(offers ? { planwire: offers } : {}) })
  server.socket.start()
  await settle()
  await answerLoads(server)
  await server.pass(5_000)
  await answerLoads(server)
  server.requests.length = 0
  return scheduler
}

describe('keys', () => {
  test('[LU13] no save carries a header that the server did not offer', async () => {
    const scheduler = await openWith(undefined)
    scheduler.addEvent(LUNCH)
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    for (const { headers } of server.requests) {
      expect(Object.keys(headers).sort()).toEqual(['Accept', 'Content-Type', 'Remote-Token'])
    }
  })

  test('[LU13 DC3] a new event whose answer was lost is sent again word for word under its key, and is one event', async () => {
    const scheduler = await openWith(OFFERS)
    const id = scheduler.addEvent(LUNCH)
    await settle()
    const first = server.request('POST /events')
    expect(first.headers['Idempotency-Key']).toMatch(/^[\w-]+-\d+$/)
    await first.lose()
    scheduler.updateEvent(id, { text: 'Late lunch' })
    await server.pass(BACKOFF_CAP_MS)
    const second = server.request('POST /events')
    expect(server.asked).toEqual(['POST /events', 'POST /events'])
    expect([second.body, second.headers]).toEqual([first.body, first.headers])
    await second.answer(200, { action: 'inserted', tid: 8, item: { ...LUNCH, id: 8 } })
    expect(server.asked.at(-1)).toBe('PUT /events/8')
    expect(scheduler.getEvent(8)?.text).toBe('Late lunch')
  })

  test('[LU13] an edit and a removal whose frame came, but not the answer, are asked for again: a crash may have taken them from the log', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    const put = server.request('PUT /events/7')
    server.socket.event('events', update({ ...EVENT, text: 'x' }))
    await put.lose()
    expect(scheduler.pendingCount).toBe(1)
    await server.pass(BACKOFF_CAP_MS)
    const again = server.request('PUT /events/7')
    expect([again.body, again.headers]).toEqual([put.body, put.headers])
    await again.answer(200, { action: 'updated' })
    await answerLoads(server, [{ ...EVENT, text: 'x' }])
    expect(scheduler.pendingCount).toBe(0)

    scheduler.deleteEvent(7)
    await settle()
    const removal = server.request('DELETE /events/7')
    server.socket.event('events', { type: 'delete-event', event: { id: 7 } })
    await removal.lose()
    expect(scheduler.pendingCount).toBe(1)
    await server.pass(BACKOFF_CAP_MS)
    const second = server.request('DELETE /events/7')
    expect(second.headers['Idempotency-Key']).toBe(removal.headers['Idempotency-Key'])
    await second.answer(200, { action: 'deleted' })
    expect([scheduler.pendingCount, scheduler.getEvents()]).toEqual([0, []])
  })

  test('[LU13] an edit made before the handshake was answered waits for it, 5 s at most, so that it does not leave without its version', async () => {
    for (const late of [false, true]) {
      const own = new HandServer()
      const scheduler = createScheduler(own.ports)
      void scheduler.load('/events')
      scheduler.createDataProcessor({ url: '/events' })
      const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
      const remoteEvents = new RemoteEvents('/api/v1', 'token')
      remoteEvents.on(remoteUpdates)
      await settle()
      await own.request('GET /events').answer(200, [EVENT])
      scheduler.updateEvent(7, { text: 'x' })
      await own.pass(4_900)
      expect(own.asked.some((line) => line.startsWith('PUT'))).toBe(false)
      if (late) await own.pass(200)
      else await own.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: false, planwire: OFFERS })
      await settle()
      const { headers } = own.request('PUT /events/7')
      expect([headers['If-Match'], headers['Idempotency-Key'] !== undefined]).toEqual(
        late ? [undefined, false] : [recordTag(EVENT), true],
      )
      scheduler.close()
      remoteEvents.close()
    }
  })

  test('[LU13] the same event that somebody else makes meanwhile is not taken for the own one', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.addEvent(LUNCH)
    await settle()
    await server.request('POST /events').lose()
    server.socket.event('events', add({ ...LUNCH, id: 20 }))
    await server.pass(BACKOFF_CAP_MS)
    await server.request('POST /events').answer(200, { action: 'inserted', tid: 21, item: { ...LUNCH, id: 21 } })
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 21, 20])
  })

  test('[LU13] where a key cannot be asked by any more, content is what a new event is recognised by, and the app is told', async () => {
    const scheduler = await openWith(OFFERS)
    const presumed: unknown[] = []
    scheduler.on('presumed', (event) => presumed.push(event))
    scheduler.addEvent(LUNCH)
    await settle()
    await server.request('POST /events').lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.request('POST /events').answer(422, { error: 'idempotency-key-reused' })
    await server.pass(BACKOFF_CAP_MS)
    await answerLoads(server, [EVENT, { ...LUNCH, id: 9 }])
    expect([scheduler.getEvent(9)?.text, scheduler.pendingCount, presumed]).toEqual([
      'Lunch',
      0,
      [{ store: 'events', id: 9 }],
    ])
  })

  test('[LU14] an insert that surely never left is sent anew without a look, and is nobody else’s event', async () => {
    const { scheduler } = await open(server)
    scheduler.addEvent(LUNCH)
    await settle()
    await server.last.lose(new PlanwireError('connection-lost', 'The network is gone', 'retry', { sent: false }))
    server.requests.length = 0
    server.socket.event('events', add({ ...LUNCH, id: 20 }))
    expect(scheduler.getEvents()).toHaveLength(3)
    await server.pass(BACKOFF_CAP_MS)
    expect(server.asked).toEqual(['POST /events'])
    await server.last.answer(200, { action: 'inserted', tid: 21 })
    server.socket.event('events', add({ ...LUNCH, id: 21 }))
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 20, 21])
  })
})

describe('versions', () => {
  test('[LU15] a save that was built on an older version is put on top of the newer one, group by group', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.updateEvent(7, { start_date: '2025-04-21 09:30' })
    await settle()
    const put = server.request('PUT /events/7')
    expect(put.headers['If-Match']).toBe(recordTag(EVENT))
    const theirs = { ...EVENT, text: 'Theirs' }
    await put.answer(409, { error: 'changed', code: 'conflict', item: theirs })
    const again = server.request('PUT /events/7')
    expect(again).not.toBe(put)
    expect(again.body).toEqual({ ...BODY, text: 'Theirs', start_date: '2025-04-21 09:30' })
    expect(again.headers['If-Match']).toBe(recordTag(theirs))
    expect(again.headers['Idempotency-Key']).not.toBe(put.headers['Idempotency-Key'])
    const stored = { ...theirs, start_date: '2025-04-21 09:30' }
    await again.answer(200, { action: 'updated', item: stored })
    server.socket.event('events', update(stored))
    expect([scheduler.getEvent(7), scheduler.pendingCount]).toEqual([stored, 0])
  })

  test('[LU15] an older version in a refusal does not take back what frames said since', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.updateEvent(7, { note: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'one' }))
    server.socket.event('events', update({ ...EVENT, text: 'two' }))
    await server.request('PUT /events/7').answer(412, { item: { ...EVENT, text: 'one' } })
    expect(server.request('PUT /events/7').body).toEqual({ ...BODY, text: 'two', note: 'mine' })
    expect(scheduler.getEvent(7)?.text).toBe('two')
  })

  test('[LU15] a save whose answer was lost and that shows in the newest version is stored, and not sent a third time', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.updateEvent(7, { text: 'Mine' })
    await settle()
    const put = server.request('PUT /events/7')
    await put.lose()
    await server.pass(BACKOFF_CAP_MS)
    const again = server.request('PUT /events/7')
    expect([again.body, again.headers]).toEqual([put.body, put.headers])
    await again.answer(409, { item: { ...EVENT, text: 'Mine', note: 'theirs' } })
    expect([scheduler.pendingCount, scheduler.getEvent(7)]).toEqual([0, { ...EVENT, text: 'Mine', note: 'theirs' }])
  })

  test('[LU15] a server that refuses every version gets the save without one, and others keep nobody waiting', async () => {
    const scheduler = await openWith(OFFERS)
    scheduler.updateEvent(7, { text: 'Mine' })
    await settle()
    for (let refusals = 0; refusals < 5; refusals++) {
      const put = server.request('PUT /events/7')
      expect(put.headers['If-Match']).toBeDefined()
      await put.answer(409, { item: { ...EVENT, note: `n${refusals}` } })
      await server.pass(BACKOFF_CAP_MS)
      server.socket.send({ action: 'result', body: [] })
    }
    expect(server.request('PUT /events/7').headers['If-Match']).toBeUndefined()
  })

  test('[LU15] a conflict without the newest version is a refusal: rolled back, told, and read anew', async () => {
    const { scheduler, rejections } = await open(server)
    scheduler.updateEvent(7, { text: 'Mine' })
    await settle()
    await server.request('PUT /events/7').answer(409, { error: 'changed' })
    expect(rejections).toMatchObject([{ error: { code: 'conflict' }, id: 7 }])
    expect(server.asked.at(-1)).toBe('GET /events')
  })
})

test('[LU16] an edit of one record more than may wait throws outbox-full and changes nothing; those that wait can be edited', () => {
  const scheduler = createScheduler(server.ports)
  const first = scheduler.addEvent(LUNCH)
  for (let count = 1; count < LIVE_OUTBOX_LIMIT; count++) scheduler.addEvent(LUNCH)
  expect(() => scheduler.addEvent(LUNCH)).toThrow(expect.objectContaining({ code: 'outbox-full' }))
  expect([scheduler.getEvents().length, scheduler.pendingCount]).toEqual([LIVE_OUTBOX_LIMIT, LIVE_OUTBOX_LIMIT])
  scheduler.updateEvent(first, { text: 'Brunch' })
  scheduler.deleteEvent(first)
  scheduler.addEvent(LUNCH)
  expect(scheduler.pendingCount).toBe(LIVE_OUTBOX_LIMIT)
})

test('[LU16] a removal of many records goes through as a whole or not at all, and so does a transaction', async () => {
  const gantt = createGanttStore(server.ports)
  const TASK = { text: 't', start_date: '01-04-2025 00:00', duration: 1, parent: 0 }
  const full = expect.objectContaining({ code: 'outbox-full' })
  void gantt.load('/data')
  await settle()
  const rows = Array.from({ length: 1_500 }, (_, at) => ({ ...TASK, id: at + 1, parent: at === 0 ? 0 : 1 }))
  await server.request('GET /data').answer(200, { data: rows, links: [{ id: 1, source: 2, target: 3, type: '0' }] })
  for (let count = 1; count < LIVE_OUTBOX_LIMIT; count++) gantt.tasks.add(TASK)
  // One place is left: the task takes its 1,499 children and their link along.
  gantt.tasks.remove(1)
  expect([gantt.tasks.size, gantt.links.size]).toEqual([LIVE_OUTBOX_LIMIT - 1, 0])
  const waiting = gantt.pendingCount
  expect(waiting).toBe(LIVE_OUTBOX_LIMIT - 1 + 1_501)
  expect(() => gantt.transact(() => [gantt.tasks.add(TASK), gantt.tasks.add(TASK)])).toThrow(full)
  expect([gantt.tasks.size, gantt.pendingCount]).toEqual([LIVE_OUTBOX_LIMIT - 1, waiting])
})

test('[LU16] what a transaction may take beyond the limit is bounded', () => {
  const scheduler = createScheduler(server.ports)
  const first = scheduler.addEvent(LUNCH)
  const both = (): unknown =>
    scheduler.transact(() => [
      scheduler.updateEvent(first, { text: `Brunch ${scheduler.pendingCount}` }),
      scheduler.addEvent(LUNCH),
    ])
  while (scheduler.pendingCount < 2 * LIVE_OUTBOX_LIMIT) both()
  expect(both).toThrow(expect.objectContaining({ code: 'outbox-full' }))
  expect(scheduler.pendingCount).toBe(2 * LIVE_OUTBOX_LIMIT)
})
