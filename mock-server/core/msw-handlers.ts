/**
 * Handlers with which an app's own MSW (`setupWorker`, `setupServer`) leads to a mock server. Typed by what they call of
 * MSW 2, which is handed in: planwire does not import it.
 */
import type { RestAnswer, RestRequest, ServerSocketListener } from './contract.ts'
import type { Routes } from './routes.ts'

/** As much of a request as a handler reads. */
interface MswRequest {
  readonly method: string
  readonly url: string
  readonly headers: { forEach(each: (value: string, name: string) => void): void }
  text(): Promise<string>
}

/** As much of MSW's `http` as is called. */
export interface MswHttp<Handler, Answer> {
  all(path: RegExp, resolve: (info: { readonly request: MswRequest }) => Promise<Answer | undefined>): Handler
}

/** A page's socket as MSW hands it over, open or about to be. */
interface MswClient {
  readonly url: { readonly href: string }
  send(text: string): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  addEventListener(type: 'close', listener: () => void): void
}

/** As much of MSW's `ws` as is called. */
export interface MswWs<Handler> {
  link(url: RegExp): {
    addEventListener(type: 'connection', listener: (connection: { readonly client: MswClient }) => void): Handler
  }
}

/** MSW as a caller of `handlers` hands it in: `import { http, ws } from 'msw'`. Without `ws`, sockets are left alone. */
export interface Msw<HttpHandler, WsHandler, Answer> {
  readonly http: MswHttp<HttpHandler, Answer>
  readonly ws?: MswWs<WsHandler>
}

/** A server as handlers reach it. */
export interface MswTarget<Answer> {
  /** Hosts and ports that are the server's. */
  readonly hosts: readonly string[]
  readonly routes: Routes
  /** Resolves to undefined for a path that is not the server's. */
  request(request: RestRequest): Promise<RestAnswer | undefined>
  /** What a handler hands to MSW. */
  respond(answer: RestAnswer): Answer
  /** What becomes of a request that the server could not answer. */
  failed(error: unknown): Answer
  /** Takes a socket at a path and query. */
  connect(url: string, client: Pick<MswClient, 'send' | 'close'>): ServerSocketListener
}

/** The handlers of a server, for the list of an app's own ones. */
export function mswHandlers<HttpHandler, WsHandler, Answer>(
  { http, ws }: Msw<HttpHandler, WsHandler, Answer>,
  target: MswTarget<Answer>,
): (HttpHandler | WsHandler)[] {
  const { hosts, routes } = target
  // With an id behind the path: what is no item after all goes to the handlers that follow.
  const requests = http.all(addresses('http', hosts, routes.httpPaths, '(?:/[^/]*)?'), async ({ request }) => {
    const url = pathAndQuery(request.url)
    if (routes.http(url) === undefined) return undefined
    try {
      const headers: Record<string, string> = {}
      request.headers.forEach((value, name) => {
        headers[name] = value
      })
      const answer = await target.request({ method: request.method, url, headers, body: await request.text() })
      return answer && target.respond(answer)
    } catch (error) {
      return target.failed(error)
    }
  })
  if (ws === undefined) return [requests]
  const sockets = ws.link(addresses('ws', hosts, routes.socketPaths, ''))
  return [requests, sockets.addEventListener('connection', ({ client }) => lead(client, target))]
}

function lead<Answer>(client: MswClient, target: MswTarget<Answer>): void {
  const listener = target.connect(pathAndQuery(client.url.href), client)
  client.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return listener.frame(data)
    listener.closed()
    client.close(1003, 'text frames only')
  })
  client.addEventListener('close', () => listener.closed())
}

/** Matches the addresses of paths on hosts, as MSW compares them: without a query, and encoded. */
function addresses(scheme: string, hosts: readonly string[], paths: readonly string[], tail: string): RegExp {
  const some = (texts: readonly string[]): string =>
    `(?:${texts.map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})`
  return new RegExp(`^${scheme}s?://${some(hosts)}${some(paths.map((path) => encodeURI(path)))}${tail}$`)
}

/** The part of an address behind its host. */
function pathAndQuery(url: string): string {
  return url.replace(/^[^:]*:\/\/[^/?#]*/, '').replace(/#.*/, '')
}
