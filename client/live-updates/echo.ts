/**
 * How an own save is found among frames that carry no sender, and what it wiped out.
 * DHTMLX writes carry whole records, so a save that crosses somebody else's also writes back what it was built on.
 */
import { sameDate } from '../protocol/dialects/dhtmlx/same-date.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { groupOf } from '../store/field-groups.ts'

/** True if `record` holds all that `part` says. Vendors send ids and numbers now as numbers, now as strings: those are equal. */
export function holdsAll(record: Fields, part: Fields): boolean {
  for (const field in part) {
    if (field !== 'id' && !sameOnWire(record[field], part[field])) return false
  }
  return true
}

/** A record as it travels and is recognised again. Keys that widgets keep to themselves stay at home; `target` of a task is no field. */
export function sentOf(store: string, record: PlainRecord): PlainRecord {
  const entries = Object.entries(record).filter(
    ([key]) => !/^[_$!]/.test(key) && !(store === 'tasks' && key === 'target'),
  )
  return { ...Object.fromEntries(entries), id: record.id }
}

/** A record as servers show it: where an event says that a row was put (`target`) is no part of it. */
export function shownOf(store: string, record: PlainRecord): PlainRecord {
  if (store !== 'tasks') return record
  const { target: _, ...shown } = record
  return { ...shown, id: record.id }
}

/** Equal for a server that may have written the value as another JSON type. `null` and a missing field are one. */
function sameOnWire(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (a === undefined || a === null || b === undefined || b === null) return (a ?? null) === (b ?? null)
  if (typeof a === 'object' || typeof b === 'object') return JSON.stringify(a) === JSON.stringify(b)
  return String(a) === String(b) || (typeof a === 'string' && typeof b === 'string' && sameDate(a, b))
}

/** The record before an own save was applied, the save, and what followed. */
export interface Overwrite {
  /** The confirmed record that the save was built on. */
  readonly base: PlainRecord
  /** The confirmed record right before the save in the server's order. */
  readonly before: PlainRecord
  /** What was sent. */
  readonly sent: PlainRecord
  /** What the save was meant to change. */
  readonly ours: Fields
  /** The record as the server stored it. */
  readonly stored: PlainRecord
  /** The confirmed record now. */
  readonly now: PlainRecord
}

/**
 * What others changed between `base` and `before`, and the whole-record save undid without meaning to: to be saved again.
 *
 *     base   {text: a, start: 1}            both read this
 *     other  {text: b, start: 1}            stored first
 *     own    {text: a, start: 2}            meant start only, stored second
 *     lost   {text: b}
 *
 * Left out: groups that the save meant to change (it came later, so it wins), values that the server rewrote, and groups
 * that somebody has changed since.
 */
export function lostFields({ base, before, sent, ours, stored, now }: Overwrite): Record<string, unknown> {
  const own = new Set(Object.keys(ours).map(groupOf))
  const fields = new Map<string, string[]>()
  for (const field of new Set([...Object.keys(base), ...Object.keys(before)])) {
    if (field === 'id' || own.has(groupOf(field))) continue
    const group = fields.get(groupOf(field))
    if (group) group.push(field)
    else fields.set(groupOf(field), [field])
  }
  const lost: Record<string, unknown> = {}
  for (const group of fields.values()) {
    const changed = group.some((field) => !sameOnWire(before[field], base[field]))
    const undone = group.some(
      (field) => !sameOnWire(stored[field], before[field]) && sameOnWire(stored[field], sent[field]),
    )
    const untouchedSince = group.every((field) => sameOnWire(now[field], stored[field]))
    if (!changed || !undone || !untouchedSince) continue
    for (const field of group) {
      if (!sameOnWire(before[field], now[field])) lost[field] = before[field] ?? null
    }
  }
  return lost
}
