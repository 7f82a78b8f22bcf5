/** What an app can rely on after a lost connection to a server that tells what was missed. */
import { beforeEach, expect, test } from 'vitest'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import type { Scheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { add, answerLoads, EVENT, open, update } from './open-scheduler.contract.ts'

const HANDSHAKE = { api: {}, data: {}, websocket: true, planwire: { catchUp: true } }

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

const subscribed = (planwire: object): void => server.socket.send({ action: 'subscribed', name: 'events', planwire })
const event = (value: unknown, planwire: object): void =>
  server.socket.send({ action: 'event', body: { name: 'events', value, planwire } })
const loads = (): number => server.asked.filter((line) => line === 'GET /events').length

/** Loses the connection and opens another. */
async function reconnect(): Promise<void> {
  server.socket.close(1006)
  await server.pass(BACKOFF_CAP_MS)
  await server.request('GET /api/v1').answer(200, HANDSHAKE)
  server.socket.start()
  await settle()
}

/** A scheduler that stands at position `e/3`. */
async function openAt3(): Promise<Awaited<ReturnType<typeof open>>> {
  const opened = await open(server)
  await reconnect()
  expect(server.socket.url).toBe('/api/v1?token=token&ws=1&planwire=1')
  expect(server.socket.sent).toEqual([{ action: 'subscribe', name: 'events' }])
  subscribed({ position: 'e/1' })
  await answerLoads(server)
  await server.pass(5_000)
  await answerLoads(server)
  event(update({ ...EVENT, text: 'two' }), { position: 'e/2' })
  event(update({ ...EVENT, text: 'three' }), { position: 'e/4', more: true })
  event(add({ ...EVENT, id: 8 }), { position: 'e/3' })
  opened.changes.length = 0
  server.requests.length = 0
  return opened
}

test('[LU17] handlers hear exactly what was missed, and nothing is read again', async () => {
  const { scheduler, changes } = await openAt3()
  await reconnect()
  expect(server.socket.sent).toEqual([{ action: 'subscribe', name: 'events', planwire: { since: 'e/3' } }])
  event(update({ ...EVENT, text: 'missed' }), { more: true })
  event({ type: 'delete-event', event: { id: 8 } }, { more: true })
  subscribed({ position: 'e/9', caughtUp: true })
  await server.pass(10_000)
  expect(changes).toMatchObject([{ updated: [{ after: { text: 'missed' } }] }, { removed: [{ id: 8 }] }])
  expect([loads(), scheduler.getEvents().length]).toEqual([0, 1])
  await reconnect()
  expect(server.socket.sent).toMatchObject([{ planwire: { since: 'e/9' } }])
})

test('[LU17] a record that came and was changed while the line was down stays as its one frame tells it, whatever a read of before shows', async () => {
  const { scheduler } = await openAt3()
  scheduler.reload()
  await reconnect()
  const load = server.request('GET /events')
  event(add({ ...EVENT, id: 9, text: 'changed since' }), { more: true })
  subscribed({ position: 'e/9', caughtUp: true })
  await load.answer(200, [EVENT, { ...EVENT, id: 9, text: 'as it came' }])
  await server.pass(10_000)
  expect([scheduler.getEvent(9)?.text, loads()]).toEqual(['changed since', 1])
})

const THEIRS = { ...EVENT, text: 'theirs', note: 'mine' }
const BEFORE = { ...EVENT, text: 'three' }

test.each([
  { what: 'a frame', now: THEIRS, told: async () => event(update(THEIRS), { position: 'e/6' }) },
  {
    what: 'a frame that says what was before',
    now: BEFORE,
    told: async () => event(update(BEFORE), { position: 'e/6' }),
  },
  {
    what: 'a read',
    now: THEIRS,
    told: async (scheduler: Scheduler) => {
      scheduler.reload()
      await settle()
      await server.request('GET /events').answer(200, [THEIRS])
    },
  },
])('[LU17] an answer does not take back what $what told since, when the line is lost', async ({ now, told }) => {
  const { scheduler } = await openAt3()
  scheduler.updateEvent(7, { note: 'mine' })
  await reconnect()
  // It was stored in between: no frame will tell it.
  subscribed({ position: 'e/5', caughtUp: true })
  await server.request('PUT /events/7').answer(200, { action: 'updated' })
  await told(scheduler)
  await reconnect()
  subscribed({ position: 'e/6', caughtUp: true })
  await answerLoads(server, [now])
  expect([scheduler.getEvent(7), scheduler.pendingCount]).toEqual([now, 0])
})

test('[LU17] what the server cannot tell any more is read, and told as a difference', async () => {
  const { changes } = await openAt3()
  await reconnect()
  subscribed({ position: 'f/1', caughtUp: false })
  await settle()
  expect(loads()).toBe(1)
  await answerLoads(server, [{ ...EVENT, text: 'three' }])
  expect(changes).toMatchObject([{ removed: [{ id: 8 }] }])
})

test('[LU17] a connection that was lost before what is loaded was known to be complete is followed by a read', async () => {
  await open(server)
  await reconnect()
  subscribed({ position: 'e/1' })
  await answerLoads(server)
  server.requests.length = 0
  await reconnect()
  expect(server.socket.sent).toMatchObject([{ planwire: { since: 'e/1' } }])
  expect(loads()).toBe(1)
})

test('[LU17] a subscription that the server refuses is told', async () => {
  await openAt3()
  await reconnect()
  subscribed({ refused: true })
  expect(server.log.map(({ message }) => message)).toContain('The server refused the subscription to "events"')
})

test('[LU17] a server that offers no positions any more is not asked by them', async () => {
  await openAt3()
  server.socket.close(1006)
  await server.pass(BACKOFF_CAP_MS)
  await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
  server.socket.start()
  await settle()
  expect([server.socket.url, server.socket.sent]).toEqual([
    '/api/v1?token=token&ws=1',
    [{ action: 'subscribe', name: 'events' }],
  ])
  expect(loads()).toBe(1)
})
