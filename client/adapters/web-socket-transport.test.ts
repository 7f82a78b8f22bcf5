import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'
import type { SocketListener } from '../ports/ports.ts'
import { type WebSocketLike, webSocketTransport } from './web-socket-transport.ts'

/** Writes down what a listener hears, and lets a test wait for the next of it. */
function heard(): { listener: SocketListener; said: string[]; until(line: string): Promise<void> } {
  const said: string[] = []
  const waiting = new Map<string, () => void>()
  const say = (line: string): void => {
    said.push(line)
    waiting.get(line)?.()
  }
  return {
    said,
    listener: {
      opened: () => say('opened'),
      frame: (text) => say(`frame ${text}`),
      closed: (code, reason) => say(`closed ${code} ${reason}`),
    },
    until: (line) =>
      said.includes(line) ? Promise.resolve() : new Promise<void>((resolve) => waiting.set(line, resolve)),
  }
}

describe('over real sockets', () => {
  let server: WebSocketServer
  let url: string

  beforeEach(async () => {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    url = typeof address === 'object' && address !== null ? `ws://127.0.0.1:${address.port}/` : ''
  })

  afterEach(async () => {
    for (const client of server.clients) client.terminate()
    await new Promise((resolve) => server.close(resolve))
  })

  test('frames travel both ways, text sent as bytes included', async () => {
    server.on('connection', (socket) => {
      socket.on('message', (data) => {
        socket.send(`${data} back`)
        socket.send(Buffer.from('as bytes: ü'), { binary: true })
      })
    })
    const { listener, said, until } = heard()
    const socket = webSocketTransport(NodeWebSocket).open(url, listener)
    await until('opened')
    socket.send('there')
    await until('frame as bytes: ü')
    expect(said).toEqual(['opened', 'frame there back', 'frame as bytes: ü'])
    socket.close()
  })

  test('a closure by the server is told with its code and reason, once', async () => {
    server.on('connection', (socket) => socket.close(1008, 'Unauthorized'))
    const { listener, said, until } = heard()
    const socket = webSocketTransport(NodeWebSocket).open(url, listener)
    await until('closed 1008 Unauthorized')
    socket.close()
    expect(said).toEqual(['opened', 'closed 1008 Unauthorized'])
  })

  test('a frame sent right before an own close still reaches the server', async () => {
    const got = new Promise((resolve) =>
      server.on('connection', (peer) => peer.on('message', (data) => resolve(`${data}`))),
    )
    const { listener, until } = heard()
    const socket = webSocketTransport(NodeWebSocket).open(url, listener)
    await until('opened')
    socket.send('last words')
    socket.close(1000, 'bye')
    expect(await got).toBe('last words')
  })

  test('a server that is not there is told as closed 1006', async () => {
    await new Promise((resolve) => server.close(resolve))
    const { listener, said, until } = heard()
    webSocketTransport(NodeWebSocket).open(url, listener)
    await until('closed 1006 ')
    expect(said).toEqual(['closed 1006 '])
  })

  test('a path without a server is told as closed 1006', async () => {
    server.shouldHandle = () => false
    const { listener, said, until } = heard()
    webSocketTransport(NodeWebSocket).open(url, listener)
    await until('closed 1006 ')
    expect(said).toEqual(['closed 1006 '])
  })
})

describe('over a socket under the test’s hand', () => {
  class HandSocket implements WebSocketLike {
    static last: HandSocket
    readyState = 1
    binaryType = 'blob'
    readonly calls: unknown[][] = []
    readonly #listeners = new Map<string, (event: never) => void>()

    constructor(url: string) {
      if (!url.startsWith('ws')) throw new SyntaxError(`The URL '${url}' is invalid.`)
      HandSocket.last = this
    }

    send(data: string): void {
      this.calls.push(['send', data])
    }

    close(...args: unknown[]): void {
      this.calls.push(['close', ...args])
    }

    addEventListener(type: string, listener: (event: never) => void): void {
      this.#listeners.set(type, listener)
    }

    emit(type: string, event: unknown = {}): void {
      this.#listeners.get(type)?.(event as never)
    }
  }

  afterEach(() => vi.unstubAllGlobals())

  test('a URL that cannot be opened is reported through closed, after open returned', async () => {
    const { listener, said, until } = heard()
    const socket = webSocketTransport(HandSocket).open('not a url', listener)
    expect(said).toEqual([])
    socket.send('x')
    socket.close()
    await until("closed 1006 The URL 'not a url' is invalid.")
    expect(said).toHaveLength(1)
  })

  test('a platform without WebSocket is reported through closed', async () => {
    vi.stubGlobal('WebSocket', undefined)
    const { listener, until } = heard()
    webSocketTransport().open('ws://x', listener)
    await until('closed 1006 No WebSocket on this platform: pass a constructor')
  })

  test('the global WebSocket is looked up when a socket is opened, so that mocks may replace it', () => {
    const transport = webSocketTransport()
    vi.stubGlobal('WebSocket', HandSocket)
    const { listener, said } = heard()
    transport.open('ws://x', listener)
    HandSocket.last.emit('open')
    expect(said).toEqual(['opened'])
  })

  test('after an own close the listener hears closed and nothing that a mock still delivers', async () => {
    const { listener, said, until } = heard()
    const socket = webSocketTransport(HandSocket).open('ws://x', listener)
    HandSocket.last.emit('open')
    socket.close(4000, 'enough')
    expect(said).toEqual(['opened'])
    await until('closed 4000 enough')
    HandSocket.last.emit('message', { data: 'late' })
    HandSocket.last.emit('close', { code: 1000, reason: '' })
    socket.send('late too')
    expect(said).toEqual(['opened', 'closed 4000 enough'])
    expect(HandSocket.last.calls).toEqual([['close', 4000, 'enough']])
  })

  test('nothing is heard of a socket after closed', () => {
    const { listener, said } = heard()
    webSocketTransport(HandSocket).open('ws://x', listener)
    HandSocket.last.emit('error')
    HandSocket.last.emit('close', { code: 1011, reason: '' })
    HandSocket.last.emit('open')
    HandSocket.last.emit('message', { data: 'late' })
    HandSocket.last.emit('close', { code: 1000, reason: '' })
    expect(said).toEqual(['closed 1011 '])
  })

  test('codes and reasons that a platform would throw for never reach it', () => {
    const closing = (code: number | undefined, reason?: string): unknown[] | undefined => {
      webSocketTransport(HandSocket).open('ws://x', heard().listener).close(code, reason)
      return HandSocket.last.calls.at(-1)
    }
    expect(closing(1008, 'no')).toEqual(['close'])
    expect(closing(undefined)).toEqual(['close'])
    expect(closing(1000, 'done')).toEqual(['close', 1000, 'done'])
    expect(closing(4001, 'ü'.repeat(62))).toEqual(['close', 4001])
  })

  test('a frame sent while the socket is not open is lost without a throw', () => {
    const socket = webSocketTransport(HandSocket).open('ws://x', heard().listener)
    HandSocket.last.readyState = 0
    socket.send('early')
    expect(HandSocket.last.calls).toEqual([])
  })
})
