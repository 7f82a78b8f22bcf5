/** RemoteEvents: the app's handle on live updates, in the vendor's shape. Owns the handlers; the connection is shared (`live-channel.ts`). */

import type { Cancel } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import type { EventValue } from '../protocol/messages.ts'
import type { Fields } from '../protocol/records.ts'
import { abortable, type SendOptions } from '../sync/abort.ts'
import type { ConnectionState } from '../sync/connection.ts'
import { Emitter } from '../sync/emitter.ts'
import type { ChannelUser, LiveChannel } from './live-channel.ts'
import { type LiveLink, type LivePorts, livePorts, type TokenSource } from './live-ports.ts'
import { postCalls, RemoteCalls } from './remote-calls.ts'
import { sharedChannel } from './shared-channels.ts'

/** Receives the `value` of every frame of an entity: `{ type: 'update-event', event: {...} }`, or a custom action. */
export type RemoteHandler = (value: EventValue) => void

/** Under this key a set of handlers may ask to be told of the connection: how `remoteUpdates` learns when to read again. */
export const LINKED: unique symbol = Symbol('planwire.linked')

/** What a linked set of handlers wants to hear. None may throw. */
export interface LinkListener {
  connection(connection: ConnectionState): void
  /** A frame could not be read: something may have been missed. */
  doubt(): void
  /** Frames of an entity were missed. */
  missed(entity: string): void
}

/** Handlers by entity. */
export interface RemoteHandlers {
  readonly [entity: string]: RemoteHandler
  readonly [LINKED]?: (link: LiveLink) => LinkListener
}

/** Names handlers that were put on together, for {@link RemoteEvents.off}. */
export interface RemoteHandle {
  readonly entities: readonly string[]
}

/** What {@link RemoteEvents.watch} tells. */
export interface RemoteEventsEvents {
  readonly connection: ConnectionState
  /** Refused, lost, unreadable: every failure, with its code and what to do. */
  readonly error: PlanwireError
  /** A frame of an entity that nobody handles. */
  readonly unknown: { readonly name: string; readonly value: EventValue }
}

/** Services of the server, by name; each method answers with a promise. */
export type RemoteApi = {
  readonly [service: string]: { readonly [method: string]: (...args: never[]) => Promise<unknown> }
}

interface Attached extends RemoteHandle {
  readonly handlers: Map<string, RemoteHandler>
  link: LinkListener | undefined
}

let instances = 0

/**
 * Live updates of a server: `GET url` with the token, then a socket on which the server broadcasts what others changed
 * (source: "Multi-User Live Updates"). Connects by itself, comes back after a loss, and stops only when the token is refused.
 * When the network is back or the tab is seen again it tries at once, and replaces a socket that was silent for over 25 s.
 * @example
 * const remoteEvents = new RemoteEvents('/api/v1', 'token')
 * remoteEvents.on(remoteUpdates)
 * remoteEvents.on({ calendars: ({ type, value }) => console.log(type, value) })
 */
export class RemoteEvents<Api extends RemoteApi = RemoteApi> {
  /** Remote calls: `api.service.method(...args)`. Rejected with `rejected`, `timeout`, `connection-lost` or `closed`. */
  readonly api: Api
  /** The same methods, for calls that may be carried out twice: one whose answer a lost connection took is sent again. */
  readonly repeatable: Api
  readonly #url: string
  readonly #ports: LivePorts
  readonly #channel: LiveChannel
  readonly #user: ChannelUser
  readonly #attached = new Set<Attached>()
  readonly #events: Emitter<RemoteEventsEvents>
  readonly #calls: RemoteCalls
  #closed = false
  /** A loss was told, and the connection has not been open since. */
  #outage = false

  /** `url` of the handshake, absolute or relative to the page; `token`, or where to get one (asked anew for each connection). */
  constructor(url: string, token: TokenSource, given: Partial<LivePorts> = {}) {
    const ports = livePorts(given)
    this.#url = url
    this.#ports = ports
    this.#events = new Emitter((error) => ports.logger('error', 'A listener of RemoteEvents threw', { error }))
    this.#calls = new RemoteCalls(ports.clock, `${++instances}-`)
    this.api = apiOf((name, args) => this.call(name, args)) as Api
    this.repeatable = apiOf((name, args) => this.call(name, args, { repeatable: true })) as Api
    this.#user = {
      event: (name, value) => this.#event(name, value),
      results: (results) => this.#calls.settle(results),
      connection: (connection) => this.#connectionChanged(connection),
      error: (error) => this.#failed(error),
      missed: (entity) => {
        for (const { link } of [...this.#attached]) link?.missed(entity)
      },
    }
    this.#channel = sharedChannel(url, token, ports)
    this.#channel.join(this.#user)
  }

  /** Where the connection stands. */
  get connection(): ConnectionState {
    return this.#closed ? { state: 'closed' } : this.#channel.connection
  }

  /** `data` of the handshake: whatever the server wants the page to know. Empty before it was answered. */
  get data(): Fields {
    return this.#channel.handshake?.data ?? {}
  }

  /** Resolves when the connection is open; rejects with why the attempt under way, or the last one, failed, or with the signal's reason. Nobody has to wait for it. */
  ready({ signal }: SendOptions = {}): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      const settle = (connection: ConnectionState): boolean => {
        if (connection.state === 'open') resolve()
        else if (connection.state === 'waiting' || connection.state === 'auth-required') reject(connection.error)
        else if (connection.state === 'closed')
          reject(new PlanwireError('closed', 'The connection was closed', 'fatal'))
        else return false
        return true
      }
      if (settle(this.connection)) return
      const stop = this.#events.on('connection', (connection) => {
        if (settle(connection)) stop()
      })
    })
    return abortable(promise, signal)
  }

  /** Puts on a handler for an entity, or handlers for several. Any number may listen to one entity; the server is asked once. */
  on(entity: string, handler: RemoteHandler): RemoteHandle
  on(handlers: RemoteHandlers): RemoteHandle
  on(first: string | RemoteHandlers, handler?: RemoteHandler): RemoteHandle {
    const given: readonly [string, RemoteHandler | undefined][] =
      typeof first === 'string' ? [[first, handler]] : Object.entries(first)
    const handlers = new Map<string, RemoteHandler>()
    for (const [entity, own] of given) {
      if (typeof own !== 'function')
        throw new PlanwireError(
          'invalid-argument',
          `RemoteEvents.on: the handler of "${entity}" is no function`,
          'fatal',
        )
      handlers.set(entity, own)
    }
    const link = typeof first === 'string' ? undefined : first[LINKED]?.(this.#channel)
    const attached: Attached = { entities: [...handlers.keys()], handlers, link }
    if (this.#closed) return attached
    this.#attached.add(attached)
    for (const entity of attached.entities) this.#channel.subscribe(entity)
    link?.connection(this.connection)
    return attached
  }

  /** Takes handlers off. Calling it twice is harmless. */
  off(handle: RemoteHandle): void {
    for (const attached of this.#attached) if (attached === handle) this.#detach(attached)
  }

  /** Takes off the handlers of one entity, of one handle, or all. */
  detach(what?: string | RemoteHandle): void {
    for (const attached of [...this.#attached]) {
      if (what === undefined || attached === what) this.#detach(attached)
      else if (typeof what === 'string') this.#narrow(attached, what)
    }
  }

  /** Calls `listener` on each `connection`, `error` or `unknown` until the returned function is called. */
  watch<Name extends keyof RemoteEventsEvents>(
    name: Name,
    listener: (payload: RemoteEventsEvents[Name]) => void,
  ): Cancel {
    return this.#events.on(name, listener)
  }

  /** Connects at once instead of after the pause; after `auth-required`, with a new token of the provider. */
  reconnect(): void {
    if (!this.#closed) this.#channel.connect()
  }

  /** Calls a remote method by its full name, such as `svc.add`. `repeatable`: it is sent again when a lost connection took the answer. */
  call(
    name: string,
    args: readonly unknown[] = [],
    { repeatable = false }: { readonly repeatable?: boolean } = {},
  ): Promise<unknown> {
    if (this.#closed)
      return quietly(Promise.reject(new PlanwireError('closed', 'The connection was closed', 'fatal', { name })))
    const answer = this.#calls.add(name, args, repeatable)
    if (this.connection.state === 'open') this.#sendCalls()
    return answer
  }

  /** Takes every handler off and leaves the connection, which ends with its last user. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.detach()
    this.#closed = true
    this.#channel.leave(this.#user)
    this.#calls.failAll(new PlanwireError('closed', 'The connection was closed', 'fatal'))
    this.#events.emit('connection', { state: 'closed' })
    this.#events.clear()
  }

  #detach(attached: Attached): void {
    for (const entity of [...attached.handlers.keys()]) this.#narrow(attached, entity)
    this.#attached.delete(attached)
  }

  /** Takes one entity off a set of handlers; a store that no longer hears all of its entities is told that it hears none. */
  #narrow(attached: Attached, entity: string): void {
    if (!attached.handlers.delete(entity)) return
    this.#channel.unsubscribe(entity)
    attached.link?.connection({ state: 'closed' })
    attached.link = undefined
    if (attached.handlers.size === 0) this.#attached.delete(attached)
  }

  #event(name: string, value: EventValue): void {
    let handled = false
    for (const { handlers } of [...this.#attached]) {
      const handler = handlers.get(name)
      if (!handler) continue
      handled = true
      try {
        handler(value)
      } catch (cause) {
        this.#failed(
          new PlanwireError(
            'handler-failed',
            `A handler of "${name}" threw`,
            'fatal',
            { name, type: value.type },
            { cause },
          ),
        )
      }
    }
    if (!handled) this.#events.emit('unknown', { name, value })
  }

  #connectionChanged(connection: ConnectionState): void {
    if (connection.state === 'open') {
      this.#outage = false
      this.#sendCalls()
    } else if (connection.state === 'connecting')
      this.#calls.failSent(new PlanwireError('connection-lost', 'The connection was replaced', 'retry'))
    else if (connection.state === 'waiting' || connection.state === 'auth-required')
      this.#calls.failSent(connection.error)
    for (const { link } of [...this.#attached]) link?.connection(connection)
    this.#events.emit('connection', connection)
  }

  #failed(error: PlanwireError): void {
    // Each attempt of an outage fails; it is told once.
    const lost = error.code === 'connection-lost' || error.code === 'timeout'
    this.#ports.logger(lost && this.#outage ? 'debug' : 'warn', error.message, { code: error.code, ...error.details })
    this.#outage ||= lost
    if (error.code === 'malformed-message') for (const { link } of [...this.#attached]) link?.doubt()
    this.#events.emit('error', error)
  }

  #sendCalls(): void {
    const calls = this.#calls.take()
    if (calls.length === 0 || this.#channel.call(calls)) return
    void this.#post(calls)
  }

  async #post(
    calls: readonly { readonly id: string; readonly name: string; readonly args: readonly unknown[] }[],
  ): Promise<void> {
    try {
      const token = this.#channel.handshake?.key ?? (await this.#channel.token()) ?? ''
      this.#calls.settle(await postCalls(this.#ports.http, this.#url, token, calls))
    } catch (cause) {
      const error =
        cause instanceof PlanwireError
          ? cause
          : new PlanwireError('connection-lost', 'Remote call: no answer', 'retry', {}, { cause })
      this.#calls.failSent(error, false)
    }
  }
}

/** `api.service.method` for any name: which ones exist, the server says. */
function apiOf(call: (name: string, args: readonly unknown[]) => Promise<unknown>): object {
  const named = (make: (name: string) => unknown): object =>
    new Proxy(
      {},
      // A promise asks for `then`: an api that had one would be waited for.
      { get: (_target, name) => (typeof name === 'string' && name !== 'then' ? make(name) : undefined) },
    )
  return named((service) =>
    named(
      (method) =>
        (...args: unknown[]) =>
          call(`${service}.${method}`, args),
    ),
  )
}

function quietly<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
