/**
 * Owns the mapping between records of DHTMLX Gantt and canonical (Bryntum-named) tasks and dependencies.
 *
 * Keys are swapped in pairs (`text` with `name`): a record's own field that happens to be called `name` travels as `text`
 * and comes back, so no field is ever lost. A record maps key by key: one changed field gives one changed field.
 * Values that do not fit (a date that is none) are passed on as they are.
 */
import { isUnsafe } from '../../guards.ts'
import { isRecordId, type RecordId } from '../../ids.ts'
import type { Fields } from '../../records.ts'
import { dateFromWidget, dateToWidget, GANTT_DATES, type WidgetDateFormat } from './dates.ts'

type Convert = (value: unknown, format: WidgetDateFormat) => unknown

/** A pair of keys, and the values' way from the widget (`read`) and to it (`write`). */
interface Pair {
  readonly widget: string
  readonly canonical: string
  readonly read: Convert
  readonly write: Convert
}

const same: Convert = (value) => value
const readDate: Convert = (value, format) =>
  typeof value === 'string' ? (dateFromWidget(value, format) ?? value) : value
const writeDate: Convert = (value, format) =>
  typeof value === 'string' ? (dateToWidget(value, format) ?? value) : value

/** The widget's root is 0; forms and databases make `'0'` or an empty string of it. */
const readParent: Convert = (value) => (value === 0 || value === '0' || value === '' ? null : value)
const writeParent: Convert = (value) => value ?? 0

/** 0..1 to 0..100, without the noise of 0.57 * 100. */
const readProgress: Convert = (value) => {
  if (typeof value !== 'number') return value
  const short = Number((value * 100).toFixed(10))
  return short / 100 === value ? short : value * 100
}
const writeProgress: Convert = (value) => (typeof value === 'number' ? value / 100 : value)

/** Widget: finish-start, start-start, finish-finish, start-finish. Canonical: start-start, start-finish, finish-start, finish-finish. */
const LINK_TYPES = [2, 0, 3, 1]
const readLinkType: Convert = (value) =>
  (typeof value === 'string' || typeof value === 'number') && /^[0-3]$/.test(`${value}`)
    ? LINK_TYPES[Number(value)]
    : value
const writeLinkType: Convert = (value) => {
  const type = typeof value === 'number' ? LINK_TYPES.indexOf(value) : -1
  return type < 0 ? value : String(type)
}

const TASK_PAIRS: readonly Pair[] = [
  { widget: 'text', canonical: 'name', read: same, write: same },
  { widget: 'parent', canonical: 'parentId', read: readParent, write: writeParent },
  { widget: 'start_date', canonical: 'startDate', read: readDate, write: writeDate },
  { widget: 'end_date', canonical: 'endDate', read: readDate, write: writeDate },
  { widget: 'progress', canonical: 'percentDone', read: readProgress, write: writeProgress },
  { widget: 'open', canonical: 'expanded', read: same, write: same },
]
const LINK_PAIRS: readonly Pair[] = [
  { widget: 'source', canonical: 'from', read: same, write: same },
  { widget: 'target', canonical: 'to', read: same, write: same },
  { widget: 'type', canonical: 'type', read: readLinkType, write: writeLinkType },
]

/** Names that Bryntum's clients use beside, or instead of, `from` and `to`. */
const ENDS = { from: ['fromEvent', 'fromTask'], to: ['toEvent', 'toTask'] } as const

/** The canonical fields of a Gantt task or of a part of one. `target`, the row order, is left out: see {@link placeOf}. */
export function taskFromDhtmlx(task: Fields, format: WidgetDateFormat = GANTT_DATES): Fields {
  const { target: _, ...fields } = task
  return fromWidget(fields, TASK_PAIRS, format)
}

/** A task, or a part of one, as Gantt reads it. The place among siblings is left out: the widget knows it by the order of rows. */
export function taskToDhtmlx(task: Fields, format: WidgetDateFormat = GANTT_DATES): Fields {
  const { parentIndex: _, orderedParentIndex: __, ...fields } = task
  return toWidget(fields, TASK_PAIRS, format)
}

/**
 * The canonical fields of a Gantt link or of a part of one. `stored` is the dependency as it was: the ends are written
 * under the names that it uses (`fromTask`), so that none of them goes stale.
 */
export function linkFromDhtmlx(link: Fields, stored: Fields = {}): Fields {
  const fields: Record<string, unknown> = { ...fromWidget(link, LINK_PAIRS, GANTT_DATES) }
  for (const end of ['from', 'to'] as const) {
    const twins = ENDS[end].filter((twin) => twin in stored)
    if (!(end in fields) || twins.length === 0) continue
    for (const twin of twins) fields[twin] = fields[end]
    if (!(end in stored)) delete fields[end]
  }
  return fields
}

/** A dependency, or a part of one, as Gantt reads it; `fromEvent`, `fromTask` and the like become its ends. */
export function linkToDhtmlx(dependency: Fields): Fields {
  const fields: Record<string, unknown> = { ...dependency }
  for (const end of ['from', 'to'] as const) {
    for (const twin of ENDS[end]) {
      if (fields[end] === undefined && fields[twin] !== undefined) fields[end] = fields[twin]
      delete fields[twin]
    }
  }
  return toWidget(fields, LINK_PAIRS, GANTT_DATES)
}

function fromWidget(record: Fields, pairs: readonly Pair[], format: WidgetDateFormat): Fields {
  const fields: Record<string, unknown> = {}
  for (const key in record) {
    if (isUnsafe(key)) continue
    const named = pairs.find(({ widget }) => widget === key)
    const swapped = named ?? pairs.find(({ canonical }) => canonical === key)
    if (named) fields[named.canonical] = named.read(record[key], format)
    else fields[swapped?.widget ?? key] = record[key]
  }
  return fields
}

function toWidget(record: Fields, pairs: readonly Pair[], format: WidgetDateFormat): Fields {
  const fields: Record<string, unknown> = {}
  for (const key in record) {
    if (isUnsafe(key)) continue
    const named = pairs.find(({ canonical }) => canonical === key)
    const swapped = named ?? pairs.find(({ widget }) => widget === key)
    if (named) fields[named.widget] = named.write(record[key], format)
    else fields[swapped?.canonical ?? key] = record[key]
  }
  return fields
}

/** Where a task goes: right before or right after a sibling. Ids of targets are always strings: compare with `sameId`. */
export interface Place {
  readonly side: 'before' | 'after'
  readonly id: RecordId
}

/**
 * Reads the `target` of an update of a Gantt task: `next:3` is right after 3, `3` right before it. Undefined when there is none.
 * @example
 * placeOf('next:3') // { side: 'after', id: '3' }
 */
export function placeOf(target: unknown): Place | undefined {
  if (!isRecordId(target) || target === 'null') return undefined
  const [, id] = /^next:(.*)$/s.exec(String(target)) ?? []
  if (id === undefined) return { side: 'before', id: target }
  return id === '' || id === 'null' ? undefined : { side: 'after', id }
}
