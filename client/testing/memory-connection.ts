/** One connection of a {@link MemoryNetwork}: two queues, two ends, and the ways in which a line breaks. */
import type { Socket, SocketListener } from '../ports/ports.ts'
import { assertNever } from '../protocol/errors.ts'
import type { Accept, Direction, FarListener, FarSocket } from './memory-network.ts'

type Parcel = { readonly sequence: number } & (
  | { readonly type: 'open' }
  | { readonly type: 'opened' }
  | { readonly type: 'frame'; readonly text: string }
  | { readonly type: 'close'; readonly code: number; readonly reason: string }
)

/** The parcel as its sender makes it, before it is numbered. */
type Sent = Parcel extends infer P ? (P extends Parcel ? Omit<P, 'sequence'> : never) : never

/** `opening` until the server took it, `half-open` when the line is dead and nobody knows, `closed` when both ends know. */
export type MemoryConnectionState = 'opening' | 'open' | 'half-open' | 'closed'

/** A connection as the test sees it: what is on the way, and how to break it. */
export class MemoryConnection {
  /** Path and query. */
  readonly url: string
  /** The client's end. */
  readonly socket: Socket
  /** When the newest parcel of each direction arrives, in clock mode. */
  readonly arrivesMs: Record<Direction, number> = { up: 0, down: 0 }
  readonly #accept: Accept
  readonly #number: (direction: Direction) => number
  readonly #queues: Record<Direction, Parcel[]> = { up: [], down: [] }
  #state: MemoryConnectionState = 'opening'
  /** Each end is taken away when it heard of the closure: from then on it hears nothing (law 3). */
  #client: SocketListener | undefined
  #server: FarListener | undefined
  #clientMaySend = true
  #serverMaySend = true

  /** `number` is called for each parcel sent and returns its place among all of the network. */
  constructor(url: string, accept: Accept, listener: SocketListener, number: (direction: Direction) => number) {
    this.url = url
    this.#accept = accept
    this.#client = listener
    this.#number = number
    this.socket = {
      send: (frame) => {
        if (this.#clientMaySend && this.#state === 'open') this.#send('up', { type: 'frame', text: frame })
      },
      close: () => this.#closeFromClient(),
    }
  }

  get state(): MemoryConnectionState {
    return this.#state
  }

  /** Frames on the way in `direction`, oldest first. */
  inFlight(direction: Direction): readonly string[] {
    return this.#queues[direction].flatMap((parcel) => (parcel.type === 'frame' ? [parcel.text] : []))
  }

  /** Delivers what is on the way in one direction up to and including the parcel numbered `sequence`. */
  deliverUpTo(direction: Direction, sequence: number): void {
    for (let next = this.oldest(direction); next !== undefined && next <= sequence; next = this.oldest(direction)) {
      this.deliver(direction)
    }
  }

  /** Delivers the oldest parcels of one direction, one by default; returns how many there were. */
  deliver(direction: Direction, count = 1): number {
    let delivered = 0
    for (; delivered < count; delivered += 1) {
      const parcel = this.#queues[direction].shift()
      if (parcel === undefined) break
      if (direction === 'up') this.#arriveAtServer(parcel)
      else this.#arriveAtClient(parcel)
    }
    return delivered
  }

  /** Breaks the line: what is on the way is lost, and both ends hear of it at once, the client with `code` (1006 by default). */
  drop(code = 1006, reason = ''): void {
    this.#cut()
    this.#endServer()
    this.#endClient(code, reason)
  }

  /** Kills the line without a word: everything sent from now on is lost, and neither end is told until `drop()` or a `close()` of its own. */
  stall(): void {
    if (this.#state === 'closed') return
    this.#cut()
    this.#state = 'half-open'
  }

  /** Sends the first parcel; called once by the network. */
  open(): void {
    this.#send('up', { type: 'open' })
  }

  /** The place of the oldest parcel of a direction among all of the network. */
  oldest(direction: Direction): number | undefined {
    return this.#queues[direction][0]?.sequence
  }

  #send(direction: Direction, parcel: Sent): void {
    this.#queues[direction].push({ ...parcel, sequence: this.#number(direction) })
  }

  #cut(): void {
    this.#queues.up.length = 0
    this.#queues.down.length = 0
  }

  #arriveAtServer(parcel: Parcel): void {
    switch (parcel.type) {
      case 'open':
        this.#takeByServer()
        return
      case 'frame':
        this.#server?.frame(parcel.text)
        return
      case 'close':
        this.#endServer()
        return
      case 'opened':
        return
      default:
        assertNever(parcel)
    }
  }

  #arriveAtClient(parcel: Parcel): void {
    switch (parcel.type) {
      case 'opened':
        this.#state = 'open'
        this.#client?.opened()
        return
      case 'frame':
        this.#client?.frame(parcel.text)
        return
      case 'close':
        if (this.#server !== undefined && this.#state !== 'half-open') this.#send('up', parcel)
        this.#endClient(parcel.code, parcel.reason)
        return
      case 'open':
        return
      default:
        assertNever(parcel)
    }
  }

  #takeByServer(): void {
    // The server may speak, or close, while it is still accepting: the client must hear `opened` before that.
    const early: Sent[] = []
    let accepting = true
    const send = (parcel: Sent): void => {
      if (accepting) early.push(parcel)
      else if (this.#state !== 'half-open') this.#send('down', parcel)
    }
    const far: FarSocket = {
      url: this.url,
      send: (frame) => {
        if (this.#serverMaySend) send({ type: 'frame', text: frame })
      },
      close: (code = 1005, reason = '') => {
        if (!this.#serverMaySend) return
        this.#serverMaySend = false
        // Over a dead line the client hears nothing, but the server's own end is over all the same.
        if (this.#state === 'half-open') this.#send('up', { type: 'close', code, reason })
        else send({ type: 'close', code, reason })
      },
    }
    this.#server = this.#accept(far)
    accepting = false
    if (this.#server === undefined) {
      this.#serverMaySend = false
      this.#send('down', { type: 'close', code: 1006, reason: '' })
      return
    }
    this.#send('down', { type: 'opened' })
    for (const parcel of early) this.#send('down', parcel)
  }

  #closeFromClient(): void {
    if (!this.#clientMaySend || this.#client === undefined) return
    this.#clientMaySend = false
    // Like a platform socket that was closed by its owner: what is still on the way to it is lost, and `closed` follows soon.
    this.#queues.down.length = 0
    const closing: Sent = { type: 'close', code: 1005, reason: '' }
    if (this.#state !== 'half-open') {
      this.#serverMaySend = false
      // A connection that the server has not yet taken is never heard of.
      if (this.#queues.up[0]?.type === 'open') this.#queues.up.length = 0
      else this.#send('up', closing)
    }
    this.#send('down', closing)
  }

  #endClient(code: number, reason: string): void {
    const client = this.#client
    this.#client = undefined
    this.#clientMaySend = false
    this.#settle()
    client?.closed(code, reason)
  }

  #endServer(): void {
    const server = this.#server
    this.#server = undefined
    this.#serverMaySend = false
    this.#settle()
    server?.closed()
  }

  #settle(): void {
    if (this.#client === undefined && this.#server === undefined) this.#state = 'closed'
  }
}
