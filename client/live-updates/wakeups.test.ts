/** What an app can rely on when a laptop wakes, a train leaves the tunnel, or a tab is seen again. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BACKOFF_CAP_MS } from '../sync/connection.ts'
import { HandServer, settle } from './hand-server.contract.ts'
import { HANDSHAKE_TIMEOUT_MS, QUIET_MS, SILENCE_MS } from './live-ports.ts'
import { EVENT, open, update } from './open-scheduler.contract.ts'
import { RemoteEvents } from './remote-events.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

function connect(token: string | (() => Promise<string>) = 'token'): RemoteEvents {
  return new RemoteEvents('/api/v1', token, server.ports)
}

const handshakes = (): number => server.asked.filter((line) => line === 'GET /api/v1').length

describe('when the network is back or the tab is seen again', () => {
  test('[LU1] a connection that waits is tried at once, and once only', async () => {
    const remote = connect()
    await settle()
    await server.last.lose()
    expect(remote.connection.state).toBe('waiting')
    await server.wake()
    await server.wake()
    expect([remote.connection.state, handshakes()]).toEqual(['connecting', 2])
    await server.accept()
    await server.pass(BACKOFF_CAP_MS)
    expect([remote.connection.state, handshakes()]).toEqual(['open', 2])
  })

  test('[LU1] a refused token is not tried again', async () => {
    const remote = connect()
    await settle()
    await server.last.answer(403, {})
    await server.wake()
    expect([remote.connection.state, handshakes()]).toEqual(['auth-required', 1])
  })

  test('[LU2] a socket that was silent for over 25 s is replaced: subscriptions are made again and what is loaded is read again', async () => {
    const { scheduler } = await open(server)
    const old = server.socket
    server.clock.jump(3_600_000)
    const loads = server.asked.filter((line) => line === 'GET /events').length
    await server.wake()
    expect([old.closed, scheduler.connection.state]).toEqual([true, 'connecting'])
    const fresh = await server.accept()
    expect(fresh).not.toBe(old)
    expect(fresh.sent).toEqual([{ action: 'subscribe', name: 'events' }])
    expect(server.asked.filter((line) => line === 'GET /events')).toHaveLength(loads + 1)
    await server.request('GET /events').answer(200, [{ ...EVENT, text: 'missed' }])
    expect(scheduler.getEvent(7)?.text).toBe('missed')
  })

  test('[LU2] what the replaced socket still brings is ignored, its end too', async () => {
    const { scheduler, errors } = await open(server)
    const old = server.socket
    server.clock.jump(QUIET_MS + 1)
    await server.wake()
    old.event('events', update({ ...EVENT, text: 'before the new one is open' }))
    old.close(1006)
    await server.accept()
    old.event('events', update({ ...EVENT, text: 'late' }))
    old.close(1008)
    expect([scheduler.getEvent(7)?.text, scheduler.connection.state, errors]).toEqual([EVENT.text, 'open', []])
  })

  test('[LU2] a socket that brought something within 25 s stays, however late timers are', async () => {
    const remote = connect()
    const socket = await server.accept()
    server.clock.jump(QUIET_MS)
    await server.wake()
    socket.send('{"action":"event","body":{"name":"rooms","value":{"type":"x"}}}')
    server.clock.jump(QUIET_MS)
    await server.wake()
    expect([socket.closed, remote.connection.state, handshakes()]).toEqual([false, 'open', 1])
    server.clock.jump(1)
    await server.wake()
    expect([socket.closed, handshakes()]).toEqual([true, 2])
  })

  test('[LU2] while nobody looks, a socket of a server that answers no questions is replaced after five minutes of silence, and not before', async () => {
    connect()
    const socket = await server.accept()
    await server.pass(SILENCE_MS - 1000)
    socket.event('events', { type: 'custom', value: 1 })
    await server.pass(SILENCE_MS - 1)
    expect([socket.closed, handshakes(), socket.sent]).toEqual([false, 1, []])
    await server.pass(1)
    expect([socket.closed, handshakes()]).toEqual([true, 2])
    await server.accept()
    await server.pass(SILENCE_MS - 1)
    expect([server.socket.closed, handshakes()]).toEqual([false, 2])
  })

  test('[LU10] in a page that is always seen, a dead socket of a server that answers calls is found within 45 s of silence', async () => {
    connect()
    const socket = await server.accept({ api: {}, data: {}, websocket: true, planwire: {} })
    await server.pass(QUIET_MS - 1)
    expect(socket.sent).toEqual([])
    await server.pass(1)
    expect(socket.sent).toEqual([{ action: 'call', body: [] }])
    socket.send({ action: 'result', body: [] })
    await server.pass(QUIET_MS)
    expect(socket.sent).toHaveLength(2)
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    expect(handshakes()).toBe(1)
    await server.pass(1)
    expect([socket.closed, handshakes()]).toEqual([true, 2])
  })

  test('[LU10] when the network went away, or the tab is seen again, a server that answers calls is asked at once, and once only', async () => {
    connect()
    const socket = await server.accept({ api: {}, data: {}, websocket: true, planwire: {} })
    await server.pass(1_000)
    await server.wake()
    await server.wake()
    expect(socket.sent).toEqual([{ action: 'call', body: [] }])
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    expect(handshakes()).toBe(1)
    await server.pass(1)
    expect([socket.closed, handshakes()]).toEqual([true, 2])
  })

  test('[LU1] an outage is warned of once, however often the connection is tried, and the next one again', async () => {
    connect()
    const warnings = (): string[] => server.log.filter(({ level }) => level === 'warn').map(({ message }) => message)
    const first = await server.accept()
    first.close(1006)
    for (let tries = 0; tries < 3; tries++) {
      await server.wake()
      await server.last.lose()
    }
    expect(warnings()).toEqual(['The connection was lost'])
    await server.wake()
    const second = await server.accept()
    second.close(1006)
    expect(warnings()).toHaveLength(2)
  })

  test('[LU2] a remote call that went out on the replaced socket fails, since nobody knows whether it was carried out', async () => {
    const remote = connect()
    await server.accept()
    const call = remote.call('svc.add', [1, 2])
    server.clock.jump(QUIET_MS + 1)
    await server.wake()
    await expect(call).rejects.toMatchObject({ code: 'connection-lost', recovery: 'retry' })
  })

  test('a server without sockets is never silent', async () => {
    const remote = connect()
    await settle()
    await server.last.answer(200, { api: {}, data: {}, websocket: false })
    server.clock.jump(3_600_000)
    await server.wake()
    expect([remote.connection.state, handshakes()]).toEqual(['open', 1])
  })
})

describe('on the way in', () => {
  test('[LU3] a handshake that is not answered within 20 s counts as dead, and its late answer for nothing', async () => {
    const remote = connect()
    await settle()
    const late = server.last
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    expect(remote.connection.state).toBe('connecting')
    await server.pass(1)
    expect(remote.connection).toMatchObject({ state: 'waiting', error: { code: 'timeout' } })
    await server.pass(BACKOFF_CAP_MS)
    await late.answer(200, { api: {}, data: { old: true }, websocket: true })
    expect(server.sockets).toEqual([])
    await server.accept()
    expect([remote.connection.state, remote.data]).toEqual(['open', {}])
  })

  test('[LU3] a socket has 20 s of its own to open, however long the handshake took', async () => {
    const remote = connect()
    await settle()
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    await server.last.answer(200, { api: {}, data: {}, websocket: true })
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    expect(remote.connection.state).toBe('authenticating')
    await server.pass(1)
    expect([remote.connection.state, server.socket.closed]).toEqual(['waiting', true])
  })

  test('[LU3] a token provider may take as long as it likes', async () => {
    let give = (_token: string): void => {}
    const remote = connect(() => new Promise<string>((resolve) => (give = resolve)))
    await server.pass(10 * HANDSHAKE_TIMEOUT_MS)
    await server.wake()
    give('late')
    await server.accept()
    expect([remote.connection.state, handshakes()]).toEqual(['open', 1])
  })

  test('[LU1 LU3] a wake-up leaves an attempt alone that is still within its time', async () => {
    connect()
    await settle()
    await server.pass(HANDSHAKE_TIMEOUT_MS - 1)
    await server.wake()
    expect(handshakes()).toBe(1)
  })
})

test('after close nobody listens for wake-ups and no timer is left', async () => {
  const first = connect()
  const second = connect()
  await server.accept()
  expect(server.sleepers.size).toBe(1)
  first.close()
  expect(server.sleepers.size).toBe(1)
  second.close()
  expect([server.sleepers.size, server.clock.waiting]).toEqual([0, 0])
})
