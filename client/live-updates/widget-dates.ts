/** Dates that an app gives as `Date`, in the text of the widget. */
import { dateToWidget, type WidgetDateFormat } from '../protocol/dialects/dhtmlx/dates.ts'

/** A `Date` as the widget writes it, by its local clock, seconds left out; any other value as it is. An invalid date becomes null. */
export function widgetValue(value: unknown, format: WidgetDateFormat): unknown {
  if (!(value instanceof Date)) return value
  if (Number.isNaN(value.getTime())) return null
  const two = (number: number): string => String(number).padStart(2, '0')
  const year = String(value.getFullYear()).padStart(4, '0')
  const day = `${year}-${two(value.getMonth() + 1)}-${two(value.getDate())}`
  return dateToWidget(`${day}T${two(value.getHours())}:${two(value.getMinutes())}`, format) ?? null
}
