/**
 * Owns which records a range of dates holds: plain records and series by their start and end, exceptions of a series
 * where they stand and where they stood. Wall-clock text is compared with wall-clock text; no zone is asked.
 */
import { dateFromWidget, GANTT_DATES } from '../../client/protocol/dialects/dhtmlx/dates.ts'
import type { Fields } from '../../client/protocol/records.ts'

/** True for a record of the range from `from` (inclusive) to `to` (exclusive). Dates that are none keep nothing out. */
export function overlaps(record: Fields, from: string | undefined, to: string | undefined): boolean {
  const [low, high] = [comparable(from), comparable(to)]
  const start = comparable(record.start_date)
  const end = comparable(record.end_date) ?? start
  const original = comparable(record.original_start)
  if (start === undefined || end === undefined) return true
  return within(start, end, low, high) || (original !== undefined && within(original, original, low, high))
}

function within(start: string, end: string, low: string | undefined, high: string | undefined): boolean {
  return (high === undefined || start < high) && (low === undefined || end > low || start >= low)
}

/** `YYYY-MM-DDTHH:mm:ss`, whatever of it is missing; undefined for what is no date. */
function comparable(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = dateFromWidget(value, GANTT_DATES) ?? value
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d))?)?/.exec(text)
  return match ? `${match[1]}T${match[2] ?? '00:00'}:${match[3] ?? '00'}` : undefined
}
