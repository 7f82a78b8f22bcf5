/** Dates between the widget (local `Date`) and records (wall-clock text). No time zone is ever applied. */
import type { GanttSource } from './gantt-source.ts'

const YEAR_FIRST = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?/
const DAY_FIRST = /^(\d\d)-(\d\d)-(\d{4})(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?/

/** The local `Date` that shows this wall-clock time; undefined for anything else than a date in one of the two orders. */
export function parseWallClock(text: unknown): Date | undefined {
  if (text instanceof Date) return Number.isNaN(text.getTime()) ? undefined : text
  if (typeof text !== 'string') return undefined
  const yearFirst = YEAR_FIRST.exec(text)
  const match = yearFirst ?? DAY_FIRST.exec(text)
  if (!match) return undefined
  const [year, day] = yearFirst ? [match[1], match[3]] : [match[3], match[1]]
  const date = new Date(
    Number(year),
    Number(match[2]) - 1,
    Number(day),
    Number(match[4] ?? 0),
    Number(match[5] ?? 0),
    Number(match[6] ?? 0),
  )
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** The wall-clock time that a local `Date` shows; seconds only where there are any. */
export function formatWallClock(date: Date, order: GanttSource['dateOrder']): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const year = String(date.getFullYear()).padStart(4, '0')
  const month = two(date.getMonth() + 1)
  const day = two(date.getDate())
  const seconds = date.getSeconds() === 0 ? '' : `:${two(date.getSeconds())}`
  const time = `${two(date.getHours())}:${two(date.getMinutes())}${seconds}`
  return order === 'year-first' ? `${year}-${month}-${day} ${time}` : `${day}-${month}-${year} ${time}`
}
