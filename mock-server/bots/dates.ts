/** Owns arithmetic on dates as text, `YYYY-MM-DD` with or without a time behind it, free of time zones. */

const DATE = /^(\d{4}-\d\d-\d\d)(?:([T ])(\d\d:\d\d)(.*))?$/
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000

/** True for text that {@link addDays} can move. */
export function isDate(text: unknown): text is string {
  return typeof text === 'string' && dayMs(text) !== undefined
}

/** The same time `days` days later (earlier, if negative), written as it was. */
export function addDays(text: string, days: number): string {
  return new Date((dayMs(text) ?? 0) + days * DAY_MS).toISOString().slice(0, 10) + text.slice(10)
}

/** Whole days from one date to another, times of day left aside. */
export function daysBetween(from: string, to: string): number {
  return Math.round(((dayMs(to) ?? 0) - (dayMs(from) ?? 0)) / DAY_MS)
}

/** The time `minutes` later, written as it was; a date without a time is moved by whole days. */
export function addMinutes(text: string, minutes: number): string {
  const [, day, separator, time, rest = ''] = DATE.exec(text) ?? []
  if (!time) return addDays(text, Math.round(minutes / (24 * 60)))
  const moved = new Date(Date.parse(`${day}T${time}Z`) + minutes * MINUTE_MS).toISOString()
  return moved.slice(0, 10) + separator + moved.slice(11, 16) + rest
}

function dayMs(text: string): number | undefined {
  const day = DATE.exec(text)?.[1]
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms
}
