/**
 * What happens to a series happens to its exceptions (edited and deleted occurrences, records of their own): the server
 * removes them with the series, and when it is edited, and the widgets send no request for them (source: recorded requests).
 * Owns that they go here as well: at once for the user, for good when the server did so.
 */
import { idKey, isRecordId, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { visibleRecords } from '../sync/replica.ts'
import { dropNext, gather, laneOf, rest } from './lanes.ts'
import type { Lane, Step } from './live-state.ts'

/** How long a server may take to say that it removed the exceptions of an edited series before they are read, in milliseconds. */
const SERIES_MS = 2_000

/** The series that an exception belongs to. 0 and the empty text mean none. */
export function seriesOf({ recurring_event_id, event_pid }: Fields): RecordId | undefined {
  return [recurring_event_id, event_pid].find((id) => isRecordId(id) && id !== 0 && id !== '0') as RecordId | undefined
}

/** True for the record of a series. */
export function isSeries(record: Fields): boolean {
  const rule = record['rrule'] || record['rec_type']
  return typeof rule === 'string' && rule !== '' && seriesOf(record) === undefined
}

function exceptionsOf(records: Iterable<PlainRecord>, id: RecordId): readonly PlainRecord[] {
  return [...records].filter((record) => {
    const series = seriesOf(record)
    return series !== undefined && idKey(series) === idKey(id)
  })
}

/** After an own edit: exceptions of a series that it removes or edits go out of sight with it. */
export function hideExceptions(step: Step, store: string, operation: Operation): void {
  const { lanes, replica } = step.state
  const id = replica.realIds.get(idKey(operation.id)) ?? operation.id
  const series = lanes.get(store)?.get(idKey(id))
  const record = replica.confirmed.get(store)?.get(idKey(id))
  if (!series || !record || operation.type === 'add' || !isSeries(record)) return
  for (const exception of exceptionsOf(visibleRecords(replica, store), id)) {
    const lane = laneOf(step, store, exception.id)
    lane.follows = series
    gather(step, lane, { type: 'remove', id: exception.id })
  }
}

/** The series' request ended: what the server did with the exceptions is to be seen now. True if that was so. */
export function letGo(step: Step, lane: Lane): boolean {
  const series = lane.follows
  if (!series || step.state.lanes.get(series.store)?.get(idKey(series.id)) === series) return false
  lane.follows = undefined
  dropNext(step, lane)
  if (lane.phase.at === 'gathering') rest(step, lane)
  return true
}

/** Records that go with a removed one. */
export function orphansOf({ state }: Step, store: string, id: RecordId): readonly PlainRecord[] {
  return exceptionsOf(state.replica.confirmed.get(store)?.values() ?? [], id)
}

/** A series was edited: exceptions that the server does not remove in time are looked at, since some do so without a word (DS12). */
export function doubtExceptions(step: Step, store: string, record: PlainRecord): void {
  if (isSeries(record) && orphansOf(step, store, record.id).length > 0)
    step.effects.push({ type: 'timer', name: `series:${store}`, delayMs: SERIES_MS })
}
