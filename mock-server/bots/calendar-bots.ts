/** Owns bots that keep a calendar over the live updates: their client, and which gesture stands behind each kind of edit. */
import { fetchHttp } from '../../client/adapters/fetch-http.ts'
import { webSocketTransport } from '../../client/adapters/web-socket-transport.ts'
import { createScheduler, type Dates, type Scheduler } from '../../client/live-updates/event-store.ts'
import type { TokenSource } from '../../client/live-updates/live-ports.ts'
import type { RemoteEvents } from '../../client/live-updates/remote-events.ts'
import type { HttpPort, Random } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { createBots } from './bots.ts'
import { CalendarView, create, drag, remove, rename, resize } from './calendar-gestures.ts'
import { Line } from './line.ts'
import type { BotOptions, Bots, Desk, DeskParts, Gesture, Mix } from './words.ts'

/** Kinds of edit that need a calendar. */
type EventEditKind = 'drag' | 'resize' | 'rename' | 'create' | 'delete'

/** What bots do to a calendar. `delete` deletes what the bot has added. */
export type CalendarEditKind = EventEditKind | 'offline'

/** Where bots keep a calendar, and how. */
export interface CalendarBotOptions extends BotOptions<CalendarEditKind> {
  /** Where events are read and saved. Default `/events`. */
  readonly eventsUrl?: string
  /** Where live updates come from. Default `/api/v1`. */
  readonly liveUpdatesUrl?: string
  /** Default `token`, the mock server's. */
  readonly token?: TokenSource
  /** Work on events of this time only. Default: on all. */
  readonly range?: Dates
  readonly http?: HttpPort
}

const MIX: Mix<CalendarEditKind> = { drag: 40, resize: 15, rename: 15, create: 14, delete: 12, offline: 1 }

const GESTURES: Readonly<Record<EventEditKind, (view: CalendarView, random: Random) => Gesture | undefined>> = {
  drag,
  resize,
  rename,
  create,
  delete: remove,
}

/**
 * Collaborators on a calendar, each with a client of its own, as {@link startBots} has them for a project. The live updates
 * know no presence: others see their edits alone. Series are left as they are.
 * @example
 * const bots = startCalendarBots({ seed: 7, range: { from: new Date(2026, 2, 1), to: new Date(2026, 3, 1) } })
 */
export function startCalendarBots(options: CalendarBotOptions = {}): Bots<CalendarEditKind> {
  return createBots(options, MIX, (parts) => new CalendarDesk(options, parts))
}

class CalendarDesk implements Desk<EventEditKind> {
  readonly #scheduler: Scheduler
  readonly #remote: RemoteEvents
  readonly #view: CalendarView
  readonly #line: Line
  #loaded = false
  #refused: PlanwireError | undefined

  constructor(options: CalendarBotOptions, { clock, random, changed, lost }: DeskParts) {
    const { eventsUrl = '/events', liveUpdatesUrl = '/api/v1', token = 'token', range } = options
    this.#line = new Line(options.transport ?? webSocketTransport())
    this.#scheduler = createScheduler({
      transport: this.#line.transport,
      http: this.#line.http(options.http ?? fetchHttp()),
      wakeups: this.#line.wakeups,
      clock,
      random,
      logger: () => {},
      outbox: false,
    })
    this.#view = new CalendarView(this.#scheduler)
    this.#scheduler.on('connection', changed)
    this.#scheduler.on('rejected', lost)
    this.#scheduler.on('conflict', lost)
    this.#scheduler.attachEvent('onLoadEnd', () => {
      this.#loaded = true
      changed()
    })
    const { RemoteEvents, remoteUpdates } = this.#scheduler.ext.liveUpdates
    this.#remote = new RemoteEvents(liveUpdatesUrl, token)
    this.#remote.on(remoteUpdates)
    this.#scheduler.createDataProcessor({ url: eventsUrl, mode: 'REST-JSON' })
    // Rejects with what will not pass: the scheduler tries again what may.
    this.#scheduler.load(eventsUrl, range).catch((error: unknown) => {
      if (!(error instanceof PlanwireError)) return
      this.#refused = error
      changed()
    })
  }

  get connection(): 'connecting' | 'open' | { readonly refused: PlanwireError } {
    const { connection } = this.#scheduler
    if (this.#refused) return { refused: this.#refused }
    if (connection.state === 'auth-required') return { refused: connection.error }
    return connection.state === 'open' && this.#loaded ? 'open' : 'connecting'
  }

  plan(kind: EventEditKind, random: Random): Gesture | undefined {
    return GESTURES[kind](this.#view, random)
  }

  /** Nobody sees what is selected here. */
  rest(): void {}

  setOnline(online: boolean): void {
    this.#line.setOnline(online)
  }

  close(): void {
    this.#scheduler.close()
    this.#remote.close()
  }
}
