/** Owns the suite's way to the outside: sockets and requests of the platform, looked up at each use because mocks replace them. */
import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Clock, HttpAnswer, HttpPort, Random, Transport } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'

/** What the suite needs of its surroundings. */
export interface VerifyPorts {
  readonly transport: Transport
  readonly http: HttpPort
  readonly clock: Clock
  readonly random: Random
}

/** The part of a WebSocket that the suite uses. */
export interface VerifySocket {
  send(data: string): void
  close(): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}

/** A constructor of sockets, such as the browser's `WebSocket` or the one of the package `ws`. */
export type VerifySocketConstructor = new (url: string) => VerifySocket

/** The ports of this platform; Node 20 has no WebSocket of its own and has to be given one. */
export function platformPorts(given?: VerifySocketConstructor): VerifyPorts {
  return { transport: sockets(given), http: requests, clock: systemClock, random: systemRandom }
}

function sockets(given: VerifySocketConstructor | undefined): Transport {
  return {
    open(url, listener) {
      const Socket = given ?? platformSocket()
      const socket = new Socket(url)
      let over = false
      socket.addEventListener('open', () => listener.opened())
      socket.addEventListener('error', () => {})
      socket.addEventListener('message', ({ data }) => {
        if (!over) listener.frame(typeof data === 'string' ? data : bytesAsText(data))
      })
      socket.addEventListener('close', ({ code, reason }) => {
        if (!over) listener.closed(code, reason)
        over = true
      })
      return {
        send: (frame) => socket.send(frame),
        close: () => {
          over = true
          socket.close()
        },
      }
    },
  }
}

/** Frames of bytes are unusual but allowed; what is neither text nor bytes reads as nothing. */
function bytesAsText(data: unknown): string {
  return data instanceof ArrayBuffer || data instanceof Uint8Array ? new TextDecoder().decode(data) : ''
}

function platformSocket(): VerifySocketConstructor {
  const found: unknown = Reflect.get(globalThis, 'WebSocket')
  if (isConstructor(found)) return found
  throw new PlanwireError(
    'invalid-argument',
    'No WebSocket on this platform: pass one, for example { WebSocket } of the package ws',
    'fatal',
  )
}

function isConstructor(value: unknown): value is VerifySocketConstructor {
  return typeof value === 'function'
}

/** Never from the HTTP cache. Node's types do not know the field. */
const FRESH: { readonly cache: 'no-store' } = { cache: 'no-store' }

const requests: HttpPort = {
  async request({ method, url, headers, body, timeoutMs }): Promise<HttpAnswer> {
    const abort = new AbortController()
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => abort.abort(), timeoutMs)
    try {
      const answer = await globalThis.fetch(url, {
        method,
        ...FRESH,
        signal: abort.signal,
        ...(headers && { headers: { ...headers } }),
        ...(body !== undefined && { body }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text, header: (name) => answer.headers.get(name) }
    } catch (cause) {
      throw new PlanwireError('connection-lost', `${method} ${url}: no answer`, 'retry', {}, { cause })
    } finally {
      clearTimeout(timer)
    }
  },
}
