/**
 * What becomes of a request: stored, refused, or nobody knows (`doubts.ts`). Where an own save stands among the changes of
 * others, its frame tells (`own-frames.ts`).
 */
import { PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { applyRemote } from '../sync/replica.ts'
import { type Doubt, retryLater, sendAgain, settleAnswered, unsure } from './doubts.ts'
import { holdsAll } from './echo.ts'
import { finish, giveUp, refuse, release } from './endings.ts'
import { hold, insertLike, releaseHeld } from './held-frames.ts'
import { nameInsert } from './inserts.ts'
import { confirmedRecord, dropNext, journal, tell } from './lanes.ts'
import { ECHO_TIMEOUT_MS, type Lane, type RemoteChange, type Save, type Step } from './live-state.ts'
import { reload } from './loads.ts'
import { findEcho } from './own-frames.ts'

/** How a request ended. */
export type Outcome =
  /** 2xx. `id` and `item` as far as the server told them. */
  | { readonly type: 'stored'; readonly id: RecordId | undefined; readonly item: PlainRecord | undefined }
  /** 409 or 412: it was built on a version that is no longer the newest, which is this. */
  | { readonly type: 'stale'; readonly item: PlainRecord }
  /** 4xx: it was not stored and never will be. */
  | { readonly type: 'refused'; readonly error: PlanwireError }
  /** No answer, or 5xx. `parked`: the server wants other credentials first. */
  | ({ readonly type: 'unsure' } & Doubt)

/** The request with this number ended. Late answers of requests that were given up are ignored. */
export function answered(step: Step, number: number, outcome: Outcome): void {
  const lane = step.state.saves.get(number)
  if (lane?.phase.at !== 'asking') return
  const { save, replay } = lane.phase
  switch (outcome.type) {
    case 'stored':
      if (save.method === 'POST') storedInsert(step, lane, save, outcome)
      else awaitEcho(step, lane, save, { ...save.sent, ...outcome.item, id: lane.id })
      // The answer tells what was stored then: the record may have been changed or removed since, before this tab listened.
      if (replay) reload(step, lane.store)
      return
    case 'stale':
      stale(step, lane, replay ? { ...save, seen: [] } : save, outcome.item)
      // Frames that came meanwhile may be those of a history that a crash took, or newer than the answer.
      if (replay) reload(step, lane.store)
      return
    case 'refused':
      refused(step, lane, save, outcome.error)
      return
    case 'unsure':
      unsure(step, lane, save, outcome)
      return
  }
}

/** Somebody else's save came first: what was meant is put on top of theirs, group by group, and saved again. */
function stale(step: Step, lane: Lane, save: Save, item: PlainRecord): void {
  // Frames that came meanwhile may be newer than the answer; if they are older, their successors are on the way.
  const known = confirmedRecord(step, lane.store, lane.id)
  if (known && save.seen.length === 0) {
    const record = { ...item, id: known.id }
    journal(step, { type: 'update', store: lane.store, record })
    step.changes.push(...applyRemote(step.state.replica, { stores: { [lane.store]: { added: [record] } } }).changes)
  }
  const own = save.operation.type === 'update' && holdsAll(item, save.operation.fields)
  // The first of two that were sent may have been stored, and its answer lost.
  if (own && save.seen.length === 0) finish(step, lane)
  else if (lane.failures > 1) {
    lane.phase = { at: 'unsure', save, mark: step.state.requests, parked: false, again: 'anew' }
    retryLater(step, lane, save, 0)
  } else {
    lane.failures += 1
    sendAgain(step, lane, save)
  }
}

/** Waits for the own frame. It may have come before the socket went, and others' after it: the answer is older than those. */
function awaitEcho(step: Step, lane: Lane, save: Save, stored: PlainRecord): void {
  lane.phase = { at: 'answered', save, stored, mark: step.state.requests, overdue: false }
  if (findEcho(step, lane)) return
  if (step.state.live) step.effects.push({ type: 'timer', name: `echo:${save.number}`, delayMs: ECHO_TIMEOUT_MS })
  else settleAnswered(step)
}

function storedInsert(
  step: Step,
  lane: Lane,
  save: Save,
  { id, item }: { id: RecordId | undefined; item: PlainRecord | undefined },
): void {
  if (id !== undefined) {
    nameInsert(step, lane, save, id, item)
    return
  }
  // Stored, but under which id? Frames and reloads may show it.
  const error = new PlanwireError('malformed-message', 'The answer to an insert named no id', 'resync', {
    store: lane.store,
  })
  unsure(step, lane, save, { error, leastMs: 0, parked: false, again: 'look' })
}

function refused(step: Step, lane: Lane, save: Save, error: PlanwireError): void {
  if (save.method === 'DELETE' && error.code === 'not-found') {
    // Somebody else removed it first: their frame says so, or a reload; without a socket, the answer.
    awaitEcho(step, lane, save, save.sent)
    return
  }
  const gone = !confirmedRecord(step, lane.store, lane.id)
  if (save.method === 'PUT' && gone) {
    // The app was told of the conflict when the frame came; the refusal says the same.
    giveUp(step, lane)
    return
  }
  refuse(step, lane, save.pending, save.operation, error)
  if (save.method === 'POST') dropNext(step, lane)
  release(step, lane)
  if (save.method === 'POST') releaseHeld(step, lane.store)
  if (error.code === 'not-found' || error.code === 'conflict') reload(step, lane.store)
}

/** True for a frame that is held back. It may settle an insert whose answer was lost. */
export function isHeld(step: Step, change: RemoteChange): boolean {
  if (!hold(step, change)) return false
  if (change.type !== 'add') return true
  const lane = insertLike(step, change.store, change.record)
  if (lane?.phase.at !== 'unsure' || lane.phase.parked || lane.phase.again !== 'look') return true
  const { save } = lane.phase
  tell(step, { type: 'presumed', store: change.store, id: change.record.id })
  lane.phase = { at: 'asking', save, replay: false }
  answered(step, save.number, { type: 'stored', id: change.record.id, item: change.record })
  return true
}
