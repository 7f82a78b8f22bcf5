/**
 * Ranges of dates that were loaded: what of a range is still missing, and which records a range holds. Numbers are those
 * that dates are compared by (`orderOf`), in milliseconds; ranges are half open, from `from` up to `to`.
 */
import { type DateRules, type DateZone, orderOf, writeOrder } from '../protocol/dialects/dhtmlx/date-rules.ts'
import { idKey } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { DateRange, Loaded } from './live-runner.ts'

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

/** Of a source that is read by ranges: what the app asked for, and what was read. */
export class LoadedRanges {
  /** What the app asked for first. */
  readonly first: Range
  #asked: readonly Range[]
  #read: readonly Range[] = []
  readonly #dates: DateRules

  constructor(first: Range, dates: DateRules) {
    this.first = first
    this.#asked = [first]
    this.#dates = dates
  }

  get read(): readonly Range[] {
    return this.#read
  }

  /** What was asked for and not read yet. */
  get missing(): readonly Range[] {
    return missingFrom(this.#read, this.#asked)
  }

  hasRead(range: Range): boolean {
    return missingFrom(this.#read, [range]).length === 0
  }

  /** The app asks for a further range. */
  want(range: Range): void {
    this.#asked = joined([...this.#asked, range])
  }

  /** What will not come counts as never asked for. */
  giveUp(): void {
    this.#asked = this.#read
  }

  /** What was asked for, and where records stand that lie beyond it: an own one may have been moved there. */
  wholeWith(records: Iterable<Fields>): readonly Range[] {
    return joined([...this.#asked, ...daysOutside(this.#asked, records, this.#dates.zone)])
  }

  /** These were read; `whole`: they are all there is. */
  note(ranges: readonly Range[], whole: boolean): void {
    this.#read = whole ? ranges : joined([...this.#read, ...ranges])
    this.#asked = joined([...this.#asked, ...this.#read])
  }

  /** True if a part of the record is in what was asked for; `undated`: the answer for one without dates. */
  holds(record: Fields, undated = false): boolean {
    return isIn(this.#asked, record, this.#dates.zone, undated)
  }

  /** `from` and `to` as the vendor's dynamic loading sends them: days, or dates where a range begins or ends within one. */
  textOf({ from, to }: Range): DateRange {
    const text = (ms: number): string => (writeOrder(ms, this.#dates) ?? '').replace(/[ T]00:00(:00)?$/, '')
    return { from: text(from), to: text(to) }
  }

  /** What several ranges hold; a record in two of them counts once. */
  united(stores: readonly string[], answers: readonly Loaded[]): Loaded {
    const union = (store: string): readonly PlainRecord[] => [
      ...new Map(answers.flatMap((answer) => answer[store] ?? []).map((record) => [idKey(record.id), record])).values(),
    ]
    return Object.fromEntries(stores.map((store) => [store, union(store)]))
  }
}
