/** Owns one raw connection of a clause: JSON out, JSON in, everything noted. Knows no dialect. */
import type { Clock, Socket, Transport } from '../../client/ports/ports.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type { Fields } from '../../client/protocol/records.ts'
import { Inbox } from './inbox.ts'
import type { Trace } from './trace.ts'

/** What a connection needs. */
export interface PeerOptions<T> {
  readonly name: string
  readonly url: string
  readonly transport: Transport
  readonly clock: Clock
  readonly trace: Trace
  readonly timeoutMs: number
  /** What a frame says; what is no JSON object is shown as `{ unreadable }`. */
  readonly read: (frame: Fields) => readonly T[]
}

/** How a connection ended. */
export interface Closure {
  readonly code: number
  readonly reason: string
}

/** One connection. */
export class Peer<T> {
  readonly name: string
  readonly inbox: Inbox<T>
  readonly #options: PeerOptions<T>
  readonly #socket: Socket
  readonly #opening: Inbox<true>
  readonly #closing: Inbox<Closure>

  constructor(options: PeerOptions<T>) {
    const { clock, name, trace } = options
    this.name = name
    this.#options = options
    this.inbox = new Inbox(clock)
    this.#opening = new Inbox(clock)
    this.#closing = new Inbox(clock)
    this.#socket = options.transport.open(options.url, {
      opened: () => this.#opening.push(true),
      frame: (text) => {
        trace.note(name, 'in', text)
        for (const said of options.read(readJson(text) ?? { unreadable: text })) this.inbox.push(said)
      },
      closed: (code, reason) => {
        trace.note(name, 'in', `closed with ${code}${reason === '' ? '' : ` ${reason}`}`)
        const why = `the server closed the connection (${code}${reason === '' ? '' : ` ${reason}`})`
        this.#opening.end(why)
        this.#closing.push({ code, reason })
        this.inbox.end(why)
      },
    })
  }

  /** Resolves when the connection stands; rejects with `NoAnswer`. */
  async opened(): Promise<this> {
    await this.#opening.next(this.#options.timeoutMs, `connection to ${this.#options.url}`, () => true)
    return this
  }

  /** How the server closed the connection; undefined when it did not within a time. */
  closedWithin(ms: number): Promise<Closure | undefined> {
    return this.#closing.within(ms, () => true)
  }

  /** Sends an object as JSON, or text as it is. */
  send(frame: Fields | string): void {
    const text = typeof frame === 'string' ? frame : JSON.stringify(frame)
    this.#options.trace.note(this.name, 'out', text)
    if (this.inbox.ended === undefined) this.#socket.send(text)
  }

  close(): void {
    this.#socket.close()
    this.inbox.end('the connection was closed by this side')
  }
}

/** A JSON object; undefined for anything else. */
export function readJson(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
