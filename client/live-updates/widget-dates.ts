/** Dates that an app gives as `Date`, in the text that travels. */
import { type DateRules, type DateZone, writeDate } from '../protocol/dialects/dhtmlx/date-rules.ts'

/** What an app says about the dates of its records. */
export interface DateOptions {
  /**
   * What a date without a zone means. `wall-clock` (default): 09:00 is 09:00 for everybody, as in the vendors' widgets and in
   * servers written for them. `instant`: the same moment for everybody, in UTC (the widgets' `server_utc: true`).
   */
  readonly dates?: DateZone
  /** How dates are written. Default: as the widget does. Either is read. */
  readonly dateFormat?: DateRules['format']
}

/** A `Date` as it travels, seconds left out by the widgets' formats; any other value as it is. An invalid date becomes null. */
export function widgetValue(value: unknown, rules: DateRules): unknown {
  return value instanceof Date ? (writeDate(value, rules) ?? null) : value
}
