/** How the request of a lane ends: stored, refused or without effect, and under which id the lane is filed and goes on. */
import type { PlanwireError } from '../protocol/errors.ts'
import { type ChangesetId, idKey, type RecordId } from '../protocol/ids.ts'
import { groupOf } from '../store/field-groups.ts'
import type { Operation } from '../store/operations.ts'
import { type Pending, reject, settle, visibleRecord } from '../sync/replica.ts'
import { dropForRemoval, dropNext, gather, madeKey, operationOf, rest, saveOf, tell } from './lanes.ts'
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
  // It stands in the way of no earlier edit under another id; what came after it does.
  const later = operationOf(lane, lane.next)
  for (const field in fields)
    if (later?.type !== 'update' || !(field in later.fields)) step.state.made.delete(madeKey(store, id, field))
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
  if (step.state.saves.size === 0) step.state.made.clear()
  step.effects.push(
    { type: 'stopTimer', name: `echo:${save.number}` },
    { type: 'stopTimer', name: `retry:${save.number}` },
  )
  lane.phase = { at: 'gathering' }
  rest(step, lane)
}

/**
 * Files a lane under the real id of its record. Edits of a lane that already stands there go on in that one (L1). As long as
 * the record was shown under both ids, both could be edited: what was edited later under the real one stands, stored or not,
 * and a removal wins over every edit.
 */
export function moveLane(step: Step, lane: Lane, id: RecordId): void {
  const lanes = step.state.lanes.get(lane.store)
  const phantom = lane.id
  lanes?.delete(idKey(phantom))
  lane.id = id
  const other = lanes?.get(idKey(id)) ?? lane
  lanes?.set(idKey(id), other)
  if (other !== lane && !visibleRecord(step.state.replica, lane.store, id)) dropForRemoval(step, lane)
  const operation = operationOf(lane, lane.next)
  const left = operation?.type === 'update' ? withoutNewer(step, operation, phantom, lane, other) : operation
  if (other === lane && left === operation) return
  dropNext(step, lane)
  if (left) gather(step, other, left)
}

type Update = Extract<Operation, { readonly type: 'update' }>

/** What edits made under a phantom id say that no later ones under the real id do. */
function withoutNewer({ state }: Step, edits: Update, phantom: RecordId, lane: Lane, other: Lane): Update | undefined {
  const { store, id } = lane
  // Restored edits are the oldest, and of those the ones under the real id the later ones.
  const unsaved = new Set<string>()
  for (const pending of other === lane ? [] : [saveOf(other)?.pending, other.next]) {
    const operation = operationOf(other, pending)
    if (operation?.type === 'update') for (const field in operation.fields) unsaved.add(groupOf(field))
  }
  const made = (under: RecordId, field: string, unknown: number): number =>
    state.made.get(madeKey(store, under, field)) ?? unknown
  const entries = Object.entries(edits.fields)
  const stand = entries.filter(
    ([field]) => made(phantom, field, -1) >= made(id, field, unsaved.has(groupOf(field)) ? 0 : -1),
  )
  if (stand.length === entries.length) return edits
  return stand.length > 0 ? { ...edits, fields: Object.fromEntries(stand) } : undefined
}

/** The oldest changeset of a lane that is not stored: under its id the outbox keeps the lane. */
export function filedUnder(lane: Lane): ChangesetId | undefined {
  return ((lane.phase.at === 'answered' ? undefined : saveOf(lane)?.pending) ?? lane.next)?.id
}
