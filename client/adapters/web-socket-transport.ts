/**
 * The Transport port over the platform's WebSocket. Owns the differences between real sockets and the mocks that stand in
 * for them: when `closed` is told, what a URL that cannot be opened looks like, and frames that arrive as bytes.
 */
import type { Socket, SocketListener, Transport } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'

/** The part of a WebSocket that planwire uses: browsers', Node's, that of `ws` and that of `mock-socket` all have it. */
export interface WebSocketLike {
  readonly readyState: number
  binaryType: string
  send(data: string): void
  close(code?: number, reason?: string): void
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
/** Longest close reason in bytes of UTF-8 (RFC 6455, 5.5.1). */
const LONGEST_REASON = 123

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
        throw new PlanwireError('invalid-argument', NO_WEB_SOCKET, 'fatal')
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
  // 'live' until either side closes; 'ended' from then on, which silences whatever a mock still delivers.
  let state: 'live' | 'ended' = 'live'
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('open', () => {
    if (state === 'live') listener.opened()
  })
  socket.addEventListener('message', (event) => {
    if (state !== 'live') return
    const text = textOf(event.data)
    if (text !== undefined) listener.frame(text)
  })
  // A failure always ends in `close`; the listener only keeps mocks from throwing for want of one.
  socket.addEventListener('error', () => {})
  socket.addEventListener('close', (event) => {
    if (state !== 'live') return
    state = 'ended'
    listener.closed(event.code, event.reason)
  })
  return {
    send(frame) {
      if (state === 'live' && socket.readyState === OPEN) socket.send(frame)
    },
    close(code, reason = '') {
      if (state !== 'live') return
      state = 'ended'
      closePlatformSocket(socket, code, reason)
      queueMicrotask(() => listener.closed(code ?? NO_CODE, reason))
    },
  }
}

/** Some servers send text as binary frames (`ws` does so with a Buffer); a Blob cannot be read in order and is left out. */
function textOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data
  return data instanceof ArrayBuffer ? new TextDecoder().decode(data) : undefined
}

/** Platforms throw for codes that apps may not send and for long reasons. */
function closePlatformSocket(socket: WebSocketLike, code: number | undefined, reason: string): void {
  if (code === undefined || !(code === 1000 || (code >= 3000 && code <= 4999))) socket.close()
  else if (new TextEncoder().encode(reason).length <= LONGEST_REASON) socket.close(code, reason)
  else socket.close(code)
}
