/**
 * Puts a core on a port: `node:http`, or `node:https` with a certificate. Owns what can be wrong with connections before they
 * are anybody's: too many of them, requests that never end, clients that keep an ending server waiting.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockCore } from '../core/contract.ts'
import { CLOSING_MS, CoreHost, type CoreHostOptions } from './core-host.ts'
import type { TlsOptions } from './tls-options.ts'

/** Where and how to listen. */
export interface ListenOptions extends CoreHostOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** With it the server speaks https and wss, and nothing else. */
  readonly tls?: TlsOptions
  /** Milliseconds for the headers of a request, and for the whole of it. Default 10 and 60 seconds. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number }
}

/** A core on a port. */
export interface Listening {
  readonly port: number
  /** Closes the core, every socket (1001) and the port. Idempotent. */
  close(): Promise<void>
}

/** Connections that are open beside the sockets: requests, handshakes under way. */
const OTHER_CONNECTIONS = 256
/** How long a connection may do nothing at all: after a request, or while an answer waits to be read. */
const IDLE_MS = 120_000
const KEEP_ALIVE_MS = 5_000

/**
 * Starts to listen; rejects with Node's own error when the address cannot be had, with `invalid-argument` when the certificate
 * and the key are none or do not fit.
 */
export async function listen(core: MockCore, options: ListenOptions): Promise<Listening> {
  const host = new CoreHost(core, options)
  const server = serverOf(options)
  server.on('request', (request, response) => void host.answer(request, response))
  server.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => host.upgrade(request, stream, head))
  const port = await bound(server, options)
  server.on('error', (cause) => options.logger('error', 'The server failed', { cause }))
  server.on('drop', () => options.logger('warn', 'A connection was refused: there are as many as may be'))
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    const stopped = new Promise<void>((resolve) => server.close(() => resolve()))
    try {
      await host.close()
    } finally {
      // Answers that are on their way arrive; half a request does not hold the end up.
      const cut = setTimeout(() => server.closeAllConnections(), CLOSING_MS)
      server.closeIdleConnections()
      await stopped
      clearTimeout(cut)
    }
  }
  return { port, close: () => (closing ??= close()) }
}

function serverOf({
  tls,
  connections,
  patience = { headersMs: 10_000, requestMs: 60_000 },
}: ListenOptions): Server | SecureServer {
  const limits = {
    headersTimeout: patience.headersMs,
    requestTimeout: patience.requestMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(patience.headersMs, 1_000),
  }
  const server = tls === undefined ? createServer(limits) : secureServer(limits, tls)
  server.maxConnections = connections + OTHER_CONNECTIONS
  server.setTimeout(IDLE_MS)
  return server
}

function secureServer(limits: object, { cert, key }: TlsOptions): SecureServer {
  try {
    return createSecureServer({ ...limits, cert, key, handshakeTimeout: 10_000 })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new PlanwireError(
      'invalid-argument',
      `The TLS certificate and key cannot be used (${why}): give a certificate and its own key, both as PEM`,
      'fatal',
      {},
      { cause },
    )
  }
}

function bound(server: Server | SecureServer, { host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new TypeError('The server does not listen on a port'))
      else resolve(address.port)
    })
  })
}
