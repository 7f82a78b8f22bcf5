/**
 * What a widget's task or link says, as plain fields, and which of them changed. The widget adds fields of its own to
 * every object it takes (dates it computed, `$`-marks), so an edit is what differs from the last reading, never from
 * the record that was put in.
 */
import type { GanttLinkObject, GanttTaskObject } from './gantt-api.ts'
import type { GanttFields, GanttSource } from './gantt-source.ts'
import { formatWallClock } from './wall-clock.ts'

/** Identity and place travel apart; `open` is how one user looks at the plan; `unscheduled` follows from the dates. */
const NOT_FIELDS = new Set(['id', 'parent', 'open', 'unscheduled'])
/** An edit of one of the dates is an edit of all (law 5). */
const DATES = ['start_date', 'end_date', 'duration']

/** Plain fields of a task or a link as it stands in the widget. */
export function readFields(object: GanttTaskObject | GanttLinkObject, order: GanttSource['dateOrder']): GanttFields {
  const fields: Record<string, unknown> = {}
  for (const field of Object.keys(object)) {
    if (field.startsWith('$') || field.startsWith('_') || NOT_FIELDS.has(field)) continue
    const value = object[field]
    if (value === undefined || typeof value === 'function') continue
    fields[field] = value instanceof Date ? formatWallClock(value, order) : value
  }
  return fields
}

/** The fields of `after` that differ from `before`; a field that is gone is null. Undefined when nothing differs. */
export function changedFields(before: GanttFields, after: GanttFields): GanttFields | undefined {
  let changed: Record<string, unknown> | undefined
  for (const field of Object.keys(after)) {
    if (!sameValue(before[field], after[field])) (changed ??= {})[field] = after[field]
  }
  for (const field of Object.keys(before)) {
    if (!(field in after) && before[field] !== null) (changed ??= {})[field] = null
  }
  return changed
}

/** Changed fields without the dates: those of a summary task follow from its children and are not an edit. */
export function withoutDates(changed: GanttFields): GanttFields | undefined {
  const rest = Object.entries(changed).filter(([field]) => !DATES.includes(field))
  return rest.length > 0 ? Object.fromEntries(rest) : undefined
}

/** Changed fields with the whole group of dates, if one of them is among them. */
export function withAllDates(changed: GanttFields, current: GanttFields): GanttFields {
  if (!DATES.some((field) => field in changed)) return changed
  const dates = DATES.filter((field) => field in current).map((field) => [field, current[field]])
  return { ...changed, ...Object.fromEntries(dates) }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  return JSON.stringify(a) === JSON.stringify(b)
}
