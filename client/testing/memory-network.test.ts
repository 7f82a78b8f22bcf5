import { describe, expect, test } from 'vitest'
import type { Socket, SocketListener } from '../ports/ports.ts'
import { ManualClock } from './manual-clock.ts'
import { type Accept, type Delivery, type FarSocket, MemoryNetwork } from './memory-network.ts'

/** A network whose one log holds what both ends hear, in order. */
function setup(delivery?: Delivery, accept?: Accept) {
  const log: string[] = []
  const far: FarSocket[] = []
  const network = new MemoryNetwork(
    accept ??
      ((socket) => {
        far.push(socket)
        log.push(`server accepts ${socket.url}`)
        return { frame: (text) => log.push(`server hears ${text}`), closed: () => log.push('server: closed') }
      }),
    delivery,
  )
  const listener: SocketListener = {
    opened: () => log.push('client: opened'),
    frame: (text) => log.push(`client hears ${text}`),
    closed: (code, reason) => log.push(`client: closed ${code} ${reason}`),
  }
  const open = (url = 'ws://mock/ws?token=t'): Socket => network.transport.open(url, listener)
  /** An open connection, its opening left out of the log. */
  const opened = () => {
    const socket = open()
    network.flush()
    log.length = 0
    const connection = network.connections.at(-1)
    const server = far.at(-1)
    if (connection === undefined || server === undefined) throw new Error('not open')
    return { socket, connection, server }
  }
  return { log, network, listener, open, opened }
}

describe('delivery by hand', () => {
  test('nothing arrives before the test says so, then all in the order in which it was sent', () => {
    const { log, network, open } = setup()
    open()
    expect(log).toEqual([])
    expect(network.flush()).toBe(2)
    expect(log).toEqual(['server accepts /ws?token=t', 'client: opened'])
  })

  test('frames keep their order in each direction and never arrive within the call that sends them', () => {
    const { log, network, opened } = setup()
    const { socket, server } = opened()
    socket.send('1')
    server.send('a')
    socket.send('2')
    server.send('b')
    expect(log).toEqual([])
    network.flush()
    expect(log).toEqual(['server hears 1', 'client hears a', 'server hears 2', 'client hears b'])
  })

  test('one direction can be delivered while the other waits, frame by frame', () => {
    const { log, opened } = setup()
    const { socket, connection, server } = opened()
    socket.send('1')
    socket.send('2')
    server.send('a')
    expect(connection.deliver('up')).toBe(1)
    expect(log).toEqual(['server hears 1'])
    expect([connection.inFlight('up'), connection.inFlight('down')]).toEqual([['2'], ['a']])
    expect(connection.deliver('up', 5)).toBe(1)
  })

  test('what a delivery causes is delivered by the same flush, and an endless exchange is found', () => {
    const { network, open } = setup(undefined, (socket) => ({ frame: (text) => socket.send(text), closed: () => {} }))
    open()
    network.flush()
    const pingPong = network.transport.open('ws://mock/', {
      opened: () => pingPong.send('ball'),
      frame: (text) => pingPong.send(text),
      closed: () => {},
    })
    expect(() => network.flush(100)).toThrow('not quiet after 100 deliveries')
  })

  test('the client hears opened before anything that the server says while it accepts', () => {
    const { log, network, open } = setup(undefined, (socket) => {
      socket.send('start')
      socket.close(1008, 'Unauthorized')
      socket.send('never')
      return { frame: () => {}, closed: () => {} }
    })
    open()
    network.flush()
    expect(log).toEqual(['client: opened', 'client hears start', 'client: closed 1008 Unauthorized'])
  })

  test('a path that the server refuses closes with 1006 and never opens', () => {
    const { log, network, open } = setup(undefined, () => undefined)
    open()
    network.flush()
    expect(log).toEqual(['client: closed 1006 '])
    expect(network.connections).toEqual([])
  })
})

describe('closing', () => {
  test('by the client: what it sent arrives, what was on the way to it is lost, both ends hear of it once', () => {
    const { log, network, opened } = setup()
    const { socket, server } = opened()
    server.send('too late')
    socket.send('last words')
    socket.close()
    socket.close()
    socket.send('never')
    server.send('never')
    network.flush()
    expect(log).toEqual(['server hears last words', 'server: closed', 'client: closed 1005 '])
    expect(network.connections).toEqual([])
  })

  test('by the server: what it sent before arrives, both ends hear of it once', () => {
    const { log, network, opened } = setup()
    const { socket, server } = opened()
    server.send('last words')
    server.close(1001, 'gone')
    server.close()
    server.send('never')
    network.flush()
    socket.send('never')
    socket.close()
    network.flush()
    expect(log).toEqual(['client hears last words', 'client: closed 1001 gone', 'server: closed'])
  })

  test('before the server took the connection: it never hears of it', () => {
    const { log, network, open } = setup()
    open().close()
    network.flush()
    expect(log).toEqual(['client: closed 1005 '])
  })

  test('while the answer to the opening is on the way: the client hears no opened', () => {
    const { log, network, open } = setup()
    const socket = open()
    network.connections[0]?.deliver('up')
    socket.close()
    network.flush()
    expect(log).toEqual(['server accepts /ws?token=t', 'server: closed', 'client: closed 1005 '])
    expect(network.connections).toEqual([])
  })

  test('both at once: each end hears of one closure', () => {
    const { log, network, opened } = setup()
    const { socket, server } = opened()
    server.close(1001)
    socket.close()
    network.flush()
    expect(log).toEqual(['server: closed', 'client: closed 1005 '])
  })
})

describe('broken lines', () => {
  test('drop loses what is on the way and tells both ends', () => {
    const { log, network, opened } = setup()
    const { socket, connection, server } = opened()
    socket.send('lost')
    server.send('lost')
    connection.drop()
    connection.drop()
    network.flush()
    expect(log).toEqual(['server: closed', 'client: closed 1006 '])
  })

  test('a drop between commit and answer: the server heard, the client never knows', () => {
    const { log, network, opened } = setup()
    const { socket, connection, server } = opened()
    socket.send('commit')
    connection.deliver('up')
    server.send('ack')
    connection.drop()
    network.flush()
    expect(log).toEqual(['server hears commit', 'server: closed', 'client: closed 1006 '])
  })

  test('a stalled line swallows everything and tells nobody until an end gives up', () => {
    const { log, network, opened } = setup()
    const { socket, connection, server } = opened()
    socket.send('lost')
    connection.stall()
    socket.send('lost')
    server.send('lost')
    network.flush()
    expect([log, connection.state]).toEqual([[], 'half-open'])
    socket.close()
    network.flush()
    expect(log).toEqual(['client: closed 1005 '])
    server.close(1011)
    network.flush()
    expect(log).toEqual(['client: closed 1005 ', 'server: closed'])
    expect(network.connections).toEqual([])
  })
})

test('in auto mode everything arrives by itself, after the call that sent it', async () => {
  const { log, open } = setup({ mode: 'auto' })
  open()
  expect(log).toEqual([])
  await Promise.resolve()
  expect(log).toEqual(['server accepts /ws?token=t', 'client: opened'])
})

describe('by a clock', () => {
  test('parcels arrive after their latency, and a short one never overtakes a long one', () => {
    const clock = new ManualClock()
    const latencies = [5, 5, 100, 1, 1]
    const { log, network, open } = setup({ mode: 'clock', clock, latencyMs: () => latencies.shift() ?? 0 })
    const socket = open()
    clock.advance(10)
    expect(log).toEqual(['server accepts /ws?token=t', 'client: opened'])
    socket.send('slow')
    socket.send('quick')
    clock.advance(99)
    expect(network.connections[0]?.inFlight('up')).toEqual(['slow', 'quick'])
    clock.advance(1)
    expect(log.slice(2)).toEqual(['server hears slow', 'server hears quick'])
  })

  test('what was dropped leaves no delivery behind that would hurry a later frame', () => {
    const clock = new ManualClock()
    let latencyMs = 0
    const { log, network, open } = setup({ mode: 'clock', clock, latencyMs: () => latencyMs })
    const socket = open()
    clock.advance(0)
    log.length = 0
    latencyMs = 10
    network.connections[0]?.deliver('up')
    socket.send('one')
    network.flush()
    latencyMs = 50
    socket.send('two')
    clock.advance(10)
    expect(log).toEqual(['server hears one'])
    clock.advance(40)
    expect(log).toEqual(['server hears one', 'server hears two'])
  })
})
