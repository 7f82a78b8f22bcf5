/**
 * Lanes: edits of the app become requests, one at a time per record, edits made meanwhile gather behind it.
 * Owns how edits gather; what makes a request of them stands in `hand-over.ts`, how one ends in `endings.ts`.
 *
 * Invariants (checked by `live-invariants.ts` after every step of the tests):
 *   L1  a record has at most one lane, and a lane at most one request.
 *   L2  every pending changeset of the replica belongs to one lane, as its request's or as its `next`, and touches that lane's record only.
 *   L3  no request leaves that refers to a record the server has not named yet.
 *   L4  a lane without a request and without edits does not exist.
 *   L5  `made` holds nothing as long as no request is under way: it would grow with every new record, also where nothing is saved.
 */

import { changesetId, idKey, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { groupOf } from '../store/field-groups.ts'
import type { Operation } from '../store/operations.ts'
import { rewriteReferences } from '../store/references.ts'
import { operate, type Pending, reject } from '../sync/replica.ts'
import type { Lane, LiveEvent, RemoteChange, Save, Step } from './live-state.ts'

/** An edit of the app. */
export function edit(step: Step, store: string, operation: Operation): void {
  const { state } = step
  const own = actual(step, store, operation)
  gather(step, laneOf(step, store, own.id), own)
  if (own.type !== 'update' || !state.saves.size) return
  for (const field in own.fields) state.made.set(madeKey(store, own.id, field), ++state.counter)
}

/** Under which it is noted when a group of fields was edited last. */
export function madeKey(store: string, id: RecordId, field: string): string {
  return `${store} ${idKey(id)} ${groupOf(field)}`
}

/** An operation with the real ids of phantoms that have one by now. */
export function actual(step: Step, store: string, operation: Operation): Operation {
  const { replica } = step.state
  const id = actualId(step, operation.id)
  const lookup = (old: RecordId): RecordId | undefined => replica.realIds.get(idKey(old))
  if (operation.type === 'remove') return { type: 'remove', id }
  return { type: operation.type, id, fields: rewriteReferences(operation.fields, lookup, store) }
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

/** Files a lane that has no request: with edits it waits for its turn, without it ends (L4). */
export function rest(step: Step, lane: Lane): void {
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
  lane.left = undefined
}

/** The lane of a record, begun if there is none. */
export function laneOf(step: Step, store: string, id: RecordId): Lane {
  let lanes = step.state.lanes.get(store)
  if (!lanes) step.state.lanes.set(store, (lanes = new Map()))
  let lane = lanes.get(idKey(id))
  if (lane) return lane
  lane = {
    store,
    id,
    phase: { at: 'gathering' },
    next: undefined,
    left: undefined,
    key: undefined,
    follows: undefined,
    failures: 0,
  }
  lanes.set(idKey(id), lane)
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
function actualId(step: Pick<Step, 'state'>, id: RecordId): RecordId {
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
