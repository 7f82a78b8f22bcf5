/**
 * A core behind any HTTP server of Node: its own (`listen.ts`) or a dev server's. Owns everything that one client can do
 * wrong without the others noticing: limits, broken requests, errors of one connection; and an end that loses no answer.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockCore, RestAnswer } from '../core/contract.ts'
import { KeepAlive } from './keep-alive.ts'
import { headersFor, isWelcome, type Origins } from './origins.ts'
import { BodyTooLong, readBody } from './read-body.ts'
import { NodeServerSocket, type TurnWriter } from './server-socket.ts'

/** How long clients get to answer the server's closing handshake before they are cut off. */
export const CLOSING_MS = 1_000

/** What the host allows, and where it reports. */
export interface CoreHostOptions {
  /** Longest frame or body in UTF-16 code units. */
  readonly frameLength: number
  /** Most sockets at once; further ones are refused with 503. */
  readonly connections: number
  /** Bytes that may wait for a client that does not read, beside its largest turn, before it is cut off. */
  readonly bufferedBytes: number
  /** How often clients are asked whether they are still there. */
  readonly pingMs: number
  readonly origins: Origins
  readonly clock: Clock
  readonly logger: Logger
  /** Through which frames leave. */
  readonly writer: TurnWriter
  /** Answers `/health`, where the core has nothing at that path. */
  readonly health?: (connections: number) => Health
}

/** Whether the server does its work, and a body that says more. */
export interface Health {
  readonly healthy: boolean
  readonly body: Readonly<Record<string, unknown>>
}

/** Sockets and requests of one core. */
export class CoreHost {
  readonly #core: MockCore
  readonly #options: CoreHostOptions
  readonly #writer: TurnWriter
  readonly #keepAlive: KeepAlive
  readonly #sockets = new Set<WebSocket>()
  readonly #upgrades: WebSocketServer
  #count = 0
  #closing: Promise<void> | undefined

  constructor(core: MockCore, options: CoreHostOptions) {
    this.#core = core
    this.#options = options
    this.#writer = options.writer
    this.#keepAlive = new KeepAlive(options.clock, options.pingMs, () =>
      options.logger('info', 'A client that gave no sign of life was cut off'),
    )
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A code unit takes three bytes of UTF-8 at most, so every allowed frame passes. What is longer, but not absurd, reaches
      // the core, which answers it in the dialect; the rest closes the socket (1009).
      maxPayload: options.frameLength * 3,
    })
  }

  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** Takes an upgrade request, or refuses it. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const { logger, connections, bufferedBytes, origins } = this.#options
    // Until `ws` takes the stream over, nobody else would catch its errors.
    const ignore = (): void => {}
    stream.on('error', ignore)
    const url = pathOf(request)
    if (!isWelcome(request, origins)) {
      logger('warn', 'A socket of a page that is not allowed was refused', { origin: request.headers.origin, url })
      refuse(stream, '403 Forbidden')
      return
    }
    if (this.#sockets.size >= connections) {
      logger('warn', 'A socket was refused: there are as many as may be', { connections })
      refuse(stream, '503 Service Unavailable')
      return
    }
    const connection = ++this.#count
    const near = new NodeServerSocket(url, this.#writer, {
      bytes: bufferedBytes,
      exceeded: (waiting) =>
        logger('warn', 'A client that reads too slowly was cut off', {
          connection,
          url,
          waiting,
          allowed: bufferedBytes,
        }),
    })
    const listener = this.#closing === undefined ? this.#guard('accept', () => this.#core.accept(near)) : undefined
    if (listener === undefined) {
      if (near.refusal === 0) stream.destroy()
      else refuse(stream, `${near.refusal} ${STATUS_CODES[near.refusal] ?? 'Refused'}`)
      return
    }
    const closed = (): void => this.#guard('closed', () => listener.closed())
    let upgraded = false
    this.#upgrades.handleUpgrade(request, stream, head, (socket) => {
      upgraded = true
      stream.off('error', ignore)
      this.#sockets.add(socket)
      this.#keepAlive.watch(socket, stream)
      logger('info', 'A socket opened', { connection, url, from: request.socket.remoteAddress })
      socket.on('error', (error) => logger('info', 'A socket failed', { connection, url, cause: error }))
      socket.on('message', (data) => {
        // Nothing that arrives after the last flush could still be acknowledged.
        if (this.#closing !== undefined) return
        // Text that was sent as a binary frame is text all the same; `ws` has checked that text frames are UTF-8.
        this.#guard('frame', () => listener.frame(data.toString()))
      })
      socket.on('close', (code) => {
        this.#sockets.delete(socket)
        logger('info', 'A socket closed', { connection, code })
        closed()
      })
      near.upgraded(socket, stream)
    })
    // `ws` calls back at once, or has refused a malformed handshake with 400.
    if (!upgraded) closed()
  }

  /** Answers a request. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', (error) => this.#options.logger('debug', 'An answer could not be sent', { cause: error }))
    const answer = await this.#answerTo(request)
    if (answer === undefined || response.destroyed) {
      response.destroy()
      return
    }
    // A client that has read the answer must find the frames of the same change before it.
    this.#writer.flush()
    response.statusCode = answer.status
    const headers = headersFor(request, answer, this.#options.origins)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    // HTTP/2 has no such header.
    if (this.#closing !== undefined && request.httpVersionMajor < 2) response.setHeader('Connection', 'close')
    response.end(answer.body)
  }

  /** Lets what was committed reach the log and its authors, then closes every socket (1001) and the core. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#keepAlive.stop()
    try {
      await this.#core.flushed()
      this.#writer.flush()
    } finally {
      const gone = [...this.#sockets].map(
        (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
      )
      for (const socket of this.#sockets) socket.close(1001, 'Server restarts')
      const cut = setTimeout(() => {
        for (const socket of this.#sockets) socket.terminate()
      }, CLOSING_MS)
      try {
        await this.#core.close()
      } finally {
        await Promise.all(gone)
        clearTimeout(cut)
      }
    }
  }

  /** Undefined when the client went away before it had sent everything, or is to be left without an answer. */
  async #answerTo(request: IncomingMessage): Promise<RestAnswer | undefined> {
    const { logger, frameLength, origins } = this.#options
    if (!isWelcome(request, origins)) {
      logger('warn', 'A request of a page that is not allowed was refused', { origin: request.headers.origin })
      return plainAnswer(403, { error: 'Forbidden' })
    }
    let body: string
    try {
      body = await readBody(request, frameLength)
    } catch (error) {
      return error instanceof BodyTooLong ? plainAnswer(413, { error: 'Payload Too Large' }) : undefined
    }
    try {
      const { method = 'GET' } = request
      const url = pathOf(request)
      if (this.#closing !== undefined) return plainAnswer(503, { error: 'The server restarts' })
      const answer = await this.#core.http({ method, url, headers: headersOf(request), body })
      return answer ?? this.#healthAt(url) ?? plainAnswer(404, { error: 'Not Found' })
    } catch (error) {
      if (error instanceof PlanwireError && error.code === 'connection-lost') return undefined
      logger('error', 'A request failed', { url: request.url, cause: error })
      return plainAnswer(500, { error: 'Internal Server Error' })
    }
  }

  #healthAt(url: string): RestAnswer | undefined {
    if (!/^\/health(\?|$)/.test(url)) return undefined
    const health = this.#options.health?.(this.#sockets.size)
    return health && plainAnswer(health.healthy ? 200 : 503, health.body)
  }

  /** Runs a call into the core: an error there belongs to one client and must not reach the others. */
  #guard<T>(what: string, run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      this.#options.logger('error', `The mock server failed at: ${what}`, { cause: error })
      return undefined
    }
  }
}

function refuse(stream: Duplex, status: string): void {
  stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** An answer of the host itself, for requests that are none of the core's. */
function plainAnswer(status: number, body: Readonly<Record<string, unknown>>): RestAnswer {
  return {
    status,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'access-control-allow-origin': '*',
    },
    body: JSON.stringify(body),
  }
}

/** Path and query, also of a request line in absolute form, which proxies send. */
export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  return url.startsWith('/') ? url : `/${url.replace(/^[a-z]+:\/\/[^/?#]*\/?/i, '')}`
}

function headersOf(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries(request.headers)
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}
