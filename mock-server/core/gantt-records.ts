/**
 * Owns how DHTMLX Gantt sees the records of a project, and what its edits become there, so that one plan can be edited by both
 * kinds of client and neither spoils what only the other knows.
 *
 * A widget sends whole records, with dates cut to minutes, and with a duration that it worked out from them by its own
 * calendar. So what comes back as it was shown is no edit, and a duration follows the dates:
 *
 *     stored   5 working days, Monday to Monday    shown   duration 5    the widget works out   duration 7
 *     a mere change of the name sends duration 7, and is not to make the task two days longer
 */
import {
  linkFromDhtmlx,
  linkToDhtmlx,
  taskFromDhtmlx,
  taskToDhtmlx,
} from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import { sameValue } from '../../client/store/same-value.ts'

/** Bryntum's units in days, by its defaults for days without a calendar. The widget counts in days. */
const UNITS: readonly (readonly [names: RegExp, days: number])[] = [
  [/^(?:ms|milliseconds?)$/i, 1 / 86_400_000],
  [/^(?:s|sec|seconds?)$/i, 1 / 86_400],
  [/^(?:m|min|minutes?)$/, 1 / 1440],
  [/^(?:h|hr|hours?)$/i, 1 / 24],
  [/^(?:w|wk|weeks?)$/i, 7],
  [/^(?:M|mo|mon|months?)$/, 30],
  [/^(?:q|quar|qtr|quarters?)$/i, 90],
  [/^(?:y|yr|years?)$/i, 365],
]
const DAY_MS = 86_400_000

/** A task as Gantt reads it: its duration in days, a task without duration as a milestone. */
export function taskRecord(task: PlainRecord): PlainRecord {
  const days = daysPerUnit(task)
  const { durationUnit, ...rest } = task
  const shown = days === undefined ? task : { ...rest, ...inDays(task.duration, days) }
  return { ...taskToDhtmlx(shown), ...shownType(task), id: task.id }
}

/** A dependency as Gantt reads it. */
export function linkRecord(dependency: PlainRecord): PlainRecord {
  return { ...linkToDhtmlx(dependency), id: dependency.id }
}

/** What an edit of a task changes in the project; `sent` is the record, or a part of it, as the widget has it. */
export function taskEdit(sent: Fields, stored: PlainRecord): Fields {
  const shown = taskRecord(stored)
  const fields: Record<string, unknown> = { ...taskFromDhtmlx(changed(sent, shown)) }
  if (!('duration' in fields) || 'durationUnit' in fields) return fields
  const duration = durationOf(sent, shown, stored)
  if (duration === stored.duration) delete fields['duration']
  else fields['duration'] = duration
  return fields
}

/** What an edit of a link changes in the project. */
export function linkEdit(sent: Fields, stored: PlainRecord): Fields {
  return linkFromDhtmlx(changed(sent, linkRecord(stored)), stored)
}

function changed(sent: Fields, shown: Fields): Fields {
  const entries = Object.entries(sent).filter(([field, value]) => !(field in shown) || !sameValue(value, shown[field]))
  return Object.fromEntries(entries)
}

/** The duration that belongs to the dates of an edit, in the unit of the task. */
function durationOf(sent: Fields, shown: Fields, stored: PlainRecord): unknown {
  const days = daysPerUnit(stored)
  const [before, after] = [spanOf(shown), spanOf({ ...shown, ...sent })]
  const given = typeof sent.duration === 'number' && days !== undefined ? round(sent.duration / days) : sent.duration
  const { duration } = stored
  // Somebody who sends no dates means the duration.
  if (!('start_date' in sent && 'end_date' in sent) || before === undefined || after === undefined) return given
  if (before === after) return duration
  if (typeof duration !== 'number') return given
  // A task whose days are not those of the wall keeps its own pace: half as long is half of its duration.
  const onTheWall = days === undefined && Math.abs(duration - before / DAY_MS) < 1
  return onTheWall || before <= 0 || duration <= 0 ? given : round((duration * after) / before)
}

/** Milliseconds on the wall from start to end; undefined unless both are dates. */
function spanOf(shown: Fields): number | undefined {
  const [start, end] = [shown.start_date, shown.end_date].map((text) => wallClock(taskFromDhtmlx({ start_date: text })))
  return start === undefined || end === undefined ? undefined : end - start
}

function wallClock({ startDate }: Fields): number | undefined {
  const ms = typeof startDate === 'string' ? Date.parse(`${startDate}Z`) : Number.NaN
  return Number.isNaN(ms) ? undefined : ms
}

/** Days in the unit of a task; undefined where it counts in days, or in something unknown. */
function daysPerUnit({ durationUnit }: Fields): number | undefined {
  return typeof durationUnit === 'string' ? UNITS.find(([names]) => names.test(durationUnit))?.[1] : undefined
}

function inDays(duration: unknown, days: number): { readonly duration?: unknown } {
  if (duration === undefined) return {}
  return { duration: typeof duration === 'number' ? round(duration * days) : duration }
}

/** In Bryntum a milestone is a task without duration, in Gantt a type. A type of its own says more, unless it has a duration now. */
function shownType({ type, duration }: Fields): { readonly type?: string } {
  if (type === undefined && duration === 0) return { type: 'milestone' }
  return type === 'milestone' && typeof duration === 'number' && duration > 0 ? { type: 'task' } : {}
}

/** Without the noise of binary fractions. */
function round(value: number): number {
  return Number(value.toPrecision(12))
}
