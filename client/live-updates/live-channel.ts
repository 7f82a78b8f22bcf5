/**
 * One live connection: handshake, socket, subscriptions, and the way back after a loss. Several `RemoteEvents` of a page
 * with the same URL and token share one; the last that leaves closes it.
 *
 * A socket can die without a word (`sign-of-life.ts`). When there is reason to look (the network is back, the tab is seen
 * again), one that was silent for long is replaced at once: a fresh socket, new subscriptions and a read of what is loaded
 * prove what the old one cannot.
 */
import type { Cancel, Socket } from '../ports/ports.ts'
import { liveUpdatesClient } from '../protocol/dialects/dhtmlx/client.ts'
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import type { Downstream, EventValue, RemoteCall, RemoteResult, Upstream } from '../protocol/messages.ts'
import { backoffMs, type ConnectionState, isAuthClose } from '../sync/connection.ts'
import { type Handshake, shakeHands, socketUrl } from './handshake.ts'
import { HANDSHAKE_TIMEOUT_MS, type LiveLink, type LivePorts, QUIET_MS, type TokenSource } from './live-ports.ts'
import { Positions } from './positions.ts'
import type { SaveOffers } from './rest-client.ts'
import { SignOfLife } from './sign-of-life.ts'

/** Who uses a channel. None of these may throw. */
export interface ChannelUser {
  event(name: string, value: EventValue): void
  results(results: readonly RemoteResult[]): void
  connection(connection: ConnectionState): void
  error(error: PlanwireError): void
  /** Frames of an entity were missed that cannot be told any more. */
  missed(name: string): void
}

/** A connection to one URL with one token. */
export class LiveChannel implements LiveLink {
  readonly #url: string
  readonly #source: TokenSource
  readonly #ports: LivePorts
  readonly #ended: () => void
  readonly #users = new Set<ChannelUser>()
  /** How many handlers want each entity. */
  readonly #wanted = new Map<string, number>()
  #connection: ConnectionState = { state: 'idle' }
  #handshake: Handshake | undefined
  /** Of the last handshake that was answered: they hold while the next is under way. */
  #offers: SaveOffers | undefined
  #token: Promise<string | undefined> | undefined
  #socket: Socket | undefined
  /** Number of the current attempt: whatever an older one still brings is ignored. */
  #generation = 0
  #attempt = 0
  /** The token was replaced once since it last worked. */
  #refreshed = false
  #timer: Cancel | undefined
  /** Since when the server is awaited; undefined while it is not, as when the app's token provider has the word. */
  #awaitedSince: number | undefined
  readonly #life: SignOfLife
  readonly #positions = new Positions()
  #stopWakeups: Cancel | undefined

  constructor(url: string, source: TokenSource, ports: LivePorts, ended: () => void) {
    this.#url = url
    this.#source = source
    this.#ports = ports
    this.#ended = ended
    this.#life = new SignOfLife(
      ports.clock,
      () => this.#sendIfOpen({ type: 'call', calls: [] }),
      () => void this.#connect(),
    )
  }

  get connection(): ConnectionState {
    return this.#connection
  }

  /** Frames arrive: a socket is open, and what was wanted is subscribed. */
  get live(): boolean {
    return this.#connection.state === 'open' && this.#socket !== undefined
  }

  /** The answer of the last handshake. */
  get handshake(): Handshake | undefined {
    return this.#handshake
  }

  /** What the server offers for saves; undefined before its handshake was answered. */
  get offers(): SaveOffers | undefined {
    return this.#offers
  }

  /** Nothing is missed of these entities although the connection was lost: the server tells what came meanwhile. */
  resumes(names: readonly string[]): boolean {
    return this.#handshake?.offers.catchUp === true && this.#positions.resume(names)
  }

  /** Takes a user; the first one makes it connect. */
  join(user: ChannelUser): void {
    this.#users.add(user)
    this.#stopWakeups ??= this.#ports.wakeups(() => this.#woken())
    if (this.#connection.state === 'idle') this.connect()
  }

  /** Lets a user go; the last one ends it. */
  leave(user: ChannelUser): void {
    if (!this.#users.delete(user) || this.#users.size > 0) return
    this.#drop()
    this.#stopWakeups?.()
    this.#connection = { state: 'closed' }
    this.#ended()
  }

  /** Wants frames of an entity: one `subscribe`, however many want it. */
  subscribe(name: string): void {
    const count = this.#wanted.get(name) ?? 0
    this.#wanted.set(name, count + 1)
    if (count === 0) this.#sendIfOpen({ type: 'subscribe', name })
  }

  /** Wants them no more: one `unsubscribe` when nobody is left. */
  unsubscribe(name: string): void {
    const count = this.#wanted.get(name) ?? 0
    if (count > 1) this.#wanted.set(name, count - 1)
    else if (this.#wanted.delete(name)) {
      this.#positions.forget(name)
      this.#sendIfOpen({ type: 'unsubscribe', name })
    }
  }

  /** Sends remote calls; false when no socket is open. */
  call(calls: readonly RemoteCall[]): boolean {
    return this.#sendIfOpen({ type: 'call', calls })
  }

  /** Connects at once: after new credentials, or because the app knows that the network is back. Does nothing while a connection is open or opening. */
  connect(): void {
    const { state } = this.#connection
    if (state === 'connecting' || state === 'authenticating' || state === 'open' || state === 'closed') return
    if (state === 'auth-required') this.#token = undefined
    void this.#connect()
  }

  async token(): Promise<string | undefined> {
    this.#token ??= this.#askForToken()
    return this.#token
  }

  async refreshedToken(refused: string | undefined): Promise<string | undefined> {
    const known = await this.token()
    if (known !== refused) return known
    if (typeof this.#source === 'string') return undefined
    this.#token = this.#askForToken()
    const fresh = await this.#token
    return fresh === refused ? undefined : fresh
  }

  async #askForToken(): Promise<string | undefined> {
    try {
      return typeof this.#source === 'string' ? this.#source : await this.#source()
    } catch (cause) {
      this.#token = undefined
      this.#tellError(
        new PlanwireError('authentication-required', 'The token provider failed', 'reauthenticate', {}, { cause }),
      )
      return undefined
    }
  }

  async #connect(): Promise<void> {
    const generation = this.#drop()
    this.#tell({ state: 'connecting', attempt: this.#attempt })
    // A provider is asked anew for each connection: tokens expire.
    if (typeof this.#source !== 'string') this.#token = undefined
    this.#handshake = undefined
    const token = await this.token()
    if (generation !== this.#generation) return
    if (token === undefined) {
      this.#lost(new PlanwireError('authentication-required', 'No token', 'reauthenticate'))
      return
    }
    this.#awaitServer('The server did not answer the handshake')
    try {
      const handshake = await shakeHands(this.#ports.http, this.#url, token)
      if (generation !== this.#generation) return
      this.#handshake = handshake
      this.#offers = handshake.offers
      if (handshake.websocket) this.#open(handshake.key ?? token, generation)
      else this.#opened()
    } catch (error) {
      if (generation !== this.#generation) return
      // `shakeHands` rejects with nothing else; anything unknown is passed on as a lost connection.
      const known =
        error instanceof PlanwireError ? error : new PlanwireError('connection-lost', String(error), 'retry')
      if (known.recovery === 'reauthenticate') this.#refused(known)
      else this.#lost(known)
    }
  }

  #open(token: string, generation: number): void {
    this.#tell({ state: 'authenticating' })
    let url: string
    try {
      url = socketUrl(this.#url, token, globalThis.location?.href, this.#handshake?.offers.catchUp)
    } catch (cause) {
      this.#lost(
        new PlanwireError('invalid-argument', `${this.#url} is no URL`, 'fatal', { url: this.#url }, { cause }),
      )
      return
    }
    this.#awaitServer('The server did not say "start"')
    this.#socket = this.#ports.transport.open(url, {
      opened: () => {},
      frame: (text) => {
        if (generation !== this.#generation) return
        this.#life.heard()
        this.#frame(text)
      },
      closed: (code, reason) => {
        if (generation === this.#generation) this.#closed(code, reason)
      },
    })
  }

  #frame(text: string): void {
    const read = liveUpdatesClient.decode(text)
    if (!read.ok) {
      this.#ports.logger('warn', read.error.message, read.error.details)
      this.#tellError(read.error)
      return
    }
    this.#take(read.message)
  }

  #take(message: Downstream): void {
    switch (message.type) {
      case 'start':
        if (this.#connection.state === 'authenticating') this.#opened()
        return
      case 'event':
        this.#positions.event(message)
        for (const user of [...this.#users]) user.event(message.name, message.value)
        return
      case 'custom':
        this.#custom(message)
        return
      case 'result':
        for (const user of [...this.#users]) user.results(message.results)
        return
      default:
        this.#ports.logger('debug', 'A live-updates frame of an unknown kind', { type: message.type })
    }
  }

  #custom(message: Extract<Downstream, { type: 'custom' }>): void {
    const subscribed = this.#positions.subscribed(message)
    if (!subscribed) {
      this.#ports.logger('debug', 'A live-updates frame of an unknown kind', { action: message.command })
      return
    }
    if (subscribed.error) this.#tellError(subscribed.error)
    if (!subscribed.caughtUp) for (const user of [...this.#users]) user.missed(subscribed.name)
  }

  #opened(): void {
    this.#stopTimer()
    this.#attempt = 0
    this.#refreshed = false
    if (!this.#handshake?.offers.catchUp) this.#positions.clear()
    for (const name of this.#wanted.keys()) this.#send({ type: 'subscribe', name, ...this.#positions.since(name) })
    if (this.#socket) this.#life.watch(this.#handshake?.offers.calls === true)
    this.#tell({ state: 'open' })
  }

  #closed(code: number, reason: string): void {
    const details = { code, reason, url: this.#url }
    if (isAuthClose(code))
      this.#refused(
        new PlanwireError(
          'authentication-required',
          reason || 'The server refused the token',
          'reauthenticate',
          details,
        ),
      )
    else this.#lost(new PlanwireError('connection-lost', reason || 'The connection was lost', 'retry', details))
  }

  /** The server wants another token: a provider is asked once, then nothing is retried until there are new credentials. */
  #refused(error: PlanwireError): void {
    if (typeof this.#source === 'function' && !this.#refreshed) {
      this.#refreshed = true
      void this.#connect()
      return
    }
    this.#drop()
    this.#refreshed = false
    this.#tellError(error)
    this.#tell({ state: 'auth-required', error })
  }

  #lost(error: PlanwireError): void {
    this.#drop()
    const attempt = ++this.#attempt
    const retryInMs = backoffMs(attempt - 1, this.#ports.random.next())
    this.#timer = this.#ports.clock.after(retryInMs, () => void this.#connect())
    this.#tellError(error)
    this.#tell({ state: 'waiting', attempt, retryInMs, error })
  }

  /** Ends the current attempt; what it still brings is ignored. Returns the number of the next. */
  #drop(): number {
    this.#stopTimer()
    this.#life.stop()
    const generation = ++this.#generation
    this.#socket?.close()
    this.#socket = undefined
    return generation
  }

  /** From now on the server has a bounded time to answer. */
  #awaitServer(complaint: string): void {
    this.#stopTimer()
    this.#awaitedSince = this.#ports.clock.now()
    this.#timer = this.#ports.clock.after(HANDSHAKE_TIMEOUT_MS, () => {
      this.#lost(new PlanwireError('timeout', complaint, 'retry', { url: this.#url }))
    })
  }

  #stopTimer(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#awaitedSince = undefined
  }

  /** Timers of a hidden tab or a sleeping laptop are late, so the clock is asked and not they. */
  #woken(): void {
    const now = this.#ports.clock.now()
    switch (this.#connection.state) {
      case 'waiting':
        void this.#connect()
        return
      case 'connecting':
      case 'authenticating':
        if (this.#awaitedSince !== undefined && now - this.#awaitedSince >= HANDSHAKE_TIMEOUT_MS) void this.#connect()
        return
      case 'open':
        if (this.#socket && this.#life.quietMs > QUIET_MS) void this.#connect()
        else this.#life.doubt()
        return
      case 'idle':
      case 'auth-required':
      case 'closed':
        return
      default:
        assertNever(this.#connection)
    }
  }

  #sendIfOpen(message: Upstream): boolean {
    if (this.#connection.state !== 'open' || !this.#socket) return false
    this.#send(message)
    return true
  }

  #send(message: Upstream): void {
    this.#socket?.send(liveUpdatesClient.encode(message))
  }

  #tell(connection: ConnectionState): void {
    this.#connection = connection
    for (const user of [...this.#users]) user.connection(connection)
  }

  #tellError(error: PlanwireError): void {
    for (const user of [...this.#users]) user.error(error)
  }
}
