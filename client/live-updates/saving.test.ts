/** What an app can rely on while its changes are on their way to a REST server and others change the same records. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { PlanwireError } from '../protocol/errors.ts'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { createScheduler, type Scheduler } from './event-store.ts'
import { createGanttStore } from './gantt-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import type { LiveConflict, LiveRejection } from './live-state.ts'
import { ECHO_TIMEOUT_MS } from './live-state.ts'
import type { DataProcessorOptions } from './rest-client.ts'

const EVENT = { id: 7, text: 'Freeze', start_date: '2025-04-21 09:00', end_date: '2025-04-21 10:00', note: 'n' }
const { id: _, ...BODY } = EVENT

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

const update = (event: object): unknown => ({ type: 'update-event', event })
const add = (event: object): unknown => ({ type: 'add-event', event })
const gone = (id: unknown): unknown => ({ type: 'delete-event', event: { id } })

/** A scheduler that loaded {@link EVENT} and hears of changes, or does not. */
async function open({ live = true, ...options }: Partial<DataProcessorOptions> & { live?: boolean } = {}): Promise<{
  scheduler: Scheduler
  errors: PlanwireError[]
  conflicts: LiveConflict[]
  rejections: LiveRejection[]
  changes: unknown[]
}> {
  const scheduler = createScheduler(server.ports)
  const errors: PlanwireError[] = []
  const conflicts: LiveConflict[] = []
  const rejections: LiveRejection[] = []
  const changes: unknown[] = []
  scheduler.on('error', (error) => errors.push(error))
  scheduler.on('conflict', (conflict) => conflicts.push(conflict))
  scheduler.on('rejected', (rejection) => rejections.push(rejection))
  scheduler.on('change', ({ origin, stores }) => changes.push({ origin, ...stores.events }))
  void scheduler.load('/events')
  scheduler.createDataProcessor({ url: '/events', mode: 'REST-JSON', ...options })
  if (live) {
    const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await settle()
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    server.socket.start()
  }
  await settle()
  await answerLoads()
  await server.pass(10_000)
  await answerLoads()
  changes.length = 0
  return { scheduler, errors, conflicts, rejections, changes }
}

/** Answers every load that waits, and those that follow. */
async function answerLoads(events: readonly object[] = [EVENT]): Promise<void> {
  for (let i = 0; i < server.requests.length; i++) {
    const request = server.requests[i]
    if (request?.method === 'GET' && request.url === '/events') await request.answer(200, events)
  }
}

describe('a change of an event', () => {
  test('is seen at once, sent as the whole record, and confirmed by the own frame and the answer, in either order', async () => {
    for (const frameFirst of [true, false]) {
      server = new HandServer()
      const { scheduler, changes } = await open()
      scheduler.updateEvent(7, { text: 'Code freeze' })
      expect(scheduler.getEvent(7)?.text).toBe('Code freeze')
      expect(scheduler.pendingCount).toBe(1)
      await settle()
      const put = server.request('PUT /events/7')
      expect(put.body).toEqual({ ...BODY, text: 'Code freeze' })
      const echo = update({ ...EVENT, text: 'Code freeze', id: '7' })
      if (frameFirst) server.socket.event('events', echo)
      await put.answer(200, { action: 'updated' })
      if (!frameFirst) {
        expect(scheduler.pendingCount).toBe(1)
        server.socket.event('events', echo)
      }
      expect(scheduler.pendingCount).toBe(0)
      expect(scheduler.getEvent(7)).toEqual({ ...EVENT, text: 'Code freeze' })
      expect(changes).toHaveLength(1)
      expect(server.clock.waiting).toBe(0)
    }
  })

  test.each([
    [200, ''],
    [201, { action: 'updated' }],
    [204, ''],
    [200, { action: 'updated', tid: 7, id: 7, item: { ...EVENT, text: 'New' } }],
  ])('is acknowledged by %i %j where no socket brings frames', async (status, body) => {
    const { scheduler } = await open({ live: false })
    scheduler.updateEvent(7, { text: 'New' })
    await settle()
    await server.last.answer(status, body)
    expect(scheduler.pendingCount).toBe(0)
    expect(scheduler.getEvent(7)?.text).toBe('New')
  })

  test('made while another of the same event is on its way waits for it, and several become one', async () => {
    const { scheduler } = await open({ live: false })
    scheduler.updateEvent(7, { text: 'a' })
    await settle()
    scheduler.updateEvent(7, { text: 'b' })
    scheduler.updateEvent(7, { note: 'c' })
    scheduler.updateEvent(7, { text: 'd' })
    await settle()
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
    await server.last.answer(200)
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(2)
    expect(server.last.body).toEqual({ ...BODY, text: 'd', note: 'c' })
    await server.last.answer(200)
    expect(scheduler.pendingCount).toBe(0)
  })

  test('takes values that the server rewrote from the frame that its answer describes', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: ' padded ' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'padded', version: 2 }))
    expect(scheduler.getEvent(7)?.text).toBe(' padded ')
    await server.last.answer(200, { action: 'updated', item: { ...EVENT, text: 'padded', version: 2 } })
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, text: 'padded', version: 2 })
    expect(scheduler.pendingCount).toBe(0)
  })

  test('whose own frame never comes is looked up by a reload', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: ' padded ' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'padded' }))
    await server.last.answer(200)
    await server.pass(ECHO_TIMEOUT_MS)
    expect(server.asked.at(-1)).toBe('GET /events')
    await server.last.answer(200, [{ ...EVENT, text: 'padded' }])
    expect(scheduler.getEvent(7)?.text).toBe('padded')
    expect(scheduler.pendingCount).toBe(0)
  })

  test('that says what the event says already is not sent', async () => {
    const { scheduler } = await open()
    const before = server.requests.length
    scheduler.updateEvent(7, { text: 'Freeze' })
    await settle()
    expect(server.requests).toHaveLength(before)
    expect(scheduler.pendingCount).toBe(0)
  })
})

describe('[DC1] a change of somebody else that arrives while the event is being saved', () => {
  test('to other fields, stored before the own one, is seen at once and saved again', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, note: 'theirs' }))
    expect(scheduler.getEvent(7)).toMatchObject({ text: 'mine', note: 'theirs' })
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    await server.last.answer(200, { action: 'updated' })
    expect(scheduler.getEvent(7)).toMatchObject({ text: 'mine', note: 'theirs' })
    expect(server.last.method).toBe('PUT')
    expect(server.last.body).toEqual({ ...BODY, text: 'mine', note: 'theirs' })
    server.socket.event('events', update({ ...EVENT, text: 'mine', note: 'theirs' }))
    await server.last.answer(200)
    expect(scheduler.pendingCount).toBe(0)
  })

  test('stored after the own one, wins', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    server.socket.event('events', update({ ...EVENT, text: 'theirs' }))
    await server.last.answer(200, { action: 'updated' })
    expect(scheduler.getEvent(7)?.text).toBe('theirs')
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
  })

  test('to the same field, stored before the own one, is overwritten and not brought back', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'theirs' }))
    await server.last.answer(200)
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    expect(scheduler.getEvent(7)?.text).toBe('mine')
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
  })

  test('a bar that two people moved ends where one of them put it, never half and half', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { start_date: '2025-04-22 09:00' })
    await settle()
    server.socket.event('events', update({ ...EVENT, end_date: '2025-04-25 10:00' }))
    await server.last.answer(200)
    server.socket.event('events', update({ ...EVENT, start_date: '2025-04-22 09:00' }))
    expect(scheduler.getEvent(7)).toMatchObject({ start_date: '2025-04-22 09:00', end_date: EVENT.end_date })
    expect(scheduler.pendingCount).toBe(0)
  })

  test('and that the user overwrites meanwhile is not brought back over the newer edit', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, note: 'theirs' }))
    scheduler.updateEvent(7, { note: 'newer' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    await server.last.answer(200)
    expect(server.last.body).toEqual({ ...BODY, text: 'mine', note: 'newer' })
  })
})

describe('a new event', () => {
  const fields = { text: 'New', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }

  test.each([
    ['tid', { action: 'inserted', tid: 'ID:1' }],
    ['id', { id: 'ID:1' }],
    ['item', { item: { ...fields, id: 'ID:1' } }],
  ])('gets its real id from %s, and is found under the temporary one too', async (_name, body) => {
    const { scheduler, changes } = await open()
    const id = scheduler.addEvent(fields)
    await settle()
    expect(server.last).toMatchObject({ method: 'POST', url: '/events', body: fields })
    server.socket.event('events', add({ ...fields, id: 'ID:1' }))
    expect(scheduler.getEvents()).toHaveLength(2)
    await server.last.answer(201, body)
    expect(scheduler.getEvents()).toHaveLength(2)
    expect(scheduler.getEvent('ID:1')).toEqual({ ...fields, id: 'ID:1' })
    expect(scheduler.getEvent(id)).toBe(scheduler.getEvent('ID:1'))
    expect(changes).toMatchObject([
      { origin: 'local', added: [{ id }] },
      { origin: 'remote', rekeyed: [{ from: id, to: 'ID:1' }], added: [] },
    ])
    expect(scheduler.pendingCount).toBe(0)
  })

  test('edited while it is on its way is saved again under its real id', async () => {
    const { scheduler } = await open()
    const id = scheduler.addEvent(fields)
    await settle()
    const post = server.last
    scheduler.updateEvent(id, { text: 'Newer' })
    await settle()
    expect(server.last).toBe(post)
    await post.answer(200, { tid: 8 })
    expect(server.last).toMatchObject({ method: 'PUT', url: '/events/8', body: { ...fields, text: 'Newer' } })
  })

  test('removed while it is on its way is deleted once it has an id; before that, nothing is sent', async () => {
    const { scheduler } = await open()
    const before = server.requests.length
    scheduler.deleteEvent(scheduler.addEvent(fields))
    await settle()
    expect(server.requests).toHaveLength(before)
    const id = scheduler.addEvent(fields)
    await settle()
    scheduler.deleteEvent(id)
    await server.last.answer(200, { tid: 8 })
    expect(scheduler.getEvents()).toHaveLength(1)
    expect(server.last).toMatchObject({ method: 'DELETE', url: '/events/8', body: undefined })
    server.socket.event('events', add({ ...fields, id: 8 }))
    expect(scheduler.getEvents()).toHaveLength(1)
    server.socket.event('events', gone(8))
    await server.last.answer(200)
    expect(scheduler.pendingCount).toBe(0)
  })

  test('[DC2] somebody else’s new event is shown while an own insert is on its way, and stays when that fails', async () => {
    const { scheduler, rejections } = await open()
    scheduler.addEvent(fields)
    await settle()
    server.socket.event('events', add({ ...fields, text: 'Theirs', id: 9 }))
    expect(scheduler.getEvent(9)?.text).toBe('Theirs')
    await server.last.answer(400, { error: 'no' })
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 9])
    expect(rejections).toHaveLength(1)
  })

  test('[DC2] the same event by somebody else is not taken for the own one once the answer named another id', async () => {
    const { scheduler } = await open()
    scheduler.addEvent(fields)
    await settle()
    server.socket.event('events', add({ ...fields, id: 9 }))
    server.socket.event('events', update({ ...fields, id: 9, note: 'theirs' }))
    await server.last.answer(200, { tid: 8 })
    expect(scheduler.getEvents().map(({ id, note }) => [id, note])).toEqual([
      [7, 'n'],
      [8, undefined],
      [9, 'theirs'],
    ])
  })

  test('[DC3] whose answer is lost is recognised in its own frame, and not sent twice', async () => {
    const { scheduler } = await open()
    scheduler.addEvent(fields)
    await settle()
    await server.last.lose()
    expect(scheduler.pendingCount).toBe(1)
    server.socket.event('events', add({ ...fields, id: 8 }))
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 8])
    await server.pass(BACKOFF_CAP_MS)
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('POST'))).toHaveLength(1)
  })

  test('[DC3] whose answer is lost without a socket is looked for in a reload before it is sent again', async () => {
    const { scheduler } = await open({ live: false })
    scheduler.addEvent(fields)
    await settle()
    await server.last.lose()
    await server.pass(BACKOFF_CAP_MS)
    expect(server.asked.at(-1)).toBe('GET /events')
    await server.last.answer(200, [EVENT, { ...fields, id: 8 }])
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 8])
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('POST'))).toHaveLength(1)
  })

  test('whose request was lost is sent again', async () => {
    const { scheduler } = await open({ live: false })
    scheduler.addEvent(fields)
    await settle()
    await server.last.lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.last.answer(200, [EVENT])
    expect(server.last).toMatchObject({ method: 'POST', body: fields })
    await server.last.answer(200, { id: 8 })
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 8])
  })

  test('takes a Date as the wall clock of this machine', async () => {
    const { scheduler } = await open()
    const id = scheduler.addEvent({
      text: 'x',
      start_date: new Date(2025, 3, 22, 9, 5),
      end_date: new Date(2025, 3, 22, 10, 0),
    })
    expect(scheduler.getEvent(id)).toMatchObject({ start_date: '2025-04-22 09:05', end_date: '2025-04-22 10:00' })
    expect(scheduler.getEvents(new Date(2025, 3, 22), new Date(2025, 3, 23)).map((event) => event.id)).toEqual([id])
    expect(scheduler.getEvents(new Date(2025, 3, 21, 9, 30), new Date(2025, 3, 22)).map((event) => event.id)).toEqual([
      7,
    ])
    expect(scheduler.getEvents(new Date(2025, 3, 21, 10), new Date(2025, 3, 22))).toEqual([])
  })
})

describe('when the server says no', () => {
  test('4xx rolls back and names the record and what was to be written', async () => {
    const { scheduler, rejections, errors, changes } = await open()
    scheduler.updateEvent(7, { text: 'bad' })
    await settle()
    await server.last.answer(422, { error: 'Too long' })
    expect(scheduler.getEvent(7)).toEqual(EVENT)
    expect(rejections).toMatchObject([
      {
        store: 'events',
        id: 7,
        operation: 'update',
        fields: { text: 'bad' },
        error: { code: 'rejected', message: 'Too long', recovery: 'drop-changeset' },
      },
    ])
    expect(errors).toMatchObject([{ code: 'rejected', details: { id: 7, store: 'events', status: 422 } }])
    expect(changes).toHaveLength(2)
    expect(scheduler.pendingCount).toBe(0)
  })

  test('edits made after the refused one stand and are sent', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'bad' })
    await settle()
    scheduler.updateEvent(7, { note: 'good' })
    await settle()
    await server.last.answer(400)
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, note: 'good' })
    expect(server.last.body).toEqual({ ...BODY, note: 'good' })
  })

  test('5xx and a lost network keep the change, pending and visible, and try again with growing pauses', async () => {
    const { scheduler, errors, rejections } = await open()
    scheduler.updateEvent(7, { text: 'later' })
    await settle()
    for (let i = 0; i < 4; i++) {
      if (i % 2) await server.last.answer(503, 'down', { 'retry-after': '1' })
      else await server.last.lose()
      expect(scheduler.getEvent(7)?.text).toBe('later')
      expect(scheduler.pendingCount).toBe(1)
      await server.pass(BACKOFF_CAP_MS)
      await server.last.answer(200, [EVENT])
      expect(server.last.method).toBe('PUT')
    }
    expect(errors.map(({ code }) => code)).toEqual([
      'connection-lost',
      'server-error',
      'connection-lost',
      'server-error',
    ])
    expect(rejections).toEqual([])
    server.socket.event('events', update({ ...EVENT, text: 'later' }))
    await server.last.answer(200)
    expect(scheduler.pendingCount).toBe(0)
  })

  test('a reload that shows the change as stored ends the wait', async () => {
    const { scheduler } = await open({ live: false })
    scheduler.updateEvent(7, { text: 'stored' })
    await settle()
    await server.last.lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.last.answer(200, [{ ...EVENT, text: 'stored' }])
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
  })

  test('401 keeps the change until there is another token', async () => {
    const scheduler = createScheduler(server.ports)
    let headers = { 'Remote-Token': 'old' }
    const errors: PlanwireError[] = []
    scheduler.on('error', (error) => errors.push(error))
    const dp = scheduler.createDataProcessor({ url: '/events', headers: () => headers })
    scheduler.addEvent({ text: 'x' })
    await settle()
    await server.last.answer(401, {})
    await server.pass(10 * BACKOFF_CAP_MS)
    expect(server.requests).toHaveLength(1)
    expect(errors).toMatchObject([{ code: 'authentication-required', recovery: 'reauthenticate' }])
    expect(dp.pendingCount).toBe(1)
    headers = { 'Remote-Token': 'new' }
    dp.retry()
    await settle()
    expect(server.requests).toHaveLength(2)
    expect(server.last.headers['Remote-Token']).toBe('new')
    await server.last.answer(200, { id: 1 })
    expect(dp.pendingCount).toBe(0)
  })

  test('a delete of an event that is gone already is done', async () => {
    const { scheduler, rejections } = await open({ live: false })
    scheduler.deleteEvent(7)
    expect(scheduler.getEvents()).toEqual([])
    await settle()
    await server.last.answer(404, { error: 'Not found' })
    expect(scheduler.getEvents()).toEqual([])
    expect(rejections).toEqual([])
    expect(scheduler.pendingCount).toBe(0)
  })
})

describe('[DC13] when somebody removes an event that has unsaved edits here', () => {
  test('the removal wins and the app is told what was lost', async () => {
    const { scheduler, conflicts } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    scheduler.updateEvent(7, { note: 'mine too' })
    server.socket.event('events', gone('7'))
    expect(scheduler.getEvent(7)).toBeUndefined()
    expect(conflicts).toEqual([
      { store: 'events', id: 7, kind: 'removed', ours: { text: 'mine', note: 'mine too' }, theirs: undefined },
    ])
    await server.request('PUT /events/7').answer(404, { error: 'Not found' })
    expect(scheduler.pendingCount).toBe(0)
    expect(conflicts).toHaveLength(1)
  })

  test('[DC13b] and later edits of other events are saved as before', async () => {
    const { scheduler } = await open()
    server.socket.event('events', add({ ...EVENT, id: 8 }))
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', gone(7))
    await server.last.answer(404)
    scheduler.updateEvent(8, { text: 'next' })
    await settle()
    expect(server.last).toMatchObject({ method: 'PUT', url: '/events/8' })
  })

  test('a server that brings it back is believed', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    const put = server.last
    server.socket.event('events', gone(7))
    await put.answer(200)
    expect(server.asked.at(-1)).toBe('GET /events')
    await server.last.answer(200, [{ ...EVENT, text: 'mine' }])
    expect(scheduler.getEvent(7)?.text).toBe('mine')
    expect(scheduler.pendingCount).toBe(0)
  })

  test('a reload that shows it gone says so too', async () => {
    const { scheduler, conflicts } = await open({ live: false })
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    await server.last.lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.last.answer(200, [])
    expect(conflicts).toMatchObject([{ id: 7, ours: { text: 'mine' } }])
    expect(scheduler.pendingCount).toBe(0)
  })
})

describe('frames', () => {
  test('[DC5] an update of an unknown event shows it', async () => {
    const { scheduler } = await open()
    server.socket.event('events', update({ ...EVENT, id: 12 }))
    expect(scheduler.getEvent(12)?.text).toBe('Freeze')
  })

  test('[DC12] keys that would reach a prototype are dropped', async () => {
    const { scheduler } = await open()
    server.socket.send(
      '{"action":"event","body":{"name":"events","value":{"type":"update-event","event":{"id":7,"text":"x","start_date":"2025-04-21 09:00","__proto__":{"polluted":true},"constructor":1}}}}',
    )
    const event = scheduler.getEvent(7)
    expect(event?.text).toBe('x')
    expect(event && Object.keys(event)).toEqual(['id', 'text', 'start_date'])
    expect(event?.['polluted']).toBeUndefined()
  })

  test('a frame with some fields only is merged, a whole one replaces', async () => {
    const { scheduler } = await open()
    server.socket.event('events', update({ id: 7, text: 'part' }))
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, text: 'part' })
    server.socket.event(
      'events',
      update({ id: 7, text: 'whole', start_date: EVENT.start_date, end_date: EVENT.end_date }),
    )
    expect(scheduler.getEvent(7)).not.toHaveProperty('note')
  })

  test('[DC16] one that cannot be read leaves the others be, and what it may have said is read again', async () => {
    const { scheduler } = await open()
    const before = server.requests.length
    server.socket.event('events', update({ text: 'no id' }))
    server.socket.event('events', update({ ...EVENT, text: 'after' }))
    expect(scheduler.getEvent(7)?.text).toBe('after')
    await server.pass(ECHO_TIMEOUT_MS)
    expect(server.asked.slice(before)).toEqual(['GET /events'])
  })

  test('of one commit are one change for listeners, and records that did not change stay the same object', async () => {
    const { scheduler, changes } = await open()
    const before = scheduler.getSnapshot()
    expect(scheduler.getSnapshot()).toBe(before)
    server.socket.event('events', update(EVENT))
    expect(changes).toEqual([])
    expect(scheduler.getSnapshot()[0]).toBe(before[0])
    server.socket.event('events', update({ ...EVENT, text: 'x' }))
    expect(scheduler.getSnapshot()).not.toBe(before)
    expect(changes).toMatchObject([{ origin: 'remote', updated: [{ before: EVENT, after: { text: 'x' } }] }])
  })
})

describe('[DC9] after a lost connection', () => {
  test('what was added, edited and removed meanwhile is told as exactly that', async () => {
    const { scheduler, changes } = await open()
    server.socket.event('events', add({ ...EVENT, id: 8 }))
    server.socket.close(1006)
    changes.length = 0
    await server.pass(BACKOFF_CAP_MS)
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    const before = server.requests.length
    server.socket.start()
    await settle()
    expect(server.asked.slice(before)).toEqual(['GET /events'])
    await server.last.answer(200, [
      { ...EVENT, text: 'edited' },
      { ...EVENT, id: 9 },
    ])
    expect(changes).toEqual([
      {
        origin: 'dataset',
        added: [{ ...EVENT, id: 9 }],
        updated: [{ before: EVENT, after: { ...EVENT, text: 'edited' } }],
        removed: [{ ...EVENT, id: 8 }],
        rekeyed: [],
      },
    ])
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 9])
  })

  test('what came in while the reload was on its way is not undone by it', async () => {
    const { scheduler } = await open()
    scheduler.reload()
    await settle()
    server.socket.event('events', add({ ...EVENT, id: 8 }))
    server.socket.event('events', update({ ...EVENT, text: 'newer' }))
    await server.last.answer(200, [EVENT])
    expect(scheduler.getEvents().map(({ id, text }) => [id, text])).toEqual([
      [7, 'newer'],
      [8, 'Freeze'],
    ])
  })

  test('own edits that were made meanwhile are still there, and are saved', async () => {
    const { scheduler } = await open()
    server.socket.close(1006)
    scheduler.updateEvent(7, { text: 'offline' })
    await settle()
    await server.request('PUT /events/7').lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    server.socket.start()
    await settle()
    await answerLoads([{ ...EVENT, note: 'theirs' }])
    expect(server.last).toMatchObject({ method: 'PUT', body: { ...BODY, text: 'offline', note: 'theirs' } })
  })
})

describe('requests', () => {
  test('[DC4] every one carries the token of the RemoteEvents in use, loads too', async () => {
    const { scheduler } = await open()
    scheduler.updateEvent(7, { text: 'x' })
    scheduler.addEvent({ text: 'y' })
    await settle()
    const own = server.requests.filter(({ url }) => url.startsWith('/events'))
    expect(new Set(own.map(({ method }) => method))).toEqual(new Set(['GET', 'PUT', 'POST']))
    expect(own.map(({ headers }) => headers['Remote-Token'])).toEqual(own.map(() => 'token'))
  })

  test('[DC4] headers that the app gives are sent as they are', async () => {
    const { scheduler } = await open({ headers: { 'remote-token': 'mine', 'X-Tenant': 'a' } })
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    for (const request of server.requests.filter(({ url }) => url.startsWith('/events'))) {
      expect(request.headers).toMatchObject({ 'remote-token': 'mine', 'X-Tenant': 'a' })
      expect(request.headers).not.toHaveProperty('Remote-Token')
    }
  })

  test('bodies can be wrapped, with the id in them, for servers that broadcast what they were sent', async () => {
    const { scheduler } = await open({ wrap: true })
    scheduler.updateEvent(7, { text: 'x' })
    scheduler.addEvent({ text: 'y' })
    await settle()
    expect(server.request('PUT /events/7').body).toEqual({ event: { ...BODY, text: 'x', id: 7 } })
    expect(server.request('POST /events').body).toEqual({ event: { text: 'y' } })
  })

  test('URLs and bodies can be made by the app; ids are escaped but for colons', async () => {
    const { scheduler } = await open({ url: '/events?tenant=1' })
    server.socket.event('events', add({ ...EVENT, id: 'ID:1/2' }))
    scheduler.updateEvent('ID:1/2', { text: 'x' })
    await settle()
    expect(server.last.url).toBe('/events/ID:1%2F2?tenant=1')
    server = new HandServer()
    const other = await open({
      url: ({ store, method, id }) => `/api/${store}/${method}/${id ?? 'new'}`,
      body: ({ record }) => JSON.stringify([record['text']]),
    })
    other.scheduler.updateEvent(7, { text: 'x' })
    await settle()
    expect(server.last).toMatchObject({ url: '/api/events/PUT/7', body: ['x'] })
  })

  test('a load that fails is a typed error that nobody has to catch', async () => {
    const scheduler = createScheduler(server.ports)
    const codes: string[] = []
    scheduler.on('error', ({ code }) => codes.push(code))
    const load = scheduler.load('/events')
    await settle()
    await server.last.answer(200, '<!doctype html>')
    await expect(load).rejects.toMatchObject({ code: 'not-a-planwire-endpoint' })
    expect(codes).toEqual(['not-a-planwire-endpoint'])
    void scheduler.load('/events')
    await settle()
    await server.last.lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.last.answer(200, { data: [EVENT] })
    expect(scheduler.getEvents()).toEqual([EVENT])
  })

  test('after close() nothing runs, nothing is told, and edits are refused', async () => {
    const { scheduler, changes } = await open()
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    const synced = scheduler.whenSynced()
    scheduler.close()
    scheduler.close()
    await expect(synced).rejects.toMatchObject({ code: 'closed' })
    await server.last.answer(200)
    server.socket.event('events', update({ ...EVENT, text: 'y' }))
    expect(changes).toHaveLength(1)
    expect(server.clock.waiting).toBe(0)
    expect(() => scheduler.updateEvent(7, { text: 'z' })).toThrow(expect.objectContaining({ code: 'closed' }))
  })
})

describe('tasks and links', () => {
  const TASK = { id: 5, text: 'Build', start_date: '01-04-2025 00:00', duration: 2, progress: 0, parent: 0 }
  const LINK = { id: 5, source: 5, target: 6, type: '0' }

  async function openGantt(): Promise<ReturnType<typeof createGanttStore>> {
    const gantt = createGanttStore(server.ports)
    void gantt.load('/data')
    gantt.createDataProcessor({ url: '/data' })
    const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await settle()
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    await server.request('GET /data').answer(200, { data: [TASK, { ...TASK, id: 6 }], links: [LINK] })
    server.socket.start()
    await settle()
    await server.last.answer(200, { data: [TASK, { ...TASK, id: 6 }], links: [LINK] })
    return gantt
  }

  test('[DC15] a remote change of a task that is being saved is merged', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, progress: 0.5 } })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, text: 'mine' } })
    await server.request('PUT /data/task/5').answer(200, { action: 'updated' })
    expect(gantt.tasks.get(5)).toMatchObject({ text: 'mine', progress: 0.5 })
    expect(server.last.body).toMatchObject({ text: 'mine', progress: 0.5 })
  })

  test('[DC14] link 5 is changed by others while task 5 is being saved', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    server.socket.event('links', { type: 'update-link', link: { ...LINK, type: '2' } })
    expect(gantt.links.get(5)?.type).toBe('2')
    server.socket.event('links', { type: 'delete-link', link: { id: 5 } })
    expect(gantt.links.get(5)).toBeUndefined()
    expect(gantt.tasks.get(5)?.text).toBe('mine')
  })

  test('new records that refer to each other leave in order, with real ids', async () => {
    const gantt = await openGantt()
    gantt.transact(() => {
      const parent = gantt.tasks.add({ ...TASK, text: 'p' })
      const child = gantt.tasks.add({ ...TASK, text: 'c', parent: parent.id })
      gantt.links.add({ source: parent.id, target: child.id, type: '0' })
    })
    await settle()
    const posts = (): string[] => server.asked.filter((line) => line.startsWith('POST'))
    expect(posts()).toEqual(['POST /data/task'])
    await server.last.answer(200, { tid: 101 })
    expect(posts()).toHaveLength(2)
    expect(server.last.body).toMatchObject({ text: 'c', parent: 101 })
    await server.last.answer(200, { tid: 102 })
    expect(server.last).toMatchObject({ url: '/data/link', body: { source: 101, target: 102, type: '0' } })
    await server.last.answer(200, { tid: 6 })
    expect(gantt.pendingCount).toBe(0)
    expect(gantt.children(101).map(({ id }) => id)).toEqual([102])
  })

  test('where a row goes travels with the move and never again, and a move to the same place is a move', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { target: 'next:6' })
    await settle()
    expect(server.last.body).toEqual({ ...TASK, id: undefined, target: 'next:6' })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: 'next:6' } })
    await server.last.answer(200)
    expect(gantt.pendingCount).toBe(0)
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    expect(server.last.body).toEqual({ ...TASK, id: undefined, text: 'mine' })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: '6' } })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, text: 'mine' } })
    await server.last.answer(200)
    expect(gantt.pendingCount).toBe(0)
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: 'next:6' } })
    const before = server.requests.length
    gantt.tasks.update(5, { target: 'next:6' })
    await settle()
    expect(server.requests).toHaveLength(before + 1)
  })

  test('a new task that goes behind another new one does not wait for it, its move does', async () => {
    const gantt = await openGantt()
    const first = gantt.tasks.add({ ...TASK, text: 'a' })
    const second = gantt.tasks.add({ ...TASK, text: 'b', target: `next:${first.id}` })
    gantt.tasks.update(first.id, { target: String(second.id) })
    await settle()
    const posts = server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ body }) => body)).toEqual([
      { ...TASK, id: undefined, text: 'a' },
      { ...TASK, id: undefined, text: 'b' },
    ])
    await posts[0]?.answer(200, { tid: 101 })
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toEqual([])
    await posts[1]?.answer(200, { tid: 102 })
    expect(server.request('PUT /data/task/101').body).toMatchObject({ target: 102 })
    expect(server.request('PUT /data/task/102').body).toMatchObject({ target: 'next:101' })
  })

  test('what was built on a record that the server refused is rolled back with it, and told', async () => {
    const gantt = await openGantt()
    const rejected: string[] = []
    gantt.on('rejected', ({ store, operation }) => rejected.push(`${operation} ${store}`))
    const parent = gantt.tasks.add({ ...TASK, text: 'p' })
    const child = gantt.tasks.add({ ...TASK, text: 'c', parent: parent.id })
    gantt.links.add({ source: 5, target: child.id, type: '0' })
    gantt.tasks.update(6, { parent: child.id })
    await settle()
    await server.last.answer(400)
    expect(rejected).toEqual(['add tasks', 'add tasks', 'add links', 'update tasks'])
    expect(gantt.tasks.all().map(({ id }) => id)).toEqual([5, 6])
    expect(gantt.tasks.get(6)?.parent).toBe(0)
    expect(gantt.links.size).toBe(1)
    expect(gantt.pendingCount).toBe(0)
  })

  test('a removed task takes its descendants and their links along, each by a request of its own, in one change', async () => {
    const gantt = await openGantt()
    server.socket.event('tasks', { type: 'add-task', task: { ...TASK, id: 7, parent: 5 } })
    server.socket.event('tasks', { type: 'add-task', task: { ...TASK, id: 8, parent: 7 } })
    let batches = 0
    gantt.on('change', () => batches++)
    gantt.tasks.remove(5)
    await settle()
    expect(batches).toBe(1)
    expect(server.asked.filter((line) => line.startsWith('DELETE')).sort()).toEqual([
      'DELETE /data/link/5',
      'DELETE /data/task/5',
      'DELETE /data/task/7',
      'DELETE /data/task/8',
    ])
  })

  test('[DC17] a viewer that saves nothing sees every change', async () => {
    const gantt = createGanttStore(server.ports)
    const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await server.accept()
    server.socket.event('tasks', { type: 'add-task', task: TASK })
    server.socket.event('links', { type: 'add-link', link: LINK })
    expect([gantt.tasks.size, gantt.links.size]).toEqual([1, 1])
  })

  test('tasks and links may be read from URLs of their own', async () => {
    const gantt = createGanttStore(server.ports)
    const load = gantt.load({ tasks: '/tasks', links: '/links' })
    await settle()
    await server.request('GET /tasks').answer(200, [TASK])
    await server.request('GET /links').answer(200, [LINK])
    await load
    expect([gantt.tasks.all(), gantt.links.all()]).toEqual([[TASK], [LINK]])
  })
})
