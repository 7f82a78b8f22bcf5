/** What an app can rely on while a new record waits for its id. */
import { beforeEach, describe, expect, test } from 'vitest'
import { PlanwireError } from '../protocol/errors.ts'
import type { Fields } from '../protocol/records.ts'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { visibleRecords } from '../sync/replica.ts'
import type { Outcome } from './answers.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { createLiveState, reduceLive } from './live-engine.ts'
import { add, EVENT, gone, open, update } from './open-scheduler.contract.ts'
import * as saver from './saving.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

describe('a new event', () => {
  const fields = { text: 'New', start_date: '2025-04-22 09:00', end_date: '2025-04-22 10:00' }

  test.each([
    ['tid', { action: 'inserted', tid: 'ID:1' }],
    ['id', { id: 'ID:1' }],
    ['item', { item: { ...fields, id: 'ID:1' } }],
  ])('gets its real id from %s, and is found under the temporary one too', async (_name, body) => {
    const { scheduler, changes } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler, rejections } = await open(server)
    scheduler.addEvent(fields)
    await settle()
    server.socket.event('events', add({ ...fields, text: 'Theirs', id: 9 }))
    expect(scheduler.getEvent(9)?.text).toBe('Theirs')
    await server.last.answer(400, { error: 'no' })
    expect(scheduler.getEvents().map(({ id }) => id)).toEqual([7, 9])
    expect(rejections).toHaveLength(1)
  })

  test('[DC2] the same event by somebody else is not taken for the own one once the answer named another id', async () => {
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server, { live: false })
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
    const { scheduler } = await open(server, { live: false })
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
    const { scheduler } = await open(server)
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

  test('whose answer comes while a reload is on its way stays as the reload shows it', async () => {
    const { scheduler } = await open(server)
    scheduler.addEvent(fields)
    await settle()
    const post = server.last
    scheduler.reload()
    await settle()
    const load = server.last
    expect(load.method).toBe('GET')
    await post.answer(200, { id: 8 })
    await load.answer(200, [EVENT, { ...fields, id: 8, text: 'as the server rewrote it' }])
    expect(scheduler.getEvent(8)?.text).toBe('as the server rewrote it')
    expect(scheduler.getEvents()).toHaveLength(2)
  })
})

test('what others do to a record that may be the own new one does not gather without end, and is shown as it came to be', () => {
  const state = createLiveState('c')
  const fields = { text: 'Lunch', start_date: '2025-04-22 12:00', end_date: '2025-04-22 13:00' }
  const hear = (type: 'add' | 'update', record: Fields): void =>
    void reduceLive(state, { type: 'frame', change: { type, store: 'events', record: { ...record, id: 8 } } })
  reduceLive(state, { type: 'saver', saver })
  reduceLive(state, { type: 'saving' })
  reduceLive(state, { type: 'live', resumed: false })
  reduceLive(state, { type: 'edit', store: 'events', operation: { type: 'add', id: '_generatedevents_1', fields } })
  reduceLive(state, { type: 'commit' })
  hear('add', fields)
  for (let n = 0; n < 50; n++) {
    hear('update', { ...fields, note: 'before' })
    reduceLive(state, { type: 'frame', change: { type: 'remove', store: 'events', id: 8 } })
    hear('add', { ...fields, owner: 'Ann' })
    hear('update', { ...fields, note: 'whole' })
    hear('update', { text: 'Dinner' })
  }
  expect(state.held.get('events')?.get(8)?.length).toBeLessThan(5)
  const outcome: Outcome = { type: 'refused', error: new PlanwireError('rejected', 'No', 'drop-changeset') }
  for (const number of state.saves.keys()) reduceLive(state, { type: 'answer', number, outcome })
  expect(visibleRecords(state.replica, 'events')).toEqual([{ ...fields, text: 'Dinner', note: 'whole', id: 8 }])
})
