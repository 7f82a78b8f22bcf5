/**
 * The answer to a read. Owns how it becomes the confirmed state: what came while it was on its way is newer, what it shows
 * or no longer shows decides saves that waited for a look, and of ranges nothing is kept that nobody asked for.
 */
import { idKey, type RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { storesOf } from '../store/tables.ts'
import { load, singly } from '../sync/replica.ts'
import { applyFrame, noteRemoved } from './frames.ts'
import { confirmedRecord, dropForRemoval } from './lanes.ts'
import type { Loaded } from './live-runner.ts'
import type { Step } from './live-state.ts'
import { readMissing, reload, sourceOf } from './loads.ts'
import { seriesOf } from './series-effects.ts'

/** The load with this number was answered; one that counts no more is ignored. */
export function loaded(step: Step, number: number, stores: Loaded): void {
  const { state } = step
  const source = sourceOf(step, number)
  if (!source) return
  const { journal, again, parts, ranges } = source
  const whole = parts?.whole ?? true
  source.running = undefined
  source.journal = []
  source.failures = 0
  if (parts) ranges?.note(parts.ranges, whole)
  const known = keysOf(step, source.stores)
  const confirmed = storesOf(state.replica.confirmed)
  // Servers that do not know ranges send everything: what nobody looks at is left out.
  const wanted = (store: string, record: PlainRecord): boolean =>
    !ranges ||
    known.get(store)?.has(idKey(record.id)) === true ||
    seriesOf(record) !== undefined ||
    ranges.holds(record, true)
  const shownNow = Object.entries(stores).map(([store, records]) => {
    const own = records.filter((record) => wanted(store, record))
    return [store, whole ? own : added(confirmed[store], own)]
  })
  const dataset = { stores: { ...confirmed, ...Object.fromEntries(shownNow) }, meta: {} }
  step.changes.push(...singly(load(state.replica, dataset)))
  // The answer may be older than what came meanwhile. What is applied twice comes right by the frames that follow it.
  const shown = keysOf(step, source.stores)
  for (const change of journal) {
    // A record begins with its add: whatever the load showed of it is at least as new.
    if (change.type === 'add' && shown.get(change.store)?.has(idKey(change.record.id))) continue
    applyFrame(step, change)
  }
  for (const store of source.stores) compare(step, store, known.get(store) ?? new Set())
  if (whole) {
    if (state.live && number >= source.freshBy && !again) source.fresh = true
    source.unheard.clear()
    state.saver?.decideByLoad(step, source.stores, number)
  }
  if (again) reload(step, source.stores[0] ?? '')
  else readMissing(step, source)
}

/** Records with those that a further range showed. */
function added(known: readonly PlainRecord[] = [], records: readonly PlainRecord[]): readonly PlainRecord[] {
  return [...new Map([...known, ...records].map((record) => [idKey(record.id), record])).values()]
}

/** Which records of the stores are confirmed. */
function keysOf(step: Step, stores: readonly string[]): ReadonlyMap<string, ReadonlySet<RecordKey>> {
  return new Map(stores.map((store) => [store, new Set(step.state.replica.confirmed.get(store)?.keys())]))
}

/** What a load showed to be gone takes edits along. */
function compare(step: Step, store: string, known: ReadonlySet<RecordKey>): void {
  const confirmed = step.state.replica.confirmed.get(store)
  for (const key of known) if (!confirmed?.has(key)) noteRemoved(step, store, key)
  for (const lane of [...(step.state.lanes.get(store)?.values() ?? [])]) {
    if (known.has(idKey(lane.id)) && !confirmedRecord(step, store, lane.id)) dropForRemoval(step, lane)
  }
  step.state.saver?.noteCandidates(step, store, known)
}
