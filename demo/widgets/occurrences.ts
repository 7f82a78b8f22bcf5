/**
 * The occurrences of a series, as far as this calendar knows rules: `FREQ=DAILY` or `WEEKLY`, with `INTERVAL` and `BYDAY`.
 * Of any other rule only the first occurrence is shown. Pure text: wall clock, no zone.
 */
import type { SchedulerEvent } from 'planwire'
import { plusMinutes } from './event-times.ts'

const DAY = 24 * 60
const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']
/** Occurrences of one series in one view; a calendar shows six weeks. */
const MOST = 400

/** Rules that the form offers. */
export const RULES = {
  '': 'Does not repeat',
  'FREQ=DAILY;INTERVAL=1': 'Every day',
  'FREQ=WEEKLY;INTERVAL=1': 'Every week',
  'FREQ=WEEKLY;INTERVAL=2': 'Every two weeks',
} as const

/** The rule of a series; undefined for any other record. */
export function ruleOf({ rrule }: SchedulerEvent): string | undefined {
  return typeof rrule === 'string' && rrule !== '' ? rrule : undefined
}

/** Where the rule puts occurrences between two dates (`YYYY-MM-DD HH:mm`, the second excluded) and before the series' end. */
export function startsOf(rule: string, first: string, until: string, from: string, to: string): readonly string[] {
  const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string | undefined]))
  const interval = Math.max(1, Number(parts.get('INTERVAL') ?? 1) || 1)
  const weekly = parts.get('FREQ') === 'WEEKLY'
  if (!weekly && parts.get('FREQ') !== 'DAILY') return first >= from && first < to ? [first] : []
  const days = parts.get('BYDAY')?.split(',') ?? [WEEKDAYS[weekday(first)] ?? '']
  const monday = plusMinutes(first, -((weekday(first) + 6) % 7) * DAY)
  const starts: string[] = []
  const before = Math.max(
    0,
    Math.floor((Date.parse(utc(from)) - Date.parse(utc(first))) / (DAY * 60_000)) - 7 * interval,
  )
  for (let day = before; starts.length < MOST; day++) {
    const at = plusMinutes(first, day * DAY)
    if (at >= to || at >= until) break
    const weeks = Math.floor((Date.parse(utc(at)) - Date.parse(utc(monday))) / (7 * DAY * 60_000))
    const due = weekly ? weeks % interval === 0 && days.includes(WEEKDAYS[weekday(at)] ?? '') : day % interval === 0
    if (due && at >= from) starts.push(at)
  }
  return starts
}

function weekday(text: string): number {
  return new Date(utc(text)).getUTCDay()
}

function utc(text: string): string {
  return `${text.slice(0, 16).replace(' ', 'T')}${text.length === 10 ? 'T00:00' : ''}Z`
}
