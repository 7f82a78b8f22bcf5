/**
 * Events between the widget's objects and records. Dates of records are text; what text without a zone means, the
 * connection's {@link DateRules} say.
 */
import { type DateRules, readDate, writeDate } from '../../protocol/dialects/dhtmlx/date-rules.ts'
import { isUnsafe } from '../../protocol/guards.ts'
import { type RecordId, sameId } from '../../protocol/ids.ts'
import type { Fields, PlainRecord } from '../../protocol/records.ts'
import type { SchedulerApi, SchedulerEventObject } from './scheduler-api.ts'

const MINUTE_MS = 60_000
/** `original_start` says which occurrence of a series an exception stands for. */
const DATES = ['start_date', 'end_date', 'original_start']

/** True for a record that a calendar can show: with a start, and an id that is none of the widget's own. */
export function canBeShown({ id, start_date }: PlainRecord, { zone }: DateRules): boolean {
  return !isOccurrence(id) && readDate(start_date, zone) !== undefined
}

/** True for the id of an occurrence that the widget computed from a series: `<series>#<time>`. */
export function isOccurrence(id: RecordId): boolean {
  return typeof id === 'string' && id.includes('#')
}

/** True for an event, and for each occurrence of it that the widget computed. */
export function isOf(shown: unknown, id: RecordId): boolean {
  return sameId(typeof shown === 'string' ? shown.split('#')[0] : shown, id)
}

/** A record as the widget takes it: dates as `Date`, and an end that is there and not before the start. */
export function widgetEvent(scheduler: SchedulerApi, record: PlainRecord, { zone }: DateRules): Fields {
  const event: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(record)) if (isShared(field)) event[field] = value
  for (const field of DATES) {
    const date = readDate(record[field], zone)
    if (date) event[field] = date
    else delete event[field]
  }
  const { start_date: start, end_date: end } = event
  const { event_duration, time_step } = scheduler.config
  if (start instanceof Date && !(end instanceof Date && end >= start)) {
    event['end_date'] = new Date(start.getTime() + (event_duration || time_step || 5) * MINUTE_MS)
  }
  return event
}

/** Plain fields of an event as it stands in the widget, as the widget itself would send them. */
export function readEvent(event: SchedulerEventObject, rules: DateRules): Fields {
  const fields: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(event)) {
    if (!isShared(field) || field === 'id' || value === undefined || typeof value === 'function') continue
    fields[field] = value instanceof Date ? writeDate(value, rules) : value
  }
  return fields
}

/** An edit of one end of an event is an edit of both (law 5). */
export function withBothEnds(changed: Fields, now: Fields): Fields {
  if (!('start_date' in changed) && !('end_date' in changed)) return changed
  return { ...changed, start_date: now['start_date'], end_date: now['end_date'] }
}

/** Fields that begin with a sign are the widget's own. */
function isShared(field: string): boolean {
  return !isUnsafe(field) && !/^[_$!]/.test(field)
}
