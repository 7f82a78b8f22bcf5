/** What an app can rely on when it loads ranges of dates as its user pages through them. */
import { beforeEach, expect, test } from 'vitest'
import { createScheduler, type Scheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'

const APRIL = { from: new Date(2025, 3, 1), to: new Date(2025, 4, 1) }
const [APRIL_URL, MAY_URL] = ['/events?from=2025-04-01&to=2025-05-01', '/events?from=2025-05-01&to=2025-06-01']
const at = (id: number, start: string, more: object = {}): object => ({
  id,
  start_date: start,
  text: `e${id}`,
  ...more,
})
const IN_APRIL = at(1, '2025-04-21 09:00')
const IN_MAY = at(2, '2025-05-05 09:00')

let server: HandServer
let scheduler: Scheduler
let told: unknown[]

/** Loads April with a live socket. */
async function openApril(): Promise<void> {
  scheduler = createScheduler(server.ports)
  void scheduler.load('/events', APRIL)
  scheduler.createDataProcessor({ url: '/events' })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
  await settle()
  await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
  server.socket.start()
  for (let round = 0; round < 3; round++) {
    await answer({ [APRIL_URL]: [IN_APRIL] })
    await server.pass(5_000)
  }
  told = []
  scheduler.on('change', ({ stores }) => stores['events'] && told.push(stores['events']))
}

/** Answers the loads that wait; asking for another URL is a failure. */
async function answer(events: { readonly [url: string]: readonly object[] }): Promise<void> {
  for (const request of server.requests.filter(({ url, method }) => method === 'GET' && url.startsWith('/events')))
    await request.answer(200, events[request.url] ?? [])
}

const ids = (): unknown[] => scheduler.getEvents().map(({ id }) => id)
const loads = (): string[] => server.asked.filter((line) => line.startsWith('GET /events'))

beforeEach(() => {
  server = new HandServer()
})

test('[LU11] of a range only what is missing is asked for, once, and what was loaded before stays', async () => {
  await openApril()
  server.requests.length = 0
  const shown = scheduler.showRange(new Date(2025, 3, 15), new Date(2025, 5, 1))
  await settle()
  expect(loads()).toEqual([`GET ${MAY_URL}`])
  await answer({ [MAY_URL]: [IN_MAY] })
  await shown
  expect(ids()).toEqual([1, 2])
  await scheduler.showRange(new Date(2025, 3, 20), new Date(2025, 4, 20))
  await settle()
  expect(loads()).toHaveLength(1)
  expect(scheduler.loadedRanges).toEqual([{ from: '2025-04-01 00:00', to: '2025-06-01 00:00' }])
})

test('[LU11] someone who pages on before the answer came gets every range, with one request for what gathered', async () => {
  await openApril()
  server.requests.length = 0
  const months = [4, 5, 6].map((month) => scheduler.showRange(new Date(2025, month, 1), new Date(2025, month + 1, 1)))
  await settle()
  expect(loads()).toEqual([`GET ${MAY_URL}`])
  await answer({ [MAY_URL]: [IN_MAY] })
  await months[0]
  expect(loads()).toEqual([`GET ${MAY_URL}`, 'GET /events?from=2025-06-01&to=2025-08-01'])
  await answer({})
  await Promise.all(months)
  expect(ids()).toEqual([1, 2])
})

test('[LU12] after a lost connection all ranges are read anew, and the app hears exactly of what was added, changed and deleted', async () => {
  await openApril()
  void scheduler.showRange(new Date(2025, 6, 1), new Date(2025, 7, 1))
  await settle()
  const july = '/events?from=2025-07-01&to=2025-08-01'
  await answer({ [july]: [at(3, '2025-07-04 09:00'), at(4, '2025-07-05 09:00')] })
  told.length = 0
  server.socket.close(1006)
  server.requests.length = 0
  await server.pass(60_000)
  await server.last.answer(200, { api: {}, data: {}, websocket: true })
  server.socket.start()
  await settle()
  expect(loads().sort()).toEqual([`GET ${APRIL_URL}`, `GET ${july}`])
  const now = { [APRIL_URL]: [IN_APRIL, at(5, '2025-04-02 09:00')], [july]: [at(3, '2025-07-04 10:00')] }
  await answer(now)
  expect(told).toMatchObject([{ added: [{ id: 5 }], updated: [{ after: { id: 3 } }], removed: [{ id: 4 }] }])
  await server.pass(5_000)
  await answer(now)
  expect(told).toHaveLength(1)
})

test('[LU12] what others do beyond the loaded ranges is not kept, and shown when somebody looks there', async () => {
  await openApril()
  server.socket.event('events', { type: 'add-event', event: IN_MAY })
  server.socket.event('events', { type: 'update-event', event: at(9, '2025-06-01 09:00') })
  server.socket.event('events', {
    type: 'add-event',
    event: at(6, '2025-04-30 22:00', { end_date: '2025-05-02 00:00' }),
  })
  expect(ids()).toEqual([1, 6])
  const exception = at(7, '2025-05-02 09:00', { recurring_event_id: 1, original_start: '2025-04-29 09:00' })
  server.socket.event('events', { type: 'add-event', event: exception })
  expect(ids()).toEqual([1, 6, 7])
})

test('[LU12] an event that was moved out of the loaded ranges is still there after a reconnect, since its day is read too', async () => {
  await openApril()
  server.socket.event('events', { type: 'update-event', event: at(1, '2025-09-10 09:00') })
  expect(scheduler.getEvent(1)?.start_date).toBe('2025-09-10 09:00')
  server.requests.length = 0
  scheduler.reload()
  await settle()
  const day = '/events?from=2025-09-10&to=2025-09-11'
  expect(loads()).toContain(`GET ${day}`)
  await answer({ [day]: [at(1, '2025-09-10 09:00')] })
  expect([ids(), told.length]).toEqual([[1], 1])
})

test('[LU11] frames that come while a range is on its way are newer than its answer', async () => {
  await openApril()
  const shown = scheduler.showRange(new Date(2025, 4, 1), new Date(2025, 5, 1))
  await settle()
  server.socket.event('events', { type: 'add-event', event: at(8, '2025-05-09 09:00') })
  server.socket.event('events', { type: 'delete-event', event: { id: 2 } })
  await answer({ [MAY_URL]: [IN_MAY] })
  await shown
  expect(ids()).toEqual([1, 8])
})

test('[LU12] a server that does not know ranges and sends everything costs no more, and what was not asked for is left out', async () => {
  await openApril()
  const everything = [IN_APRIL, IN_MAY, at(3, '2025-07-04 09:00')]
  scheduler.reload()
  await settle()
  await answer({ [APRIL_URL]: everything })
  expect([ids(), loads().at(-1)]).toEqual([[1], `GET ${APRIL_URL}`])
  const shown = scheduler.showRange(new Date(2025, 4, 1), new Date(2025, 5, 1))
  await settle()
  await answer({ [MAY_URL]: everything })
  await shown
  scheduler.reload()
  await settle()
  expect([ids(), loads().at(-1)]).toEqual([[1, 2], 'GET /events?from=2025-04-01&to=2025-06-01'])
})

test('[LU11] a range that the server refuses is told, and asked for again when it is wanted again', async () => {
  await openApril()
  const shown = scheduler.showRange(new Date(2025, 4, 1), new Date(2025, 5, 1))
  await settle()
  await server.last.answer(404, {})
  await expect(shown).rejects.toMatchObject({ code: 'not-found' })
  const again = scheduler.showRange(new Date(2025, 4, 1), new Date(2025, 5, 1))
  await settle()
  await server.last.answer(500, {})
  await expect(again).rejects.toMatchObject({ code: 'server-error' })
  await server.pass(60_000)
  // It is tried again by itself, together with all that is loaded.
  expect(server.last.url).toBe('/events?from=2025-04-01&to=2025-06-01')
  expect(ids()).toEqual([1])
})

test('[LU11] the app may make the URL of a range itself, and moments are asked for in UTC', async () => {
  const zone = process.env['TZ']
  process.env['TZ'] = 'Europe/Berlin'
  scheduler = createScheduler({ ...server.ports, dates: 'instant' })
  void scheduler.load((range) => `/q/${range?.from}/${range?.to}`, {
    from: new Date(2025, 3, 1),
    to: new Date(2025, 4, 1),
  })
  await settle()
  expect(server.last.url).toBe('/q/2025-03-31 22:00/2025-04-30 22:00')
  process.env['TZ'] = zone
})

test('[LU11] where everything is loaded a range asks for nothing; before a load, and for no range, it is an error', async () => {
  scheduler = createScheduler(server.ports)
  await expect(scheduler.showRange(APRIL.from, APRIL.to)).rejects.toMatchObject({ code: 'invalid-argument' })
  void scheduler.load('/events')
  await settle()
  await answer({ '/events': [IN_APRIL] })
  await scheduler.showRange(APRIL.from, APRIL.to)
  expect(loads()).toHaveLength(1)
  expect(() => scheduler.showRange(APRIL.to, APRIL.from)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
})
