/**
 * A live-updates server written from "Multi-User Live Updates" as it is printed: handshake, socket, subscriptions, and
 * REST that takes `{event: {...}}`, answers an insert with `{id}` and everything else with an empty 200. The Gantt
 * collections `/tasks` and `/links` are done in the same style. The cross-origin headers are all that the document leaves out.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { WebSocket } from 'ws'
import { isJson, type Json, listen, readBody, readJson, sendJson } from './listen.ts'

/** How to start {@link startDhtmlxServer}. */
export interface DhtmlxOptions {
  /** Default 0: a free one. */
  readonly port?: number
  /** The one valid token. Default `token`. */
  readonly token?: string
  /** What each collection starts with. */
  readonly records?: Partial<Record<Collection, readonly DhtmlxRecord[]>>
}

/** A record as the server keeps it; its ids are numbers. */
export interface DhtmlxRecord {
  readonly id: number
  readonly [field: string]: unknown
}

/** The collections, each under `/<name>`. */
export type Collection = 'events' | 'tasks' | 'links'

/** A running live-updates server. */
export interface DhtmlxServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  state(collection: Collection): readonly DhtmlxRecord[]
  /** Method, path and parsed body of every request, and every frame, oldest first (the last 1000). */
  readonly received: readonly Received[]
  /** Sends a value to the subscribers of `name`, as a custom action does. */
  broadcast(name: string, value: Json): void
  close(): Promise<void>
}

/** Something a client sent. */
export type Received =
  | { readonly over: 'http'; readonly method: string; readonly path: string; readonly body: Json | undefined }
  | { readonly over: 'socket'; readonly message: Json }

/** Each collection, and the key of its record in bodies and broadcasts. */
const PAYLOAD: Readonly<Record<Collection, string>> = { events: 'event', tasks: 'task', links: 'link' }
const MAX_SUBSCRIPTIONS = 100

interface Client {
  readonly socket: WebSocket
  readonly subscriptions: Set<string>
}

/** Starts the server on 127.0.0.1. */
export async function startDhtmlxServer(options: DhtmlxOptions = {}): Promise<DhtmlxServer> {
  const token = options.token ?? 'token'
  const clients = new Map<string, Client>()
  const received: Received[] = []
  let lastConnection = 0
  let lastId = 1000
  const collections = {
    events: tableOf(options.records?.events),
    tasks: tableOf(options.records?.tasks),
    links: tableOf(options.records?.links),
  }

  function note(entry: Received): void {
    received.push(entry)
    if (received.length > 1000) received.shift()
  }

  function broadcast(name: string, value: Json): void {
    for (const { socket, subscriptions } of clients.values()) {
      if (subscriptions.has(name)) sendJson(socket, { action: 'event', body: { name, value } })
    }
  }

  function write(collection: Collection, id: string | undefined, method: string, body: Json | undefined): Answer {
    const rows = collections[collection]
    const key = PAYLOAD[collection]
    if (method === 'DELETE' && id !== undefined) {
      rows.delete(id)
      // The id goes out as it stood in the path: a string, though the insert answered a number.
      broadcast(collection, { type: `delete-${key}`, [key]: { id } })
      return { status: 200 }
    }
    const sent = body?.[key]
    if (!isJson(sent)) return { status: 400, body: { error: `The body must be {"${key}": {...}}` } }
    if (method === 'POST' && id === undefined) {
      const inserted: DhtmlxRecord = { ...sent, id: ++lastId }
      rows.set(String(inserted.id), inserted)
      broadcast(collection, { type: `add-${key}`, [key]: inserted })
      return { status: 200, body: { id: inserted.id } }
    }
    if (method === 'PUT' && id !== undefined) {
      const row = rows.get(id)
      if (row) rows.set(id, { ...row, ...sent, id: row.id })
      // As printed: what was sent is what the others get.
      broadcast(collection, { type: `update-${key}`, [key]: sent })
      return { status: 200 }
    }
    return { status: 404 }
  }

  async function http(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const path = new URL(request.url ?? '/', 'http://server').pathname
    const text = await readBody(request)
    const body = text === undefined ? undefined : readJson(text)
    if (method !== 'OPTIONS') note({ over: 'http', method, path, body })
    const [, name, id] = /^\/(events|tasks|links)(?:\/([^/]+))?$/.exec(path) ?? []
    let answer: Answer = { status: 404 }
    if (method === 'OPTIONS') {
      answer = { status: 204 }
    } else if (path === '/api/v1' && method === 'GET') {
      const allowed = request.headers['remote-token'] === token
      answer = allowed
        ? { status: 200, body: { api: {}, data: {}, websocket: true } }
        : { status: 403, body: { error: 'Forbidden' } }
    } else if (isCollection(name)) {
      answer =
        method === 'GET' && id === undefined
          ? { status: 200, body: [...collections[name].values()] }
          : write(name, id === undefined ? undefined : decodeURIComponent(id), method, body)
    }
    response.writeHead(answer.status, {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, POST, PUT, DELETE',
      'access-control-allow-headers': 'content-type, remote-token, x-requested-with',
      ...(answer.body === undefined ? {} : { 'content-type': 'application/json' }),
    })
    response.end(answer.body === undefined ? '' : JSON.stringify(answer.body))
  }

  const listening = await listen({
    port: options.port ?? 0,
    http(request, response) {
      http(request, response).catch(() => response.destroy())
    },
    socket(socket, request) {
      const { searchParams } = new URL(request.url ?? '/', 'http://server')
      if (searchParams.get('token') !== token) {
        socket.close(1008, 'Unauthorized')
        return
      }
      const connection = `connection-${++lastConnection}`
      const client: Client = { socket, subscriptions: new Set() }
      clients.set(connection, client)
      socket.on('message', (frame) => {
        const message = readJson(String(frame))
        if (!message) return
        note({ over: 'socket', message })
        const name = String(message['name'])
        if (message['action'] === 'subscribe' && client.subscriptions.size < MAX_SUBSCRIPTIONS) {
          client.subscriptions.add(name)
        } else if (message['action'] === 'unsubscribe') {
          client.subscriptions.delete(name)
        }
      })
      socket.once('close', () => clients.delete(connection))
      sendJson(socket, { action: 'start', body: connection })
    },
  })
  return {
    url: `http://127.0.0.1:${listening.port}`,
    state: (collection) => [...collections[collection].values()],
    received,
    broadcast,
    close: listening.close,
  }
}

interface Answer {
  readonly status: number
  readonly body?: unknown
}

function tableOf(records: readonly DhtmlxRecord[] = []): Map<string, DhtmlxRecord> {
  return new Map(records.map((record) => [String(record.id), record]))
}

function isCollection(name: string | undefined): name is Collection {
  return name !== undefined && Object.hasOwn(PAYLOAD, name)
}
