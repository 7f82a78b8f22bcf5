/** Owns the live-updates sockets: who subscribed to which entity, and the events that go to them and to nobody else. */
import type { Logger, Random } from '../../client/ports/ports.ts'
import { liveUpdatesServer } from '../../client/protocol/dialects/dhtmlx/server.ts'
import { assertNever } from '../../client/protocol/errors.ts'
import type { EventValue, RemoteCall, RemoteResult, Upstream } from '../../client/protocol/messages.ts'
import type { ServerSocketListener } from './contract.ts'
import { BOUNDS } from './defaults.ts'
import type { SafeSocket } from './safe-socket.ts'

/** What all live-updates sockets share. */
export interface LiveUpdatesOptions {
  readonly random: Random
  readonly logger: Logger
  readonly frameLength: number
  /** Entities that one socket may subscribe to. */
  readonly subscriptions: number
}

/** All live-updates sockets. */
export class LiveUpdates {
  readonly #options: LiveUpdatesOptions
  readonly #sessions = new Set<LiveSession>()
  /** Subscribers by entity, so that an event costs only those whom it concerns. */
  readonly #subscribers = new Map<string, Set<LiveSession>>()

  constructor(options: LiveUpdatesOptions) {
    this.#options = options
  }

  /** Takes a socket whose token was found good, and which entities it may hear of. */
  accept(socket: SafeSocket, mayHear: (entity: string) => boolean): ServerSocketListener {
    const session = new LiveSession(socket, this.#options, {
      mayHear,
      subscribed: (name) => this.#subscribersOf(name).add(session),
      unsubscribed: (name) => this.#drop(name, session),
      gone: () => {
        this.#sessions.delete(session)
        for (const name of session.names) this.#drop(name, session)
      },
    })
    this.#sessions.add(session)
    session.start()
    return session
  }

  /** True if anybody would hear of the entity. */
  hasSubscribers(name: string): boolean {
    return this.#subscribers.has(name)
  }

  /** Sends an event to the subscribers of an entity. */
  publish(name: string, value: EventValue): void {
    const subscribers = this.#subscribers.get(name)
    if (!subscribers) return
    const frame = liveUpdatesServer.encode({ type: 'event', name, value })
    for (const session of subscribers) session.send(frame)
  }

  close(code: number, reason: string): void {
    for (const session of [...this.#sessions]) session.close(code, reason)
  }

  #subscribersOf(name: string): Set<LiveSession> {
    let subscribers = this.#subscribers.get(name)
    if (!subscribers) this.#subscribers.set(name, (subscribers = new Set()))
    return subscribers
  }

  #drop(name: string, session: LiveSession): void {
    const subscribers = this.#subscribers.get(name)
    subscribers?.delete(session)
    if (subscribers?.size === 0) this.#subscribers.delete(name)
  }
}

/** What a session tells the set that it belongs to. */
interface LiveSessionOwner {
  mayHear(name: string): boolean
  subscribed(name: string): void
  unsubscribed(name: string): void
  gone(): void
}

/** One live-updates socket. */
class LiveSession implements ServerSocketListener {
  /** Entities that it subscribed to. */
  readonly names = new Set<string>()
  readonly #socket: SafeSocket
  readonly #options: LiveUpdatesOptions
  readonly #owner: LiveSessionOwner
  #closed = false

  constructor(socket: SafeSocket, options: LiveUpdatesOptions, owner: LiveSessionOwner) {
    this.#socket = socket
    this.#options = options
    this.#owner = owner
  }

  start(): void {
    this.#socket.send(liveUpdatesServer.encode({ type: 'start', connection: this.#options.random.id() }))
  }

  send(frame: string): void {
    this.#socket.send(frame)
  }

  frame(text: string): void {
    if (this.#closed) return
    const { logger, frameLength } = this.#options
    if (text.length > frameLength) {
      logger('warn', 'A live-updates frame is too large', { length: text.length })
      return
    }
    const parsed = liveUpdatesServer.decode(text)
    // The documented server logs such frames and says nothing.
    if (parsed.ok) this.#handle(parsed.message)
    else logger('warn', 'A live-updates frame could not be read', { error: parsed.error.message })
  }

  closed(): void {
    this.#socket.gone()
    this.#end()
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
    this.#end()
  }

  #handle(message: Upstream): void {
    const { logger, subscriptions } = this.#options
    switch (message.type) {
      case 'subscribe':
        if (this.names.has(message.name)) return
        if (this.names.size >= subscriptions || message.name.length > BOUNDS.name) {
          logger('warn', 'A subscription was refused', { limit: subscriptions })
          return
        }
        if (!this.#owner.mayHear(message.name)) {
          logger('warn', 'A subscription was refused: the token may not read it', { entity: message.name })
          return
        }
        this.names.add(message.name)
        this.#owner.subscribed(message.name)
        return
      case 'unsubscribe':
        if (this.names.delete(message.name)) this.#owner.unsubscribed(message.name)
        return
      case 'call':
        this.#socket.send(liveUpdatesServer.encode({ type: 'result', results: answerCalls(message.calls) }))
        return
      case 'custom':
        logger('warn', 'A live-updates frame has an unknown action', { action: message.command.slice(0, BOUNDS.name) })
        return
      case 'login':
      case 'logout':
      case 'version':
      case 'projects':
      case 'dataset':
      case 'change':
      case 'reset':
      case 'requestVersionAutoSave':
      case 'loadVersionContent':
      case 'presence':
        return
      default:
        assertNever(message)
    }
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#owner.gone()
  }
}

/** The handshake offers no services (`api: {}`), so every call is of one that does not exist. */
export function answerCalls(calls: readonly RemoteCall[]): readonly RemoteResult[] {
  return calls.map(({ id }) => ({ id, error: 'Unknown method', data: null }))
}
