/**
 * What the foreign servers have in common below their protocols: one loopback port for HTTP and sockets, bounds, and
 * a clean end. They are written from the vendors' documents alone and import nothing of planwire.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

/** Longest frame and longest body, in bytes. */
const MAX_PAYLOAD = 4 * 1024 * 1024
const MAX_SOCKETS = 64

/** A port that is listened on. */
export interface Listening {
  readonly port: number
  /** Ends every socket, frees the port. Calling it twice is harmless. */
  close(): Promise<void>
}

/** A JSON object of unknown content. */
export type Json = { readonly [key: string]: unknown }

/** True for an object that is no array and not null. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads a frame or body; undefined when it is no JSON object. */
export function readJson(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJson(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Listens on 127.0.0.1; `port` 0 takes a free one. Requests are answered by `http`, or with 404 when there is none. */
export async function listen(options: {
  readonly port: number
  readonly http?: (request: IncomingMessage, response: ServerResponse) => void
  readonly socket: (socket: WebSocket, request: IncomingMessage) => void
}): Promise<Listening> {
  const http = createServer((request, response) => {
    if (options.http) options.http(request, response)
    else response.writeHead(404).end()
  })
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD })
  http.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (sockets.clients.size >= MAX_SOCKETS) {
      stream.end('HTTP/1.1 503 Service Unavailable\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, stream, head, (socket) => {
      // A frame over the bound ends its own socket (1009) and nothing else.
      socket.on('error', () => socket.terminate())
      options.socket(socket, request)
    })
  })
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(options.port, '127.0.0.1', resolve)
  })
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')

  let closing: Promise<void> | undefined
  return {
    port: address.port,
    close: () =>
      (closing ??= new Promise((resolve) => {
        for (const socket of sockets.clients) socket.terminate()
        sockets.close()
        http.close(() => resolve())
        http.closeAllConnections()
      })),
  }
}

/** Reads a body within the bound; undefined when it is longer or breaks off. */
export function readBody(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length <= MAX_PAYLOAD) chunks.push(chunk)
    })
    request.once('end', () => resolve(length > MAX_PAYLOAD ? undefined : Buffer.concat(chunks).toString('utf8')))
    request.once('error', () => resolve(undefined))
  })
}

/** Sends a message if the socket can still take one. */
export function sendJson(socket: WebSocket, message: Json): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message))
}
