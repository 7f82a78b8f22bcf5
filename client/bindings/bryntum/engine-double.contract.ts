/** The scheduling engine of the double: what waits for another task starts when that one ends, and an end follows from start and duration. */
import type { RecordId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import type { RecordDouble, StoreDouble } from './store-double.contract.ts'

const DAY_MS = 86_400_000

/** Moves tasks until none moves any more; a circle of links ends after a while. */
export function schedule(tasks: StoreDouble, links: StoreDouble): void {
  for (let round = 0; round < 30; round++) {
    let moved = false
    const put = (record: RecordDouble, fields: Fields): void => {
      for (const [field, value] of Object.entries(fields)) {
        if (record.values[field] === value) continue
        record.values[field] = value
        tasks.mark(record, field)
        moved = true
      }
    }
    for (const link of links.records) {
      const from = tasks.getById((link.values['from'] ?? '') as RecordId)
      const to = tasks.getById((link.values['to'] ?? '') as RecordId)
      const end = from?.values['endDate']
      if (
        from &&
        to &&
        link.values['active'] !== false &&
        typeof end === 'string' &&
        dayOf(to.values['startDate']) < dayOf(end)
      )
        put(to, { startDate: end })
    }
    for (const record of tasks.records) {
      const { startDate, duration } = record.values
      if (typeof startDate === 'string' && typeof duration === 'number')
        put(record, { endDate: dateOf(dayOf(startDate) + duration) })
    }
    if (!moved) return
  }
}

function dayOf(date: unknown): number {
  return typeof date === 'string'
    ? Math.round(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS)
    : Number.NEGATIVE_INFINITY
}

function dateOf(day: number): string {
  return `${new Date(day * DAY_MS).toISOString().slice(0, 10)}T00:00:00`
}
