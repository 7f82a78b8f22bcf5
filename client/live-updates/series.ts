/**
 * Edits of single occurrences of a series, as the real Scheduler stores them: an exception is a record that names its series
 * (`recurring_event_id`) and the occurrence that it stands for (`original_start`). Rules are not expanded here: that is the
 * widget's work. A series itself is edited and deleted like any event.
 */
import { orderOf } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { type RecordId, sameId } from '../protocol/ids.ts'
import type { EventFields, Scheduler, SchedulerEvent } from './event-store.ts'
import { isSeries, seriesOf } from './series-effects.ts'

/**
 * Changes one occurrence; returns the id of its exception, which is made if there is none. `originalStart`: where the rule
 * puts the occurrence. Errors `not-found` (no such series), `invalid-argument` (no date).
 * @example
 * editOccurrence(scheduler, series.id, '2025-04-23 08:00', { start_date: '2025-04-23 10:15', end_date: '2025-04-23 11:15' })
 */
export function editOccurrence(
  scheduler: Scheduler,
  series: RecordId,
  originalStart: string | Date,
  fields: EventFields,
): RecordId {
  const exception = exceptionAt(scheduler, series, originalStart)
  if (exception) return scheduler.updateEvent(exception.id, fields).id
  return scheduler.addEvent({ ...occurrenceAt(scheduler, series, originalStart), ...fields })
}

/** Deletes one occurrence: a new record that says `deleted`, also where it was edited before. Errors as {@link editOccurrence}. */
export function deleteOccurrence(scheduler: Scheduler, series: RecordId, originalStart: string | Date): RecordId {
  const exception = exceptionAt(scheduler, series, originalStart)
  if (!exception) return scheduler.addEvent({ ...occurrenceAt(scheduler, series, originalStart), deleted: true })
  const { id: _, ...fields } = exception
  return scheduler.addEvent({ ...fields, deleted: true })
}

function seriesAt(scheduler: Scheduler, id: RecordId): SchedulerEvent {
  const series = scheduler.getEvent(id)
  if (series && isSeries(series)) return series
  throw new PlanwireError('not-found', `There is no series ${id}`, 'fatal', { id })
}

function exceptionAt(scheduler: Scheduler, id: RecordId, originalStart: string | Date): SchedulerEvent | undefined {
  const series = seriesAt(scheduler, id)
  const at = orderAt(scheduler, originalStart)
  return scheduler.getEvents().find((event) => {
    const own = seriesOf(event)
    return (
      own !== undefined &&
      sameId(own, series.id) &&
      event['deleted'] !== true &&
      orderOf(event['original_start'], scheduler.dateZone) === at
    )
  })
}

/** The record of an occurrence that is still as the rule has it. A series lasts `duration` seconds each time. */
function occurrenceAt(scheduler: Scheduler, id: RecordId, originalStart: string | Date): EventFields {
  const { id: own, duration, rec_type: _, event_length: __, ...fields } = seriesAt(scheduler, id)
  const start = orderAt(scheduler, originalStart)
  const seconds = typeof duration === 'number' ? duration : Number(duration ?? 0) || 0
  const text = scheduler.dateText(start)
  return {
    ...fields,
    start_date: text,
    end_date: scheduler.dateText(start + seconds * 1000),
    rrule: null,
    duration: null,
    recurring_event_id: own,
    original_start: text,
  }
}

function orderAt(scheduler: Scheduler, date: string | Date): number {
  const order = orderOf(date, scheduler.dateZone)
  if (order === undefined) throw invalidArgument(`${String(date)} is no date`)
  return order
}
