import { expect, test } from 'vitest'
import { startsOf } from './occurrences.ts'

const FIRST = '2026-04-01 09:00'

test('a weekly series falls on its weekday, an interval leaves weeks out, and BYDAY names the days', () => {
  const april = (rule: string): readonly string[] =>
    startsOf(rule, FIRST, '9999-01-01 00:00', '2026-04-01 00:00', '2026-05-01 00:00').map((start) => start.slice(8, 10))
  expect(april('FREQ=WEEKLY;INTERVAL=1')).toEqual(['01', '08', '15', '22', '29'])
  expect(april('FREQ=WEEKLY;INTERVAL=2')).toEqual(['01', '15', '29'])
  expect(april('FREQ=WEEKLY;INTERVAL=1;BYDAY=MO,WE')).toEqual(['01', '06', '08', '13', '15', '20', '22', '27', '29'])
  expect(april('FREQ=DAILY;INTERVAL=10')).toEqual(['01', '11', '21'])
  expect(april('FREQ=MONTHLY;INTERVAL=1')).toEqual(['01'])
})

test('only what lies in the view and before the end of the series is shown, years after its start as well', () => {
  const rule = 'FREQ=WEEKLY;INTERVAL=2'
  expect(startsOf(rule, FIRST, '2026-04-15 09:00', '2026-04-01 00:00', '2027-01-01 00:00')).toEqual([FIRST])
  expect(startsOf(rule, FIRST, '9999-01-01 00:00', '2031-04-01 00:00', '2031-04-20 00:00')).toEqual([
    '2031-04-09 09:00',
  ])
  expect(startsOf(rule, FIRST, '9999-01-01 00:00', '2025-01-01 00:00', '2026-01-01 00:00')).toEqual([])
})
