/**
 * A WebSocket of `ws` as the core's ServerSocket. Owns the writes: all frames of one turn of the event loop leave in one
 * write per socket, a frame that goes to many is turned into bytes once, what the core says before the upgrade is answered
 * waits for it, and a client that does not read what it was sent is given up before it fills the memory.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerSocket } from '../core/contract.ts'

/** Holds back the bytes of sockets until the end of the turn, or until somebody cannot wait. */
export class TurnWriter {
  readonly #before: () => void
  readonly #corked = new Set<Duplex>()
  #scheduled: NodeJS.Immediate | undefined
  #frame: { readonly text: string; readonly bytes: Buffer } | undefined

  /** `before` runs whenever bytes are about to leave: what they tell of must be stored by then. */
  constructor(before: () => void = () => {}) {
    this.#before = before
  }

  /** Collects what is written to `stream` in this turn. True for the first call of a turn. */
  cork(stream: Duplex): boolean {
    if (this.#corked.has(stream)) return false
    stream.cork()
    this.#corked.add(stream)
    this.#scheduled ??= setImmediate(() => this.flush())
    return true
  }

  /** The bytes of a frame. A broadcast asks for the same ones again and again. */
  bytesOf(text: string): Buffer {
    if (this.#frame?.text !== text) this.#frame = { text, bytes: Buffer.from(text) }
    return this.#frame.bytes
  }

  /** Writes everything held back. An HTTP answer must not overtake the frames of its own change: flush first. */
  flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#frame = undefined
    this.#before()
    for (const stream of this.#corked) stream.uncork()
    this.#corked.clear()
  }
}

/** What is needed of a WebSocket of `ws`. Frames for one that is closing are dropped by it. */
type Outlet = Pick<WebSocket, 'send' | 'close' | 'terminate'>

/** What the core did to a socket before its upgrade was answered, in order. */
type Early =
  | { readonly type: 'frame'; readonly text: string }
  | { readonly type: 'close'; readonly args: CloseArguments }
  | { readonly type: 'cut' }
type CloseArguments = readonly [code?: number, reason?: string]

/** How much a client may leave unread. */
export interface Backlog {
  /** Bytes that may wait for a client, beside the largest turn among them: a dataset may be larger than any bound. */
  readonly bytes: number
  /** Is told of a client that was cut off, and how many bytes waited for it. */
  exceeded(waiting: number): void
}

const AS_TEXT = { binary: false }
const BOUNDLESS: Backlog = { bytes: Number.POSITIVE_INFINITY, exceeded: () => {} }

/** A client's socket, from before the upgrade on. */
export class NodeServerSocket implements ServerSocket {
  readonly url: string
  /** With what the handshake is refused; 0: with no answer. */
  refusal = 404
  readonly #writer: TurnWriter
  readonly #backlog: Backlog
  #early: Early[] = []
  #upgraded: { readonly socket: Outlet; readonly stream: Duplex } | undefined
  /** Bytes that waited when the current turn began. */
  #waiting = 0
  /** Of the turns that wait, the largest. */
  #largest = 0

  constructor(url: string, writer: TurnWriter, backlog: Backlog = BOUNDLESS) {
    this.url = url
    this.#writer = writer
    this.#backlog = backlog
  }

  send(frame: string): void {
    if (this.#upgraded === undefined) {
      this.#early.push({ type: 'frame', text: frame })
      return
    }
    const { socket, stream } = this.#upgraded
    if (this.#writer.cork(stream) && this.#fallsBehind(stream.writableLength)) {
      // No closing handshake: it would wait behind everything else.
      socket.terminate()
      return
    }
    socket.send(this.#writer.bytesOf(frame), AS_TEXT)
  }

  close(...args: CloseArguments): void {
    if (this.#upgraded === undefined) this.#early.push({ type: 'close', args })
    else this.#upgraded.socket.close(...args)
  }

  cut(): void {
    if (this.#upgraded === undefined) this.#early.push({ type: 'cut' })
    else this.#upgraded.socket.terminate()
  }

  refuse(status: number): void {
    this.refusal = status
  }

  /** The upgrade was answered: sends what waited. */
  upgraded(socket: Outlet, stream: Duplex): void {
    this.#upgraded = { socket, stream }
    const early = this.#early
    this.#early = []
    for (const step of early) {
      if (step.type === 'frame') this.send(step.text)
      else if (step.type === 'close') this.close(...step.args)
      else this.cut()
    }
  }

  /** Whether more waits for the client than it may leave unread; asked once a turn, before anything is added. */
  #fallsBehind(waiting: number): boolean {
    this.#largest = waiting === 0 ? 0 : Math.max(this.#largest, waiting - this.#waiting)
    this.#waiting = waiting
    if (waiting <= this.#backlog.bytes + this.#largest) return false
    this.#backlog.exceeded(waiting)
    return true
  }
}
