import { afterEach, describe, expect, test } from 'vitest'
import { type DateRules, orderOf, readDate, writeDate } from './date-rules.ts'
import { sameDate } from './same-date.ts'

const zone = process.env['TZ']
afterEach(() => {
  process.env['TZ'] = zone
})

/** A user's clock. */
function here(name: string): void {
  process.env['TZ'] = name
}

describe.each(['YYYY-MM-DD HH:mm', 'DD-MM-YYYY HH:mm', 'ISO'] as const)('dates written as %s', (format) => {
  test('[DC10] are the same moment in two zones where moments travel', () => {
    const rules: DateRules = { zone: 'instant', format }
    here('Europe/Berlin')
    const text = writeDate(new Date(2025, 3, 23, 10, 0), rules)
    here('America/New_York')
    const read = readDate(text, 'instant')
    expect(read).toEqual(new Date(Date.UTC(2025, 3, 23, 8, 0)))
    expect(read?.getHours()).toBe(4)
  })

  test('[DC10] are the same clock in two zones where wall clocks travel', () => {
    const rules: DateRules = { zone: 'wall-clock', format }
    here('Europe/Berlin')
    const text = writeDate(new Date(2025, 3, 23, 10, 0), rules)
    here('America/New_York')
    expect(readDate(text, 'wall-clock')).toEqual(new Date(2025, 3, 23, 10, 0))
  })

  test('keep the hour that a change of the clock repeats apart, where moments travel', () => {
    here('Europe/Berlin')
    const hours = [0, 1].map((hour) => new Date(Date.UTC(2025, 9, 26, hour, 30)))
    expect(hours.map((date) => date.getHours())).toEqual([2, 2])
    const texts = hours.map((date) => writeDate(date, { zone: 'instant', format }))
    expect(texts.map((text) => readDate(text, 'instant'))).toEqual(hours)
  })
})

test('the zone that a text names counts for moments, and the clock alone for wall clocks', () => {
  here('Asia/Tokyo')
  const texts = ['2025-04-23T10:00:00+02:00', '2025-04-23T10:00:00.000+0200']
  for (const text of texts) {
    expect(readDate(text, 'instant')).toEqual(new Date(Date.UTC(2025, 3, 23, 8)))
    expect(readDate(text, 'wall-clock')).toEqual(new Date(2025, 3, 23, 10))
  }
  expect(readDate('2025-04-23T08:00:00Z', 'instant')).toEqual(new Date(Date.UTC(2025, 3, 23, 8)))
  expect(readDate('2025-04-23', 'wall-clock')).toEqual(new Date(2025, 3, 23))
  expect(readDate('soon', 'instant')).toBeUndefined()
  expect(readDate(undefined, 'instant')).toBeUndefined()
})

test('dates are compared as what they mean, however they are written', () => {
  here('Asia/Kolkata')
  expect(orderOf('23-04-2025 10:00', 'wall-clock')).toBe(orderOf('2025-04-23T10:00:00Z', 'wall-clock'))
  expect(orderOf('2025-04-23T10:00:00+02:00', 'instant')).toBe(orderOf('2025-04-23 08:00', 'instant'))
  expect(orderOf(new Date(2025, 3, 23, 10), 'wall-clock')).toBe(orderOf('2025-04-23 10:00', 'wall-clock'))
  expect(orderOf(new Date(Number.NaN), 'instant')).toBeUndefined()
  expect(sameDate('2025-04-23 08:00', '2025-04-23T08:00:00.000Z')).toBe(true)
  expect(sameDate('2025-04-23 08:00', '2025-04-23T10:00:00+02:00')).toBe(true)
  expect(sameDate('2025-04-23 08:00', '2025-04-23 08:01')).toBe(false)
  expect(sameDate('8', '8.0')).toBe(false)
})

test('what no date is, or no year of four digits, is not written', () => {
  for (const format of ['ISO', 'YYYY-MM-DD HH:mm'] as const) {
    expect(writeDate(new Date(Number.NaN), { zone: 'instant', format })).toBeUndefined()
    expect(writeDate(new Date(Date.UTC(12_025, 0, 1)), { zone: 'instant', format })).toBeUndefined()
  }
})
