import { describe, expect, it } from 'vitest'
import { fieldsOf, plusMinutes, timesOf, wallClock } from './event-times.ts'

describe('times of an event', () => {
  it('are whole days from midnight to midnight, and times otherwise', () => {
    const days = { start_date: '2026-04-01 00:00', end_date: '2026-04-03 00:00' }
    expect(timesOf(days)).toEqual({ start: '2026-04-01', end: '2026-04-03', allDay: true })
    const hours = { start_date: '2026-04-01 10:00', end_date: '2026-04-01 10:30' }
    expect(timesOf(hours)).toEqual({ start: '2026-04-01 10:00', end: '2026-04-01 10:30', allDay: false })
  })

  it('come back as they were written', () => {
    for (const fields of [
      { start_date: '2026-04-01 00:00', end_date: '2026-04-03 00:00' },
      { start_date: '2026-04-01 10:00', end_date: '2026-04-02 00:00' },
    ]) {
      expect(fieldsOf(timesOf(fields))).toEqual(fields)
    }
  })

  it('have an end even where the record has none', () => {
    expect(timesOf({ start_date: '2026-04-01 00:00' })).toEqual({
      start: '2026-04-01',
      end: '2026-04-02',
      allDay: true,
    })
    expect(timesOf({ start_date: '2026-04-01 23:30' })).toEqual({
      start: '2026-04-01 23:30',
      end: '2026-04-02 00:30',
      allDay: false,
    })
  })

  it('are what the clock on the wall shows, also when summer time begins', () => {
    expect(wallClock(new Date(2026, 2, 29, 9, 5))).toBe('2026-03-29 09:05')
    expect(plusMinutes('2026-03-28 12:00', 24 * 60)).toBe('2026-03-29 12:00')
  })
})
