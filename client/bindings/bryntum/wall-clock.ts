/**
 * Dates between a project model and planwire's records. A model writes its date fields in local time with an offset
 * (`2026-01-05T08:00:00+01:00`), datasets hold wall clock time (`2026-01-05T08:00:00`, `2026-01-05`): a plan starts on the
 * same day for everybody.
 */
import { saysTheSame } from '../../store/same-value.ts'

const WITH_OFFSET = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)$/
const DAY = /^\d{4}-\d\d-\d\d$/
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/

/** The value without the offset of its date; dates in lists (baselines, segments) too. The same object if there was none. */
export function toWallClock(value: unknown): unknown {
  if (typeof value === 'string') return WITH_OFFSET.exec(value)?.[1] ?? value
  if (value instanceof Date) return localTime(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toWallClock)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toWallClock(inner)]))
}

/** True if two values of a field say the same; a day is its midnight. */
export function sameField(a: unknown, b: unknown): boolean {
  return saysTheSame(a, b) || saysTheSame(comparable(a), comparable(b))
}

function comparable(value: unknown): unknown {
  const wall = toWallClock(value)
  if (typeof wall === 'string' && DAY.test(wall)) return `${wall}T00:00:00`
  if (typeof wall === 'string' && MOMENT.test(wall)) return wall
  // What cannot be serialised, as a record in a reference field, is compared by its id.
  return typeof wall === 'object' && wall !== null && 'id' in wall ? wall.id : wall
}

function localTime(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}
