/** What a server can rely on: tokens, headers, bodies and addresses of requests. */
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { createScheduler } from './event-store.ts'
import { HandServer, type HeldRequest, settle } from './hand-server.contract.ts'
import type { DataProcessor } from './live-client.ts'
import { add, BODY, EVENT, open, update } from './open-scheduler.contract.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

describe('requests', () => {
  test('[DC4] every one carries the token of the RemoteEvents in use, loads too', async () => {
    const { scheduler } = await open(server)
    scheduler.updateEvent(7, { text: 'x' })
    scheduler.addEvent({ text: 'y' })
    await settle()
    const own = server.requests.filter(({ url }) => url.startsWith('/events'))
    expect(new Set(own.map(({ method }) => method))).toEqual(new Set(['GET', 'PUT', 'POST']))
    expect(own.map(({ headers }) => headers['Remote-Token'])).toEqual(own.map(() => 'token'))
  })

  /** A store that saves beside a connection whose token comes from a provider. */
  async function provided(provider: () => string | Promise<string>): Promise<DataProcessor> {
    const scheduler = createScheduler(server.ports)
    const processor = scheduler.createDataProcessor({ url: '/events' })
    const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
    new RemoteEvents('/api/v1', provider).on(remoteUpdates)
    await server.accept()
    for (const text of ['a', 'b', 'c']) scheduler.addEvent({ text })
    await settle()
    return processor
  }
  const posts = (): HeldRequest[] => server.requests.filter(({ method }) => method === 'POST')
  const tokens = (): unknown[] => posts().map(({ headers }) => headers['Remote-Token'])

  test('[DC4] several that are refused at once are made again with one other token', async () => {
    const provider = vi.fn(async () => `token ${provider.mock.calls.length}`)
    await provided(provider)
    for (const post of posts()) void post.answer(401, {})
    await settle()
    expect(provider).toHaveBeenCalledTimes(2)
    expect(tokens()).toEqual([...Array(3).fill('token 1'), ...Array(3).fill('token 2')])
    // The same again would be refused again.
    provider.mockImplementation(async () => 'token 2')
    for (const post of posts().slice(3)) void post.answer(401, {})
    await settle()
    expect(posts()).toHaveLength(6)
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('offline')
      },
    ],
    ['rejects', () => Promise.reject(new Error('offline'))],
  ])('[DC4] a provider that %s leaves no token behind: the next request asks it again', async (_, fails) => {
    const provider = vi.fn<() => string | Promise<string>>(() => 'old')
    const processor = await provided(provider)
    provider.mockImplementation(fails)
    for (const post of posts()) void post.answer(401, {})
    await settle()
    expect(posts()).toHaveLength(3)
    provider.mockImplementation(() => 'good')
    processor.retry()
    await settle()
    expect(tokens().slice(3)).toEqual(['good', 'good', 'good'])
  })

  test('[DC4] headers that the app gives are sent as they are', async () => {
    const { scheduler } = await open(server, { headers: { 'remote-token': 'mine', 'X-Tenant': 'a' } })
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    for (const request of server.requests.filter(({ url }) => url.startsWith('/events'))) {
      expect(request.headers).toMatchObject({ 'remote-token': 'mine', 'X-Tenant': 'a' })
      expect(request.headers).not.toHaveProperty('Remote-Token')
    }
  })

  test('bodies can be wrapped, with the id in them, for servers that broadcast what they were sent', async () => {
    const { scheduler } = await open(server, { wrap: true })
    scheduler.updateEvent(7, { text: 'x' })
    scheduler.addEvent({ text: 'y' })
    await settle()
    expect(server.request('PUT /events/7').body).toEqual({ event: { ...BODY, text: 'x', id: 7 } })
    expect(server.request('POST /events').body).toEqual({ event: { text: 'y' } })
  })

  test('URLs and bodies can be made by the app; ids are escaped but for colons', async () => {
    const { scheduler } = await open(server, { url: '/events?tenant=1' })
    server.socket.event('events', add({ ...EVENT, id: 'ID:1/2' }))
    scheduler.updateEvent('ID:1/2', { text: 'x' })
    await settle()
    expect(server.last.url).toBe('/events/ID:1%2F2?tenant=1')
    server = new HandServer()
    const other = await open(server, {
      url: ({ store, method, id }) => `/api/${store}/${method}/${id ?? 'new'}`,
      body: ({ record }) => JSON.stringify([record['text']]),
    })
    other.scheduler.updateEvent(7, { text: 'x' })
    await settle()
    expect(server.last).toMatchObject({ url: '/api/events/PUT/7', body: ['x'] })
  })

  test('an insert that is answered as deleted was not stored, and the app is told; a deleted occurrence of a series was', async () => {
    const { scheduler } = await open(server)
    const rejected: unknown[] = []
    scheduler.on('rejected', (rejection) => rejected.push(rejection))
    scheduler.addEvent({ text: 'refers to what is gone' })
    await settle()
    await server.last.answer(200, { action: 'deleted', tid: 9 })
    expect(scheduler.getEvents().map(({ text }) => text)).not.toContain('refers to what is gone')
    expect(rejected).toMatchObject([{ error: { code: 'conflict', recovery: 'drop-changeset' } }])
    scheduler.addEvent({ text: 'occurrence', deleted: true, recurring_event_id: 7 })
    await settle()
    await server.last.answer(200, { action: 'deleted', tid: 10 })
    expect(rejected).toHaveLength(1)
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
    const { scheduler, changes } = await open(server)
    scheduler.updateEvent(7, { text: 'x' })
    await settle()
    const synced = scheduler.whenSynced()
    scheduler.close()
    scheduler.close()
    await expect(synced).rejects.toMatchObject({ code: 'closed' })
    await server.last.answer(200)
    server.socket.event('events', update({ ...EVENT, text: 'y' }))
    expect(changes).toHaveLength(1)
    // The watch of the socket, which others may use.
    expect(server.clock.waiting).toBe(1)
    expect(() => scheduler.updateEvent(7, { text: 'z' })).toThrow(expect.objectContaining({ code: 'closed' }))
  })
})
