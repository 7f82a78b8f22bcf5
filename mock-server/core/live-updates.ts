/**
 * Owns who hears what of the live updates: the sockets, who subscribed to which entity, and the events that go to them and
 * to nobody else.
 *
 * planwire's extension, for sockets opened with the query key `planwire=1`: each event of a record says at which position
 * of the history it stands (`body.planwire.position`), each `subscribe` is answered by `subscribed`, and one that names a
 * position brings the events that were missed since.
 */
import { payloadKeyOf } from '../../client/protocol/dialects/dhtmlx/entities.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { EventValue, LogPosition } from '../../client/protocol/messages.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { ServerSocketListener } from './contract.ts'
import { BOUNDS } from './defaults.ts'
import { isTooDeep } from './depth.ts'
import { positionText } from './etag.ts'
import { frameOf, type LiveGuest, LiveSession, type LiveSource, type LiveUpdatesOptions } from './live-session.ts'
import type { SafeSocket } from './safe-socket.ts'

/** Entities whose custom messages stand under the key of their records, as the document shows it for `events`. */
const WIDGET_ENTITIES = new Set(['events', 'tasks', 'links'])

/** All live-updates sockets. */
export class LiveUpdates {
  readonly #options: LiveUpdatesOptions
  readonly #sessions = new Set<LiveSession>()
  readonly #sources = new Map<string, LiveSource>()
  /** Subscribers by entity, so that an event costs only those whom it concerns. */
  readonly #subscribers = new Map<string, Set<LiveSession>>()

  constructor(options: LiveUpdatesOptions) {
    this.#options = options
  }

  /** Names the source of an entity's events. */
  source(name: string, source: LiveSource): void {
    this.#sources.set(name, source)
  }

  /** Takes a socket whose token was found good. */
  accept(socket: SafeSocket, guest: LiveGuest): ServerSocketListener {
    const session = new LiveSession(socket, guest, this.#options, {
      subscribed: (name) => this.#subscribersOf(name).add(session),
      unsubscribed: (name) => this.#drop(name, session),
      source: (name) => this.#sources.get(name),
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

  /**
   * Sends events to the subscribers of their entities, in order. `position` is that of the history after them; a client
   * stands there once it has heard the last event of an entity, all others say that there is `more`.
   */
  publish(events: readonly LiveEvent[], position: LogPosition): void {
    const last = new Map(events.map((event) => [event.name, event]))
    for (const event of events) {
      const mark = { position: positionText(position), ...(last.get(event.name) === event ? {} : { more: true }) }
      this.#send(event, mark)
    }
  }

  /**
   * Makes a custom message to the subscribers of an entity, `{ type: action, value }`, or under `event`, `task`, `link` for
   * the widgets' own entities; answers what sends it. Throws `invalid-argument` for names that are none and values that are
   * no JSON.
   */
  message(name: string, action: string, value: unknown): () => void {
    for (const word of [name, action]) {
      if (typeof word !== 'string' || word === '' || word.length > BOUNDS.name)
        throw invalid(`Entity and action are texts of 1 to ${BOUNDS.name} characters`)
    }
    const json = textOf(value)
    if (json.length > this.#options.frameLength || isTooDeep(json)) throw invalid('The value is too large')
    const message = messageOf(name, action, JSON.parse(json))
    return () => this.#send({ name, value: message })
  }

  /** The history of these entities began anew, with the records that there are: their subscribers learn where they stand. */
  moved(names: readonly string[]): void {
    for (const name of names) for (const session of this.#subscribers.get(name) ?? []) session.tellPosition(name)
  }

  close(code: number, reason: string): void {
    for (const session of [...this.#sessions]) session.close(code, reason)
  }

  /** Each form of the frame is written once, however many hear it. */
  #send({ name, value }: LiveEvent, mark?: Fields): void {
    let [plain, marked]: [string?, string?] = []
    for (const session of this.#subscribers.get(name) ?? []) {
      if (mark && session.extended) session.send((marked ??= frameOf(name, value, mark)))
      else session.send((plain ??= frameOf(name, value)))
    }
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

/** An event and the entity that it is of. */
export interface LiveEvent {
  readonly name: string
  readonly value: EventValue
}

function messageOf(name: string, action: string, value: unknown): EventValue {
  const key = payloadKeyOf(name)
  // A record's own event, from a test that plays the server, is none of the custom ones.
  const isRecord = ['add', 'update', 'delete'].some((verb) => action === `${verb}-${key}`)
  return { [isRecord || WIDGET_ENTITIES.has(name) ? key : 'value']: value, type: action }
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value ?? null) ?? 'null'
  } catch (cause) {
    throw invalid('The value is no JSON', cause)
  }
}

function invalid(message: string, cause?: unknown): PlanwireError {
  return new PlanwireError('invalid-argument', `publish: ${message}`, 'fatal', {}, { cause })
}
