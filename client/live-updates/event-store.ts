/**
 * The events face: a headless store with the method names of DHTMLX Scheduler. Dates stay the text that travels
 * (`2025-04-23 09:00`); a `Date` that the app gives is written so, by the rule of the option `dates`.
 */
import type { Cancel } from '../ports/ports.ts'
import type { RecordStore } from '../project/record-store.ts'
import { type DateRules, type DateZone, orderOf, writeOrder } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { SCHEDULER_DATES } from '../protocol/dialects/dhtmlx/dates.ts'
import { readRecords } from '../protocol/dialects/dhtmlx/rest.ts'
import { invalidArgument } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { abortable, type SendOptions } from '../sync/abort.ts'
import { LiveClient, type LiveClientOptions } from './live-client.ts'
import type { DateRange } from './live-runner.ts'
import { LoadedRanges, type Range } from './ranges.ts'
import { widgetValue } from './widget-dates.ts'

const EVENTS: readonly string[] = ['events']

/** An event as Scheduler writes it. */
export interface SchedulerEvent extends PlainRecord {
  readonly text?: string
  /** `YYYY-MM-DD HH:mm`. */
  readonly start_date?: string
  /** `YYYY-MM-DD HH:mm`. */
  readonly end_date?: string
}

/** Fields of an event as an app may give them. */
export type EventFields = Omit<Partial<SchedulerEvent>, 'start_date' | 'end_date'> & {
  readonly start_date?: string | Date
  readonly end_date?: string | Date
}

/** From `from` (inclusive) to `to` (exclusive). */
export interface Dates {
  readonly from: Date
  readonly to: Date
}

/** Events of the widget that {@link Scheduler.attachEvent} knows, with what a handler receives. */
export interface SchedulerWidgetEvents {
  onEventAdded: readonly [id: RecordId, event: SchedulerEvent]
  onEventChanged: readonly [id: RecordId, event: SchedulerEvent]
  onEventDeleted: readonly [id: RecordId, event: SchedulerEvent]
  /** A new event got its real id. */
  onEventIdChange: readonly [before: RecordId, after: RecordId]
  /** A load was read. */
  onLoadEnd: readonly []
}

/** What `init` was given: a headless store draws nothing, but the app may want to know. */
export interface SchedulerView {
  readonly container?: unknown
  readonly date?: Date
  readonly mode?: string
}

/**
 * Events, live. Made by {@link createScheduler}.
 * @example
 * const scheduler = createScheduler()
 * scheduler.load('/events')
 * scheduler.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
 * const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
 * new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
 */
export class Scheduler extends LiveClient {
  /** The events as a store: snapshots, subscriptions, edits. */
  readonly events: RecordStore<SchedulerEvent>
  readonly #attached = new Map<string, Cancel>()
  #view: SchedulerView = {}
  #lastAttached = 0

  constructor(options: LiveClientOptions = {}) {
    const dates: DateRules = { zone: options.dates ?? 'wall-clock', format: options.dateFormat ?? SCHEDULER_DATES }
    super({ stores: EVENTS, pathOf: () => '', dates }, options)
    this.events = this.live.store<SchedulerEvent>('events')
  }

  /** Remembers container, date and view (`day`, `week`, `month`); draws nothing. */
  init(container?: unknown, date?: Date, mode?: string): void {
    this.#view = {
      ...(container === undefined ? {} : { container }),
      ...(date ? { date } : {}),
      ...(mode === undefined ? {} : { mode }),
    }
  }

  /** What `init` was given. */
  getState(): SchedulerView {
    return this.#view
  }

  /**
   * Reads events (a JSON list, or one under `data`) and keeps them current. Nobody has to wait for it: `error` tells of a
   * failure too. With a range only what overlaps it is read (`?from=2025-04-01&to=2025-05-01`, or what a function makes of
   * it), and kept current; {@link showRange} reads on. `signal` ends the wait, not the reading.
   * @example
   * scheduler.load('/events', { from: new Date(2025, 3, 1), to: new Date(2025, 4, 1) })
   */
  load(
    url: string | ((range: DateRange | undefined) => string),
    range?: Dates,
    { signal }: SendOptions = {},
  ): Promise<void> {
    const loaded = this.live.load({
      url,
      stores: EVENTS,
      ranges: range && new LoadedRanges(this.#rangeOf(range), this.dateRules),
      read: (body) => {
        const read = readRecords(body)
        return read.ok ? { ok: true, message: { events: read.message } } : read
      },
    })
    return abortable(loaded, signal)
  }

  /**
   * Reads what is missing of a range, once: what was read is remembered, kept current, and read anew after a lost connection.
   * Resolves when the range is there; rejects with a PlanwireError, `invalid-argument` before {@link load}.
   */
  showRange(from: Date, to: Date, { signal }: SendOptions = {}): Promise<void> {
    return abortable(this.live.showRange(EVENTS, this.#rangeOf({ from, to })), signal)
  }

  /** What dates mean: the option `dates`. */
  get dateZone(): DateZone {
    return this.dateRules.zone
  }

  /** A date as it travels, of a number by which dates are compared. For {@link editOccurrence} and its like. */
  dateText(order: number): string {
    return writeOrder(order, this.dateRules) ?? ''
  }

  /** The ranges that were read, in order; empty where everything was, or nothing yet. */
  get loadedRanges(): readonly DateRange[] {
    return this.live.rangesOf(EVENTS).map(({ from, to }) => ({ from: this.dateText(from), to: this.dateText(to) }))
  }

  #rangeOf({ from, to }: Dates): Range {
    const { zone } = this.dateRules
    const range = { from: orderOf(from, zone), to: orderOf(to, zone) }
    if (range.from === undefined || range.to === undefined || range.from >= range.to)
      throw invalidArgument('A range ends after it begins', { from, to })
    return { from: range.from, to: range.to }
  }

  /** The event, also by the temporary id that it had before the server named it. */
  getEvent(id: RecordId): SchedulerEvent | undefined {
    return this.events.get(id)
  }

  /** All events, or those that overlap the time from `from` (inclusive) to `to` (exclusive). A series counts as one record from its start to its end. */
  getEvents(from?: Date, to?: Date): readonly SchedulerEvent[] {
    const all = this.events.all()
    if (!from && !to) return all
    const { zone } = this.dateRules
    const first = orderOf(from, zone) ?? Number.NEGATIVE_INFINITY
    const last = orderOf(to, zone) ?? Number.POSITIVE_INFINITY
    return all.filter(({ start_date, end_date }) => {
      const start = orderOf(start_date, zone)
      if (start === undefined) return false
      const end = orderOf(end_date, zone) ?? start
      return start < last && (end > first || start >= first)
    })
  }

  /** Adds an event and returns its temporary id, under which it can be found for good. */
  addEvent(fields: EventFields): RecordId {
    return this.events.add(this.#written(fields)).id
  }

  /** Changes some fields of an event. Error `not-found`. */
  updateEvent(id: RecordId, fields: EventFields): SchedulerEvent {
    return this.events.update(id, this.#written(fields))
  }

  /** Removes an event; one that is not there is passed over. */
  deleteEvent(id: RecordId): void {
    this.events.remove(id)
  }

  /** Calls `handler` on each event of the widget's name and returns an id for {@link detachEvent}. Own and others' changes are told alike. */
  attachEvent<Name extends keyof SchedulerWidgetEvents>(
    name: Name,
    handler: (...args: SchedulerWidgetEvents[Name]) => void,
  ): string {
    const stop = this.#listen(name, handler as (...args: readonly unknown[]) => void)
    const id = `ev_${name}:${++this.#lastAttached}`
    this.#attached.set(id, stop)
    return id
  }

  /** Takes a handler off. Calling it twice is harmless. */
  detachEvent(id: string): void {
    this.#attached.get(id)?.()
    this.#attached.delete(id)
  }

  /** Calls `listener` after each change of the events: with {@link getSnapshot}, what `useSyncExternalStore` wants. */
  subscribe(listener: () => void): Cancel {
    return this.events.subscribe(listener)
  }

  /** All events; the same array until something changes. */
  getSnapshot(): readonly SchedulerEvent[] {
    return this.events.all()
  }

  /** Dates as text; the store writes them so in any case, this says it to the type checker. */
  #written(fields: EventFields): Partial<Omit<SchedulerEvent, 'id'>> {
    const { id: _, start_date, end_date, ...rest } = fields
    const text = (date: string | Date): string => String(widgetValue(date, this.dateRules))
    return {
      ...rest,
      ...(start_date === undefined ? {} : { start_date: text(start_date) }),
      ...(end_date === undefined ? {} : { end_date: text(end_date) }),
    }
  }

  #listen(name: keyof SchedulerWidgetEvents, handler: (...args: readonly unknown[]) => void): Cancel {
    switch (name) {
      case 'onEventAdded':
        return this.events.on('change', ({ added }) => {
          for (const event of added) handler(event.id, event)
        })
      case 'onEventChanged':
        return this.events.on('change', ({ updated }) => {
          for (const { after } of updated) handler(after.id, after)
        })
      case 'onEventDeleted':
        return this.events.on('change', ({ removed }) => {
          for (const event of removed) handler(event.id, event)
        })
      case 'onEventIdChange':
        return this.events.on('change', ({ rekeyed }) => {
          for (const { from, to } of rekeyed) handler(from, to)
        })
      case 'onLoadEnd':
        return this.on('change', ({ origin }) => {
          if (origin === 'dataset') handler()
        })
      default:
        throw invalidArgument(`attachEvent: there is no event "${String(name)}"`)
    }
  }
}

/**
 * A headless scheduler: events, live, with the method names of the widget.
 * @example
 * const scheduler = createScheduler()
 * scheduler.on('change', ({ stores }) => redraw(stores.events))
 */
export function createScheduler(options: LiveClientOptions = {}): Scheduler {
  return new Scheduler(options)
}
