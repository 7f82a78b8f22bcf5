/** RemoteEvents: the app's handle on live updates, in the vendor's shape. Owns the handlers; the connection is shared (`live-channel.ts`). */

import type { Cancel } from '../ports/ports.ts'
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import type { EventValue } from '../protocol/messages.ts'
import type { Fields } from '../protocol/records.ts'
import { abortable, type SendOptions } from '../sync/abort.ts'
import type { ConnectionState } from '../sync/connection.ts'
import { Emitter } from '../sync/emitter.ts'
import { type Later, later } from '../sync/later.ts'
import { type ChannelUser, type LiveChannel, sharedChannel } from './live-channel.ts'
import { type LivePorts, livePorts, type TokenSource } from './live-ports.ts'
import type { RemoteCalls } from './remote-calls.ts'

/** Receives the `value` of every frame of an entity: `{ type: 'update-event', event: {...} }`, or a custom action. */
export type RemoteHandler = (value: EventValue) => void

/** Under this key a set of handlers joins the connection itself: how a store learns when to read again. The returned function ends it. */
export const LINKED: unique symbol = Symbol('planwire.linked')

/** Handlers by entity. */
export interface RemoteHandlers {
  readonly [entity: string]: RemoteHandler
  readonly [LINKED]?: (channel: LiveChannel) => Cancel
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
  leave: Cancel | undefined
}

/** What is loaded when the first remote call is made. */
export const remoteCalls: Later<typeof import('./remote-calls.ts')> = later(() => import('./remote-calls.ts'))

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
  #calls: RemoteCalls | undefined
  #closed = false
  /** A loss was told, and the connection has not been open since. */
  #outage = false

  /** `url` of the handshake, absolute or relative to the page; `token`, or where to get one (asked anew for each connection). */
  constructor(url: string, token: TokenSource, given: Partial<LivePorts> = {}) {
    const ports = livePorts(given)
    this.#url = url
    this.#ports = ports
    this.#events = new Emitter((error) => ports.logger('error', 'A listener of RemoteEvents threw', { error }))
    this.api = this.#apiOf(false)
    this.repeatable = this.#apiOf(true)
    this.#user = {
      event: (name, value) => this.#event(name, value),
      results: (results) => this.#calls?.settle(results),
      connection: (connection) => this.#connectionChanged(connection),
      error: (error) => this.#failed(error),
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
    const handlers = new Map<string, RemoteHandler>()
    for (const [entity, own] of Object.entries(typeof first === 'string' ? { [first]: handler } : first)) {
      if (typeof own !== 'function') throw invalidArgument(`RemoteEvents.on: the handler of "${entity}" is no function`)
      handlers.set(entity, own)
    }
    const attached: Attached = { entities: [...handlers.keys()], handlers, leave: undefined }
    if (this.#closed) return attached
    this.#attached.add(attached)
    for (const entity of attached.entities) this.#channel.subscribe(entity)
    if (typeof first !== 'string') attached.leave = first[LINKED]?.(this.#channel)
    return attached
  }

  /** Takes handlers off. Calling it twice is harmless. */
  off(handle: RemoteHandle): void {
    this.#detach((attached) => attached === handle)
  }

  /** Takes off the handlers of one entity, of one handle, or all. */
  detach(what?: string | RemoteHandle): void {
    this.#detach((attached, entity) => what === undefined || what === attached || what === entity)
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
    const answer = this.#call(name, args, repeatable)
    answer.catch(() => {})
    return answer
  }

  /** Takes every handler off and leaves the connection, which ends with its last user. Idempotent. */
  close(): void {
    if (this.#closed) return
    this.detach()
    this.#closed = true
    this.#channel.leave(this.#user)
    this.#calls?.close()
    this.#events.emit('connection', { state: 'closed' })
    this.#events.clear()
  }

  async #call(name: string, args: readonly unknown[], repeatable: boolean): Promise<unknown> {
    const { RemoteCalls } = remoteCalls.code ?? (await remoteCalls.load().catch(notLoaded))
    if (this.#closed) throw new PlanwireError('closed', 'The connection was closed', 'fatal', { name })
    this.#calls ??= new RemoteCalls(this.#channel, this.#ports, this.#url)
    return this.#calls.call(name, args, repeatable)
  }

  /** `api.service.method` for any name: which ones exist, the server says. */
  #apiOf(repeatable: boolean): Api {
    // The services and their types are the app's promise about its server.
    return named((service) =>
      named(
        (method) =>
          (...args: unknown[]) =>
            this.call(`${service}.${method}`, args, { repeatable }),
      ),
    ) as Api
  }

  /** Takes entities off sets of handlers; a store that no longer hears all of its entities is told that it hears none. */
  #detach(goes: (attached: Attached, entity: string) => boolean): void {
    for (const attached of [...this.#attached]) {
      for (const entity of attached.entities) {
        if (!goes(attached, entity) || !attached.handlers.delete(entity)) continue
        this.#channel.unsubscribe(entity)
        attached.leave?.()
        attached.leave = undefined
      }
      if (attached.handlers.size === 0) this.#attached.delete(attached)
    }
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
        const details = { name, type: value.type }
        this.#failed(new PlanwireError('handler-failed', `A handler of "${name}" threw`, 'fatal', details, { cause }))
      }
    }
    if (!handled) this.#events.emit('unknown', { name, value })
  }

  #connectionChanged(connection: ConnectionState): void {
    if (connection.state === 'open') this.#outage = false
    this.#calls?.connection(connection)
    this.#events.emit('connection', connection)
  }

  #failed(error: PlanwireError): void {
    // Each attempt of an outage fails; it is told once.
    const lost = error.code === 'connection-lost' || error.code === 'timeout'
    this.#ports.logger(lost && this.#outage ? 'debug' : 'warn', error.message, { code: error.code, ...error.details })
    this.#outage ||= lost
    this.#events.emit('error', error)
  }
}

function notLoaded(cause: unknown): never {
  throw new PlanwireError('connection-lost', 'The code of remote calls cannot be loaded', 'retry', {}, { cause })
}

/** An object with something under every name. */
function named(make: (name: string) => unknown): object {
  return new Proxy(
    {},
    // A promise asks for `then`: an object that had one would be waited for.
    { get: (_target, name) => (typeof name === 'string' && name !== 'then' ? make(name) : undefined) },
  )
}
