import { describe, expect, test, vi } from 'vitest'
import type { Transport } from '../ports/ports.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type FarSocket, MemoryNetwork } from '../testing/memory-network.ts'
import { ReconnectingSocket, type ReconnectingSocketOptions } from './reconnecting-socket.ts'

/** A server that keeps every line, and a socket to it. */
function lines(options: ReconnectingSocketOptions = {}, accepts = true) {
  const clock = new ManualClock()
  const far: FarSocket[] = []
  const heard: string[] = []
  const network = new MemoryNetwork((socket) => {
    if (!accepts) return undefined
    far.push(socket)
    return { frame: (text) => heard.push(text), closed: () => heard.push('closed') }
  })
  const woken: (() => void)[] = []
  const states: string[] = []
  const socket = new ReconnectingSocket(() => `ws://far/?n=${far.length}`, {
    transport: network.transport,
    clock,
    random: { next: () => 1, id: () => '' },
    wakeups: (run) => {
      woken.push(run)
      return () => woken.splice(0)
    },
    ...options,
  })
  socket.subscribe(() => states.push(socket.state.state))
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 4; turn += 1) {
      network.flush()
      await Promise.resolve()
    }
  }
  return { clock, far, heard, network, woken, states, socket, settle }
}

describe('a socket that comes back', () => {
  test('opens, sends and hears; what is sent before says that it was not', async () => {
    const frames: string[] = []
    const { socket, far, heard, settle } = lines({
      frame: (text) => frames.push(text),
      opened: () => frames.push('opened'),
    })
    expect(socket.state).toEqual({ state: 'connecting', attempt: 0 })
    expect(socket.send('early')).toBe(false)
    await settle()
    expect(socket.state).toEqual({ state: 'open' })
    expect(socket.send('hello')).toBe(true)
    far[0]?.send('hi')
    await settle()
    expect([heard, frames]).toEqual([['hello'], ['opened', 'hi']])
  })

  test('is opened again after a pause that doubles until a frame comes, each time at the address of the day', async () => {
    const { socket, far, clock, settle } = lines()
    for (const pause of [300, 600, 1_200]) {
      await settle()
      far.at(-1)?.close(1006, 'cable')
      await settle()
      expect(socket.state).toMatchObject({ state: 'waiting', retryInMs: pause, error: { code: 'connection-lost' } })
      clock.advance(pause)
    }
    await settle()
    far.at(-1)?.send('welcome')
    await settle()
    far.at(-1)?.close(1006)
    await settle()
    expect(socket.state).toMatchObject({ state: 'waiting', attempt: 1, retryInMs: 300 })
    expect(far.map(({ url }) => url)).toEqual(['/?n=0', '/?n=1', '/?n=2', '/?n=3'])
  })

  test('is tried at once when the network is back', async () => {
    const { socket, far, woken, settle } = lines()
    await settle()
    far[0]?.close(1006)
    await settle()
    expect(socket.state.state).toBe('waiting')
    woken[0]?.()
    await settle()
    expect(socket.state.state).toBe('open')
    woken[0]?.()
    await settle()
    expect(far.length).toBe(2)
  })

  test('that was refused waits for the app', async () => {
    const { socket, far, clock, settle } = lines()
    await settle()
    far[0]?.close(4401, 'expired')
    await settle()
    expect(socket.state).toMatchObject({
      state: 'auth-required',
      error: { recovery: 'reauthenticate', message: 'expired' },
    })
    expect(clock.waiting).toBe(0)
    socket.connect()
    await settle()
    expect(socket.state.state).toBe('open')
  })

  test('that is open, heard or lost before the transport has returned it sends what it is asked for, and stays', async () => {
    const clock = new ManualClock()
    const sent: string[] = []
    const frames: string[] = []
    let refuses = false
    const transport: Transport = {
      open(_url, { opened, frame, closed }) {
        if (refuses) closed(4401, 'expired')
        else {
          opened()
          frame('welcome')
        }
        return { send: (text) => sent.push(text), close() {} }
      },
    }
    const socket = new ReconnectingSocket('ws://far/', {
      clock,
      transport,
      opened: () => socket.send('subscribe'),
      frame: (text) => frames.push(text),
    })
    await Promise.resolve()
    await Promise.resolve()
    expect([socket.state, sent, frames, clock.waiting]).toEqual([{ state: 'open' }, ['subscribe'], ['welcome'], 0])
    clock.advance(60_000)
    expect(socket.state).toEqual({ state: 'open' })
    socket.close()
    refuses = true
    const refused = new ReconnectingSocket('ws://far/', { clock, transport })
    await Promise.resolve()
    expect(refused.state).toMatchObject({ state: 'auth-required', error: { message: 'expired' } })
    expect(clock.waiting).toBe(0)
  })

  test.each([{ throws: false }, { throws: true }])(
    'that is closed by who is asked for the address opens nothing any more, throws: $throws',
    async ({ throws }) => {
      const clock = new ManualClock()
      const network = new MemoryNetwork(() => undefined)
      const asked = vi.fn()
      const socket: ReconnectingSocket = new ReconnectingSocket(
        () => {
          asked()
          if (asked.mock.calls.length > 1) socket.close()
          if (throws) throw new Error('nobody is logged in')
          return 'ws://far/'
        },
        { clock, transport: network.transport, random: { next: () => 1, id: () => '' } },
      )
      network.flush()
      await Promise.resolve()
      expect(socket.state.state).toBe('waiting')
      clock.advance(300)
      network.flush()
      clock.advance(60_000)
      expect([socket.state, asked.mock.calls.length, clock.waiting]).toEqual([{ state: 'closed' }, 2, 0])
    },
  )

  test('that does not open within 20 s counts as lost', () => {
    const { socket, clock } = lines()
    clock.advance(20_000)
    expect(socket.state).toMatchObject({ state: 'waiting', error: { message: 'The socket did not open' } })
  })

  test('whose address cannot be told now asks for it again', async () => {
    let asked = 0
    const clock = new ManualClock()
    const network = new MemoryNetwork(() => ({ frame() {}, closed() {} }))
    const url = (): string => {
      if (asked++ === 0) throw new Error('no token yet')
      return 'ws://far/'
    }
    const socket = new ReconnectingSocket(url, { clock, transport: network.transport })
    expect(socket.state).toMatchObject({ state: 'waiting', error: { message: 'no token yet' } })
    clock.advance(300)
    network.flush()
    expect(socket.state.state).toBe('open')
    socket.close()
  })

  test('ends with everything that it has, for good, also from within a listener', async () => {
    const { socket, clock, woken, heard, states, settle } = lines()
    await settle()
    socket.close()
    socket.close()
    socket.connect()
    await settle()
    expect([heard, clock.waiting, woken, states]).toEqual([['closed'], 0, [], ['open', 'closed']])
    const other = lines()
    other.socket.subscribe(() => other.socket.close())
    await other.settle()
    expect([other.socket.state.state, other.clock.waiting]).toEqual(['closed', 0])
  })
})

test('on a platform without WebSocket it says so where it is made, tries nothing and leaves nothing behind', () => {
  vi.stubGlobal('WebSocket', undefined)
  try {
    const clock = new ManualClock()
    const wakeups = vi.fn()
    expect(() => new ReconnectingSocket('ws://far', { clock, wakeups })).toThrow('use Node 22 or later')
    expect([clock.waiting, wakeups.mock.calls]).toEqual([0, []])
  } finally {
    vi.unstubAllGlobals()
  }
})
