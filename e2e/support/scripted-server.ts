/**
 * A live-updates server under a test's hand, for one page or several: it answers as the vendors' documents say until the test holds
 * an answer back, loses it, or says something else. Requests and sockets of the page never leave the browser.
 */
import type { Page, Route, WebSocketRoute } from '@playwright/test'
import type { Row } from './demo.ts'
import { expect } from './test.ts'

/** A request of the page. */
export interface Asked {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Row | undefined
}

/** A request that waits for its answer. */
export interface Held {
  answer(status: number, body?: unknown): Promise<void>
  /** The answer never arrives. */
  lose(): Promise<void>
}

/** How the handshake is answered. */
export interface Handshake {
  readonly status: number
  readonly body: string
}

const WELCOME: Handshake = {
  status: 200,
  body: JSON.stringify({ api: { svc: { add: 1 } }, data: {}, websocket: true }),
}

/** The server. */
export class ScriptedServer {
  readonly asked: Asked[] = []
  /** Frames of the page, as text. */
  readonly frames: string[] = []
  /** What `GET /events` answers. */
  events: Row[] = []
  /** What `GET /data` answers. */
  tasks: Row[] = []
  links: Row[] = []
  handshake: Handshake = WELCOME
  /** Handshakes asked for. */
  handshakes = 0
  /** Sockets opened. */
  sockets = 0
  /** What a new socket gets to see: `start`, nothing, or the door. */
  greeting: 'start' | 'silence' | 'refusal' = 'start'
  readonly #holding = new Set<string>()
  readonly #held = new Map<string, Route>()
  #open: WebSocketRoute[] = []
  #lastId = 1000

  /** Stands in for the server of a page; call it before the page is opened. */
  async serve(page: Page): Promise<void> {
    await page.route(/\/(events|data)\b[^.]*$/, (route) => this.#rest(route))
    await page.route(/\/api\/v1$/, async (route) => {
      this.handshakes += 1
      await route.fulfill({ ...this.handshake, contentType: 'application/json' })
    })
    await page.routeWebSocket(/\/api\/v1/, (socket) => {
      this.sockets += 1
      this.#open.push(socket)
      socket.onMessage((frame) => this.frames.push(String(frame)))
      if (this.greeting === 'start') socket.send('{"action":"start","body":"c1"}')
      else if (this.greeting === 'refusal') void socket.close({ code: 1008, reason: 'Unauthorized' })
    })
  }

  /** Keeps the answers to a method (`PUT`) back until {@link held}. */
  hold(method: string): void {
    this.#holding.add(method)
  }

  /** Waits for a request whose answer is kept back. Later ones of its method are answered at once again. */
  async held(method: string): Promise<Held> {
    await expect.poll(() => this.#held.has(method), `a ${method} request`).toBe(true)
    const route = this.#held.get(method)
    if (!route) throw new Error('unreachable')
    this.#held.delete(method)
    this.#holding.delete(method)
    return {
      answer: (status, body = '') =>
        route.fulfill({ status, body: typeof body === 'string' ? body : JSON.stringify(body) }),
      lose: () => route.abort(),
    }
  }

  /** Broadcasts a change of an entity: `update-event` of `events`. */
  tell(name: 'events' | 'tasks' | 'links', type: string, record: unknown): void {
    this.say(JSON.stringify({ action: 'event', body: { name, value: { type, [name.slice(0, -1)]: record } } }))
  }

  /** Sends a frame as it is, to every socket. */
  say(frame: string): void {
    for (const socket of this.#open) socket.send(frame)
  }

  /** Closes every socket. */
  async drop(): Promise<void> {
    for (const socket of this.#open.splice(0)) await socket.close({ code: 1001 })
  }

  /** Waits until the page has subscribed to an entity, on the socket of now. */
  async subscribed(name: string): Promise<void> {
    await expect
      .poll(
        () => this.frames.some((frame) => frame.includes('subscribe') && frame.includes(name)),
        `subscribed ${name}`,
      )
      .toBe(true)
  }

  /** Requests of that method. */
  requests(method: string): Asked[] {
    return this.asked.filter((request) => request.method === method)
  }

  async #rest(route: Route): Promise<void> {
    const request = route.request()
    const method = request.method()
    const { pathname } = new URL(request.url())
    const sent: unknown = request.postDataJSON()
    const body = typeof sent === 'object' && sent !== null ? (sent as Row) : undefined
    this.asked.push({ method, path: pathname, headers: request.headers(), body })
    if (this.#holding.has(method)) this.#held.set(method, route)
    else if (method === 'GET') await route.fulfill({ json: this.#collection(pathname) })
    else if (method === 'POST') await route.fulfill({ json: { action: 'inserted', tid: ++this.#lastId } })
    else if (method === 'PUT') await route.fulfill({ json: { action: 'updated' } })
    else await route.fulfill({ status: 200, body: '' })
  }

  #collection(path: string): unknown {
    return path.endsWith('/data') ? { data: this.tasks, links: this.links } : this.events
  }
}
