/**
 * A network inside one process: a Transport whose far ends go to a function with the shape of the mock server's `accept`.
 * Owns the order in which things arrive.
 *
 *     client                                              server
 *     transport.open(url) ── up: open, frame, close ──▶  accept(far) / listener.frame / listener.closed
 *     listener            ◀── down: opened, frame, close ── far.send / far.close
 *
 * 1. Each direction of a connection is a queue: nothing overtakes, nothing is doubled.
 * 2. Nothing is delivered from within the call that caused it.
 * 3. After `closed` neither end hears anything.
 * 4. The order depends on the calls, the latency function and the clock alone.
 */
import type { Clock, Socket, SocketListener, Transport } from '../ports/ports.ts'
import { assertNever } from '../protocol/errors.ts'
import { MemoryConnection } from './memory-connection.ts'

/** The server's end of a connection; the mock core's `ServerSocket` has this shape. */
export interface FarSocket {
  /** Path and query of the URL that the client opened. */
  readonly url: string
  send(frame: string): void
  close(code?: number, reason?: string): void
}

/** What the server wants to hear of a connection; the mock core's `ServerSocketListener` has this shape. */
export interface FarListener {
  frame(text: string): void
  closed(): void
}

/** Takes a connection, or answers undefined to refuse it, as `MockCore.accept` does. */
export type Accept = (socket: FarSocket) => FarListener | undefined

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down'

/** When things arrive. */
export type Delivery =
  /** When the test says so: `flush()` of the network, `deliver()` of a connection. */
  | { readonly mode: 'manual' }
  /** By themselves, in a microtask, in the order in which they were sent. */
  | { readonly mode: 'auto' }
  /** When `clock` has moved on by what `latencyMs` says for each; a shorter latency never overtakes a longer one before it. */
  | { readonly mode: 'clock'; readonly clock: Clock; readonly latencyMs: (direction: Direction) => number }

type ClockDelivery = Extract<Delivery, { mode: 'clock' }>

/**
 * Connects any number of clients with a server in the same process.
 * @example
 * const network = new MemoryNetwork(socket => core.accept(socket))
 * const socket = network.transport.open('ws://mock/', listener)
 * network.flush() // listener.opened ran
 */
export class MemoryNetwork {
  /** What clients open sockets with. */
  readonly transport: Transport
  readonly #delivery: Delivery
  readonly #connections: MemoryConnection[] = []
  #sequence = 0
  #draining = false

  constructor(accept: Accept, delivery: Delivery = { mode: 'manual' }) {
    this.#delivery = delivery
    this.transport = {
      open: (url: string, listener: SocketListener): Socket => {
        const connection = new MemoryConnection(pathOf(url), accept, listener, (direction) =>
          this.#sent(connection, direction),
        )
        this.#connections.push(connection)
        connection.open()
        return connection.socket
      },
    }
  }

  /** Every connection that is not over, oldest first. */
  get connections(): readonly MemoryConnection[] {
    return this.#connections.filter((connection) => connection.state !== 'closed')
  }

  /**
   * Delivers what is on the way, in the order in which it was sent, and what that causes, until all is quiet; returns how much.
   * Throws after `limit` deliveries (100,000 by default): two ends answer each other for ever.
   */
  flush(limit = 100_000): number {
    let delivered = 0
    for (let next = this.#oldest(); next !== undefined; next = this.#oldest()) {
      if (delivered === limit) throw new Error(`MemoryNetwork.flush: not quiet after ${limit} deliveries`)
      next.connection.deliver(next.direction)
      delivered += 1
    }
    this.#forgetClosed()
    return delivered
  }

  #sent(connection: MemoryConnection, direction: Direction): number {
    this.#sequence += 1
    const delivery = this.#delivery
    switch (delivery.mode) {
      case 'manual':
        break
      case 'auto':
        this.#drainSoon()
        break
      case 'clock':
        this.#deliverLater(connection, direction, this.#sequence, delivery)
        break
      default:
        assertNever(delivery)
    }
    return this.#sequence
  }

  #drainSoon(): void {
    if (this.#draining) return
    this.#draining = true
    void Promise.resolve().then(() => {
      this.#draining = false
      this.flush()
    })
  }

  #deliverLater(connection: MemoryConnection, direction: Direction, sequence: number, delivery: ClockDelivery): void {
    const now = delivery.clock.now()
    const at = Math.max(connection.arrivesMs[direction], now + delivery.latencyMs(direction))
    connection.arrivesMs[direction] = at
    delivery.clock.after(at - now, () => {
      connection.deliverUpTo(direction, sequence)
      this.#forgetClosed()
    })
  }

  #oldest(): { connection: MemoryConnection; direction: Direction } | undefined {
    let oldest: { connection: MemoryConnection; direction: Direction; sequence: number } | undefined
    for (const connection of this.#connections) {
      for (const direction of ['up', 'down'] as const) {
        const sequence = connection.oldest(direction)
        if (sequence !== undefined && (oldest === undefined || sequence < oldest.sequence)) {
          oldest = { connection, direction, sequence }
        }
      }
    }
    return oldest
  }

  #forgetClosed(): void {
    for (let i = this.#connections.length - 1; i >= 0; i -= 1) {
      if (this.#connections[i]?.state === 'closed') this.#connections.splice(i, 1)
    }
  }
}

/** Path and query of `ws://host/path?query`; a URL without a host is its own path. */
function pathOf(url: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '')
  return path.startsWith('/') ? path : `/${path}`
}
