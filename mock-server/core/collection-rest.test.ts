import { describe, expect, it } from 'vitest'
import { PLAN, startKit } from './core-kit.contract.ts'

const event = (type: string, record: object): object => ({
  action: 'event',
  body: { name: 'events', value: { type, event: record } },
})

describe('a collection', () => {
  it('takes, changes and gives up records, and tells subscribers before it answers', async () => {
    const { live, core, get } = await startKit()
    const peer = live('events')
    const call = (method: string, url: string, body = ''): ReturnType<typeof core.http> =>
      core.http({ method, url, headers: {}, body })
    const text = '{"text":"T","start_date":"2025-04-23 09:00","end_date":"2025-04-23 11:00"}'
    const record = { ...JSON.parse(text), id: 100 }

    const inserted = call('POST', '/events', text)
    expect(peer.heard()).toEqual([event('add-event', record)])
    expect(JSON.parse((await inserted)?.body ?? '')).toEqual({ action: 'inserted', tid: 100, id: 100, item: record })

    const updated = call('PUT', '/events/100', '{"text":"U"}')
    expect(peer.heard()).toEqual([event('update-event', { ...record, text: 'U' })])
    expect(JSON.parse((await updated)?.body ?? '')).toEqual({
      action: 'updated',
      tid: 100,
      id: 100,
      item: { ...record, text: 'U' },
    })
    expect(await get('/events')).toEqual([{ ...record, text: 'U' }])

    const deleted = call('DELETE', '/events/100')
    expect(peer.heard()).toEqual([event('delete-event', { id: 100 })])
    expect(await deleted).toMatchObject({ status: 200, body: '{"action":"deleted","tid":100,"id":100}' })
    expect(await get('/events?timeshift=-60')).toEqual([])
  })

  it('takes bodies bare, as the widgets send them, or wrapped, as the document shows them', async () => {
    const { rest, get } = await startKit()
    await rest('POST', '/events', { event: { id: 1745312, text: 'wrapped' } })
    await rest('PUT', '/events/100', { event: { text: 'again' } })
    expect(await get('/events')).toEqual([{ text: 'again', id: 100 }])
  })

  it('finds configured records by ids of any kind, also such as `ID:1`', async () => {
    const { get, rest } = await startKit({
      ...PLAN,
      collections: {
        events: [
          { id: 'ID:1', text: 'a' },
          { id: 7, text: 'b' },
        ],
        calendars: [{ id: 1 }],
      },
    })
    expect(await get('/events/ID:1')).toEqual({ id: 'ID:1', text: 'a' })
    expect(await get('/events/ID%3A1')).toEqual({ id: 'ID:1', text: 'a' })
    expect(await get('/events/7')).toEqual({ id: 7, text: 'b' })
    expect(JSON.parse((await rest('PUT', '/calendars/1', { name: 'n' })).body)).toMatchObject({
      item: { id: 1, name: 'n' },
    })
  })

  it('shows what a range holds, seeded records too, dates as they were written [DS3] [DS4]', async () => {
    const rows = [
      { id: 1, start_date: '2025-04-20 09:00', end_date: '2025-04-21 00:00' },
      { id: 2, start_date: '2025-04-20 09:00', end_date: '2025-04-21 00:01' },
      { id: 3, start_date: '2025-04-27 23:59', end_date: '2025-04-28 01:00' },
      { id: 4, start_date: '2025-04-28 00:00', end_date: '2025-04-28 01:00' },
      { id: 5, start_date: '2025-01-01 08:00', end_date: '2025-12-31 00:00', rrule: 'FREQ=DAILY', duration: 3600 },
      {
        id: 6,
        start_date: '2025-06-01 08:00',
        end_date: '2025-06-01 09:00',
        recurring_event_id: 5,
        original_start: '2025-04-23 08:00',
      },
      {
        id: 7,
        start_date: '2025-06-02 08:00',
        end_date: '2025-06-02 09:00',
        recurring_event_id: 5,
        original_start: '2025-06-02 08:00',
      },
      { id: 8, start_date: '2025-04-21 00:00', end_date: '2025-04-21 00:00' },
    ]
    const { get } = await startKit({ ...PLAN, collections: { events: rows } })
    const ids = async (query: string): Promise<unknown> =>
      ((await get(`/events${query}`)) as { id: number }[]).map(({ id }) => id)
    expect(await ids('?from=2025-04-21&to=2025-04-28')).toEqual([2, 3, 5, 6, 8])
    expect(await ids('?from=2025-04-21%2000%3A00&to=2025-04-28%2000:01')).toEqual([2, 3, 4, 5, 6, 8])
    expect(await ids('?to=2025-04-21')).toEqual([1, 2, 5])
    expect(await ids('?from=2025-06-03')).toEqual([5])
    expect(await ids('?from=nonsense')).toHaveLength(8)
  })
})

describe('recurring events', () => {
  const series = {
    text: 's',
    start_date: '2025-04-21 08:00',
    end_date: '2025-05-10 00:00',
    duration: 3600,
    rrule: 'FREQ=DAILY;INTERVAL=1',
  }
  const exception = (day: string, more: object = {}): object => ({
    ...{ start_date: `2025-04-${day} 10:15`, end_date: `2025-04-${day} 11:15`, rrule: null, duration: null },
    ...{ recurring_event_id: 100, original_start: `2025-04-${day} 08:00`, text: 's', ...more },
  })

  it('keep an edited occurrence as a record of its own', async () => {
    const { rest, live } = await startKit()
    await rest('POST', '/events', series)
    const peer = live('events')
    const { body } = await rest('POST', '/events', exception('23'))
    expect(JSON.parse(body)).toMatchObject({ action: 'inserted', tid: 101, item: exception('23') })
    expect(peer.heard()).toEqual([event('add-event', { ...exception('23'), id: 101 })])
  })

  it('answer a deleted occurrence with `deleted` and tell of a record that says so', async () => {
    const { rest, live } = await startKit()
    const peer = live('events')
    const { body } = await rest('POST', '/events', exception('24', { deleted: true }))
    expect(JSON.parse(body)).toMatchObject({ action: 'deleted', tid: 100 })
    expect(peer.heard()).toEqual([event('add-event', { ...exception('24', { deleted: true }), id: 100 })])
  })

  it('say the same in answer and broadcast when an exception is marked as deleted [DS11]', async () => {
    const { rest, live } = await startKit()
    await rest('POST', '/events', exception('23'))
    const peer = live('events')
    const { body } = await rest('PUT', '/events/100', exception('23', { deleted: true }))
    expect(JSON.parse(body)).toMatchObject({ action: 'deleted', item: { deleted: true } })
    expect(peer.heard()).toMatchObject([event('update-event', { id: 100, deleted: true })])
  })

  it('lose their exceptions when the series is edited, and everybody hears of each [DS12]', async () => {
    const { rest, live, get } = await startKit()
    await rest('POST', '/events', series)
    await rest('POST', '/events', exception('23'))
    await rest('POST', '/events', exception('24', { deleted: true, recurring_event_id: '100' }))
    await rest('POST', '/events', { text: 'other' })
    const peer = live('events')
    await rest('PUT', '/events/100', { ...series, rrule: 'FREQ=DAILY;INTERVAL=2' })
    expect(peer.heard()).toEqual([
      event('update-event', { ...series, rrule: 'FREQ=DAILY;INTERVAL=2', id: 100 }),
      event('delete-event', { id: 101 }),
      event('delete-event', { id: 102 }),
    ])
    expect(await get('/events')).toMatchObject([{ id: 100 }, { id: 103 }])
  })

  it('keep them when only an exception is edited', async () => {
    const { rest, get } = await startKit()
    await rest('POST', '/events', series)
    await rest('POST', '/events', exception('23'))
    await rest('POST', '/events', exception('24'))
    await rest('PUT', '/events/101', exception('23', { text: 'moved' }))
    expect(await get('/events')).toHaveLength(3)
  })

  it('take their exceptions along when the series is deleted', async () => {
    const { rest, live, get } = await startKit()
    await rest('POST', '/events', series)
    await rest('POST', '/events', exception('23'))
    const peer = live('events')
    await rest('DELETE', '/events/100')
    expect(peer.heard()).toEqual([event('delete-event', { id: 101 }), event('delete-event', { id: 100 })])
    expect(await get('/events')).toEqual([])
  })
})

describe('a request', () => {
  it('for an id that nobody knows is answered with 404, never with a stack [DS5] [DS6]', async () => {
    const { rest, live } = await startKit()
    const peer = live('events')
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const { status, body } = await rest(method, '/events/nobody', { text: 'x' })
      expect([status, body]).toEqual([404, '{"error":"Not found"}'])
    }
    expect(peer.heard()).toEqual([])
  })

  it('with a body that is none is answered with 400 and no more [DS7]', async () => {
    const { rest, get } = await startKit()
    for (const body of ['{', '', 'null', '[]', '7', '{"id":{}}']) {
      const answer = await rest('POST', '/events', body)
      expect(answer.status, body).toBe(400)
      expect(answer.body).not.toMatch(/\.ts|stack|node_modules/)
    }
    expect(await get('/events')).toEqual([])
  })

  it('pollutes no prototype [DS9]', async () => {
    const { rest, get } = await startKit()
    await rest('POST', '/events', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"text":"x"}')
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    expect(await get('/events')).toEqual([{ text: 'x', id: 100 }])
  })

  it('means nothing by the temporary ids of the project socket', async () => {
    const { rest, get } = await startKit()
    for (const mark of ['x', 7, { toString: '' }]) {
      expect((await rest('POST', '/events', { text: 'x', $PhantomId: mark, $PhantomParentId: mark })).status).toBe(200)
      expect((await rest('POST', '/data/task', { text: 'x', $PhantomId: mark })).status).toBe(200)
    }
    expect(await get('/events')).toEqual([100, 102, 104].map((id) => ({ id, text: 'x' })))
  })

  it('that is too large is answered with 413', async () => {
    const { rest } = await startKit({ ...PLAN, limits: { frameLength: 20 } })
    expect((await rest('POST', '/events', { text: 'x'.repeat(20) })).status).toBe(413)
  })

  it('with a wrong token is answered with 401; without one as the configuration says [DS1]', async () => {
    const open = await startKit()
    const closed = await startKit({ ...PLAN, auth: { rest: 'required' } })
    const wrong = { 'remote-token': 'wrong' }
    expect((await open.rest('GET', '/events')).status).toBe(200)
    expect((await open.rest('GET', '/events', '', wrong)).status).toBe(401)
    expect((await open.rest('POST', '/data/task', {}, wrong)).status).toBe(401)
    for (const url of ['/events', '/data']) {
      const { status, body } = await closed.rest('GET', url)
      expect([status, body]).toEqual([401, '{"error":"Unauthorized"}'])
      expect((await closed.rest('GET', url, '', { 'remote-token': 'token' })).status).toBe(200)
    }
  })

  it('of a page elsewhere passes its preflight, whatever headers it means to send', async () => {
    const { rest } = await startKit({ ...PLAN, auth: { rest: 'required' } })
    const asked = { 'access-control-request-headers': 'content-type,remote-token,x-mine' }
    const preflight = await rest('OPTIONS', '/events/1', '', asked)
    expect(preflight).toMatchObject({
      status: 204,
      headers: {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': expect.stringContaining('DELETE'),
        'access-control-allow-headers': 'content-type,remote-token,x-mine',
      },
    })
    const odd = await rest('OPTIONS', '/api/v1', '', { 'access-control-request-headers': 'a\r\nset-cookie: x' })
    expect(odd.headers['access-control-allow-headers']).toMatch(/^content-type, remote-token/)
    expect((await rest('GET', '/events', '', { 'remote-token': 'token' })).headers['access-control-allow-origin']).toBe(
      '*',
    )
  })

  it('for a path that is not ours is left to the host, and a method that we lack refused', async () => {
    const { core, rest } = await startKit()
    for (const url of [
      '/',
      '/ws',
      '/index.html',
      '/events/1/2',
      '/data/other',
      '/data/other/1',
      '/api/v1/x',
      '/eventsx',
    ]) {
      expect(core.http({ method: 'GET', url, headers: {}, body: '' }), url).toBeUndefined()
    }
    for (const url of ['/events', '/events/1', '/data', '/data/task']) {
      expect((await rest('PATCH', url)).status, url).toBe(url === '/events/1' ? 404 : 405)
    }
  })
})
