import { Server as MockServer, WebSocket as MockWebSocket } from 'mock-socket'
import { vi } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'
import { MemoryNetwork } from '../testing/memory-network.ts'
import { type FarEnd, type TransportUnderTest, transportContract } from './transport.contract.ts'
import { webSocketTransport } from './web-socket-transport.ts'

/** Hands the far ends of connections, in the order in which they come, to those who wait for them. */
class Arrivals {
  readonly #come: FarEnd[] = []
  readonly #waiting: ((far: FarEnd) => void)[] = []

  next(): Promise<FarEnd> {
    const far = this.#come.shift()
    return far ? Promise.resolve(far) : new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Returns what the server calls for each frame of the connection. */
  arrive(ends: Pick<FarEnd, 'send' | 'close'>): (frame: string) => void {
    const heard: string[] = []
    let wake = (): void => {}
    const far: FarEnd = {
      ...ends,
      heard,
      async until(count) {
        while (heard.length < count) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      },
    }
    const waiting = this.#waiting.shift()
    if (waiting) waiting(far)
    else this.#come.push(far)
    return (frame) => {
      heard.push(frame)
      wake()
    }
  }
}

transportContract('a real WebSocket', async (): Promise<TransportUnderTest> => {
  const arrivals = new Arrivals()
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket) => {
    const heard = arrivals.arrive({
      send: (frame) => socket.send(frame),
      close: (code, reason) => socket.close(code, reason),
    })
    socket.on('message', (data) => heard(String(data)))
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    transport: webSocketTransport(NodeWebSocket),
    url: `ws://127.0.0.1:${port}/`,
    deadUrl: 'ws://127.0.0.1:9/',
    nextConnection: () => arrivals.next(),
    close: async () => {
      for (const client of server.clients) client.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
})

transportContract('the WebSocket of mock-socket', async (): Promise<TransportUnderTest> => {
  const arrivals = new Arrivals()
  // As test set-ups do it: mock-socket's takes the place of the global one.
  vi.stubGlobal('WebSocket', MockWebSocket)
  const server = new MockServer('ws://mock.test/', { mock: false })
  server.on('connection', (socket) => {
    const heard = arrivals.arrive({
      send: (frame) => socket.send(frame),
      close: (code, reason) => socket.close({ code, reason, wasClean: true }),
    })
    socket.on('message', (data) => heard(String(data)))
  })
  return {
    transport: webSocketTransport(),
    url: 'ws://mock.test/',
    deadUrl: 'ws://nobody.test/',
    nextConnection: () => arrivals.next(),
    close: async () => {
      server.stop()
      vi.unstubAllGlobals()
    },
  }
})

transportContract('the network in memory', async (): Promise<TransportUnderTest> => {
  const arrivals = new Arrivals()
  const network = new MemoryNetwork(
    (socket) => {
      if (socket.url !== '/') return undefined
      const heard = arrivals.arrive({
        send: (frame) => socket.send(frame),
        close: (code, reason) => socket.close(code, reason),
      })
      return { frame: heard, closed: () => {} }
    },
    { mode: 'auto' },
  )
  return {
    transport: network.transport,
    url: 'ws://memory/',
    deadUrl: 'ws://memory/nobody',
    nextConnection: () => arrivals.next(),
    close: async () => {
      for (const connection of network.connections) connection.drop()
    },
  }
})
