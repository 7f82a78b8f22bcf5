/**
 * Edits that a tab left which is gone. Owns when they may leave again: not before a read that was asked for after they
 * were taken over, since only that shows what became of the requests that tab had under way.
 */
import { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey, type RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { REFERENCE_FIELDS, referredId } from '../store/references.ts'
import { reject, visibleRecord } from '../sync/replica.ts'
import { holdsAll, sentOf } from './echo.ts'
import { filedUnder, refuse, release } from './endings.ts'
import {
  actual,
  confirmedRecord,
  dropForRemoval,
  dropNext,
  gather,
  laneOf,
  operationOf,
  rest,
  saveOf,
  tell,
} from './lanes.ts'
import type { Lane, RestoredEdit, Save, Step } from './live-state.ts'
import { reload } from './loads.ts'

/** Takes edits over: seen at once, before everything made since. */
export function restoreEdits(step: Step, edits: readonly RestoredEdit[]): void {
  for (const { store, first, later, twins, key, again } of edits) {
    const operation = actual(step, store, first)
    const lane = laneOf(step, store, operation.id)
    const since = operationOf(lane, lane.next)
    dropNext(step, lane)
    lane.key = key
    // A new record that never left is nowhere to be found.
    if (operation.type !== 'add' || again !== 'anew')
      lane.left = { mark: step.state.requests, twins: new Set(twins.map(idKey)), again }
    gather(step, lane, operation)
    presume(step, lane)
    if (later) gather(step, lane, actual(step, store, later))
    if (!since) continue
    if (operation.type !== 'remove') gather(step, lane, since)
    else if (since.type === 'update')
      tell(step, {
        type: 'conflict',
        conflict: { store, id: lane.id, kind: 'removed', ours: since.fields, theirs: undefined },
      })
  }
  for (const store of new Set(edits.map(({ store }) => store))) reload(step, store)
}

/**
 * Another tab took this one for gone and saves what these lanes held: the records come as its changes. An edit that came
 * since is saved, which does no harm twice; of a new record the app is told, since a second one would.
 */
export function leaveToOthers(step: Step, ids: ReadonlySet<ChangesetId>, changed: ReadonlySet<ChangesetId>): void {
  for (const [store, lanes] of step.state.lanes) {
    for (const lane of [...lanes.values()]) {
      const id = filedUnder(lane)
      if (id === undefined || !ids.has(id)) continue
      const request = lane.phase.at === 'answered' ? undefined : saveOf(lane)
      const isNew = operationOf(lane, request?.pending ?? lane.next)?.type === 'add'
      const since = operationOf(lane, lane.next)
      if (changed.has(id) && !isNew) continue
      if (changed.has(id) && since) refuse(step, lane, undefined, since, takenOver(store, lane.id))
      dropNext(step, lane)
      if (request) step.changes.push(...reject(step.state.replica, request.pending.id))
      if (request) release(step, lane)
      else if (lane.phase.at === 'gathering') rest(step, lane)
      reload(step, store)
    }
  }
}

function takenOver(store: string, id: RecordId): PlanwireError {
  const text = 'Another tab saved this new record while this one slept: edit the one that is shown now'
  return new PlanwireError('conflict', text, 'drop-changeset', { store, id })
}

/**
 * A restored insert may have been stored: it is treated as one whose answer was lost, for the next read to decide.
 * False if it cannot be recognised yet, because it refers to a record without an id. The caller asks for the read.
 */
export function presume(step: Step, lane: Lane): boolean {
  const { state } = step
  const operation = operationOf(lane, lane.next)
  const record = visibleRecord(state.replica, lane.store, lane.id)
  if (!lane.left || !lane.next || !record || operation?.type !== 'add' || lane.phase.at !== 'gathering') return false
  const sent = sentOf(lane.store, record)
  if (refersToPhantom(sent)) return false
  const { twins, again } = lane.left
  const number = ++state.requests
  const candidates = [...(state.replica.confirmed.get(lane.store)?.values() ?? [])].flatMap((known) =>
    !twins.has(idKey(known.id)) && holdsAll(known, sent) ? [known.id] : [],
  )
  const save: Save = {
    number,
    method: 'POST',
    pending: lane.next,
    operation,
    sent,
    place: lane.store === 'tasks' ? operation.fields['target'] : undefined,
    base: undefined,
    seen: [],
    candidates,
    twins,
    removed: new Set(),
    key: lane.key ?? lane.next.id,
    keyed: lane.key !== undefined,
  }
  lane.next = undefined
  lane.left = undefined
  lane.phase = { at: 'unsure', save, mark: number, parked: false, again }
  state.waiting.delete(lane)
  state.saves.set(number, lane)
  return true
}

function refersToPhantom(record: PlainRecord): boolean {
  return Object.keys(record).some(
    (field) => Object.hasOwn(REFERENCE_FIELDS, field) && isPhantomId(referredId(field, record[field])),
  )
}

/** A read was applied: restored edits and removals that waited for it may leave; a record that is gone takes its edits along. */
export function releaseLeft(step: Step, stores: readonly string[], number: number): void {
  for (const store of stores) {
    for (const lane of [...(step.state.lanes.get(store)?.values() ?? [])]) {
      const operation = operationOf(lane, lane.next)
      if (!lane.left || operation?.type === 'add' || number <= lane.left.mark) continue
      lane.left = undefined
      if (!confirmedRecord(step, store, lane.id)) dropForRemoval(step, lane)
    }
  }
}
