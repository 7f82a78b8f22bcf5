import { expect, test } from 'vitest'
import { seededRandom } from '../testing/seeded-random.ts'
import { daysOutside, isIn, joined, MOST_RANGES, missingFrom, type Range } from './ranges.ts'

const at = (day: number): number => Date.UTC(2025, 3, day)
const range = (from: number, to: number): Range => ({ from: at(from), to: at(to) })

test('ranges that meet are one, and only what is missing of a range is asked for', () => {
  expect(joined([range(5, 8), range(1, 3), range(3, 4), range(7, 9)])).toEqual([range(1, 4), range(5, 9)])
  expect(missingFrom([range(1, 4), range(5, 9)], [range(3, 11)])).toEqual([range(4, 5), range(9, 11)])
  expect(missingFrom([range(1, 4)], [range(2, 3)])).toEqual([])
  expect(joined([range(3, 3)])).toEqual([])
})

test('of whatever is loaded and asked for, joined and missing ranges hold each day exactly as the days themselves say', () => {
  const random = seededRandom(4)
  const any = (): Range => {
    const from = Math.floor(random.next() * 30)
    return { from, to: from + Math.floor(random.next() * 6) }
  }
  const days = (ranges: readonly Range[]): Set<number> =>
    new Set(ranges.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, day) => from + day)))
  for (let run = 0; run < 300; run++) {
    const known = Array.from({ length: 1 + (run % 5) }, any)
    const wanted = [any()]
    expect(days(joined(known))).toEqual(days(known))
    expect(days(missingFrom(joined(known), wanted))).toEqual(
      new Set([...days(wanted)].filter((day) => !days(known).has(day))),
    )
  }
})

test('ranges without number do not grow without bound: the nearest become one', () => {
  const many = joined(Array.from({ length: 50 }, (_, i) => ({ from: i * 10, to: i * 10 + (i === 20 ? 9 : 1) })))
  expect(many).toHaveLength(MOST_RANGES)
  expect(many.some(({ from, to }) => from <= 200 && to >= 211)).toBe(true)
})

test('a range holds what overlaps it: rows by their dates, series by start and end, exceptions also where they stood', () => {
  const april = [range(10, 20)]
  const inside = (record: object): boolean => isIn(april, { ...record }, 'wall-clock')
  expect(inside({ start_date: '2025-04-19 23:00', end_date: '2025-04-20 01:00' })).toBe(true)
  expect(inside({ start_date: '2025-04-09 23:00', end_date: '2025-04-10 00:00' })).toBe(false)
  expect(inside({ start_date: '2025-04-10 00:00', end_date: '2025-04-10 00:00' })).toBe(true)
  expect(inside({ start_date: '2025-04-20 00:00', end_date: '2025-04-21 00:00' })).toBe(false)
  expect(inside({ start_date: '2025-01-01 08:00', end_date: '9999-02-01 00:00', rrule: 'FREQ=DAILY' })).toBe(true)
  const moved = { start_date: '2025-05-02 08:00', end_date: '2025-05-02 09:00', recurring_event_id: 1 }
  expect(inside(moved)).toBe(false)
  expect(inside({ ...moved, original_start: '2025-04-12T08:00:00Z' })).toBe(true)
  expect(inside({ text: 'undated' })).toBe(false)
})

test('records beyond the ranges are looked for on the days where they begin', () => {
  const records = [
    { start_date: '2025-04-12 08:00' },
    { start_date: '2025-05-02 08:00', end_date: '2025-05-04 08:00' },
    { text: 'undated' },
  ]
  expect(daysOutside([range(10, 20)], records, 'wall-clock')).toEqual([
    { from: Date.UTC(2025, 4, 2), to: Date.UTC(2025, 4, 3) },
  ])
})
