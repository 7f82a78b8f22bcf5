/**
 * Puts a core on a port: node:http for requests, `ws` for sockets. Owns everything that a socket of the operating system
 * can do wrong: limits, broken requests, errors of one connection, and an end that leaves nothing behind.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../../client/ports/ports.ts'
import type { MockCore, RestAnswer } from '../core/contract.ts'
import { BodyTooLong, readBody } from './read-body.ts'
import { NodeServerSocket, TurnWriter } from './server-socket.ts'

/** How long clients get to answer the server's closing handshake before they are cut off. */
const CLOSING_MS = 1_000

/** Where and how to listen. */
export interface ListenOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Longest frame or body in UTF-16 code units. */
  readonly frameLength: number
  readonly logger: Logger
  /** Runs before frames or an answer leave, so that nobody hears of a commit that a killed process would forget. */
  readonly beforeSending?: () => void
}

/** A core on a port. */
export interface Listening {
  readonly port: number
  /** Closes the core, every socket (1001) and the port. Idempotent. */
  close(): Promise<void>
}

/** Starts to listen; rejects with Node's own error when the address cannot be had. */
export async function listen(core: MockCore, options: ListenOptions): Promise<Listening> {
  const host = new Host(core, options)
  const port = await host.listen()
  return { port, close: () => host.close() }
}

class Host {
  readonly #core: MockCore
  readonly #options: ListenOptions
  readonly #writer: TurnWriter
  readonly #http: Server
  readonly #sockets = new Set<WebSocket>()
  readonly #upgrades: WebSocketServer
  #closing: Promise<void> | undefined

  constructor(core: MockCore, options: ListenOptions) {
    this.#core = core
    this.#options = options
    this.#writer = new TurnWriter(options.beforeSending)
    this.#upgrades = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // A code unit takes three bytes of UTF-8 at most, so every allowed frame passes. What is longer, but not absurd, reaches
      // the core, which answers it in the dialect; the rest closes the socket (1009).
      maxPayload: options.frameLength * 3,
    })
    this.#http = createServer((request, response) => void this.#answer(request, response))
    this.#http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) =>
      this.#upgrade(request, stream, head),
    )
  }

  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen({ host: this.#options.host, port: this.#options.port }, () => {
        this.#http.off('error', reject)
        this.#http.on('error', (error) => this.#options.logger('error', 'The server failed', { cause: error }))
        resolve(addressOf(this.#http).port)
      })
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const stopped = new Promise<void>((resolve) => this.#http.close(() => resolve()))
    try {
      await this.#core.close()
    } finally {
      this.#writer.flush()
      await this.#closeSockets()
      this.#http.closeAllConnections()
      await stopped
    }
  }

  /** Waits for the closing handshakes that the core began; cuts off who does not answer. */
  async #closeSockets(): Promise<void> {
    const open = [...this.#sockets]
    const gone = open.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())))
    for (const socket of open) socket.close(1001, 'Going away')
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) socket.terminate()
    }, CLOSING_MS)
    await Promise.all(gone)
    clearTimeout(cut)
  }

  #upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void {
    // Until `ws` takes the stream over, nobody else would catch its errors.
    const ignore = (): void => {}
    stream.on('error', ignore)
    const url = pathOf(request)
    const near = new NodeServerSocket(url, this.#writer)
    const listener = this.#closing === undefined ? this.#guard('accept', () => this.#core.accept(near)) : undefined
    if (listener === undefined) {
      stream.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    const closed = (): void => this.#guard('closed', () => listener.closed())
    let upgraded = false
    this.#upgrades.handleUpgrade(request, stream, head, (socket) => {
      upgraded = true
      stream.off('error', ignore)
      this.#sockets.add(socket)
      socket.on('error', (error) => this.#options.logger('debug', 'A socket failed', { url, cause: error }))
      // Text that was sent as a binary frame is text all the same; `ws` has checked that text frames are UTF-8.
      socket.on('message', (data) => this.#guard('frame', () => listener.frame(data.toString())))
      socket.on('close', () => {
        this.#sockets.delete(socket)
        closed()
      })
      near.upgraded(socket, stream)
    })
    // `ws` calls back at once, or has refused a malformed handshake with 400.
    if (!upgraded) closed()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', (error) => this.#options.logger('debug', 'An answer could not be sent', { cause: error }))
    const answer = await this.#answerTo(request)
    if (answer === undefined || response.destroyed) return
    // A client that has read the answer must find the frames of the same change before it.
    this.#writer.flush()
    response.statusCode = answer.status
    for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value)
    response.end(answer.body)
  }

  /** Undefined when the client went away before it had sent everything. */
  async #answerTo(request: IncomingMessage): Promise<RestAnswer | undefined> {
    let body: string
    try {
      body = await readBody(request, this.#options.frameLength)
    } catch (error) {
      return error instanceof BodyTooLong ? plainAnswer(413, 'Payload Too Large') : undefined
    }
    try {
      const { method = 'GET' } = request
      const answer = await this.#core.http({ method, url: pathOf(request), headers: headersOf(request), body })
      return answer ?? plainAnswer(404, 'Not Found')
    } catch (error) {
      this.#options.logger('error', 'A request failed', { url: request.url, cause: error })
      return plainAnswer(500, 'Internal Server Error')
    }
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

/** An answer of the host itself, for requests that are none of the core's. */
function plainAnswer(status: number, error: string): RestAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' },
    body: JSON.stringify({ error }),
  }
}

/** Path and query, also of a request line in absolute form, which proxies send. */
function pathOf(request: IncomingMessage): string {
  const url = request.url ?? '/'
  return url.startsWith('/') ? url : `/${url.replace(/^[a-z]+:\/\/[^/?#]*\/?/i, '')}`
}

function headersOf(request: IncomingMessage): Readonly<Record<string, string | undefined>> {
  const entries = Object.entries(request.headers)
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))
}

function addressOf(server: Server): AddressInfo {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('The server does not listen on a port')
  return address
}
