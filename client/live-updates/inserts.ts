/**
 * New records on their way to an id. Owns how a phantom id becomes a real one, and how an insert whose answer was lost is
 * recognised among the records that came from elsewhere: sending it again would make two.
 */
import { idKey, type RecordId, type RecordKey, sameId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { phantomId } from '../store/phantom-ids.ts'
import { confirm, visibleRecord } from '../sync/replica.ts'
import { holdsAll } from './echo.ts'
import { moveLane, release } from './endings.ts'
import { applyFrame } from './frames.ts'
import { releaseHeld, takeHeld } from './held-frames.ts'
import { confirmedRecord, journal, tell } from './lanes.ts'
import type { Lane, LiveState, Save, Step } from './live-state.ts'
import { noteHeard } from './loads.ts'

/** The server named a new record: it is confirmed, and every reference to its phantom id follows. */
export function nameInsert(step: Step, lane: Lane, save: Save, id: RecordId, item: PlainRecord | undefined): void {
  const { replica } = step.state
  const { store, id: phantom } = lane
  const frames = takeHeld(step, store, id)
  const first = frames[0]?.type === 'remove' ? undefined : frames[0]?.record
  // Shown already as somebody else's (the server rewrote it, or a reload was faster): later frames may have changed it since.
  const known = confirmedRecord(step, store, id)
  const record: PlainRecord = known ?? { ...save.sent, ...item, ...first, id }
  const added = [{ ...record, $PhantomId: phantom }]
  step.changes.push(...confirm(replica, save.pending.id, { stores: { [store]: { added } } }))
  journal(step, { type: 'add', store, record })
  moveLane(step, lane, id)
  lane.failures = 0
  release(step, lane)
  tell(step, { type: 'saved', store, id, operation: 'add' })
  if (!known && !first) noteHeard(step, store, idKey(id), false)
  for (const frame of frames.slice(first ? 1 : 0)) applyFrame(step, frame)
  //  add (rewritten, so taken for somebody else's) ─ remove ─ answer: the answer is the oldest news of the three.
  if (!known && save.removed.has(idKey(id))) applyFrame(step, { type: 'remove', store, id })
  releaseHeld(step, store)
}

/** Takes a record that holds all that was sent, and that nobody else can have made as far as is known, for the own one. */
export function adoptInsert(step: Step, lane: Lane, save: Save): boolean {
  const { store } = lane
  for (const frames of step.state.held.get(store)?.values() ?? []) {
    const [first] = frames
    if (!first || first.type === 'remove' || !holdsAll(first.record, save.sent)) continue
    presumeNamed(step, lane, save, first.record.id)
    return true
  }
  // One that the user has edited meanwhile may be it; one that is removed must not take the own one along.
  const found = save.candidates.find(
    (id) => visibleRecord(step.state.replica, store, id) && !isNamed(step.state, store, id),
  )
  if (found !== undefined) presumeNamed(step, lane, save, found)
  return found !== undefined
}

/** Somebody else may have made the same record at the same moment: then there is one for two, and the app should know. */
function presumeNamed(step: Step, lane: Lane, save: Save, id: RecordId): void {
  tell(step, { type: 'presumed', store: lane.store, id })
  nameInsert(step, lane, save, id, undefined)
}

/** True if the record is another own insert's. */
function isNamed({ replica }: LiveState, store: string, id: RecordId): boolean {
  for (const [phantom, real] of replica.realIds)
    if (typeof phantom === 'string' && phantom.startsWith(phantomId(store, '')) && sameId(real, id)) return true
  return false
}

/** Keys of the confirmed records that say all that a new record says. */
export function twinsOf({ replica }: LiveState, store: string, fields: Fields): Set<RecordKey> {
  const twins = new Set<RecordKey>()
  for (const [key, record] of replica.confirmed.get(store) ?? []) if (holdsAll(record, fields)) twins.add(key)
  return twins
}
