/**
 * A WebSocket of `ws` as the core's ServerSocket. Owns the writes: all frames of one turn of the event loop leave in one
 * write per socket, and what the core says before the upgrade is answered waits for it.
 */
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { ServerSocket } from '../core/contract.ts'

/** Holds back the bytes of sockets until the end of the turn, or until somebody cannot wait. */
export class TurnWriter {
  readonly #before: () => void
  readonly #corked = new Set<Duplex>()
  #scheduled: NodeJS.Immediate | undefined

  /** `before` runs whenever bytes are about to leave: what they tell of must be stored by then. */
  constructor(before: () => void = () => {}) {
    this.#before = before
  }

  /** Collects what is written to `stream` in this turn. */
  cork(stream: Duplex): void {
    if (this.#corked.has(stream)) return
    stream.cork()
    this.#corked.add(stream)
    this.#scheduled ??= setImmediate(() => this.flush())
  }

  /** Writes everything held back. An HTTP answer must not overtake the frames of its own change: flush first. */
  flush(): void {
    clearImmediate(this.#scheduled)
    this.#scheduled = undefined
    this.#before()
    for (const stream of this.#corked) stream.uncork()
    this.#corked.clear()
  }
}

/** What is needed of a WebSocket of `ws`. Frames for one that is closing are dropped by it. */
type Outlet = Pick<WebSocket, 'send' | 'close'>

/** What the core did to a socket before its upgrade was answered, in order. */
type Early =
  | { readonly type: 'frame'; readonly text: string }
  | { readonly type: 'close'; readonly args: CloseArguments }
type CloseArguments = readonly [code?: number, reason?: string]

/** A client's socket, from before the upgrade on. */
export class NodeServerSocket implements ServerSocket {
  readonly url: string
  readonly #writer: TurnWriter
  #early: Early[] = []
  #upgraded: { readonly socket: Outlet; readonly stream: Duplex } | undefined

  constructor(url: string, writer: TurnWriter) {
    this.url = url
    this.#writer = writer
  }

  send(frame: string): void {
    if (this.#upgraded === undefined) {
      this.#early.push({ type: 'frame', text: frame })
      return
    }
    const { socket, stream } = this.#upgraded
    this.#writer.cork(stream)
    socket.send(frame)
  }

  close(...args: CloseArguments): void {
    if (this.#upgraded === undefined) this.#early.push({ type: 'close', args })
    else this.#upgraded.socket.close(...args)
  }

  /** The upgrade was answered: sends what waited. */
  upgraded(socket: Outlet, stream: Duplex): void {
    this.#upgraded = { socket, stream }
    const early = this.#early
    this.#early = []
    for (const step of early) {
      if (step.type === 'frame') this.send(step.text)
      else this.close(...step.args)
    }
  }
}
