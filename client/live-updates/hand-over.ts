/**
 * What makes a request of a lane's edits, and when it may leave: not before every record that it refers to has an id.
 *
 * `target` of a task (`next:7`) is no field but an instruction where to put the row: it travels with the edit that
 * gave it, never again, and a new task does not wait for it.
 */
import { PlanwireError } from '../protocol/errors.ts'
import { changesetId, type RecordKey } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { REFERENCE_FIELDS, referredId } from '../store/references.ts'
import { visibleRecord } from '../sync/replica.ts'
import { holdsAll, sentOf } from './echo.ts'
import { refuse } from './endings.ts'
import { twinsOf } from './inserts.ts'
import { confirmedRecord, dropNext, gather, operationOf, rest } from './lanes.ts'
import type { Lane, Save, Step } from './live-state.ts'
import { reload } from './loads.ts'
import { presume } from './restored.ts'

/** Saves of a record in a row that may be refused because somebody else's came first. */
const MOST_STALE = 5

/** Hands over whatever may be handed over. */
export function handOver(step: Step): void {
  for (let again = true; again; ) {
    again = false
    for (const lane of [...step.state.waiting]) if (step.state.waiting.has(lane) && advance(step, lane)) again = true
  }
}

/** Hands over one lane's edits; true if that may have changed what other lanes can do. */
function advance(step: Step, lane: Lane): boolean {
  const operation = operationOf(lane, lane.next)
  if (!operation || lane.follows || (lane.left && operation.type !== 'add')) return false
  const base = confirmedRecord(step, lane.store, lane.id)
  if (operation.type === 'remove') {
    if (base) ask(step, lane, { method: 'DELETE', operation, sent: base, base, place: undefined })
    else forget(step, lane)
    return false
  }
  if (operation.type === 'update' && (!base || saysNothing(lane.store, base, operation.fields))) {
    forget(step, lane)
    return false
  }
  const record = visibleRecord(step.state.replica, lane.store, lane.id)
  if (!record) return false
  const { sent, place } = apart(lane.store, record, operation)
  const missing = unnamedReference(step, lane.store, sent)
  if (missing) return missing.exists ? false : refuseDangling(step, lane, operation)
  const before = place === undefined ? undefined : unnamedReference(step, lane.store, { id: lane.id, target: place })
  if (before?.exists && operation.type === 'update') return false
  if (lane.left && presume(step, lane)) {
    reload(step, lane.store)
    return false
  }
  const method = operation.type === 'add' ? 'POST' : 'PUT'
  ask(step, lane, { method, operation, sent, base, place: before ? undefined : place })
  if (before?.exists) gather(step, lane, { type: 'update', id: lane.id, fields: { target: place } })
  return false
}

/** An edit to what the record says already. A row may be put where it was put last: others may have moved it since. */
function saysNothing(store: string, base: PlainRecord, fields: Fields): boolean {
  return !(store === 'tasks' && 'target' in fields) && holdsAll(base, fields)
}

/** Nothing to say any more: the server's record is gone, or says the same. */
function forget(step: Step, lane: Lane): void {
  dropNext(step, lane)
  rest(step, lane)
}

/** The record as it travels, and where the edit puts its row. */
function apart(store: string, record: PlainRecord, operation: Operation): { sent: PlainRecord; place: unknown } {
  const place = store === 'tasks' && operation.type !== 'remove' ? operation.fields['target'] : undefined
  return { sent: sentOf(store, record), place }
}

function ask(step: Step, lane: Lane, request: Pick<Save, 'method' | 'operation' | 'sent' | 'base' | 'place'>): void {
  const { state } = step
  if (!lane.next) return
  const number = ++state.requests
  const twins = request.method === 'POST' ? twinsOf(state, lane.store, request.sent) : new Set<RecordKey>()
  // Of a new record there is one key for good: it is sought under it. A refused edit is another request the next time.
  const key = request.method === 'POST' ? (lane.key ?? lane.next.id) : changesetId(state.client, ++state.counter)
  const keyed = state.keys === true
  if (!keyed) lane.key = undefined
  const save: Save = {
    ...request,
    keyed,
    number,
    pending: lane.next,
    seen: [],
    candidates: [],
    twins,
    removed: new Set(),
    key,
  }
  lane.next = undefined
  lane.phase = { at: 'asking', save, replay: false }
  state.waiting.delete(lane)
  state.saves.set(number, lane)
  const { method } = save
  // One that is refused for its version again and again is sent without: the last write wins then, as it does everywhere else.
  const base = method === 'PUT' && lane.failures < MOST_STALE ? save.base : undefined
  step.effects.push({
    type: 'save',
    number,
    store: lane.store,
    method,
    record: travelling(save),
    base,
    key: keyed ? key : undefined,
    again: false,
  })
}

/** The record of a request as it travels. */
export function travelling({ sent, place }: Save): PlainRecord {
  return place === undefined ? sent : { ...sent, target: place }
}

/** A field of the record that holds the phantom id of a record; `exists` is false when nothing will ever name it. */
function unnamedReference(step: Step, store: string, record: PlainRecord): { exists: boolean } | undefined {
  for (const field in record) {
    if (!Object.hasOwn(REFERENCE_FIELDS, field)) continue
    const value = referredId(field, record[field])
    if (!isPhantomId(value)) continue
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
