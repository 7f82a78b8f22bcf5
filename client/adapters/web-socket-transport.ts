/**
 * The Transport port over the platform's WebSocket. Owns the differences between real sockets and the mocks that stand in
 * for them: when `closed` is told, what a URL that cannot be opened looks like, and frames that arrive as bytes.
 */
import type { Socket, SocketListener, Transport } from '../ports/ports.ts'
import { invalidArgument } from '../protocol/errors.ts'

/** The part of a WebSocket that planwire uses: browsers', Node's, that of `ws` and that of `mock-socket` all have it. */
export interface WebSocketLike {
  readonly readyState: number
  binaryType: string
  send(data: string): void
  close(): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}

/** A constructor of sockets, such as `globalThis.WebSocket` or the one that the package `ws` exports. */
export type WebSocketConstructor = new (url: string) => WebSocketLike

/** The close code of a connection that was never opened or broke (RFC 6455, 7.1.5). */
const ABNORMAL = 1006
/** The close code of a closure that named none. */
const NO_CODE = 1005
const OPEN = 1
const NO_WEB_SOCKET = 'No WebSocket here: use Node 22 or later, or set globalThis.WebSocket to that of the package ws'

/**
 * Sockets of the platform. Without an argument `globalThis.WebSocket` is looked up at each opening, because mocks replace it;
 * a platform that never had one is told at the first opening (`invalid-argument`, fatal), for no later try would do better.
 * Frames sent before `opened` or after a closure are lost, as on a broken line. After an own `close()` the listener hears
 * `closed` at once, not after a handshake that a dead peer would never finish.
 * @example
 * const socket = webSocketTransport().open('ws://localhost:8080', { opened, frame, closed })
 */
export function webSocketTransport(given?: WebSocketConstructor): Transport {
  // A mock that was taken away may come back: from then on an absence is a broken line.
  let known = false
  return {
    open(url: string, listener: SocketListener): Socket {
      const Constructor: WebSocketConstructor | undefined = given ?? globalThis.WebSocket
      if (Constructor === undefined) {
        if (known) return unopened(listener, NO_WEB_SOCKET)
        throw invalidArgument(NO_WEB_SOCKET)
      }
      known = true
      let socket: WebSocketLike
      try {
        socket = new Constructor(url)
      } catch (error) {
        return unopened(listener, error instanceof Error ? error.message : String(error))
      }
      return opened(socket, listener)
    },
  }
}

/** A socket that never was: the caller gets it first and hears `closed` afterwards. */
function unopened(listener: SocketListener, reason: string): Socket {
  queueMicrotask(() => listener.closed(ABNORMAL, reason))
  return { send() {}, close() {} }
}

function opened(socket: WebSocketLike, listener: SocketListener): Socket {
  // Until either side closes. From then on whatever a mock still delivers is not heard.
  let live = true
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => {
    if (live) listener.opened()
  })
  socket.addEventListener('message', (event) => {
    if (!live) return
    const text = textOf(event.data)
    if (text !== undefined) listener.frame(text)
  })
  // A failure always ends in `close`; the listener only keeps mocks from throwing for want of one.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', (event) => {
    if (!live) return
    live = false
    listener.closed(event.code, event.reason)
  })
  return {
    send(frame) {
      if (live && socket.readyState === OPEN) socket.send(frame)
    },
    close() {
      if (!live) return
      live = false
      socket.close()
      queueMicrotask(() => listener.closed(NO_CODE, ''))
    },
  }
}

/** Some servers send text as binary frames (`ws` does so with a Buffer); a Blob cannot be read in order and is left out. */
function textOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer ? new TextDecoder().decode(data) : undefined
}
