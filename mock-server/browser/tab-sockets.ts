/** The sockets of one tab, on the authority's side: between the tab's numbers and the core's listeners. */
import type { MockCore, ServerSocketListener } from '../core/contract.ts'
import type { AuthorityMessage } from './port-messages.ts'

/** `opening`: the core is away for a moment; the tab may close the socket before it is opened. */
type TabSocket = { readonly state: 'opening' } | { readonly state: 'open'; readonly listener: ServerSocketListener }

export class TabSockets {
  readonly #sockets = new Map<number, TabSocket>()
  readonly #post: (message: AuthorityMessage) => void
  readonly #tab: string

  constructor(tab: string, post: (message: AuthorityMessage) => void) {
    this.#tab = tab
    this.#post = post
  }

  /** The tab asked for a socket. */
  expect(id: number): void {
    this.#sockets.set(id, { state: 'opening' })
  }

  /** Hands an expected socket to the core. What the core sends while it accepts goes out behind `opened`. */
  open(core: MockCore, id: number, url: string): void {
    if (this.#sockets.get(id)?.state !== 'opening') return
    const early: AuthorityMessage[] = []
    let accepting = true
    let over = false
    const tell = (message: AuthorityMessage): void => {
      if (accepting) early.push(message)
      else if (this.#sockets.has(id)) this.#post(message)
    }
    const listener = core.accept({
      url,
      tab: this.#tab,
      send: (text) => {
        if (!over) tell({ type: 'frame', socket: id, text })
      },
      close: (code = 1000, reason = '') => {
        if (over) return
        over = true
        tell({ type: 'closed', socket: id, code, reason })
        // As with a real socket, the core hears of the end after its call has returned.
        queueMicrotask(() => this.closed(id))
      },
    })
    accepting = false
    if (listener === undefined) {
      this.#sockets.delete(id)
      this.#post({ type: 'refused', socket: id })
      return
    }
    this.#sockets.set(id, { state: 'open', listener })
    this.#post({ type: 'opened', socket: id })
    for (const message of early) this.#post(message)
  }

  frame(id: number, text: string): void {
    const socket = this.#sockets.get(id)
    if (socket?.state === 'open') socket.listener.frame(text)
  }

  /** The socket is gone. Idempotent. */
  closed(id: number): void {
    const socket = this.#sockets.get(id)
    this.#sockets.delete(id)
    if (socket?.state === 'open') socket.listener.closed()
  }

  /** The tab is gone, and its sockets with it. */
  end(): void {
    for (const id of [...this.#sockets.keys()]) this.closed(id)
  }
}
