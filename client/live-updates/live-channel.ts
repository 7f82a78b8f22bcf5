/**
 * One live connection: handshake, socket, subscriptions, and the way back after a loss. Several `RemoteEvents` of a page
 * with the same URL and token share one; the last that leaves closes it.
 *
 * A socket can die although nobody closed it (a cable was pulled, a router forgot the connection). The vendor's protocol has
 * no question that every server answers, so:
 *
 *     a server that answers calls     silent for 25 s: an empty call, to be answered within 20 s
 *     any other                       silent for 5 min: replaced; until then nobody can know
 *
 * When there is reason to look (the network is back or went away, the tab is seen again), the first is asked at once, and a
 * socket that was silent for over 25 s is replaced at once: a fresh one, new subscriptions and a read of what is loaded prove
 * what the old one cannot. Silence is judged by timestamps, since timers of a hidden tab or a sleeping laptop are late.
 */
import type { Cancel, Socket } from '../ports/ports.ts'
import { type LiveDownstream, type LiveUpstream, liveFrame, readLiveFrame } from '../protocol/dialects/dhtmlx/client.ts'
import { PlanwireError } from '../protocol/errors.ts'
import type { EventValue, RemoteCall, RemoteResult } from '../protocol/messages.ts'
import { backoffMs, type ConnectionState, isAuthClose } from '../sync/connection.ts'
import { type Handshake, shakeHands, socketUrl } from './handshake.ts'
import {
  HANDSHAKE_TIMEOUT_MS,
  type LiveLink,
  type LivePorts,
  QUIET_MS,
  SILENCE_MS,
  type TokenSource,
} from './live-ports.ts'
import { addedTo, note, noteEvent, type Positions, since } from './positions.ts'

/** Who uses a channel. None of these may throw. */
export interface ChannelUser {
  connection(connection: ConnectionState): void
  error(error: PlanwireError): void
  event?(name: string, value: EventValue): void
  results?(results: readonly RemoteResult[]): void
  /** Frames of an entity were missed that cannot be told any more. */
  missed?(name: string): void
}

/** A connection to one URL with one token. */
export interface LiveChannel extends LiveLink {
  /** The answer of the last handshake. */
  readonly handshake: Handshake | undefined
  /** Takes a user; the first one makes it connect. */
  join(user: ChannelUser): void
  /** Lets a user go; the last one ends it. */
  leave(user: ChannelUser): void
  /** Wants frames of an entity: one `subscribe`, however many want it. */
  subscribe(name: string): void
  /** Wants them no more: one `unsubscribe` when nobody is left. */
  unsubscribe(name: string): void
  /** Sends remote calls; false when no socket is open. */
  call(calls: readonly RemoteCall[]): boolean
  /** Connects at once: after new credentials, or because the app knows that the network is back. Does nothing while a connection is open or opening. */
  connect(): void
}

interface Entry {
  readonly url: string
  readonly token: TokenSource
  readonly channel: LiveChannel
}

/** By transport: tests and apps with ports of their own never meet. A channel leaves the set when its last user does. */
const channels = new WeakMap<object, Set<Entry>>()

/** The channel to a URL with a token, made if there is none. Tokens are one if they are the same string or the same function. */
export function sharedChannel(url: string, token: TokenSource, ports: LivePorts): LiveChannel {
  const entries = channels.get(ports.transport) ?? new Set()
  channels.set(ports.transport, entries)
  for (const entry of entries) if (entry.url === url && entry.token === token) return entry.channel
  const entry: Entry = { url, token, channel: liveChannel(url, token, ports, () => entries.delete(entry)) }
  entries.add(entry)
  return entry.channel
}

function liveChannel(url: string, source: TokenSource, ports: LivePorts, ended: () => void): LiveChannel {
  const { clock } = ports
  const users = new Set<ChannelUser>()
  /** How many handlers want each entity. */
  const wanted = new Map<string, number>()
  const heard: Positions = new Map()
  let connection: ConnectionState = { state: 'idle' }
  let handshake: Handshake | undefined
  let known: Promise<string | undefined> | undefined
  let socket: Socket | undefined
  /** Number of the current attempt: whatever an older one still brings is ignored. */
  let generation = 0
  let attempt = 0
  /** The token was replaced once since it last worked. */
  let refreshed = false
  /** The one timer: until the next attempt, for an answer, or until the next look at an open socket. */
  let timer: Cancel | undefined
  /** When that is. Timers may be late. */
  let due = Number.POSITIVE_INFINITY
  let heardAt = 0
  let askedAt: number | undefined
  let stopWakeups: Cancel | undefined

  const catchesUp = (): boolean => handshake?.offers.catchUp === true

  const each = (say: (user: ChannelUser) => void): void => [...users].forEach(say)
  const tell = (state: ConnectionState): void => {
    connection = state
    // Who joined last hears first: a store before the RemoteEvents that it hangs on; what a listener causes, such as
    // another attempt, is told to all after this.
    for (const user of [...users].reverse()) if (connection === state) user.connection(state)
  }
  const tellError = (error: PlanwireError): void => each((user) => user.error(error))

  const stop = (): void => {
    timer?.()
    due = Number.POSITIVE_INFINITY
  }
  const wait = (delayMs: number, run: () => void): void => {
    stop()
    due = clock.now() + delayMs
    timer = clock.after(delayMs, run)
  }

  const send = (message: LiveUpstream): void => socket?.send(liveFrame(message))
  const isLive = (): boolean => connection.state === 'open' && !!socket
  const sendIfLive = (message: LiveUpstream): boolean => {
    const live = isLive()
    if (live) send(message)
    return live
  }

  function askForToken(): Promise<string | undefined> {
    const asked: Promise<string | undefined> = Promise.resolve()
      .then(() => (typeof source === 'string' ? source : source()))
      .catch((cause) => {
        // Whoever needs one next asks again.
        if (known === asked) known = undefined
        tellError(
          new PlanwireError('authentication-required', 'The token provider failed', 'reauthenticate', {}, { cause }),
        )
        return undefined
      })
    return (known = asked)
  }
  async function token(refused?: string): Promise<string | undefined> {
    const asked = known ?? askForToken()
    const current = await asked
    if (refused === undefined || current !== refused) return current
    // Of several requests that were refused at once, the first asks for another token.
    const fresh = await (known === asked || !known ? askForToken() : known)
    return fresh === refused ? undefined : fresh
  }

  async function connect(): Promise<void> {
    const own = drop()
    tell({ state: 'connecting', attempt })
    // A provider is asked anew for each connection: tokens expire.
    if (typeof source !== 'string') known = undefined
    const current = await token()
    if (own !== generation) return
    try {
      if (current === undefined) throw new PlanwireError('authentication-required', 'No token', 'retry')
      awaitServer('The server did not answer the handshake')
      const answer = await shakeHands(ports.http, url, current)
      if (own !== generation) return
      handshake = answer
      if (answer.websocket) open(answer.key ?? current, own)
      else opened()
    } catch (cause) {
      if (own === generation) failed(cause)
    }
  }

  function open(key: string, own: number): void {
    tell({ state: 'authenticating' })
    if (own !== generation) return
    awaitServer('The server did not say "start"')
    const address = socketUrl(url, key, globalThis.location?.href, catchesUp())
    const current = (run: () => void): void => {
      // What a transport calls back from within `open()` is taken when there is a socket to answer on.
      if (!socket) queueMicrotask(() => own === generation && run())
      else if (own === generation) run()
    }
    socket = ports.transport.open(address, {
      opened: () => {},
      frame: (text) =>
        current(() => {
          hear()
          const read = readLiveFrame(text)
          if (read.ok) take(read.message)
          else tellError(read.error)
        }),
      closed: (code, reason) =>
        current(() => {
          const refused = isAuthClose(code)
          failed(
            new PlanwireError(
              refused ? 'authentication-required' : 'connection-lost',
              reason || (refused ? 'The server refused the token' : 'The connection was lost'),
              refused ? 'reauthenticate' : 'retry',
              { code, reason, url },
            ),
          )
        }),
    })
  }

  function take(message: LiveDownstream): void {
    switch (message.type) {
      case 'start':
        if (connection.state === 'authenticating') opened()
        return
      case 'event':
        noteEvent(heard, message)
        each((user) => user.event?.(message.name, message.value))
        return
      case 'result':
        each((user) => user.results?.(message.results))
        return
      case 'custom': {
        const { name } = message.payload
        if (message.command === 'subscribed' && typeof name === 'string') subscribed(name, message.payload)
        else ports.logger('debug', 'A live-updates frame of an unknown kind', { action: message.command })
      }
    }
  }

  /** What a planwire server answers to a subscription. */
  function subscribed(name: string, said: object): void {
    const added = addedTo(said)
    note(heard, name, added)
    const refused = added['refused'] === true
    if (refused) {
      const text = `The server refused the subscription to "${name}"`
      tellError(new PlanwireError('forbidden', text, 'reauthenticate', { name }))
    }
    if (refused || added['caughtUp'] === false) each((user) => user.missed?.(name))
  }

  function opened(): void {
    stop()
    attempt = 0
    refreshed = false
    if (!catchesUp()) heard.clear()
    if (socket) {
      hear()
      look()
    }
    const own = generation
    // A transport may say from within `send()` that the socket is closed.
    for (const name of wanted.keys()) send({ type: 'subscribe', name, ...since(heard, name) })
    if (own === generation) tell({ state: 'open' })
  }

  function hear(): void {
    heardAt = clock.now()
    askedAt = undefined
  }

  /** Is the open socket alive? `patienceMs`: for how long it may be silent until the server is asked. */
  function look(patienceMs = QUIET_MS): void {
    const now = clock.now()
    const answers = handshake?.answers
    if (answers && askedAt === undefined && now - heardAt >= patienceMs) {
      askedAt = now
      look()
      send({ type: 'call', calls: [] })
      return
    }
    const dead = askedAt === undefined ? heardAt + (answers ? QUIET_MS : SILENCE_MS) : askedAt + HANDSHAKE_TIMEOUT_MS
    if (now >= dead) void connect()
    else wait(dead - now, look)
  }

  /** Any attempt may be tried again, except where the server wants another token: a provider is asked once, then nothing is retried until there are new credentials. */
  function failed(cause: unknown): void {
    const error =
      cause instanceof PlanwireError
        ? cause
        : new PlanwireError('connection-lost', `${url}: no answer`, 'retry', { url }, { cause })
    drop()
    if (error.recovery !== 'reauthenticate') {
      const retryInMs = backoffMs(attempt++, ports.random.next())
      wait(retryInMs, connect)
      tellError(error)
      tell({ state: 'waiting', attempt, retryInMs, error })
    } else if (typeof source !== 'string' && !refreshed) {
      refreshed = true
      void connect()
    } else {
      refreshed = false
      tellError(error)
      tell({ state: 'auth-required', error })
    }
  }

  /** Ends the current attempt; what it still brings is ignored. Returns the number of the next. */
  function drop(): number {
    stop()
    generation += 1
    const old = socket
    socket = undefined
    // Last: it may say from within the call that it is closed.
    old?.close()
    return generation
  }

  /** From now on the server has a bounded time to answer. */
  function awaitServer(complaint: string): void {
    wait(HANDSHAKE_TIMEOUT_MS, () => failed(new PlanwireError('timeout', complaint, 'retry', { url })))
  }

  function woken(): void {
    const { state } = connection
    const now = clock.now()
    if (!isLive()) {
      if (state === 'waiting' || now >= due) void connect()
    } else if (now - heardAt > QUIET_MS) void connect()
    else if (askedAt === undefined) look(0)
  }

  return {
    get connection() {
      return connection
    },
    get live() {
      return isLive()
    },
    get handshake() {
      return handshake
    },
    get offers() {
      return handshake?.offers
    },
    resumes: (names) => catchesUp() && names.every((name) => heard.has(name)),
    token,
    join(user) {
      users.add(user)
      stopWakeups ??= ports.wakeups(woken)
      if (connection.state === 'idle') void connect()
    },
    leave(user) {
      if (!users.delete(user) || users.size > 0) return
      drop()
      stopWakeups?.()
      connection = { state: 'closed' }
      ended()
    },
    subscribe(name) {
      const count = wanted.get(name) ?? 0
      wanted.set(name, count + 1)
      if (count === 0) sendIfLive({ type: 'subscribe', name })
    },
    unsubscribe(name) {
      const count = wanted.get(name) ?? 0
      if (count > 1) wanted.set(name, count - 1)
      else if (wanted.delete(name)) {
        heard.delete(name)
        sendIfLive({ type: 'unsubscribe', name })
      }
    },
    call: (calls) => sendIfLive({ type: 'call', calls }),
    connect() {
      const { state } = connection
      if (state === 'idle' || state === 'waiting' || state === 'auth-required') void connect()
    },
  }
}
