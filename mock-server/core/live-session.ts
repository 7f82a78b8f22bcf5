/** Owns one live-updates socket: what it subscribed to, its calls, and what a client that comes back is told. */
import type { Logger, Random } from '../../client/ports/ports.ts'
import { liveUpdatesServer } from '../../client/protocol/dialects/dhtmlx/server.ts'
import { assertNever } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import type {
  Downstream,
  EventValue,
  LogPosition,
  RemoteCall,
  RemoteResult,
  ResumePoint,
  Upstream,
} from '../../client/protocol/messages.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { ServerSocketListener } from './contract.ts'
import { BOUNDS } from './defaults.ts'
import { isTooDeep } from './depth.ts'
import { positionText, readPosition } from './etag.ts'
import type { SafeSocket } from './safe-socket.ts'
import type { Caller, Services } from './services.ts'

/** What all live-updates sockets share. */
export interface LiveUpdatesOptions {
  readonly random: Random
  readonly logger: Logger
  readonly frameLength: number
  /** Entities that one socket may subscribe to. */
  readonly subscriptions: number
  readonly services: Services
}

/** What a socket said when it was opened. */
export interface LiveGuest {
  /** Found good. */
  readonly token: string
  /** Whether it asked for planwire's extension. */
  readonly extended: boolean
  mayHear(entity: string): boolean
}

/** Where the events of an entity come from. */
export interface LiveSource {
  /** Where its history stands. */
  readonly position: LogPosition
  /** What happened since, one event per record, as it is now; `lost` when only a reload helps. */
  missed(point: ResumePoint): readonly EventValue[] | 'lost'
}

/** What a session tells, and asks of, the set that it belongs to. */
export interface LiveSessionOwner {
  subscribed(name: string): void
  unsubscribed(name: string): void
  source(name: string): LiveSource | undefined
  gone(): void
}

/** One live-updates socket. */
export class LiveSession implements ServerSocketListener {
  /** Entities that it subscribed to. */
  readonly names: Set<string> = new Set()
  readonly #socket: SafeSocket
  readonly #guest: LiveGuest
  readonly #options: LiveUpdatesOptions
  readonly #owner: LiveSessionOwner
  readonly #caller: Caller & { readonly connection: string }
  #closed = false

  constructor(socket: SafeSocket, guest: LiveGuest, options: LiveUpdatesOptions, owner: LiveSessionOwner) {
    this.#socket = socket
    this.#guest = guest
    this.#options = options
    this.#owner = owner
    this.#caller = { token: guest.token, connection: options.random.id(), underWay: 0 }
  }

  /** Whether it asked for planwire's extension. */
  get extended(): boolean {
    return this.#guest.extended
  }

  start(): void {
    this.#say({ type: 'start', connection: this.#caller.connection })
  }

  send(frame: string): void {
    this.#socket.send(frame)
  }

  frame(text: string): void {
    if (this.#closed) return
    const { logger, frameLength } = this.#options
    if (text.length > frameLength || isTooDeep(text)) {
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

  /** Extension: where the history of an entity stands; `caughtUp`: whether everything since the client's position was sent. */
  tellPosition(name: string, caughtUp?: boolean): void {
    if (!this.extended) return
    const source = this.#owner.source(name)
    const said = { ...(source ? { position: positionText(source.position) } : {}), caughtUp }
    this.#say({ type: 'custom', command: 'subscribed', payload: { name, planwire: said } })
  }

  #handle(message: Upstream): void {
    const { logger } = this.#options
    switch (message.type) {
      case 'subscribe':
        this.#subscribe(message.name, message.extra)
        return
      case 'unsubscribe':
        if (this.names.delete(message.name)) this.#owner.unsubscribed(message.name)
        return
      case 'call':
        this.#call(message.calls)
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

  #subscribe(name: string, extra: Fields | undefined): void {
    const { logger, subscriptions } = this.#options
    const asked = this.extended && isObject(extra?.['planwire']) ? extra['planwire'] : undefined
    if (!this.names.has(name)) {
      if (this.names.size >= subscriptions || name.length > BOUNDS.name) {
        logger('warn', 'A subscription was refused', { limit: subscriptions })
        this.#refuse(name)
        return
      }
      if (!this.#guest.mayHear(name)) {
        logger('warn', 'A subscription was refused: the token may not read it', { entity: name })
        this.#refuse(name)
        return
      }
      this.names.add(name)
      this.#owner.subscribed(name)
    }
    this.tellPosition(name, asked && this.#catchUp(name, asked['since']))
  }

  #refuse(name: string): void {
    if (!this.extended) return
    const payload = { name: name.slice(0, BOUNDS.name), planwire: { refused: true } }
    this.#say({ type: 'custom', command: 'subscribed', payload })
  }

  /** Sends what was missed since a position; false when that cannot be told. */
  #catchUp(name: string, since: unknown): boolean | undefined {
    if (since === undefined) return undefined
    const [point, source] = [readPosition(since), this.#owner.source(name)]
    const missed = point && source ? source.missed(point) : 'lost'
    if (missed === 'lost') return false
    // The client stands at the position only once it has heard all of them, which `subscribed` says.
    for (const value of missed) this.send(frameOf(name, value, { more: true }))
    return true
  }

  #call(calls: readonly RemoteCall[]): void {
    const results = this.#options.services.answer(calls, this.#caller)
    const say = (all: readonly RemoteResult[]): void => this.#say({ type: 'result', results: all })
    if (results instanceof Promise) void results.then(say)
    else say(results)
  }

  #say(message: Downstream): void {
    this.#socket.send(liveUpdatesServer.encode(message))
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#owner.gone()
  }
}

/** The frame of an event; with what the extension says of it. */
export function frameOf(name: string, value: EventValue, mark?: Fields): string {
  const extra = mark ? { extra: { body: { planwire: mark } } } : {}
  return liveUpdatesServer.encode({ type: 'event', name, value, ...extra })
}
