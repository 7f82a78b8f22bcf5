/**
 * Lanes: edits of the app become requests, one at a time per record, edits made meanwhile gather behind it.
 * Owns what makes a request, when a record may be sent, and how a lane begins and ends; answers are read in `answers.ts`.
 *
 * Invariants (checked by `live-invariants.ts` after every step of the tests):
 *   L1  a record has at most one lane, and a lane at most one request.
 *   L2  every pending changeset of the replica belongs to one lane, as its request's or as its `next`, and touches that lane's record only.
 *   L3  no request leaves that refers to a record the server has not named yet.
 *   L4  a lane without a request and without edits does not exist.
 */

import { PlanwireError } from '../protocol/errors.ts'
import { changesetId, idKey, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { REFERENCE_FIELDS, rewriteReferences } from '../store/references.ts'
import { operate, type Pending, reject, settle, visibleRecord } from '../sync/replica.ts'
import { holdsAll } from './echo.ts'
import type { Lane, LiveEvent, RemoteChange, Save, Step } from './live-state.ts'

/** An edit of the app. Ids that were phantoms when the app read them are replaced by the real ones. */
export function edit(step: Step, store: string, operation: Operation): void {
  const { replica } = step.state
  const id = actualId(step, operation.id)
  const lookup = (old: RecordId): RecordId | undefined => replica.realIds.get(idKey(old))
  const own: Operation =
    operation.type === 'remove'
      ? { type: 'remove', id }
      : { type: operation.type, id, fields: rewriteReferences(operation.fields, lookup, store) }
  gather(step, laneOf(step, store, id), own)
}

/** Puts an operation behind what the lane's request already holds. */
export function gather(step: Step, lane: Lane, operation: Operation): void {
  const { state } = step
  lane.next ??= { id: changesetId(state.client, ++state.counter), operations: new Map() }
  step.changes.push(...operate(state.replica, lane.next, lane.store, operation))
  // A record that was added and removed before it was sent: nothing is left to say.
  if (lane.next.operations.size === 0) dropNext(step, lane)
  if (lane.phase.at === 'gathering') rest(step, lane)
}

/** Hands over whatever may be handed over. */
export function handOver(step: Step): void {
  if (!step.state.saving) return
  for (let again = true; again; ) {
    again = false
    for (const lane of [...step.state.waiting]) if (step.state.waiting.has(lane) && advance(step, lane)) again = true
  }
}

/** Hands over one lane's edits; true if that may have changed what other lanes can do. */
function advance(step: Step, lane: Lane): boolean {
  const { state } = step
  const operation = operationOf(lane, lane.next)
  if (!lane.next || !operation) return false
  const base = state.replica.confirmed.get(lane.store)?.get(idKey(lane.id))
  if (operation.type === 'add') return advanceInsert(step, lane, operation)
  if (!base || (operation.type === 'update' && holdsAll(base, operation.fields))) {
    // Nothing to say any more: the server's record is gone, or says the same.
    dropNext(step, lane)
    rest(step, lane)
    return false
  }
  const sent = operation.type === 'remove' ? base : (visibleRecord(state.replica, lane.store, lane.id) ?? base)
  const missing = operation.type === 'remove' ? undefined : unnamedReference(step, lane.store, sent)
  if (missing) return missing.exists ? false : refuseDangling(step, lane, operation)
  ask(step, lane, { method: operation.type === 'remove' ? 'DELETE' : 'PUT', operation, sent, base })
  return false
}

function advanceInsert(step: Step, lane: Lane, operation: Operation): boolean {
  const sent = visibleRecord(step.state.replica, lane.store, lane.id)
  if (!sent) return false
  const missing = unnamedReference(step, lane.store, sent)
  if (missing) return missing.exists ? false : refuseDangling(step, lane, operation)
  ask(step, lane, { method: 'POST', operation, sent, base: undefined })
  return false
}

function ask(step: Step, lane: Lane, request: Pick<Save, 'method' | 'operation' | 'sent' | 'base'>): void {
  const { state } = step
  if (!lane.next) return
  // Keys that widgets keep to themselves do not travel, so no frame will bring them back.
  const sent = Object.fromEntries(Object.entries(request.sent).filter(([key]) => !/^[_$!]/.test(key)))
  const save: Save = {
    ...request,
    sent: { ...sent, id: lane.id },
    number: ++state.requests,
    pending: lane.next,
    seen: [],
    candidates: [],
    removed: new Set(),
  }
  lane.next = undefined
  lane.phase = { at: 'asking', save }
  state.waiting.delete(lane)
  state.saves.set(save.number, lane)
  const { number, method, sent: record } = save
  step.effects.push({ type: 'save', number, store: lane.store, method, record })
}

/** A field of the record that holds the phantom id of a record; `exists` is false when nothing will ever name it. */
function unnamedReference(step: Step, store: string, record: PlainRecord): { exists: boolean } | undefined {
  for (const field in record) {
    const value = record[field]
    if (!isPhantomId(value) || !Object.hasOwn(REFERENCE_FIELDS, field)) continue
    const target = REFERENCE_FIELDS[field]
    const holder = target === undefined || target === 'self' ? store : target
    return { exists: step.state.lanes.get(holder)?.has(value) === true }
  }
  return undefined
}

function refuseDangling(step: Step, lane: Lane, operation: Operation): boolean {
  const error = new PlanwireError('rejected', 'The record refers to one that was never stored', 'drop-changeset', {
    store: lane.store,
    id: lane.id,
  })
  refuse(step, lane, lane.next, operation, error)
  lane.next = undefined
  rest(step, lane)
  return operation.type === 'add'
}

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

/** The record of a lane is gone on the server: edits of it have no effect any more, and the app is told of them. */
export function dropForRemoval(step: Step, lane: Lane): void {
  const operations = [saveOf(lane)?.operation, operationOf(lane, lane.next)]
  const ours = operations.flatMap((operation) => (operation?.type === 'update' ? [operation.fields] : []))
  if (lane.next) dropNext(step, lane)
  if (lane.phase.at === 'gathering') rest(step, lane)
  if (ours.length === 0) return
  const fields: Fields = Object.assign({}, ...ours)
  tell(step, {
    type: 'conflict',
    conflict: { store: lane.store, id: lane.id, kind: 'removed', ours: fields, theirs: undefined },
  })
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

/** Files a lane that has no request: with edits it waits for its turn, without it ends (L4). */
function rest(step: Step, lane: Lane): void {
  if (lane.next) {
    step.state.waiting.add(lane)
    return
  }
  step.state.waiting.delete(lane)
  const lanes = step.state.lanes.get(lane.store)
  if (lanes?.get(idKey(lane.id)) === lane) lanes.delete(idKey(lane.id))
}

/** Forgets edits that no request holds. */
export function dropNext(step: Step, lane: Lane): void {
  if (lane.next) step.changes.push(...reject(step.state.replica, lane.next.id))
  lane.next = undefined
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
  const operation = operationOf(lane, lane.next)
  dropNext(step, lane)
  if (operation) gather(step, other, operation)
}

/** The lane of a record, begun if there is none. */
function laneOf(step: Step, store: string, id: RecordId): Lane {
  let lanes = step.state.lanes.get(store)
  if (!lanes) step.state.lanes.set(store, (lanes = new Map()))
  let lane = lanes.get(idKey(id))
  if (!lane) lanes.set(idKey(id), (lane = { store, id, phase: { at: 'gathering' }, next: undefined, failures: 0 }))
  return lane
}

/** The request of a lane, if it has one. */
export function saveOf(lane: Lane): Save | undefined {
  return lane.phase.at === 'gathering' ? undefined : lane.phase.save
}

/** What a changeset of a lane does to the lane's record. */
export function operationOf(lane: Lane, pending: Pending | undefined): Operation | undefined {
  return pending?.operations.get(lane.store)?.get(idKey(lane.id))
}

/** The id under which a record is filed today. */
export function actualId(step: Pick<Step, 'state'>, id: RecordId): RecordId {
  return step.state.replica.realIds.get(idKey(id)) ?? id
}

/** The record as the server has it, as far as is known. */
export function confirmedRecord(step: Step, store: string, id: RecordId): PlainRecord | undefined {
  return step.state.replica.confirmed.get(store)?.get(idKey(id))
}

/** Notes a confirmed change for the loads that are under way. */
export function journal(step: Step, change: RemoteChange): void {
  for (const source of step.state.sources.values()) {
    if (source.running !== undefined && source.stores.includes(change.store)) source.journal.push(change)
  }
}

/** Tells the app. */
export function tell(step: Step, event: LiveEvent): void {
  step.effects.push({ type: 'emit', event })
}
