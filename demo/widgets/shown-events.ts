/**
 * Between the records of the store and what the calendar shows: series as their occurrences, exceptions in their place,
 * dates on this user's clock. An occurrence is shown under `<id of the series>#<where the rule puts it>`, as the vendor does.
 */
import type { EventInput } from '@fullcalendar/core'
import {
  deleteOccurrence,
  type EventFields,
  editOccurrence,
  type RecordId,
  type Scheduler,
  type SchedulerEvent,
} from 'planwire'
import { type EventTimes, plusMinutes, timesOf, wallClock } from './event-times.ts'
import { ruleOf, startsOf } from './occurrences.ts'

interface Texts {
  readonly text?: string
  readonly start_date: string
  readonly end_date: string
}

/** What a click or a drag is about: a record, or one occurrence of a series. */
export interface Target {
  readonly event: SchedulerEvent
  readonly times: EventTimes
  /** The series that it is an occurrence of. */
  readonly series: RecordId | undefined
  save(fields: Texts): void
  remove(): void
}

/** Everything that overlaps a view. */
export function shownBetween(scheduler: Scheduler, from: Date, to: Date): EventInput[] {
  const exceptions = new Map(
    scheduler.getEvents().flatMap((event) => {
      const key = exceptionKey(scheduler, event)
      return key === undefined ? [] : [[key, event] as const]
    }),
  )
  return scheduler.getEvents(from, to).flatMap((event): EventInput[] => {
    const rule = ruleOf(event)
    if (rule === undefined)
      return event['deleted'] === true || isReplaced(scheduler, event, exceptions)
        ? []
        : [shown(event, String(event.id), localTimes(scheduler, event))]
    const { start, end } = localTimes(scheduler, event)
    const starts = startsOf(rule, withTime(start), withTime(end), wallClock(from), wallClock(to))
    return starts.flatMap((at) =>
      exceptions.has(`${event.id}#${at}`) ? [] : [shown(event, `${event.id}#${at}`, occurrenceTimes(event, at))],
    )
  })
}

/** The record, or the occurrence, that is shown under an id. */
export function targetOf(scheduler: Scheduler, shownId: string): Target | undefined {
  const [id = '', at] = shownId.split('#')
  const event = scheduler.getEvent(id)
  if (!event) return undefined
  const dates = ({ text, ...times }: Texts): EventFields => ({
    ...(text === undefined ? {} : { text }),
    ...datesOf(scheduler, times),
  })
  if (at !== undefined) {
    const original = inStore(scheduler, at)
    return {
      event,
      times: occurrenceTimes(event, at),
      series: event.id,
      save: (fields) => void editOccurrence(scheduler, event.id, original, dates(fields)),
      remove: () => void deleteOccurrence(scheduler, event.id, original),
    }
  }
  const series = event['recurring_event_id']
  const original = event['original_start']
  return {
    event,
    times: localTimes(scheduler, event),
    series: undefined,
    save: (fields) => void scheduler.updateEvent(event.id, dates(fields)),
    remove: () => {
      // A changed occurrence that is deleted must not come back as the rule has it.
      if (isId(series) && typeof original === 'string') deleteOccurrence(scheduler, series, original)
      else scheduler.deleteEvent(event.id)
    },
  }
}

/** Texts of this user's clock as the store takes them. */
export function datesOf(
  scheduler: Scheduler,
  { start_date, end_date }: Omit<Texts, 'text'>,
): Record<'start_date' | 'end_date', string | Date> {
  return { start_date: inStore(scheduler, start_date), end_date: inStore(scheduler, end_date) }
}

/** What a record needs more to be a series without end: `end_date` says until when, `duration` how long each takes, in seconds. */
export function seriesFields(scheduler: Scheduler, { start_date, end_date }: Texts, rule: string): object {
  const minutes =
    (Date.parse(`${end_date.replace(' ', 'T')}Z`) - Date.parse(`${start_date.replace(' ', 'T')}Z`)) / 60_000
  return { rrule: rule, duration: minutes * 60, end_date: inStore(scheduler, '9999-02-01 00:00') }
}

/** A wall clock needs no `Date`; a moment is one. */
function inStore(scheduler: Scheduler, text: string): string | Date {
  return scheduler.dateZone === 'instant' ? new Date(text.replace(' ', 'T')) : text
}

function localTimes(scheduler: Scheduler, event: SchedulerEvent): EventTimes {
  const local = (text: string | undefined): string => {
    const date = scheduler.toDate(text)
    return date ? wallClock(date) : ''
  }
  return timesOf({ start_date: local(event.start_date), end_date: local(event.end_date) })
}

function occurrenceTimes(event: SchedulerEvent, at: string): EventTimes {
  const minutes = Number(event['duration'] ?? 0) / 60 || 60
  return timesOf({ start_date: at, end_date: plusMinutes(at, minutes) })
}

function withTime(text: string): string {
  return text.length === 10 ? `${text} 00:00` : text
}

/** `<series>#<where it stood>`; undefined for what is no exception. */
function exceptionKey(scheduler: Scheduler, event: SchedulerEvent): string | undefined {
  const stood = scheduler.toDate(event['original_start'])
  const series = event['recurring_event_id']
  return stood && isId(series) ? `${series}#${wallClock(stood)}` : undefined
}

/** A changed occurrence that was deleted afterwards: the later record counts. */
function isReplaced(
  scheduler: Scheduler,
  event: SchedulerEvent,
  exceptions: ReadonlyMap<string, SchedulerEvent>,
): boolean {
  const key = exceptionKey(scheduler, event)
  return key !== undefined && exceptions.get(key) !== event
}

function isId(value: unknown): value is RecordId {
  return (typeof value === 'string' && value !== '') || (typeof value === 'number' && value !== 0)
}

function shown(event: SchedulerEvent, id: string, { start, end, allDay }: EventTimes): EventInput {
  const kind = ['kubernetes', 'nodejs', 'meeting'].find((name) => name === event['kind'])
  return {
    id,
    title: event.text ?? '',
    start: start.replace(' ', 'T'),
    end: end.replace(' ', 'T'),
    allDay,
    classNames: [...(kind ? [`kind-${kind}`] : []), ...(id.includes('#') ? ['is-occurrence'] : [])],
  }
}
