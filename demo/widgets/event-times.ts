/** Times between the calendar, the form and the records: wall clock as text throughout. */

/** When an event is; `end` is exclusive. Days are `YYYY-MM-DD`, times `YYYY-MM-DD HH:mm`. */
export interface EventTimes {
  readonly start: string
  readonly end: string
  /** Whole days: from midnight to midnight. */
  readonly allDay: boolean
}

/** The times of a record. One without an end ends with its day, or an hour later. */
export function timesOf({
  start_date = '',
  end_date,
}: {
  readonly start_date?: string
  readonly end_date?: string
}): EventTimes {
  const start = start_date.slice(0, 16)
  const atMidnight = start.endsWith('00:00') || start.length === 10
  const end = (end_date || (atMidnight ? plusMinutes(start, 24 * 60) : plusMinutes(start, 60))).slice(0, 16)
  const allDay = atMidnight && (end.endsWith('00:00') || end.length === 10) && end > start
  return allDay ? { start: start.slice(0, 10), end: end.slice(0, 10), allDay } : { start, end, allDay }
}

/** The fields of a record for times. */
export function fieldsOf({ start, end, allDay }: EventTimes): { start_date: string; end_date: string } {
  if (allDay) return { start_date: `${start.slice(0, 10)} 00:00`, end_date: `${end.slice(0, 10)} 00:00` }
  return { start_date: start.replace('T', ' ').slice(0, 16), end_date: end.replace('T', ' ').slice(0, 16) }
}

/** A local `Date` as wall clock. */
export function wallClock(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Wall clock some minutes later. */
export function plusMinutes(text: string, minutes: number): string {
  const [day = '', time = '00:00'] = text.split(/[ T]/)
  return new Date(Date.parse(`${day}T${time}Z`) + minutes * 60_000).toISOString().slice(0, 16).replace('T', ' ')
}
