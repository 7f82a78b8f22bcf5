/**
 * A live-updates server as the widgets of today need it, where the printed document falls short: bare records as bodies,
 * `{action, tid, item}` as answers, tokens everywhere, records of recurring events. What the vendor's demo server gets
 * wrong can be switched on.
 */
import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { SchedulerFault } from './faults.ts'
import { isJson, type Json, listen, readBody, readJson, sendJson } from './listen.ts'

/** How to start {@link startSchedulerServer}. */
export interface SchedulerOptions {
  /** Default 0: a free one. */
  readonly port?: number
  /** The one valid token. Default `token`. */
  readonly token?: string
  /** What the collection `events` starts with. */
  readonly events?: readonly Json[]
  /** What the server gets wrong. Default: nothing. */
  readonly faults?: readonly SchedulerFault[]
}

/** A running server. */
export interface SchedulerServer {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  state(): readonly Json[]
  close(): Promise<void>
}

interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly etag?: string
}

interface Client {
  readonly socket: WebSocket
  readonly subscriptions: Set<string>
}

const PATH = '/api/v1'
const MAX_SUBSCRIPTIONS = 100
const FORBIDDEN: Answer = { status: 401, body: { error: 'Unauthorized' } }
const NOT_FOUND: Answer = { status: 404, body: { error: 'Not found' } }
const SAMPLE: Json = { id: '1', text: 'Inspection', start_date: '2026-05-04 09:00', end_date: '2026-05-04 10:00' }

/** Starts the server on 127.0.0.1. */
export async function startSchedulerServer(options: SchedulerOptions = {}): Promise<SchedulerServer> {
  const token = options.token ?? 'token'
  const faults = new Set(options.faults)
  const events = new Map((options.events ?? [SAMPLE]).map((event) => [String(event['id']), event]))
  const clients = new Set<Client>()
  /** DS9: what every later record inherits. */
  let inherited: Json = {}
  let lastId = 1000
  let version = 0
  const versions = new Map<string, number>()

  function broadcast(type: string, event: Json): void {
    for (const { socket, subscriptions } of clients) {
      if (subscriptions.has('events')) {
        sendJson(socket, { action: 'event', body: { name: 'events', value: { type, event } } })
      }
    }
  }

  function store(id: string, event: Json): Answer {
    events.set(id, event)
    versions.set(id, ++version)
    return { status: 200, etag: tagOf(id) }
  }

  function tagOf(id: string): string {
    return `"${versions.get(id) ?? 0}"`
  }

  function insert(body: Json): Answer {
    const id = `ID:${++lastId}`
    const { constructor: hostile, ['__proto__']: proto, ...fields } = body
    if (faults.has('DS9') && isJson(proto)) inherited = { ...inherited, ...proto }
    const item = { ...inherited, ...fields, id }
    const answer = store(id, item)
    broadcast('add-event', item)
    return { ...answer, body: { action: fields['deleted'] === true ? 'deleted' : 'inserted', tid: id, item } }
  }

  function update(id: string, body: Json, wanted: string | undefined): Answer {
    const stored = events.get(id)
    if (!stored && !faults.has('DS5')) return NOT_FOUND
    if (stored && wanted !== undefined && wanted !== tagOf(id) && !faults.has('DS8')) {
      return { status: 409, body: { error: 'Conflict', item: stored }, etag: tagOf(id) }
    }
    const { constructor: _, ['__proto__']: __, ...fields } = body
    const item = { ...fields, id }
    if (!stored) {
      broadcast('update-event', item)
      return { status: 200, body: { action: 'updated', item } }
    }
    const answer = store(id, item)
    const deleted = fields['deleted'] === true
    if (deleted && faults.has('DS11')) broadcast('delete-event', { id })
    else broadcast('update-event', item)
    if (isSeries(stored))
      for (const { id: exception } of exceptionsOf(id)) remove(String(exception), !faults.has('DS12'))
    return { ...answer, body: { action: deleted ? 'deleted' : 'updated', item } }
  }

  function remove(id: string, told: boolean): void {
    events.delete(id)
    if (told) broadcast('delete-event', { id })
  }

  function exceptionsOf(series: string): readonly Json[] {
    return [...events.values()].filter((event) => String(event['recurring_event_id']) === series)
  }

  function write(method: string, id: string | undefined, body: Json | undefined, wanted: string | undefined): Answer {
    if (method === 'DELETE' && id !== undefined) {
      if (!events.has(id))
        return faults.has('DS6') ? { status: 500, body: stackOf('Cannot delete undefined') } : NOT_FOUND
      for (const { id: exception } of exceptionsOf(id)) remove(String(exception), true)
      remove(id, true)
      return { status: 200 }
    }
    if (!body) {
      return faults.has('DS7')
        ? { status: 400, body: stackOf('Unexpected end of JSON input') }
        : { status: 400, body: { error: 'The body must be a JSON object' } }
    }
    if (method === 'POST' && id === undefined) return insert(body)
    return method === 'PUT' && id !== undefined ? update(id, body, wanted) : NOT_FOUND
  }

  function load(query: URLSearchParams): Answer {
    const [from, to] = [query.get('from'), query.get('to')]
    const inRange = (event: Json): boolean => {
      if (from === null || to === null) return true
      // DS4: a number compared with a text is never less, never more.
      if (faults.has('DS4')) return Date.parse(String(event['start_date'])) < Number(to)
      return String(event['start_date']) < to && String(event['end_date']) > from
    }
    const list = [...events.values()].filter(inRange)
    return { status: 200, body: faults.has('DS3') ? list.map((event) => ({ ...event, start_date: {} })) : list }
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
    const method = request.method ?? 'GET'
    const text = await readBody(request)
    const known = request.headers['remote-token'] === token || faults.has('DS1')
    if (pathname === PATH) {
      if (!known) return { status: 403, body: { error: 'Forbidden' } }
      return { status: 200, body: { api: {}, data: {}, websocket: true } }
    }
    const [, path, id] = /^\/(events)(?:\/([^/]+))?$/.exec(pathname) ?? []
    if (path === undefined) return NOT_FOUND
    if (!known) return FORBIDDEN
    if (method === 'GET') return id === undefined ? load(searchParams) : one(decodeURIComponent(id))
    const wanted = request.headers['if-match']
    return write(method, id && decodeURIComponent(id), text === undefined ? undefined : readJson(text), wanted)
  }

  function one(id: string): Answer {
    const event = events.get(id)
    return event ? { status: 200, body: event, etag: tagOf(id) } : NOT_FOUND
  }

  const listening = await listen({
    port: options.port ?? 0,
    http(request, response) {
      answer(request).then(
        ({ status, body, etag }) => {
          response.writeHead(status, {
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...(etag === undefined ? {} : { etag }),
          })
          response.end(body === undefined ? '' : JSON.stringify(body))
        },
        () => response.destroy(),
      )
    },
    socket(socket, request) {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://server')
      if (pathname !== PATH && !faults.has('DS2')) {
        socket.close(1008, 'Nothing here')
        return
      }
      if (searchParams.get('token') !== token && !faults.has('DS1')) {
        socket.close(1008, 'Unauthorized')
        return
      }
      const client: Client = { socket, subscriptions: new Set() }
      clients.add(client)
      socket.once('close', () => clients.delete(client))
      socket.on('message', (frame) => {
        const message = readJson(String(frame))
        const { action, name, body } = message ?? {}
        if (action === 'subscribe' && client.subscriptions.size < MAX_SUBSCRIPTIONS)
          client.subscriptions.add(String(name))
        if (action === 'unsubscribe') client.subscriptions.delete(String(name))
        if (action === 'call' && Array.isArray(body)) {
          const results = body.filter(isJson).map(({ id }) => ({ id, error: 'Unknown method', data: null }))
          sendJson(socket, { action: 'result', body: results })
        }
      })
      sendJson(socket, { action: 'start', body: `connection-${++lastId}` })
    },
  })
  return {
    url: `http://127.0.0.1:${listening.port}`,
    state: () => [...events.values()],
    close: listening.close,
  }
}

function isSeries({ rrule, recurring_event_id: series }: Json): boolean {
  return typeof rrule === 'string' && rrule !== '' && (series === undefined || series === null)
}

/** An error as careless servers answer it. */
function stackOf(message: string): Json {
  return { error: new TypeError(message).stack }
}
