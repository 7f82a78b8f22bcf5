/**
 * Frames that are held back because they may be own inserts whose answer is still to come: shown at once they would stand
 * beside the record that the user made.
 */
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { holdsAll } from './echo.ts'
import { applyFrame, wholeRecord } from './frames.ts'
import { confirmedRecord, saveOf } from './lanes.ts'
import type { Lane, RemoteChange, Step } from './live-state.ts'

/**
 * Holds a frame back if it may be an own insert, or follows one that is held: the answer will tell.
 * Everything else is shown at once, however many own inserts are on their way.
 */
export function hold(step: Step, change: RemoteChange): boolean {
  const { store } = change
  const key = idKey(change.type === 'remove' ? change.id : change.record.id)
  const held = step.state.held.get(store)
  const queue = held?.get(key)
  if (queue) {
    // Others may change it without end while no answer comes: behind the first frame is kept what they come to.
    const last = queue.length > 1 ? queue.pop() : undefined
    if (change.type === 'remove') queue.length = 1
    else if (last?.type === 'remove') queue.push(last)
    else if (last) change = { ...last, record: wholeRecord(store, last.record, change.record) }
    queue.push(change)
    return true
  }
  if (change.type !== 'add' || confirmedRecord(step, store, change.record.id)) return false
  if (!insertLike(step, store, change.record)) return false
  if (held) held.set(key, [change])
  else step.state.held.set(store, new Map([[key, [change]]]))
  return true
}

/** The lane of an own insert that is on its way and says nothing that the record does not hold. */
export function insertLike(step: Step, store: string, record: PlainRecord): Lane | undefined {
  let found: Lane | undefined
  for (const lane of step.state.lanes.get(store)?.values() ?? []) {
    const save = lane.phase.at === 'unsure' && lane.phase.again === 'anew' ? undefined : saveOf(lane)
    if (save?.method !== 'POST' || save.twins.has(idKey(record.id)) || !holdsAll(record, save.sent)) continue
    // Of two that say the same, each gets its record.
    if (!found || save.candidates.length < (saveOf(found)?.candidates.length ?? 0)) found = lane
  }
  return found
}

/** Takes the held frames of a record that turned out to be an own one. */
export function takeHeld(step: Step, store: string, id: RecordId): readonly RemoteChange[] {
  const held = step.state.held.get(store)
  const frames = held?.get(idKey(id)) ?? []
  held?.delete(idKey(id))
  return frames
}

/** Shows the held frames that no own insert on its way can account for: they are somebody else's. */
export function releaseHeld(step: Step, store: string): void {
  const held = step.state.held.get(store)
  for (const [key, frames] of [...(held ?? [])]) {
    const [first] = frames
    if (first && first.type !== 'remove' && insertLike(step, store, first.record)) continue
    held?.delete(key)
    for (const frame of frames) applyFrame(step, frame)
  }
}

/** What a load showed to be new may be an own insert whose answer is missing. */
export function noteCandidates(step: Step, store: string, known: ReadonlySet<RecordKey>): void {
  const lanes = [...(step.state.lanes.get(store)?.values() ?? [])]
  if (!lanes.some((lane) => saveOf(lane)?.method === 'POST')) return
  for (const [key, record] of step.state.replica.confirmed.get(store) ?? []) {
    const lane = known.has(key) ? undefined : insertLike(step, store, record)
    if (lane) saveOf(lane)?.candidates.push(record.id)
  }
}
