/** A client of nothing but a WebSocket and JSON, for suites that must not share code with either end of the wire. */

/** The part of a WebSocket that the suites use. */
export interface ContractSocket {
  send(data: string): void
  close(): void
  addEventListener(type: 'open', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void
  addEventListener(type: 'error', listener: () => void): void
}

/** A constructor of sockets, such as `globalThis.WebSocket` or the one of `ws`. */
export type ContractSocketConstructor = new (url: string) => ContractSocket

/** A frame as parsed. */
export interface Frame {
  readonly [key: string]: unknown
}

/** One connection: what it heard, and promises for what it has not heard yet. */
export class Peer {
  /** Everything that arrived, oldest first. */
  readonly all: Frame[] = []
  readonly opened: Promise<this>
  /** The close code. */
  readonly closed: Promise<number>
  readonly #socket: ContractSocket
  readonly #unread: Frame[] = []
  readonly #waiting: { readonly pattern: Frame; readonly resolve: (frame: Frame) => void }[] = []

  constructor(url: string, WebSocket: ContractSocketConstructor) {
    this.#socket = new WebSocket(url)
    this.opened = new Promise((resolve, reject) => {
      this.#socket.addEventListener('open', () => resolve(this))
      this.#socket.addEventListener('close', ({ code }) =>
        reject(new Error(`${url} closed with ${code} before it opened`)),
      )
    })
    // Who waits for the closure alone must not hear of the opening that never was.
    this.opened.catch(() => {})
    // What failed shows in the closure that follows; Node would end the process over an error that nobody hears.
    this.#socket.addEventListener('error', () => {})
    this.closed = new Promise((resolve) => this.#socket.addEventListener('close', ({ code }) => resolve(code)))
    this.#socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data))))
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message))
  }

  sendText(text: string): void {
    this.#socket.send(text)
  }

  close(): void {
    this.#socket.close()
  }

  /** The oldest frame with these keys that nobody asked for yet; waits for it if need be. */
  next(pattern: Frame): Promise<Frame> {
    const at = this.#unread.findIndex((frame) => matches(frame, pattern))
    const [found] = at < 0 ? [] : this.#unread.splice(at, 1)
    return found ? Promise.resolve(found) : new Promise((resolve) => this.#waiting.push({ pattern, resolve }))
  }

  /** Every frame with these keys that has arrived so far. */
  heard(pattern: Frame): readonly Frame[] {
    return this.all.filter((frame) => matches(frame, pattern))
  }

  #take(frame: Frame): void {
    this.all.push(frame)
    const at = this.#waiting.findIndex(({ pattern }) => matches(frame, pattern))
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1)
    if (waiting) waiting.resolve(frame)
    else this.#unread.push(frame)
  }
}

function matches(frame: Frame, pattern: Frame): boolean {
  return Object.entries(pattern).every(([key, value]) => frame[key] === value)
}
