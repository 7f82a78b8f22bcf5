/** What an app can rely on while its changes are on their way to a REST server. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { PlanwireError } from '../protocol/errors.ts'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { createScheduler } from './event-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { ECHO_TIMEOUT_MS } from './live-state.ts'
import { BODY, EVENT, open, update } from './open-scheduler.contract.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

describe('a change of an event', () => {
  test('is seen at once, sent as the whole record, and confirmed by the own frame and the answer, in either order', async () => {
    for (const frameFirst of [true, false]) {
      server = new HandServer()
      const { scheduler, changes } = await open(server)
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
      // The watch of the socket, and nothing of the save.
      expect(server.clock.waiting).toBe(1)
    }
  })

  test('whose answer comes after its own frame, another of somebody else, and the end of the socket, takes nothing back', async () => {
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: 'Mine' })
    await settle()
    const put = server.request('PUT /events/7')
    server.socket.event('events', update({ ...EVENT, text: 'Mine' }))
    server.socket.event('events', update({ ...EVENT, text: 'Mine', room: 'theirs' }))
    server.socket.close(1006)
    await put.answer(200, { action: 'updated', item: { ...EVENT, text: 'Mine' } })
    expect(scheduler.pendingCount).toBe(0)
    expect(scheduler.getEvent(7)).toMatchObject({ text: 'Mine', room: 'theirs' })
  })

  test.each([
    [200, ''],
    [201, { action: 'updated' }],
    [204, ''],
    [200, { action: 'updated', tid: 7, id: 7, item: { ...EVENT, text: 'New' } }],
  ])('is acknowledged by %i %j where no socket brings frames', async (status, body) => {
    const { scheduler } = await open(server, { live: false })
    scheduler.updateEvent(7, { text: 'New' })
    await settle()
    await server.last.answer(status, body)
    expect(scheduler.pendingCount).toBe(0)
    expect(scheduler.getEvent(7)?.text).toBe('New')
  })

  test('made while another of the same event is on its way waits for it, and several become one', async () => {
    const { scheduler } = await open(server, { live: false })
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
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: ' padded ' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'padded', version: 2 }))
    expect(scheduler.getEvent(7)?.text).toBe(' padded ')
    await server.last.answer(200, { action: 'updated', item: { ...EVENT, text: 'padded', version: 2 } })
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, text: 'padded', version: 2 })
    expect(scheduler.pendingCount).toBe(0)
  })

  test('whose own frame never comes is looked up by a reload', async () => {
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
    const before = server.requests.length
    scheduler.updateEvent(7, { text: 'Freeze' })
    await settle()
    expect(server.requests).toHaveLength(before)
    expect(scheduler.pendingCount).toBe(0)
  })
})

describe('[DC1] a change of somebody else that arrives while the event is being saved', () => {
  test('to other fields, stored before the own one, is seen at once and saved again', async () => {
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
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
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { start_date: '2025-04-22 09:00' })
    await settle()
    server.socket.event('events', update({ ...EVENT, end_date: '2025-04-25 10:00' }))
    await server.last.answer(200)
    server.socket.event('events', update({ ...EVENT, start_date: '2025-04-22 09:00' }))
    expect(scheduler.getEvent(7)).toMatchObject({ start_date: '2025-04-22 09:00', end_date: EVENT.end_date })
    expect(scheduler.pendingCount).toBe(0)
  })

  test('and that the user overwrites meanwhile is not brought back over the newer edit', async () => {
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, note: 'theirs' }))
    scheduler.updateEvent(7, { note: 'newer' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    await server.last.answer(200)
    expect(server.last.body).toEqual({ ...BODY, text: 'mine', note: 'newer' })
  })

  test('and was changed once more after the own save is left as it is now', async () => {
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: 'mine' })
    await settle()
    server.socket.event('events', update({ ...EVENT, note: 'theirs' }))
    server.socket.event('events', update({ ...EVENT, text: 'mine' }))
    server.socket.event('events', update({ ...EVENT, text: 'mine', note: 'theirs again' }))
    await server.last.answer(200)
    expect(scheduler.getEvent(7)).toMatchObject({ text: 'mine', note: 'theirs again' })
    expect(scheduler.pendingCount).toBe(0)
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toHaveLength(1)
  })
})

describe('when the server says no', () => {
  test('4xx rolls back and names the record and what was to be written', async () => {
    const { scheduler, rejections, errors, changes } = await open(server)
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

  test('the status of a record tells how far its edits have come, and of a refusal until it is dealt with', async () => {
    const { scheduler, dp } = await open(server)
    const status = (): string => dp.status('events', 7)
    expect(status()).toBe('synced')
    scheduler.updateEvent(7, { text: 'bad' })
    expect(status()).toBe('pending')
    await settle()
    await server.last.lose()
    expect(status()).toBe('unconfirmed')
    await server.pass(BACKOFF_CAP_MS)
    await server.last.answer(200, [EVENT])
    await server.last.answer(400)
    expect(status()).toBe('rejected')
    scheduler.updateEvent(7, { text: 'good' })
    await settle()
    server.socket.event('events', update({ ...EVENT, text: 'good' }))
    await server.last.answer(200)
    expect(status()).toBe('synced')
  })

  test('edits made after the refused one stand and are sent', async () => {
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: 'bad' })
    await settle()
    scheduler.updateEvent(7, { note: 'good' })
    await settle()
    await server.last.answer(400)
    expect(scheduler.getEvent(7)).toEqual({ ...EVENT, note: 'good' })
    expect(server.last.body).toEqual({ ...BODY, note: 'good' })
  })

  test('5xx and a lost network keep the change, pending and visible, and try again with growing pauses', async () => {
    const { scheduler, errors, rejections } = await open(server)
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
    const { scheduler } = await open(server, { live: false })
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

  test('a read that was refused for want of a good token is made when there is one', async () => {
    const { scheduler, dp } = await open(server)
    scheduler.reload()
    await settle()
    await server.request('GET /events').answer(401, {})
    await server.pass(10 * BACKOFF_CAP_MS)
    const asked = server.requests.length
    dp.retry()
    await settle()
    expect(server.requests.length).toBe(asked + 1)
    await server.request('GET /events').answer(200, [{ ...EVENT, text: 'missed' }])
    expect(scheduler.getEvent(7)?.text).toBe('missed')
  })

  test('a delete of an event that is gone already is done', async () => {
    const { scheduler, rejections } = await open(server, { live: false })
    scheduler.deleteEvent(7)
    expect(scheduler.getEvents()).toEqual([])
    await settle()
    await server.last.answer(404, { error: 'Not found' })
    expect(scheduler.getEvents()).toEqual([])
    expect(rejections).toEqual([])
    expect(scheduler.pendingCount).toBe(0)
  })
})
