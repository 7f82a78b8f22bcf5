/** A live-updates server under the test's hand: every request waits for the answer that the test gives it. */
import type { HttpAnswer, SocketListener } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import type { LivePorts } from './live-ports.ts'
import { liveSaving } from './live-runner.ts'
import { remoteCalls } from './remote-events.ts'

// Time is under the test's hand: what is loaded later is there from the start.
await Promise.all([liveSaving.load(), remoteCalls.load()])

/** A request that waits for its answer. */
export interface HeldRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** A string is the body as it is, anything else becomes JSON. */
  answer(status: number, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<void>
  /** No answer. */
  lose(why?: PlanwireError): Promise<void>
}

/** A socket as the server sees it. */
export interface HeldSocket {
  readonly url: string
  /** Frames of the client, parsed. */
  readonly sent: unknown[]
  /** The client closed it. */
  closed: boolean
  /** Opens it and says `start`. */
  start(): void
  /** A string is the frame as it is, anything else becomes JSON. */
  send(frame: unknown): void
  /** A broadcast of an entity. */
  event(name: string, value: unknown): void
  close(code: number, reason?: string): void
}

/** Lets everything run that waits for no timer. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve()
}

/** The server. */
export class HandServer {
  readonly clock: ManualClock = new ManualClock()
  readonly requests: HeldRequest[] = []
  readonly sockets: HeldSocket[] = []
  readonly log: { level: string; message: string }[] = []
  /** Who wants to hear that the network is back. */
  readonly sleepers: Set<() => void> = new Set()
  readonly ports: LivePorts = {
    clock: this.clock,
    random: seededRandom(1),
    logger: (level, message) => this.log.push({ level, message }),
    wakeups: (woken) => {
      this.sleepers.add(woken)
      return () => this.sleepers.delete(woken)
    },
    http: {
      request: ({ method, url, headers = {}, body }) =>
        new Promise<HttpAnswer>((resolve, reject) => {
          this.requests.push({
            method,
            url,
            headers,
            body: body === undefined ? undefined : JSON.parse(body),
            answer(status, answer = '', answerHeaders = {}) {
              const text = typeof answer === 'string' ? answer : JSON.stringify(answer)
              resolve({ status, body: text, header: (name) => answerHeaders[name.toLowerCase()] ?? null })
              return settle()
            },
            lose(why = new PlanwireError('connection-lost', 'No answer', 'retry')) {
              reject(why)
              return settle()
            },
          })
        }),
    },
    transport: {
      open: (url: string, listener: SocketListener) => {
        const socket: HeldSocket = {
          url,
          sent: [],
          closed: false,
          start() {
            listener.opened()
            listener.frame('{"action":"start","body":"c1"}')
          },
          send: (frame) => listener.frame(typeof frame === 'string' ? frame : JSON.stringify(frame)),
          event: (name, value) => listener.frame(JSON.stringify({ action: 'event', body: { name, value } })),
          close: (code, reason = '') => listener.closed(code, reason),
        }
        this.sockets.push(socket)
        return { send: (frame) => void socket.sent.push(JSON.parse(frame)), close: () => void (socket.closed = true) }
      },
    },
  }

  /** The newest request. Throws if there is none. */
  get last(): HeldRequest {
    const request = this.requests.at(-1)
    if (!request) throw new Error('No request')
    return request
  }

  /** The newest socket. Throws if there is none. */
  get socket(): HeldSocket {
    const socket = this.sockets.at(-1)
    if (!socket) throw new Error('No socket')
    return socket
  }

  /** Method and URL of every request so far. */
  get asked(): string[] {
    return this.requests.map(({ method, url }) => `${method} ${url}`)
  }

  /** The newest request of that method and URL. Throws if there is none. */
  request(line: string): HeldRequest {
    const found = [...this.requests].reverse().find(({ method, url }) => `${method} ${url}` === line)
    if (!found) throw new Error(`No request "${line}" among ${this.asked.join(', ')}`)
    return found
  }

  /** Answers the handshake and opens the socket. */
  async accept(handshake: unknown = { api: {}, data: {}, websocket: true }): Promise<HeldSocket> {
    await settle()
    await this.last.answer(200, handshake)
    this.socket.start()
    await settle()
    return this.socket
  }

  /** The network is back, or the tab is seen again. */
  async wake(): Promise<void> {
    for (const woken of [...this.sleepers]) woken()
    await settle()
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await settle()
  }
}
