import { expect, test } from 'vitest'
import { sameField, toWallClock } from './wall-clock.ts'

test('[BR2] dates lose their offset and nothing else, also inside of lists', () => {
  expect(toWallClock('2026-01-05T08:00:00+01:00')).toBe('2026-01-05T08:00:00')
  expect(toWallClock('2026-01-05T08:00:00Z')).toBe('2026-01-05T08:00:00')
  expect(toWallClock('2026-01-05')).toBe('2026-01-05')
  expect(toWallClock('08:00+01:00 is late')).toBe('08:00+01:00 is late')
  expect(toWallClock([{ startDate: '2026-01-05T00:00:00-0500', note: 1 }])).toEqual([
    { startDate: '2026-01-05T00:00:00', note: 1 },
  ])
  expect(toWallClock(new Date(2026, 0, 5, 8, 30))).toBe('2026-01-05T08:30:00')
})

test('[BR2] a day is its midnight, a missing value is null, and a number is not its text', () => {
  expect(sameField('2026-01-05', '2026-01-05T00:00:00+02:00')).toBe(true)
  expect(sameField('2026-01-05', '2026-01-06')).toBe(false)
  expect(sameField(undefined, null)).toBe(true)
  expect(sameField(1, '1')).toBe(false)
  expect(sameField([{ a: 1 }], [{ a: 1 }])).toBe(true)
})
