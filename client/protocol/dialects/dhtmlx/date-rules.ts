/**
 * Owns what a date of a live-updates record means: text without a zone is a wall clock or a moment, by the app's choice.
 *
 *     rules           10:00 in Berlin (summer) travels as     is read in New York as
 *     wall-clock      2025-04-23 10:00                         10:00
 *     instant         2025-04-23 08:00  (UTC)                  04:00
 */
import { dateToWidget, type WidgetDateFormat } from './dates.ts'

/**
 * `wall-clock`: everybody sees the same clock, whatever their zone; what the vendors' widgets do by default.
 * `instant`: everybody sees the same moment, on their own clock; text without a zone is UTC, as the widgets' `server_utc`.
 */
export type DateZone = 'wall-clock' | 'instant'

/** How dates travel. `ISO`: `2025-04-23T08:00:00`, with a `Z` when it is a moment. */
export interface DateRules {
  readonly zone: DateZone
  readonly format: WidgetDateFormat | 'ISO'
}

const DATE =
  /^(?:(\d{4})-(\d\d)-(\d\d)|(\d\d)-(\d\d)-(\d{4}))(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?(Z|[+-]\d\d:?\d\d)?$/

/** What a text shows: the clock as if it were UTC, in milliseconds, and its offset from UTC in minutes, where it names one. */
export function shownBy(text: string): { readonly clockMs: number; readonly offset: number | undefined } | undefined {
  const match = DATE.exec(text)
  if (!match) return undefined
  const part = (at: number): number => Number(match[at] ?? 0)
  const [year, month, day] = match[1] === undefined ? [part(6), part(5), part(4)] : [part(1), part(2), part(3)]
  const clockMs = Date.UTC(year, month - 1, day, part(7), part(8), part(9))
  const zone = match[10]
  if (zone === undefined || zone === 'Z') return { clockMs, offset: zone && 0 }
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return { clockMs, offset: zone.startsWith('-') ? -minutes : minutes }
}

/** A number to compare dates by, in milliseconds: of a moment since the epoch, of a wall clock as if it were UTC. */
export function orderOf(value: unknown, zone: DateZone): number | undefined {
  if (value instanceof Date) {
    const ms = value.getTime()
    return Number.isNaN(ms) ? undefined : zone === 'instant' ? ms : ms - value.getTimezoneOffset() * 60_000
  }
  const shown = typeof value === 'string' ? shownBy(value) : undefined
  return shown && (zone === 'instant' ? shown.clockMs - (shown.offset ?? 0) * 60_000 : shown.clockMs)
}

/**
 * The `Date` that a text means here; undefined for what is no date. A zone that the text names counts for moments only:
 * of a wall clock, the clock does.
 */
export function readDate(value: unknown, zone: DateZone): Date | undefined {
  const ms = orderOf(value, zone)
  if (ms === undefined || zone === 'instant') return ms === undefined ? undefined : new Date(ms)
  const clock = new Date(ms)
  return new Date(
    clock.getUTCFullYear(),
    clock.getUTCMonth(),
    clock.getUTCDate(),
    clock.getUTCHours(),
    clock.getUTCMinutes(),
    clock.getUTCSeconds(),
  )
}

/** A `Date` as it travels; undefined for an invalid one, or a year that the format has no place for. */
export function writeDate(date: Date, rules: DateRules): string | undefined {
  const ms = orderOf(date, rules.zone)
  return ms === undefined ? undefined : writeOrder(ms, rules)
}

/** The text of a number that {@link orderOf} gave. */
export function writeOrder(ms: number, { zone, format }: DateRules): string | undefined {
  const text = new Date(ms).toISOString()
  if (text.length > 24) return undefined
  if (format === 'ISO') return `${text.slice(0, 19)}${zone === 'instant' ? 'Z' : ''}`
  return dateToWidget(text.slice(0, 19), format)
}
