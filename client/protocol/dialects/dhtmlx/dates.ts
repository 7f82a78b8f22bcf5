/**
 * Owns the dates of the DHTMLX widgets: wall-clock text without a zone. Converting rearranges digits and never asks a
 * time zone, so 09:00 stays 09:00 for everybody. Canonical dates are `YYYY-MM-DDTHH:mm:ss`, or `YYYY-MM-DD` for midnight.
 */

/** How a widget writes dates: `gantt.config.date_format`, `scheduler.config.date_format`. */
export type WidgetDateFormat = 'DD-MM-YYYY HH:mm' | 'YYYY-MM-DD HH:mm'

/** Gantt's default. */
export const GANTT_DATES: WidgetDateFormat = 'DD-MM-YYYY HH:mm'
/** Scheduler's default. */
export const SCHEDULER_DATES: WidgetDateFormat = 'YYYY-MM-DD HH:mm'

const MONTH = '(0[1-9]|1[0-2])'
const DAY = '(0[1-9]|[12]\\d|3[01])'
const TIME = '([01]\\d|2[0-3]):([0-5]\\d)(?::([0-5]\\d))?'
const CANONICAL = new RegExp(`^(\\d{4})-${MONTH}-${DAY}(?:[T ]${TIME}(?:\\.\\d+)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?$`)
const DAY_FIRST = new RegExp(`^${DAY}-${MONTH}-(\\d{4})(?: ${TIME})?$`)
const YEAR_FIRST = new RegExp(`^(\\d{4})-${MONTH}-${DAY}(?: ${TIME})?$`)

/**
 * The canonical form of a widget's date; undefined for anything else.
 * @example
 * dateFromWidget('23-04-2025 09:00', 'DD-MM-YYYY HH:mm') // '2025-04-23T09:00:00'
 */
export function dateFromWidget(text: string, format: WidgetDateFormat): string | undefined {
  const dayFirst = format === GANTT_DATES
  const match = (dayFirst ? DAY_FIRST : YEAR_FIRST).exec(text)
  if (!match) return undefined
  const [, first, month, third, hour = '00', minute = '00', second = '00'] = match
  const [year, day] = dayFirst ? [third, first] : [first, third]
  return `${year}-${month}-${day}T${hour}:${minute}:${second}`
}

/**
 * A canonical date as a widget writes it; undefined for anything else. Seconds have no place there and are lost; so is a
 * zone, should somebody have sent one: the clock that the text shows counts.
 */
export function dateToWidget(text: string, format: WidgetDateFormat): string | undefined {
  const match = CANONICAL.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '00', minute = '00'] = match
  return `${format === GANTT_DATES ? `${day}-${month}-${year}` : `${year}-${month}-${day}`} ${hour}:${minute}`
}
