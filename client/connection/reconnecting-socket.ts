/**
 * A socket that comes back: the connection alone, without a protocol or records. For frames of your own, and for servers
 * that speak something else.
 */
import { systemClock, systemRandom } from '../adapters/system.ts'
import { browserWakeups } from '../adapters/wakeups.ts'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { Cancel, Clock, Random, Socket, Transport } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { backoffMs, type ConnectionState, isAuthClose } from '../sync/connection.ts'

/** Settings of a {@link ReconnectingSocket}. */
export interface ReconnectingSocketOptions {
  /** Each frame that arrives. */
  readonly frame?: (text: string) => void
  /** The socket is open, again: what was subscribed before is to be subscribed anew. */
  readonly opened?: () => void
  readonly transport?: Transport
  readonly clock?: Clock
  readonly random?: Random
  /** Calls back when the network is back or the tab is looked at again: then a waiting socket is tried at once. */
  readonly wakeups?: (woken: () => void) => Cancel
}

/** A socket that does not open within this time, in milliseconds, counts as dead. */
const OPEN_TIMEOUT_MS = 20_000

/**
 * A socket with a typed state. A lost one is opened again after a pause that doubles up to 15 s, at once when the network is
 * back; one that is refused (close code 1008 or 4401) only by {@link connect}, since its address may hold a stale token.
 * @example
 * const socket = new ReconnectingSocket('wss://plan.example.com', { frame: (text) => console.log(text) })
 * socket.subscribe(() => show(socket.state))
 * socket.send('hello') // false: not open, nothing was sent
 */
export class ReconnectingSocket {
  readonly #url: string | (() => string)
  readonly #options: ReconnectingSocketOptions
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  readonly #stopWakeups: Cancel
  #state: ConnectionState = { state: 'idle' }
  #socket: Socket | undefined
  #timer: Cancel | undefined
  #attempt = 0
  /** Number of the current socket: what an older one still brings is ignored. */
  #generation = 0

  /** `url`: `ws:` or `wss:`; a function is asked for each attempt, for example for a token that expires; one that throws is asked again. */
  constructor(url: string | (() => string), options: ReconnectingSocketOptions = {}) {
    this.#url = url
    this.#options = options
    this.#transport = options.transport ?? webSocketTransport()
    this.#clock = options.clock ?? systemClock
    this.connect()
    // Not before: it throws on a platform without sockets.
    this.#stopWakeups = (options.wakeups ?? browserWakeups)(() => {
      if (this.#state.state === 'waiting') this.connect()
    })
  }

  /** Where the connection stands: the same object until it is another. */
  get state(): ConnectionState {
    return this.#state
  }

  /** Sends a frame. False, and nothing is sent, unless the state is `open`. */
  send(frame: string): boolean {
    if (this.#state.state !== 'open') return false
    this.#socket?.send(frame)
    return true
  }

  /** Tries at once. Does nothing while it is open or opening, and after {@link close}. */
  connect(): void {
    const { state } = this.#state
    if (state === 'open' || state === 'connecting' || state === 'closed') return
    const generation = this.#drop()
    const attempt = this.#attempt
    this.#tell({ state: 'connecting', attempt })
    // A listener, or who is asked for the address, may have closed it.
    const isCurrent = (): boolean => generation === this.#generation
    const current = (run: () => void): void => {
      // What a transport calls back from within `open()` is taken when there is a socket to answer on.
      if (!this.#socket) queueMicrotask(() => isCurrent() && run())
      else if (isCurrent()) run()
    }
    let url: string
    try {
      url = typeof this.#url === 'string' ? this.#url : this.#url()
    } catch (cause) {
      if (isCurrent()) this.#lost(1006, cause instanceof Error ? cause.message : String(cause))
      return
    }
    if (!isCurrent()) return
    this.#socket = this.#transport.open(url, {
      opened: () =>
        current(() => {
          this.#timer?.()
          this.#tell({ state: 'open' })
          current(() => this.#options.opened?.())
        }),
      frame: (text) =>
        current(() => {
          // Not before: a server that takes everybody in and throws them out again would be asked without a pause.
          this.#attempt = 0
          this.#options.frame?.(text)
        }),
      closed: (code, reason) => current(() => this.#lost(code, reason)),
    })
    this.#timer = this.#clock.after(OPEN_TIMEOUT_MS, () => this.#lost(1006, 'The socket did not open'))
  }

  /** Calls `listener` whenever {@link state} is another. With it, what `useSyncExternalStore` wants. */
  readonly subscribe: (listener: () => void) => Cancel = (listener) => {
    const own = (): void => listener()
    this.#listeners.add(own)
    return () => this.#listeners.delete(own)
  }

  /** Ends everything. Idempotent. */
  close(): void {
    if (this.#state.state === 'closed') return
    this.#drop()
    this.#stopWakeups()
    this.#tell({ state: 'closed' })
    this.#listeners.clear()
  }

  #lost(code: number, reason: string): void {
    this.#drop()
    const details = { code, reason }
    if (isAuthClose(code)) {
      const error = new PlanwireError('authentication-required', reason || 'Refused', 'reauthenticate', details)
      this.#tell({ state: 'auth-required', error })
      return
    }
    const error = new PlanwireError('connection-lost', reason || 'The connection was lost', 'retry', details)
    const retryInMs = backoffMs(this.#attempt++, (this.#options.random ?? systemRandom).next())
    this.#timer = this.#clock.after(retryInMs, () => this.connect())
    this.#tell({ state: 'waiting', attempt: this.#attempt, retryInMs, error })
  }

  #drop(): number {
    this.#timer?.()
    this.#timer = undefined
    const generation = ++this.#generation
    this.#socket?.close()
    this.#socket = undefined
    return generation
  }

  #tell(state: ConnectionState): void {
    this.#state = state
    for (const listener of [...this.#listeners]) listener()
  }
}
