/** What an app can rely on when others change records: by frames, removals, and while the connection was lost. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { ECHO_TIMEOUT_MS, REREAD_MS } from './live-state.ts'
import { add, answerLoads, BODY, EVENT, gone, open, update } from './open-scheduler.contract.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

describe('[DC13] when somebody removes an event that has unsaved edits here', () => {
  test('the removal wins and the app is told what was lost', async () => {
    const { scheduler, conflicts } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler, conflicts } = await open(server, { live: false })
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
    const { scheduler } = await open(server)
    server.socket.event('events', update({ ...EVENT, id: 12 }))
    expect(scheduler.getEvent(12)?.text).toBe('Freeze')
  })

  test('[DC12] keys that would reach a prototype are dropped', async () => {
    const { scheduler } = await open(server)
    server.socket.send(
      '{"action":"event","body":{"name":"events","value":{"type":"update-event","event":{"id":7,"text":"x","start_date":"2025-04-21 09:00","__proto__":{"polluted":true},"constructor":1}}}}',
    )
    const event = scheduler.getEvent(7)
    expect(event?.text).toBe('x')
    expect(event && Object.keys(event)).toEqual(['id', 'text', 'start_date'])
    expect(event?.['polluted']).toBeUndefined()
  })

  test('a frame with some fields only is merged, a whole one replaces', async () => {
    const { scheduler } = await open(server)
    server.socket.event('events', update({ id: 7, text: 'part' }))
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, text: 'part' })
    server.socket.event(
      'events',
      update({ id: 7, text: 'whole', start_date: EVENT.start_date, end_date: EVENT.end_date }),
    )
    expect(scheduler.getEvent(7)).not.toHaveProperty('note')
  })

  test('[DC16] one that cannot be read leaves the others be, and what it may have said is read again', async () => {
    const { scheduler } = await open(server)
    const before = server.requests.length
    server.socket.event('events', update({ text: 'no id' }))
    server.socket.event('events', update({ ...EVENT, text: 'after' }))
    expect(scheduler.getEvent(7)?.text).toBe('after')
    await server.pass(ECHO_TIMEOUT_MS)
    expect(server.asked.slice(before)).toEqual(['GET /events'])
  })

  test('of one commit are one change for listeners, and records that did not change stay the same object', async () => {
    const { scheduler, changes } = await open(server)
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
    const { scheduler, changes } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
    server.socket.close(1006)
    scheduler.updateEvent(7, { text: 'offline' })
    await settle()
    await server.request('PUT /events/7').lose()
    await server.pass(BACKOFF_CAP_MS)
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    server.socket.start()
    await settle()
    await answerLoads(server, [{ ...EVENT, note: 'theirs' }])
    expect(server.last).toMatchObject({ method: 'PUT', body: { ...BODY, text: 'offline', note: 'theirs' } })
  })

  test('what changed between the reload and the subscription, which nothing acknowledges, shows by a second reload', async () => {
    const { scheduler } = await open(server)
    server.socket.close(1006)
    await server.pass(BACKOFF_CAP_MS)
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    server.socket.start()
    await settle()
    await server.last.answer(200, [EVENT])
    await server.pass(REREAD_MS)
    await server.last.answer(200, [{ ...EVENT, text: 'between' }])
    expect(scheduler.getEvent(7)?.text).toBe('between')
  })
})
