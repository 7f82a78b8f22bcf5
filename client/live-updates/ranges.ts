/**
 * Ranges of dates that were loaded: what of a range is still missing, and which records a range holds. Numbers are those
 * that dates are compared by (`orderOf`), in milliseconds; ranges are half open, from `from` up to `to`.
 */
import { type DateZone, orderOf } from '../protocol/dialects/dhtmlx/date-rules.ts'
import type { Fields } from '../protocol/records.ts'

/** From `from` (inclusive) to `to` (exclusive). */
export interface Range {
  readonly from: number
  readonly to: number
}

/** Separate ranges that are remembered. Of more, the two nearest become one, and what lies between is read as well. */
export const MOST_RANGES = 12

const DAY_MS = 86_400_000

/** The ranges in order, those that meet made one. */
export function joined(ranges: readonly Range[]): readonly Range[] {
  const list: Range[] = []
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = list.at(-1)
    if (last && range.from <= last.to) list[list.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    else if (range.from < range.to) list.push(range)
  }
  while (list.length > MOST_RANGES) {
    const gap = (at: number): number => (list[at + 1]?.from ?? Number.POSITIVE_INFINITY) - (list[at]?.to ?? 0)
    const nearest = list.reduce((best, _, at) => (gap(at) < gap(best) ? at : best), 0)
    const [one, other] = list.slice(nearest, nearest + 2)
    if (one && other) list.splice(nearest, 2, { from: one.from, to: other.to })
  }
  return list
}

/** The parts of `wanted` that `known` does not hold. */
export function missingFrom(known: readonly Range[], wanted: readonly Range[]): readonly Range[] {
  return known.reduce<readonly Range[]>(
    (rest, { from, to }) =>
      rest.flatMap((range) =>
        [
          { from: range.from, to: Math.min(range.to, from) },
          { from: Math.max(range.from, to), to: range.to },
        ].filter((part) => part.from < part.to),
      ),
    wanted,
  )
}

/** Where a record stands, and, for an exception of a series, where it stood. Empty for one without dates. */
function placesOf(record: Fields, zone: DateZone): readonly Range[] {
  const from = orderOf(record['start_date'], zone)
  const original = orderOf(record['original_start'], zone)
  return [
    ...(from === undefined ? [] : [{ from, to: Math.max(from, orderOf(record['end_date'], zone) ?? from) }]),
    ...(original === undefined ? [] : [{ from: original, to: original }]),
  ]
}

/** True if one of the ranges holds a part of the record; `undated`: the answer for one without dates. */
export function isIn(ranges: readonly Range[], record: Fields, zone: DateZone, undated = false): boolean {
  const places = placesOf(record, zone)
  if (places.length === 0) return undated
  return ranges.some(({ from, to }) =>
    places.some((place) => place.from < to && (place.to > from || place.from >= from)),
  )
}

/** The days at which records begin that no range holds: reading those as well shows what became of them. */
export function daysOutside(ranges: readonly Range[], records: Iterable<Fields>, zone: DateZone): readonly Range[] {
  const days: Range[] = []
  for (const record of records) {
    if (isIn(ranges, record, zone)) continue
    for (const { from } of placesOf(record, zone)) {
      const day = Math.floor(from / DAY_MS) * DAY_MS
      days.push({ from: day, to: day + DAY_MS })
    }
  }
  return days
}
