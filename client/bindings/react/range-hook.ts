/** The hook of a calendar: events of the dates in view, read when they come into view and kept current. */
import { useCallback, useEffect, useState } from 'react'
import type { Scheduler, SchedulerEvent } from '../../live-updates/event-store.ts'
import { useRecords } from './record-hooks.ts'

/** Events of a range, as far as they are there. */
export type RangeView =
  | { readonly state: 'loading' | 'loaded'; readonly events: readonly SchedulerEvent[] }
  | { readonly state: 'failed'; readonly events: readonly SchedulerEvent[]; readonly error: unknown }

/**
 * Events that overlap the time from `from` (inclusive) to `to` (exclusive), after `scheduler.load(url, range)`: what is
 * missing of the range is read, once. The list is the same until an event in it changes.
 * @example
 * const { events, state } = useRange(scheduler, new Date(2025, 3, 1), new Date(2025, 4, 1))
 */
export function useRange(scheduler: Scheduler, from: Date, to: Date): RangeView {
  const [start, end] = [from.getTime(), to.getTime()]
  const events = useRecords(
    scheduler.events,
    useCallback(() => scheduler.getEvents(new Date(start), new Date(end)), [scheduler, start, end]),
  )
  const range = `${start} ${end}`
  const [read, setRead] = useState<{ readonly range: string; readonly error?: unknown }>()
  useEffect(() => {
    let shown = true
    scheduler.showRange(new Date(start), new Date(end)).then(
      () => shown && setRead({ range: `${start} ${end}` }),
      (error: unknown) => shown && setRead({ range: `${start} ${end}`, error }),
    )
    return () => {
      shown = false
    }
  }, [scheduler, start, end])
  if (read?.range !== range) return { state: 'loading', events }
  return 'error' in read ? { state: 'failed', events, error: read.error } : { state: 'loaded', events }
}
