/** Live updates of both ends together: the document's snippet, the faces in one app, and what an app can rely on over a real core. */
import { expect, test } from 'vitest'
import { createScheduler, type Scheduler } from '../../client/live-updates/event-store.ts'
import { createGanttStore } from '../../client/live-updates/gantt-store.ts'
import type { RemoteEvents } from '../../client/live-updates/remote-events.ts'
import type { EventValue } from '../../client/protocol/messages.ts'
import { createLiveWorld, type LiveWorld } from './live-world.ts'

const STANDUP = { id: 1, text: 'Stand-up', start_date: '2025-04-21 09:00', end_date: '2025-04-21 09:15' }
const PLAN = {
  id: 1,
  name: 'Plan',
  tasksData: [{ id: 1, name: 'Build', startDate: '2025-04-01', duration: 2, parentId: null, parentIndex: 0 }],
}

function openScheduler(world: LiveWorld, token = 'token'): { scheduler: Scheduler; remoteEvents: RemoteEvents } {
  const scheduler = createScheduler(world.ports())
  void scheduler.load('/events')
  scheduler.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  const remoteEvents = new RemoteEvents('/api/v1', token)
  remoteEvents.on(remoteUpdates)
  return { scheduler, remoteEvents }
}

test("the document's front-end snippet runs with only the import changed, also where REST wants a token", async () => {
  const world = await createLiveWorld({
    seed: 1,
    config: { auth: { rest: 'required' }, collections: { events: [STANDUP] } },
  })
  const scheduler = createScheduler(world.ports())

  const AUTH_TOKEN = 'token'
  scheduler.init('scheduler_here', new Date(2025, 3, 20), 'week')
  scheduler.load('/events')
  const dp = scheduler.createDataProcessor({
    url: '/events',
    mode: 'REST-JSON',
    headers: {
      'Remote-Token': AUTH_TOKEN,
    },
  })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  const remoteEvents = new RemoteEvents('/api/v1', AUTH_TOKEN)
  remoteEvents.on(remoteUpdates)

  await world.pass(100)
  expect(scheduler.getEvents()).toEqual([STANDUP])
  expect(scheduler.getState()).toEqual({ container: 'scheduler_here', date: new Date(2025, 3, 20), mode: 'week' })
  const other = openScheduler(world)
  await world.pass(100)
  const id = scheduler.addEvent({ text: 'Review', start_date: '2025-04-22 10:00', end_date: '2025-04-22 11:00' })
  scheduler.updateEvent(1, { text: 'Daily' })
  await world.pass(100)
  expect(dp.pendingCount).toBe(0)
  expect(scheduler.getEvent(id)?.id).not.toBe(id)
  expect(await world.read('/events')).toEqual(scheduler.getEvents())
  expect(other.scheduler.getEvents()).toEqual(scheduler.getEvents())
  other.scheduler.deleteEvent(1)
  await world.pass(100)
  expect(scheduler.getEvent(1)).toBeUndefined()
  expect(remoteEvents.connection).toEqual({ state: 'open' })
})

test('handlers of the document, for custom actions and custom entities, hear what they subscribed to', async () => {
  const world = await createLiveWorld({ seed: 2, config: { collections: { events: [], calendars: [] } } })
  const { scheduler, remoteEvents } = openScheduler(world)
  const heard: EventValue[] = []
  remoteEvents.on({
    events: (message) => heard.push(message),
    calendars: (message) => heard.push(message),
  })
  await world.pass(100)
  const author = createScheduler(world.ports())
  author.createDataProcessor({ url: '/calendars' })
  author.addEvent({ text: 'Public holidays' })
  await world.pass(100)
  expect(heard).toMatchObject([{ type: 'add-calendar', calendar: { text: 'Public holidays' } }])
  expect(scheduler.getEvents()).toEqual([])
})

test('a calendar and a plan on one page need one handshake and one socket, and hear only what is theirs', async () => {
  const world = await createLiveWorld({ seed: 3, config: { collections: { events: [STANDUP] }, projects: [PLAN] } })
  const ports = world.ports()
  const scheduler = createScheduler(ports)
  const gantt = createGanttStore(ports)
  void scheduler.load('/events')
  void gantt.load('/data')
  scheduler.createDataProcessor({ url: '/events' })
  gantt.createDataProcessor({ url: '/data' })
  new scheduler.ext.liveUpdates.RemoteEvents('/api/v1', 'token').on(scheduler.ext.liveUpdates.remoteUpdates)
  new gantt.ext.liveUpdates.RemoteEvents('/api/v1', 'token').on(gantt.ext.liveUpdates.remoteUpdates)
  const other = createGanttStore(world.ports())
  void other.load('/data')
  other.createDataProcessor({ url: '/data' })
  new other.ext.liveUpdates.RemoteEvents('/api/v1', 'token').on(other.ext.liveUpdates.remoteUpdates)
  await world.pass(5_000)
  expect(world.network.connections).toHaveLength(2)
  expect(world.requests.filter(({ url }) => url === '/api/v1')).toHaveLength(2)

  const changed: string[] = []
  scheduler.on('change', () => changed.push('events'))
  gantt.on('change', ({ stores }) => changed.push(...Object.keys(stores)))
  const task = other.tasks.add({ text: 'Test', start_date: '03-04-2025 00:00', duration: 1, parent: 1 })
  other.links.add({ source: 1, target: task.id, type: '0' })
  await world.pass(100)
  expect(changed).toEqual(['tasks', 'links'])
  expect(gantt.tasks.all()).toEqual(other.tasks.all())
  expect(gantt.links.all()).toEqual(other.links.all())
  other.tasks.remove(1)
  await world.pass(100)
  expect([gantt.tasks.size, gantt.links.size, other.pendingCount]).toEqual([0, 0, 0])
  expect(await world.read('/data')).toEqual({ data: [], links: [] })
})

test('a wrong token is a state and an error with a code', async () => {
  const world = await createLiveWorld({ seed: 4 })
  const { scheduler, remoteEvents } = openScheduler(world, 'wrong')
  const codes: string[] = []
  scheduler.on('error', ({ code }) => codes.push(code))
  await world.pass(60_000)
  expect(remoteEvents.connection).toMatchObject({ state: 'auth-required', error: { code: 'forbidden' } })
  expect(scheduler.connection.state).toBe('auth-required')
  expect(codes).toEqual(['authentication-required'])
  expect(world.network.connections).toEqual([])
})

test('[DC9] three kinds of change that happened while the socket was down are told once it is back', async () => {
  const world = await createLiveWorld({
    seed: 5,
    config: { collections: { events: [STANDUP, { ...STANDUP, id: 2 }] } },
  })
  const { scheduler } = openScheduler(world)
  const author = openScheduler(world).scheduler
  await world.pass(5_000)
  const told: string[] = []
  scheduler.attachEvent('onEventAdded', (_id, event) => told.push(`added ${event.text}`))
  scheduler.attachEvent('onEventChanged', (id, event) => told.push(`changed ${id} ${event.text}`))
  scheduler.attachEvent('onEventDeleted', (id) => told.push(`deleted ${id}`))
  world.dropSockets()
  author.addEvent({ text: 'New', start_date: '2025-04-23 09:00', end_date: '2025-04-23 10:00' })
  author.updateEvent(1, { text: 'Daily' })
  author.deleteEvent(2)
  await world.pass(60_000)
  expect(told.sort()).toEqual(['added New', 'changed 1 Daily', 'deleted 2'])
  expect(scheduler.getEvents()).toEqual(author.getEvents())
})

test('edits made while server and socket are away arrive when both are back', async () => {
  let away = false
  const world = await createLiveWorld({
    seed: 6,
    config: { collections: { events: [STANDUP] } },
    fate: () => (away ? 'request lost' : 'arrives'),
  })
  const { scheduler } = openScheduler(world)
  await world.pass(5_000)
  away = true
  world.dropSockets()
  scheduler.updateEvent(1, { text: 'Daily' })
  const id = scheduler.addEvent({ text: 'Review', start_date: '2025-04-22 10:00', end_date: '2025-04-22 11:00' })
  scheduler.updateEvent(id, { text: 'Retro' })
  await world.pass(30_000)
  expect(scheduler.pendingCount).toBe(2)
  expect(scheduler.getEvents().map(({ text }) => text)).toEqual(['Daily', 'Retro'])
  away = false
  await world.pass(60_000)
  expect(scheduler.pendingCount).toBe(0)
  expect(((await world.read('/events')) as { text: string }[]).map(({ text }) => text)).toEqual(['Daily', 'Retro'])
})

test('[DC1] two people who change different fields of one event at the same moment both keep their change', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const world = await createLiveWorld({ seed, latencyMs: 100, config: { collections: { events: [STANDUP] } } })
    const [a, b] = [openScheduler(world).scheduler, openScheduler(world).scheduler]
    await world.pass(5_000)
    a.updateEvent(1, { text: 'Daily' })
    b.updateEvent(1, { start_date: '2025-04-21 09:05' })
    await world.pass(60_000)
    const expected = { ...STANDUP, text: 'Daily', start_date: '2025-04-21 09:05' }
    expect([a.getEvent(1), b.getEvent(1), ...((await world.read('/events')) as unknown[])], `seed ${seed}`).toEqual([
      expected,
      expected,
      expected,
    ])
  }
})

test('[DC3] a token that is replaced between a lost answer and the retry makes no second record', async () => {
  let token = 'old'
  let lost = true
  const world = await createLiveWorld({
    seed: 9,
    config: { auth: { rest: 'required' }, tokens: ['old', 'new'], collections: { events: [] } },
    fate: ({ method }) => (lost && method === 'POST' ? 'answer lost' : 'arrives'),
  })
  const scheduler = createScheduler(world.ports())
  void scheduler.load('/events')
  scheduler.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  const remoteEvents = new RemoteEvents('/api/v1', () => token)
  remoteEvents.on(remoteUpdates)
  remoteEvents.watch('connection', ({ state }) => {
    if (state === 'open' && token === 'new') lost = false
  })
  await world.pass(5_000)
  scheduler.addEvent({ text: 'Review', start_date: '2025-04-22 10:00', end_date: '2025-04-22 11:00' })
  await world.pass(10)
  token = 'new'
  world.dropSockets()
  await world.pass(60_000)
  const posts = world.requests.filter(({ method }) => method === 'POST')
  const tokens = posts.map(({ headers }) => headers['Remote-Token'])
  expect([tokens[0], tokens.at(-1)]).toEqual(['old', 'new'])
  expect(await world.read('/events', 'new')).toEqual(scheduler.getEvents())
  expect(scheduler.getEvents()).toHaveLength(1)
})

test('[LU15] a row that others moved, or that carries fields of their own, is saved at once: its version is known', async () => {
  const rows = [1, 2, 3].map((id) => ({
    ...{ id, name: `t${id}`, startDate: '2025-04-01', duration: 2, parentId: null, parentIndex: id - 1 },
    ...{ _color: 'red', $note: 'n', '!state': 'x', deep: { _a: [1] } },
  }))
  const world = await createLiveWorld({
    seed: 10,
    config: {
      collections: { events: [{ ...STANDUP, _color: 'red', $note: 'n' }] },
      projects: [{ ...PLAN, tasksData: rows }],
    },
  })
  const [mover, editor] = [0, 1].map(() => {
    const gantt = createGanttStore(world.ports())
    void gantt.load('/data')
    gantt.createDataProcessor({ url: '/data' })
    new gantt.ext.liveUpdates.RemoteEvents('/api/v1', 'token').on(gantt.ext.liveUpdates.remoteUpdates)
    return gantt
  })
  const { scheduler } = openScheduler(world)
  await world.pass(5_000)
  mover?.tasks.update(3, { target: 'next:1' })
  await world.pass(1_000)
  for (const id of [1, 2, 3]) {
    for (const [gantt, text] of [
      [editor, 'edited'],
      [mover, 'again'],
      [editor, 'and again'],
    ] as const) {
      gantt?.tasks.update(id, { text: `${text} ${id}` })
      await world.pass(1_000)
    }
  }
  scheduler.updateEvent(1, { text: 'Daily' })
  await world.pass(1_000)
  const guarded = world.requests.filter(({ headers }) => headers['If-Match'] !== undefined)
  expect(guarded.length).toBeGreaterThan(6)
  expect(world.refused()).toBe(0)
})
