/** Frames about records. Owns how a frame changes the confirmed state. */

import { idKey, type RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { merged } from '../store/tables.ts'
import { applyRemote } from '../sync/replica.ts'
import { confirmedRecord, dropForRemoval, journal, saveOf } from './lanes.ts'
import type { Lane, RemoteChange, Step } from './live-state.ts'
import { noteHeard } from './loads.ts'
import { doubtExceptions, isSeries, orphansOf } from './series-effects.ts'

/** Frames that are remembered of a record that is being saved. */
const MOST_SEEN = 100

/** Fields without which a record is only a part of one. */
const REQUIRED: { readonly [store: string]: readonly string[] } = {
  events: ['start_date'],
  tasks: ['start_date'],
  links: ['source', 'target'],
}

/** Applies a frame to the confirmed state and returns the lane of its record, if there is one. */
export function applyFrame(step: Step, change: RemoteChange): Lane | undefined {
  const { store } = change
  const id = change.type === 'remove' ? change.id : change.record.id
  const before = confirmedRecord(step, store, id)
  const record = change.type === 'remove' ? undefined : wholeRecord(store, before, change.record)
  const part = record ? { added: [record] } : { removed: [{ id }] }
  const type = change.type === 'add' && !step.state.resumed ? 'add' : 'update'
  journal(step, record ? { type, store, record } : change)
  step.changes.push(...applyRemote(step.state.replica, { stores: { [store]: part } }).changes)
  if (!record) noteRemoved(step, store, id)
  if (!record && before && isSeries(before)) removeExceptions(step, store, id)
  else if (record && change.type === 'update') doubtExceptions(step, store, record)
  noteHeard(step, store, idKey(id), true)
  const lane = step.state.lanes.get(store)?.get(idKey(id))
  if (!lane) return undefined
  const seen = saveOf(lane)?.seen
  seen?.push({ before, after: confirmedRecord(step, store, id) })
  // A save that waits for long must not collect what others do meanwhile for ever.
  if (seen && seen.length > MOST_SEEN) seen.shift()
  if (before && !record) dropForRemoval(step, lane)
  return lane
}

/** A series is gone, and its exceptions with it. */
export function removeExceptions(step: Step, store: string, id: RecordId): void {
  for (const orphan of orphansOf(step, store, id)) applyFrame(step, { type: 'remove', store, id: orphan.id })
}

/** The record may be an own insert whose answer is still to come. */
export function noteRemoved(step: Step, store: string, id: RecordId): void {
  for (const lane of step.state.saves.values()) {
    if (lane.store === store && lane.phase.at !== 'gathering' && lane.phase.save.method === 'POST') {
      lane.phase.save.removed.add(idKey(id))
    }
  }
}

/**
 * Frames carry whole records, so a field that is missing was removed. A server may send only what changed, though:
 * a frame without the fields that every record of its kind has is merged.
 */
export function wholeRecord(store: string, before: PlainRecord | undefined, record: PlainRecord): PlainRecord {
  if (!before) return record
  const partial = REQUIRED[store]?.some((field) => field in before && !(field in record)) ?? false
  // The id stays as it was read first: vendors repeat it in frames as another JSON type.
  return partial ? merged(before, record) : { ...record, id: before.id }
}
