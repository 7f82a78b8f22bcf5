/**
 * The events face: a headless store with the method names of DHTMLX Scheduler. Dates stay the widget's text, wall clock
 * without a zone (`2025-04-23 09:00`); a `Date` that the app gives is written so, by its local clock.
 */
import type { Cancel } from '../ports/ports.ts'
import type { RecordStore } from '../project/record-store.ts'
import { dateFromWidget, SCHEDULER_DATES } from '../protocol/dialects/dhtmlx/dates.ts'
import { readRecords } from '../protocol/dialects/dhtmlx/rest.ts'
import { PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { LiveClient, type LiveClientOptions } from './live-client.ts'
import { widgetValue } from './widget-dates.ts'

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
    super({ stores: ['events'], pathOf: () => '', valueOf: (value) => widgetValue(value, SCHEDULER_DATES) }, options)
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

  /** Reads events (a JSON list, or one under `data`) and keeps them current. Nobody has to wait for it: `error` tells of a failure too. */
  load(url: string): Promise<void> {
    return this.live.load({
      url,
      stores: ['events'],
      read: (body) => {
        const read = readRecords(body)
        return read.ok ? { ok: true, message: { events: read.message } } : read
      },
    })
  }

  /** The event, also by the temporary id that it had before the server named it. */
  getEvent(id: RecordId): SchedulerEvent | undefined {
    return this.events.get(id)
  }

  /** All events, or those that overlap the time from `from` (inclusive) to `to` (exclusive). A series counts as one record from its start to its end. */
  getEvents(from?: Date, to?: Date): readonly SchedulerEvent[] {
    const all = this.events.all()
    if (!from && !to) return all
    const first = from && canonical(widgetValue(from, SCHEDULER_DATES))
    const last = to && canonical(widgetValue(to, SCHEDULER_DATES))
    return all.filter(({ start_date, end_date }) => {
      const start = canonical(start_date)
      const end = canonical(end_date) || start
      return start !== '' && (!last || start < last) && (!first || end > first || start >= first)
    })
  }

  /** Adds an event and returns its temporary id, under which it can be found for good. */
  addEvent(fields: EventFields): RecordId {
    return this.events.add(written(fields)).id
  }

  /** Changes some fields of an event. Error `not-found`. */
  updateEvent(id: RecordId, fields: EventFields): SchedulerEvent {
    return this.events.update(id, written(fields))
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
        throw new PlanwireError('invalid-argument', `attachEvent: there is no event "${String(name)}"`, 'fatal')
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

/** Dates as text; the store writes them so in any case, this says it to the type checker. */
function written(fields: EventFields): Partial<Omit<SchedulerEvent, 'id'>> {
  const { id: _, start_date, end_date, ...rest } = fields
  return {
    ...rest,
    ...(start_date === undefined ? {} : { start_date: text(start_date) }),
    ...(end_date === undefined ? {} : { end_date: text(end_date) }),
  }
}

function text(date: string | Date): string {
  return String(widgetValue(date, SCHEDULER_DATES))
}

/** A date as text that can be compared; empty when it is none. */
function canonical(value: unknown): string {
  if (typeof value !== 'string') return ''
  return dateFromWidget(value, SCHEDULER_DATES) ?? value
}
