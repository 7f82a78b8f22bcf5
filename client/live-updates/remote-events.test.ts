import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Transport } from '../ports/ports.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { socketUrl } from './handshake.ts'
import type { TokenSource } from './live-ports.ts'
import { HANDSHAKE_TIMEOUT_MS, QUIET_MS, REQUEST_TIMEOUT_MS, SILENCE_MS } from './live-ports.ts'
import { RemoteEvents } from './remote-events.ts'

let server: HandServer
const unhandled = vi.fn()

beforeEach(() => {
  server = new HandServer()
  process.on('unhandledRejection', unhandled)
})
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})

function connect(token: TokenSource = 'token', url = '/api/v1'): RemoteEvents {
  return new RemoteEvents(url, token, server.ports)
}

const sub = (name: string): unknown => ({ action: 'subscribe', name })

describe('on the way to an open connection', () => {
  test('the handshake carries the token, the socket too, percent-encoded', async () => {
    const remote = connect('a b&c=d')
    await settle()
    expect(server.last).toMatchObject({ method: 'GET', url: '/api/v1', headers: { 'Remote-Token': 'a b&c=d' } })
    await server.accept()
    expect(server.socket.url).toBe('/api/v1?token=a%20b%26c%3Dd&ws=1')
    await expect(remote.ready()).resolves.toBeUndefined()
    expect(remote.connection).toEqual({ state: 'open' })
  })

  test('the key of the handshake stands in for the token, its data can be read', async () => {
    const remote = connect()
    await server.accept({ api: {}, data: { user: { id: 7 } }, key: 'new', websocket: true })
    expect(server.socket.url).toBe('/api/v1?token=new&ws=1')
    expect(remote.data).toEqual({ user: { id: 7 } })
  })

  test.each([
    ['/api/v1', 'https://plan.example/app/', 'wss://plan.example/api/v1?token=t&ws=1'],
    ['live', 'http://plan.example:8080/app/', 'ws://plan.example:8080/app/live?token=t&ws=1'],
    ['http://plan.example/live?a=1#x', undefined, 'ws://plan.example/live?a=1&token=t&ws=1'],
    ['https://plan.example/live', 'http://other.example/', 'wss://plan.example/live?token=t&ws=1'],
  ])('the socket of %s on a page at %s is %s', (url, base, expected) => {
    expect(socketUrl(url, 't', base)).toBe(expected)
  })

  test('nothing is sent before "start", then one subscribe for each entity however many handlers it has', async () => {
    const remote = connect()
    remote.on('events', () => {})
    remote.on({ events: () => {}, calendars: () => {} })
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: true })
    expect(server.socket.sent).toEqual([])
    server.socket.start()
    expect(server.socket.sent).toEqual([sub('events'), sub('calendars')])
    remote.on('events', () => {})
    remote.on('tasks', () => {})
    expect(server.socket.sent.slice(2)).toEqual([sub('tasks')])
  })

  test('a transport that says "start" or closes before it has returned the socket is answered all the same', async () => {
    const sent: string[] = []
    let accepts = true
    const transport: Transport = {
      open(_url, { opened, frame, closed }) {
        opened()
        if (accepts) frame('{"action":"start"}')
        else closed(1006, 'full')
        return { send: (text) => void sent.push(text), close() {} }
      },
    }
    const ports = { ...server.ports, transport }
    const remote = new RemoteEvents('/api/v1', 'token', ports)
    remote.on('events', () => {})
    await settle()
    await server.last.answer(200, { websocket: true })
    expect([remote.connection.state, sent]).toEqual(['open', [JSON.stringify(sub('events'))]])
    accepts = false
    const other = new RemoteEvents('/api/v1', 'other', ports)
    await settle()
    await server.last.answer(200, { websocket: true })
    expect(other.connection).toMatchObject({ state: 'waiting', error: { message: 'full' } })
  })

  test('a transport that says within the call that it was closed ends nothing but the old socket', async () => {
    const { transport } = server.ports
    const remote = new RemoteEvents('/api/v1', 'token', {
      ...server.ports,
      transport: {
        open(url, listener) {
          const socket = transport.open(url, listener)
          let isOpen = true
          return {
            send: (frame) => socket.send(frame),
            close() {
              if (isOpen) {
                isOpen = false
                listener.closed(1005, '')
              }
            },
          }
        },
      },
    })
    await server.accept()
    const states: string[] = []
    remote.watch('connection', ({ state }) => states.push(state))
    server.clock.advance(10 * SILENCE_MS)
    await server.accept()
    expect(states).toEqual(['connecting', 'authenticating', 'open'])
    remote.close()
    await server.pass(10 * BACKOFF_CAP_MS)
    expect([server.clock.waiting, server.requests.length]).toEqual([0, 2])
  })

  test.each(['subscribe', 'call'])(
    'a transport that says within the call that "%s" broke the socket is connected again, and nothing is told after it',
    async (action) => {
      const { transport } = server.ports
      let broken = false
      const remote = new RemoteEvents('/api/v1', 'token', {
        ...server.ports,
        transport: {
          open(url, listener) {
            const socket = transport.open(url, listener)
            return {
              close: () => socket.close(),
              send(frame) {
                if (broken || !frame.includes(`"action":"${action}"`)) return
                broken = true
                listener.closed(1006, 'broken pipe')
              },
            }
          },
        },
      })
      remote.on('events', () => {})
      const states: string[] = []
      remote.watch('connection', ({ state }) => states.push(state))
      await server.accept({ api: {}, data: {}, websocket: true, planwire: {} })
      if (action === 'call') await server.pass(QUIET_MS)
      expect(states.at(-1)).toBe('waiting')
      await server.pass(BACKOFF_CAP_MS)
      await server.accept({ api: {}, data: {}, websocket: true, planwire: {} })
      const opened = action === 'call' ? ['open'] : []
      const again = ['waiting', 'connecting', 'authenticating', 'open']
      expect(states).toEqual(['authenticating', ...opened, ...again])
    },
  )

  test('a handshake that offers no socket opens none', async () => {
    const remote = connect()
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: false })
    expect(remote.connection).toEqual({ state: 'open' })
    expect(server.sockets).toEqual([])
  })
})

describe('[DC7] when the handshake fails', () => {
  test.each([
    [403, '{"error":"Forbidden"}', 'forbidden'],
    [401, '{}', 'authentication-required'],
  ])('%i rejects ready() with %s and stops with auth-required', async (status, body, code) => {
    const remote = connect()
    const errors: PlanwireError[] = []
    remote.watch('error', (error) => errors.push(error))
    await settle()
    await server.last.answer(status, body)
    expect(remote.connection).toMatchObject({ state: 'auth-required', error: { code } })
    await expect(remote.ready()).rejects.toMatchObject({ code, recovery: 'reauthenticate' })
    expect(errors.map((error) => error.code)).toEqual([code])
    await server.pass(10 * BACKOFF_CAP_MS)
    expect(server.requests).toHaveLength(1)
    expect(server.clock.waiting).toBe(0)
  })

  test.each([
    [500, 'Internal', 'server-error'],
    [404, '', 'handshake-failed'],
    [200, '<!doctype html><title>App</title>', 'not-a-planwire-endpoint'],
    [200, '[1,2]', 'not-a-planwire-endpoint'],
  ])('%i %s rejects ready() and is tried again after a pause', async (status, body, code) => {
    const remote = connect()
    const ready = remote.ready()
    await settle()
    await server.last.answer(status, body)
    await expect(ready).rejects.toMatchObject({ code })
    expect(remote.connection).toMatchObject({ state: 'waiting', attempt: 1, error: { code } })
    await server.pass(BACKOFF_CAP_MS)
    expect(server.requests).toHaveLength(2)
    await server.accept()
    await expect(remote.ready()).resolves.toBeUndefined()
  })

  test('a network failure is a typed error that nobody has to catch', async () => {
    const remote = connect()
    void remote.ready()
    await settle()
    await server.last.lose()
    expect(remote.connection).toMatchObject({ state: 'waiting', error: { code: 'connection-lost' } })
  })

  test('pauses have full jitter and grow up to a bound', async () => {
    const remote = connect()
    const pauses: number[] = []
    remote.watch('connection', (connection) => {
      if (connection.state === 'waiting') pauses.push(connection.retryInMs)
    })
    for (let i = 0; i < 40; i++) {
      await settle()
      await server.last.lose()
      await server.pass(BACKOFF_CAP_MS)
    }
    expect(pauses).toHaveLength(40)
    expect(Math.max(...pauses.slice(0, 1))).toBeLessThanOrEqual(300)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(BACKOFF_CAP_MS)
    expect(Math.max(...pauses.slice(10))).toBeGreaterThan(5_000)
    expect(new Set(pauses.slice(10)).size).toBeGreaterThan(20)
  })
})

describe('tokens', () => {
  test('[DC8] a socket closed with 1008 is not tried again with the same token', async () => {
    const remote = connect()
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: true })
    server.socket.close(1008, 'Unauthorized')
    await server.pass(10 * BACKOFF_CAP_MS)
    expect(remote.connection).toMatchObject({
      state: 'auth-required',
      error: { code: 'authentication-required', message: 'Unauthorized' },
    })
    expect(server.requests).toHaveLength(1)
  })

  test('[DC8] a provider is asked for another token once, then nothing is tried until the app says so', async () => {
    const provider = vi.fn(async () => `token${provider.mock.calls.length}`)
    const remote = connect(provider)
    await settle()
    await server.last.answer(403, {})
    expect(server.last.headers['Remote-Token']).toBe('token2')
    await server.last.answer(403, {})
    expect(remote.connection.state).toBe('auth-required')
    await server.pass(10 * BACKOFF_CAP_MS)
    expect(provider).toHaveBeenCalledTimes(2)
    remote.reconnect()
    await server.accept()
    expect(server.last.headers['Remote-Token']).toBe('token3')
    expect(remote.connection.state).toBe('open')
  })

  test('a provider that throws is an error and is asked again later', async () => {
    let fail = true
    const remote = connect(() => {
      if (fail) throw new Error('offline')
      return 'good'
    })
    const codes: string[] = []
    remote.watch('error', ({ code }) => codes.push(code))
    await settle()
    expect(remote.connection.state).toBe('waiting')
    expect(codes).toContain('authentication-required')
    fail = false
    await server.pass(BACKOFF_CAP_MS)
    await server.accept()
    expect(remote.connection.state).toBe('open')
  })
})

describe('after a loss', () => {
  test('it connects again and subscribes again, with a fresh handshake', async () => {
    const remote = connect()
    remote.on('events', () => {})
    const first = await server.accept()
    first.close(1006)
    expect(remote.connection.state).toBe('waiting')
    await server.pass(BACKOFF_CAP_MS)
    const second = await server.accept()
    expect(server.asked).toEqual(['GET /api/v1', 'GET /api/v1'])
    expect(second.sent).toEqual([sub('events')])
  })

  test('what a replaced socket still brings is ignored', async () => {
    const remote = connect()
    const seen: unknown[] = []
    remote.on('events', (value) => seen.push(value.type))
    const first = await server.accept()
    first.close(1006)
    await server.pass(BACKOFF_CAP_MS)
    await server.accept()
    first.event('events', { type: 'late' })
    first.close(1008)
    server.socket.event('events', { type: 'current' })
    expect(seen).toEqual(['current'])
    expect(remote.connection.state).toBe('open')
  })

  test('[DC18] a server that never says "start" is given up after a while, and calls are rejected', async () => {
    const remote = connect()
    const call = remote.call('svc.add', [1, 2])
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: true })
    await server.pass(HANDSHAKE_TIMEOUT_MS)
    expect(remote.connection).toMatchObject({ state: 'waiting', error: { code: 'timeout' } })
    expect(server.socket.closed).toBe(true)
    await server.pass(REQUEST_TIMEOUT_MS)
    await expect(call).rejects.toMatchObject({ code: 'timeout' })
  })
})

describe('handlers', () => {
  test('every handler of an entity gets every value, also custom actions and custom entities', async () => {
    const remote = connect()
    const seen: unknown[] = []
    remote.on('events', (value) => seen.push(['a', value.type]))
    remote.on({
      events: (value) => seen.push(['b', value.type]),
      calendars: ({ type, value }) => seen.push([type, value]),
    })
    const socket = await server.accept()
    socket.event('events', { type: 'custom-action', event: { x: 1 } })
    socket.event('calendars', { type: 'custom-action', value: 42 })
    expect(seen).toEqual([
      ['a', 'custom-action'],
      ['b', 'custom-action'],
      ['custom-action', 42],
    ])
  })

  test('one that throws stops nobody and becomes an error event', async () => {
    const remote = connect()
    const seen: unknown[] = []
    const errors: PlanwireError[] = []
    remote.watch('error', (error) => errors.push(error))
    remote.on('events', () => {
      throw new Error('mine')
    })
    remote.on('events', (value) => seen.push(value.type))
    const socket = await server.accept()
    socket.event('events', { type: 'x' })
    expect(seen).toEqual(['x'])
    expect(errors).toMatchObject([{ code: 'handler-failed', details: { name: 'events' } }])
  })

  test('[DC6] unsubscribe goes out, with the name, when the last handler of an entity goes', async () => {
    const remote = connect()
    const first = remote.on('events', () => {})
    const both = remote.on({ events: () => {}, tasks: () => {} })
    const socket = await server.accept()
    socket.sent.length = 0
    remote.off(first)
    remote.off(first)
    expect(socket.sent).toEqual([])
    remote.off(both)
    expect(socket.sent).toEqual([
      { action: 'unsubscribe', name: 'events' },
      { action: 'unsubscribe', name: 'tasks' },
    ])
  })

  test('[DC6] detach takes off one entity, or everything', async () => {
    const remote = connect()
    const seen: string[] = []
    remote.on({ events: () => seen.push('events'), tasks: () => seen.push('tasks') })
    const socket = await server.accept()
    socket.sent.length = 0
    remote.detach('events')
    socket.event('events', { type: 'x' })
    socket.event('tasks', { type: 'x' })
    expect(seen).toEqual(['tasks'])
    remote.detach()
    expect(socket.sent).toEqual([
      { action: 'unsubscribe', name: 'events' },
      { action: 'unsubscribe', name: 'tasks' },
    ])
  })

  test('a frame of an entity that nobody handles is reported', async () => {
    const remote = connect()
    const unknown: unknown[] = []
    remote.watch('unknown', (frame) => unknown.push(frame))
    const socket = await server.accept()
    socket.event('rooms', { type: 'add-room', room: { id: 1 } })
    expect(unknown).toEqual([{ name: 'rooms', value: { type: 'add-room', room: { id: 1 } } }])
  })

  test('[DC11] hostile and malformed frames are errors with a code, and the next frame arrives', async () => {
    const remote = connect()
    const seen: string[] = []
    const codes: string[] = []
    remote.watch('error', ({ code }) => codes.push(code))
    remote.on('events', ({ type }) => seen.push(type))
    const socket = await server.accept()
    for (const frame of [
      'not json',
      '{"action":"event"}',
      '{"action":"event","body":{"name":"constructor"}}',
      'null',
      '{"action":"event","body":{"name":"__proto__","value":{"type":"x"}}}',
    ])
      socket.send(frame)
    socket.event('events', { type: 'still here' })
    expect(seen).toEqual(['still here'])
    expect(codes).toEqual(['malformed-json', 'malformed-message', 'malformed-message', 'malformed-message'])
    expect(remote.connection.state).toBe('open')
  })
})

describe('several on one page', () => {
  test('the same URL and token share one handshake, one socket and one subscription', async () => {
    const a = connect()
    const b = connect()
    const seen: string[] = []
    a.on('events', () => seen.push('a'))
    b.on('events', () => seen.push('b'))
    const socket = await server.accept()
    expect(server.asked).toEqual(['GET /api/v1'])
    expect(server.sockets).toHaveLength(1)
    expect(socket.sent).toEqual([sub('events')])
    socket.event('events', { type: 'x' })
    expect(seen).toEqual(['a', 'b'])
    a.close()
    socket.event('events', { type: 'x' })
    expect(seen).toEqual(['a', 'b', 'b'])
    expect(socket.closed).toBe(false)
    b.close()
    expect(socket.closed).toBe(true)
    expect(server.clock.waiting).toBe(0)
  })

  test('another token has a connection of its own', async () => {
    connect('one')
    connect('two')
    await settle()
    expect(server.requests.map(({ headers }) => headers['Remote-Token'])).toEqual(['one', 'two'])
  })

  test('after the last was closed, a new one connects anew', async () => {
    const first = connect()
    await server.accept()
    first.close()
    first.close()
    expect(first.connection).toEqual({ state: 'closed' })
    await expect(first.ready()).rejects.toMatchObject({ code: 'closed' })
    const second = connect()
    await server.accept()
    expect(second.connection.state).toBe('open')
    expect(server.requests).toHaveLength(2)
  })
})

describe('remote calls', () => {
  interface Api {
    readonly [service: string]: { readonly [method: string]: (...args: never[]) => Promise<unknown> }
    readonly svc: { add(a: number, b: number): Promise<number>; fail(): Promise<never> } & {
      readonly [method: string]: (...args: never[]) => Promise<unknown>
    }
  }
  const idsOf = (frame: unknown): string[] => (frame as { body: { id: string }[] }).body.map(({ id }) => id)

  test('calls made before "start" travel in one frame, later ones one by one', async () => {
    const remote = new RemoteEvents<Api>('/api/v1', 'token', server.ports)
    const [first, second] = [remote.api.svc.add(1, 2), remote.api.svc.add(5, 6)]
    const socket = await server.accept()
    const third = remote.api.svc.fail()
    expect(socket.sent).toMatchObject([
      {
        action: 'call',
        body: [
          { name: 'svc.add', args: [1, 2] },
          { name: 'svc.add', args: [5, 6] },
        ],
      },
      { action: 'call', body: [{ name: 'svc.fail', args: [] }] },
    ])
    const ids = socket.sent.flatMap(idsOf)
    socket.send({
      action: 'result',
      body: [
        { id: ids[1], error: null, data: 11 },
        { id: ids[0], error: null, data: 3 },
        { id: ids[2], error: 'boom', data: null },
      ],
    })
    expect([await first, await second]).toEqual([3, 11])
    await expect(third).rejects.toMatchObject({ code: 'rejected', details: { name: 'svc.fail', error: 'boom' } })
    // The watch of the socket, and no timeout.
    expect(server.clock.waiting).toBe(1)
  })

  test('a call that is made before the code of calls is there leaves when it is; code that cannot be loaded fails the call', async () => {
    vi.resetModules()
    vi.doMock('./remote-calls.ts', () => {
      throw new Error('a deploy removed it')
    })
    const fresh = await import('./remote-events.ts')
    const remote = new fresh.RemoteEvents('/api/v1', 'token', server.ports)
    await expect(remote.call('svc.add', [1, 2])).rejects.toMatchObject({ code: 'connection-lost', recovery: 'retry' })
    vi.doUnmock('./remote-calls.ts')
    vi.resetModules()
    const socket = await server.accept()
    const sum = remote.call('svc.add', [1, 2])
    expect(socket.sent).toEqual([])
    await fresh.remoteCalls.load()
    await settle()
    const [id] = socket.sent.flatMap(idsOf)
    socket.send({ action: 'result', body: [{ id, error: null, data: 3 }] })
    expect(await sum).toBe(3)
  })

  test('a call whose connection is lost is rejected, not sent twice; one that waited is sent on the next', async () => {
    const remote = new RemoteEvents<Api>('/api/v1', 'token', server.ports)
    const socket = await server.accept()
    const sent = remote.api.svc.add(1, 2)
    socket.close(1006)
    const waited = remote.api.svc.add(3, 4)
    await expect(sent).rejects.toMatchObject({ code: 'connection-lost' })
    await server.pass(BACKOFF_CAP_MS)
    const next = await server.accept()
    expect(next.sent).toMatchObject([{ action: 'call', body: [{ args: [3, 4] }] }])
    next.send({ action: 'result', body: [{ id: idsOf(next.sent[0])[0], error: null, data: 7 }] })
    expect(await waited).toBe(7)
  })

  test('a call that may run twice outlives a lost connection; without a socket its failure is told at once', async () => {
    const remote = new RemoteEvents<Api>('/api/v1', 'token', server.ports)
    const socket = await server.accept()
    const sum = remote.repeatable.svc.add(1, 2)
    socket.close(1006)
    await server.pass(BACKOFF_CAP_MS)
    const next = await server.accept()
    expect(next.sent).toEqual(socket.sent)
    next.send({ action: 'result', body: [{ id: idsOf(next.sent[0])[0], error: null, data: 3 }] })
    expect(await sum).toBe(3)
    remote.close()
    const posting = new RemoteEvents<Api>('/api/v1', 'other', server.ports)
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: false })
    const failed = posting.repeatable.svc.add(1, 2)
    await settle()
    await server.request('POST /api/v1').lose()
    await expect(failed).rejects.toMatchObject({ code: 'connection-lost' })
  })

  test('without a socket they are posted as a bare list', async () => {
    const remote = new RemoteEvents<Api>('/api/v1', 'token', server.ports)
    await settle()
    await server.last.answer(200, { api: { svc: { add: 1 } }, data: {}, websocket: false })
    const sum = remote.api.svc.add(1, 2)
    await settle()
    const post = server.request('POST /api/v1')
    expect(post.headers['Remote-Token']).toBe('token')
    const [call] = post.body as { id: string }[]
    await post.answer(200, [{ id: call?.id, error: null, data: 3 }])
    expect(await sum).toBe(3)
  })
})
