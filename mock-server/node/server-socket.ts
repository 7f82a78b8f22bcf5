/**
 * A WebSocket of `ws` as the core's ServerSocket. Owns the writes: all frames of one turn of the event loop leave in one
 * write per socket, a frame that goes to many is turned into bytes once, what the core says before the upgrade is answered
 * waits for it, and a client that does not read what it was sent is given up before it fills the memory.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerSocket } from '../core/contract.ts'

/** Somebody whose bytes wait for the end of the turn. */
interface Waiting {
  /** Writes them. */
  leave(): void
}

/** Holds back the bytes of sockets until the end of the turn, or until somebody cannot wait. */
export class TurnWriter {
  readonly #before: () => void
  readonly #waiting = new Set<Waiting>()
  #endings: (() => void)[] = []
  #scheduled: NodeJS.Immediate | undefined
  #frame: { readonly text: string; readonly bytes: Buffer } | undefined
  #list: { readonly frames: readonly string[]; readonly bytes: Buffer } | undefined
  #joined: { readonly frames: readonly Buffer[]; readonly bytes: Buffer } | undefined

  /** `before` runs whenever bytes are about to leave: what they tell of must be stored by then. */
  constructor(before: () => void = () => {}) {
    this.#before = before
  }

  /** Calls back when the turn is over, before anything leaves. */
  atTurnEnd(run: () => void): void {
    this.#endings.push(run)
    this.#schedule()
  }

  /** Calls back to write when the turn is over. */
  atEnd(waiting: Waiting): void {
    this.#waiting.add(waiting)
    this.#schedule()
  }

  /** A frame of text as it travels. A broadcast asks for the same one again and again. */
  bytesOf(text: string): Buffer {
    if (this.#frame?.text !== text) this.#frame = { text, bytes: textFrames([text]) }
    return this.#frame.bytes
  }

  /** Frames of text as they travel. */
  bytesOfAll(frames: readonly string[]): Buffer {
    if (this.#list?.frames !== frames) this.#list = { frames, bytes: textFrames(frames) }
    return this.#list.bytes
  }

  /** Frames as one piece. Everybody who only listened in a turn asks for the same ones. */
  joined(frames: readonly Buffer[]): Buffer {
    const last = this.#joined
    if (last?.frames.length === frames.length && frames.every((frame, at) => frame === last.frames[at]))
      return last.bytes
    const bytes = joinedBytes(frames)
    this.#joined = { frames, bytes }
    return bytes
  }

  /** Writes everything held back. An HTTP answer must not overtake the frames of its own change: flush first. */
  flush(): void {
    for (const run of this.#endings.splice(0)) run()
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#before()
    for (const waiting of this.#waiting) waiting.leave()
    this.#waiting.clear()
    this.#frame = undefined
    this.#list = undefined
    this.#joined = undefined
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.flush())
  }
}

const joinedBytes = (frames: readonly Buffer[]): Buffer => {
  const [only] = frames
  return only && frames.length === 1 ? only : Buffer.concat(frames)
}

/**
 * Text frames of a server (RFC 6455, 5.2), heads and all, in one piece. `ws` would make a head for each client and hand two
 * pieces to the stream: with this and one piece a turn, a one-field commit for 20 clients costs 23 us of the processor
 * instead of 36 (measured side by side).
 */
function textFrames(texts: readonly string[]): Buffer {
  let size = 0
  const lengths: number[] = []
  for (const text of texts) {
    const length = Buffer.byteLength(text)
    lengths.push(length)
    size += headLength(length) + length
  }
  const bytes = Buffer.allocUnsafe(size)
  let at = 0
  for (const [index, length] of lengths.entries()) {
    const head = headLength(length)
    bytes[at] = 0x81
    if (head === 2) bytes[at + 1] = length
    else {
      bytes[at + 1] = head === 4 ? 126 : 127
      if (head === 4) bytes.writeUInt16BE(length, at + 2)
      else bytes.writeBigUInt64BE(BigInt(length), at + 2)
    }
    at += head
    at += bytes.write(texts[index] ?? '', at)
  }
  return bytes
}

const headLength = (length: number): number => (length < 126 ? 2 : length < 0x1_00_00 ? 4 : 10)

/** What is needed of a WebSocket of `ws`, which hears what arrives and closes; what is said goes to its stream. */
type Outlet = Pick<WebSocket, 'readyState' | 'close' | 'terminate'>

/** The state of a WebSocket that is neither opening nor closing. */
const OPEN = 1

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
  /** What was said in this turn, and whether the socket closes behind it. */
  #frames: Buffer[] = []
  #closing: CloseArguments | undefined
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
    if (this.#upgraded === undefined) this.#early.push({ type: 'frame', text: frame })
    else if (this.#takes(this.#upgraded)) this.#frames.push(this.#writer.bytesOf(frame))
  }

  sendAll(frames: readonly string[]): void {
    if (this.#upgraded === undefined) for (const frame of frames) this.send(frame)
    else if (this.#takes(this.#upgraded)) this.#frames.push(this.#writer.bytesOfAll(frames))
  }

  /** The turn is over. */
  leave(): void {
    const frames = this.#frames
    this.#frames = []
    const { socket, stream } = this.#upgraded ?? {}
    if (socket?.readyState === OPEN) stream?.write(this.#writer.joined(frames))
    const closing = this.#closing
    this.#closing = undefined
    if (closing) socket?.close(...closing)
  }

  close(...args: CloseArguments): void {
    if (this.#upgraded === undefined) this.#early.push({ type: 'close', args })
    // What was said before goes first.
    else if (this.#frames.length > 0) this.#closing = args
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

  /** Whether something can be said to the client; then it leaves at the end of the turn. */
  #takes({ socket, stream }: { readonly socket: Outlet; readonly stream: Duplex }): boolean {
    // What is said after the closing is dropped, as `ws` does.
    if (this.#closing) return false
    if (this.#frames.length > 0) return true
    if (this.#fallsBehind(stream.writableLength)) {
      // No closing handshake: it would wait behind everything else.
      socket.terminate()
      return false
    }
    this.#writer.atEnd(this)
    return true
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
