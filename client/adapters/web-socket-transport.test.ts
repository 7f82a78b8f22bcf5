import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket as NodeWebSocket, WebSocketServer } from 'ws'
import { Recorder } from './transport.contract.ts'
import { type WebSocketLike, webSocketTransport } from './web-socket-transport.ts'

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
    const heard = new Recorder()
    const socket = webSocketTransport(NodeWebSocket).open(url, heard)
    await heard.until('opened')
    socket.send('there')
    await heard.until('frame as bytes: ü')
    expect(heard.said).toEqual(['opened', 'frame there back', 'frame as bytes: ü'])
    socket.close()
  })

  test('a path without a server is told as closed 1006', async () => {
    server.shouldHandle = () => false
    const heard = new Recorder()
    webSocketTransport(NodeWebSocket).open(url, heard)
    await heard.until('closed 1006 ')
    expect(heard.said).toEqual(['closed 1006 '])
  })
})

describe('over a socket under the test’s hand', () => {
  interface AnyEvent {
    readonly data: unknown
    readonly code: number
    readonly reason: string
  }

  class HandSocket implements WebSocketLike {
    static last: HandSocket
    readyState = 1
    binaryType = 'blob'
    readonly calls: unknown[][] = []
    readonly #listeners = new Map<string, (event: AnyEvent) => void>()

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

    addEventListener(type: string, listener: (event: AnyEvent) => void): void {
      this.#listeners.set(type, listener)
    }

    emit(type: string, event: Partial<AnyEvent> = {}): void {
      this.#listeners.get(type)?.({ data: undefined, code: 1000, reason: '', ...event })
    }
  }

  afterEach(() => vi.unstubAllGlobals())

  test('a URL that cannot be opened is reported through closed, after open returned', async () => {
    const heard = new Recorder()
    const socket = webSocketTransport(HandSocket).open('not a url', heard)
    expect(heard.said).toEqual([])
    socket.send('x')
    socket.close()
    await heard.until("closed 1006 The URL 'not a url' is invalid.")
    expect(heard.said).toHaveLength(1)
  })

  test('a platform that never had a WebSocket says at once what to do', () => {
    vi.stubGlobal('WebSocket', undefined)
    const fatal = expect.objectContaining({ code: 'invalid-argument', recovery: 'fatal' })
    expect(() => webSocketTransport().open('ws://x', new Recorder())).toThrow(fatal)
    expect(() => webSocketTransport().open('ws://x', new Recorder())).toThrow('use Node 22 or later, or set globalThis')
  })

  test('a mock that is taken away between two attempts is a broken line, not an exception', async () => {
    const transport = webSocketTransport()
    vi.stubGlobal('WebSocket', HandSocket)
    transport.open('ws://x', new Recorder()).close()
    vi.stubGlobal('WebSocket', undefined)
    const heard = new Recorder()
    transport.open('ws://x', heard)
    await heard.untilClosed()
    expect(heard.said[0]).toContain('closed 1006 No WebSocket here')
  })

  test('the global WebSocket is looked up when a socket is opened, so that mocks may replace it', () => {
    const transport = webSocketTransport()
    vi.stubGlobal('WebSocket', HandSocket)
    const heard = new Recorder()
    transport.open('ws://x', heard)
    HandSocket.last.emit('open')
    expect(heard.said).toEqual(['opened'])
  })

  test('after an own close the listener hears closed and nothing that a mock still delivers', async () => {
    const heard = new Recorder()
    const socket = webSocketTransport(HandSocket).open('ws://x', heard)
    HandSocket.last.emit('open')
    socket.close()
    expect(heard.said).toEqual(['opened'])
    await heard.until('closed 1005 ')
    HandSocket.last.emit('message', { data: 'late' })
    HandSocket.last.emit('close', { code: 1000, reason: '' })
    socket.send('late too')
    expect(heard.said).toEqual(['opened', 'closed 1005 '])
    expect(HandSocket.last.calls).toEqual([['close']])
  })

  test('nothing is heard of a socket after closed', () => {
    const heard = new Recorder()
    webSocketTransport(HandSocket).open('ws://x', heard)
    HandSocket.last.emit('error')
    HandSocket.last.emit('close', { code: 1011, reason: '' })
    HandSocket.last.emit('open')
    HandSocket.last.emit('message', { data: 'late' })
    HandSocket.last.emit('close', { code: 1000, reason: '' })
    expect(heard.said).toEqual(['closed 1011 '])
  })

  test('a frame sent while the socket is not open is lost without a throw', () => {
    const socket = webSocketTransport(HandSocket).open('ws://x', new Recorder())
    HandSocket.last.readyState = 0
    socket.send('early')
    expect(HandSocket.last.calls).toEqual([])
  })
})
