/** How the request of a lane ends: stored, refused or without effect, and under which id the lane is filed and goes on. */
import type { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey, parseChangesetId, type RecordId } from '../protocol/ids.ts'
import { groupOf } from '../store/field-groups.ts'
import type { Operation } from '../store/operations.ts'
import { type Pending, reject, settle } from '../sync/replica.ts'
import { dropNext, gather, operationOf, rest, saveOf, tell } from './lanes.ts'
import type { Lane, Step } from './live-state.ts'

/** Rolls a changeset back and tells the app. */
export function refuse(
  step: Step,
  lane: Lane,
  pending: Pending | undefined,
  operation: Operation,
  error: PlanwireError,
): void {
  if (pending) step.changes.push(...reject(step.state.replica, pending.id))
  const { store, id } = lane
  const fields = operation.type === 'remove' ? {} : operation.fields
  tell(step, { type: 'rejected', rejection: { error, store, id, operation: operation.type, fields } })
}

/** The request of a lane is over and its changeset part of the confirmed state. */
export function finish(step: Step, lane: Lane): void {
  const save = saveOf(lane)
  if (!save) return
  giveUp(step, lane)
  tell(step, { type: 'saved', store: lane.store, id: lane.id, operation: save.operation.type })
}

/** The request of a lane is over and its changeset without effect. */
export function giveUp(step: Step, lane: Lane): void {
  const save = saveOf(lane)
  if (!save) return
  step.changes.push(...settle(step.state.replica, save.pending.id, new Map()))
  lane.failures = 0
  release(step, lane)
}

/** Takes the request off the lane, whatever became of it. */
export function release(step: Step, lane: Lane): void {
  const save = saveOf(lane)
  if (!save) return
  step.state.saves.delete(save.number)
  step.effects.push(
    { type: 'stopTimer', name: `echo:${save.number}` },
    { type: 'stopTimer', name: `retry:${save.number}` },
  )
  lane.phase = { at: 'gathering' }
  rest(step, lane)
}

/** Files a lane under the real id of its record. Edits of a lane that already stands there go on in that one (L1). */
export function moveLane(step: Step, lane: Lane, id: RecordId): void {
  const lanes = step.state.lanes.get(lane.store)
  lanes?.delete(idKey(lane.id))
  lane.id = id
  const other = lanes?.get(idKey(id))
  if (!other) {
    lanes?.set(idKey(id), lane)
    return
  }
  const operation = lane.next && withoutNewer(lane, lane.next, other)
  dropNext(step, lane)
  if (operation) gather(step, other, operation)
}

/** What a lane's edits say that later ones of another lane of the same record, as which it was shown as well, do not. */
function withoutNewer(lane: Lane, edits: Pending, other: Lane): Operation | undefined {
  const operation = operationOf(lane, edits)
  if (operation?.type !== 'update') return operation
  const made = parseChangesetId(edits.id)?.counter ?? 0
  const newer = new Set<string>()
  for (const pending of [saveOf(other)?.pending, other.next]) {
    const later =
      pending && (parseChangesetId(pending.id)?.counter ?? 0) > made ? operationOf(other, pending) : undefined
    if (later?.type === 'update') for (const field in later.fields) newer.add(groupOf(field))
  }
  const fields = Object.entries(operation.fields).filter(([field]) => !newer.has(groupOf(field)))
  return fields.length > 0 ? { ...operation, fields: Object.fromEntries(fields) } : undefined
}

/** The oldest changeset of a lane that is not stored: under its id the outbox keeps the lane. */
export function filedUnder(lane: Lane): ChangesetId | undefined {
  return ((lane.phase.at === 'answered' ? undefined : saveOf(lane)?.pending) ?? lane.next)?.id
}
