/**
 * What becomes of a request: stored, refused, or nobody knows. Owns where an own save stands among the changes of others.
 *
 * Frames carry no sender, so the answer tells which frame was the own one:
 *
 *     frames since the request   F1   E   F2        E holds what the answer (or the request) says
 *     before E, by others        F1                 what it changed and the whole-record save undid is saved again
 *     after E, by others                  F2        came later, stands
 *
 * Frames are applied to the confirmed state as they come: that is the server's order. The own change stays pending on top
 * of it until its frame is found, a reload shows it, or no socket is there to bring a frame.
 */

import { assertNever, PlanwireError } from '../protocol/errors.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { groupOf } from '../store/field-groups.ts'
import { applyRemote } from '../sync/replica.ts'
import { holdsAll, lostFields } from './echo.ts'
import { releaseHeld, removeExceptions } from './frames.ts'
import { travelling } from './hand-over.ts'
import { adoptInsert, nameInsert } from './inserts.ts'
import { confirmedRecord, dropNext, finish, gather, giveUp, journal, operationOf, refuse, release } from './lanes.ts'
import { type Again, ECHO_TIMEOUT_MS, type Lane, type Phase, type Save, type Step } from './live-state.ts'
import { readParked, reload } from './loads.ts'
import { doubtExceptions } from './series-effects.ts'

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

/** Why nobody knows, and how the request is sent again. */
export interface Doubt {
  readonly error: PlanwireError
  readonly leastMs: number
  readonly parked: boolean
  readonly again: Again
}

/** The request with this number ended. Late answers of requests that were given up are ignored. */
export function answered(step: Step, number: number, outcome: Outcome): void {
  const lane = step.state.saves.get(number)
  if (lane?.phase.at !== 'asking') return
  const { save, replay } = lane.phase
  switch (outcome.type) {
    case 'stored':
      if (save.method === 'POST') storedInsert(step, lane, save, outcome)
      else storedEdit(step, lane, save, outcome.item)
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

function storedEdit(step: Step, lane: Lane, save: Save, item: PlainRecord | undefined): void {
  const stored = { ...save.sent, ...item, id: lane.id }
  if (!step.state.live) {
    confirmAnswer(step, lane, save, stored)
    return
  }
  lane.phase = { at: 'answered', save, stored, mark: step.state.requests, overdue: false }
  if (findEcho(step, lane)) return
  step.effects.push({ type: 'timer', name: `echo:${save.number}`, delayMs: ECHO_TIMEOUT_MS })
}

/** Nothing but the answer tells what happened: it is the acknowledgement. */
function confirmAnswer(step: Step, lane: Lane, save: Save, stored: PlainRecord): void {
  const { store, id } = lane
  const known = confirmedRecord(step, store, id)
  if (save.method === 'DELETE') journal(step, { type: 'remove', store, id })
  else if (known) journal(step, { type: 'update', store, record: stored })
  const part = save.method === 'DELETE' ? { removed: [{ id }] } : known ? { added: [stored] } : {}
  step.changes.push(...applyRemote(step.state.replica, { stores: { [store]: part } }).changes)
  if (save.method === 'DELETE') removeExceptions(step, store, id)
  else doubtExceptions(step, store, stored)
  finish(step, lane)
}

/** Looks for the own frame among those that came since the request left; true if the lane's request is over. */
export function findEcho(step: Step, lane: Lane): boolean {
  const { phase } = lane
  if (phase.at !== 'answered' && phase.at !== 'unsure') return false
  const { save } = phase
  if (save.method === 'POST' || isAskedAgain(phase)) return false
  const now = confirmedRecord(step, lane.store, lane.id)
  if (save.method === 'DELETE') {
    if (!now) finish(step, lane)
    return !now
  }
  const stored = phase.at === 'answered' ? phase.stored : save.sent
  const own = [...save.seen]
    .reverse()
    .find(({ after }) => after && (holdsAll(after, stored) || holdsAll(after, save.sent)))
  if (!now) {
    giveUp(step, lane)
    // Removed before the save, so the server may have brought it back? Only a look can tell, unless the own frame came first.
    if (phase.at === 'answered' && !own) reload(step, lane.store)
    return true
  }
  if (!own?.after) return false
  const lost =
    save.base && own.before && save.operation.type === 'update'
      ? lostFields({
          base: save.base,
          before: own.before,
          sent: save.sent,
          ours: save.operation.fields,
          stored: own.after,
          now,
        })
      : {}
  finish(step, lane)
  saveAgain(step, lane, lost)
  return true
}

/**
 * Nothing but its answer settles it: a server that knows keys sends its frames before the log has the change, and what a
 * crash took from the log is not stored, though everybody heard of it.
 */
function isAskedAgain(phase: Phase): boolean {
  return phase.at === 'unsure' && phase.again === 'same'
}

/** Writes back what an own whole-record save undid; newer edits of the same group win. */
function saveAgain(step: Step, lane: Lane, lost: Record<string, unknown>): void {
  const next = operationOf(lane, lane.next)
  if (next?.type === 'remove') return
  const newer = new Set(next ? Object.keys(next.fields).map(groupOf) : [])
  // Where somebody else put a row is no field that a save could undo.
  const isField = (field: string): boolean => !(lane.store === 'tasks' && field === 'target')
  const fields = Object.fromEntries(
    Object.entries(lost).filter(([field]) => isField(field) && !newer.has(groupOf(field))),
  )
  if (Object.keys(fields).length === 0) return
  const lanes = step.state.lanes.get(lane.store)
  if (lanes?.get(idKey(lane.id)) !== lane) lanes?.set(idKey(lane.id), lane)
  gather(step, lane, { type: 'update', id: lane.id, fields })
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
    removedBefore(step, lane, save)
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

/** Somebody else removed it first: their frame says so, or a reload; without a socket, the answer. */
function removedBefore(step: Step, lane: Lane, save: Save): void {
  if (!step.state.live) {
    confirmAnswer(step, lane, save, save.sent)
    return
  }
  lane.phase = { at: 'answered', save, stored: save.sent, mark: step.state.requests, overdue: false }
  if (findEcho(step, lane)) return
  step.effects.push({ type: 'timer', name: `echo:${save.number}`, delayMs: ECHO_TIMEOUT_MS })
}

function unsure(step: Step, lane: Lane, save: Save, { error, leastMs, parked, again }: Doubt): void {
  lane.phase = { at: 'unsure', save, mark: step.state.requests, parked, again }
  step.effects.push({ type: 'emit', event: { type: 'error', error } })
  const known = save.method === 'POST' ? again === 'look' && adoptInsert(step, lane, save) : findEcho(step, lane)
  if (known) return
  // One that never left accounts for no frame.
  if (again === 'anew') releaseHeld(step, lane.store)
  retryLater(step, lane, save, leastMs)
}

function retryLater(step: Step, lane: Lane, save: Save, leastMs: number): void {
  if (lane.phase.at === 'unsure' && lane.phase.parked) return
  step.effects.push({ type: 'backoff', name: `retry:${save.number}`, failures: lane.failures++, leastMs })
}

/** New credentials, or the app asks: what was parked is tried again. */
export function unpark(step: Step): void {
  readParked(step)
  for (const [number, lane] of step.state.saves) {
    if (lane.phase.at !== 'unsure' || !lane.phase.parked) continue
    lane.phase = { ...lane.phase, parked: false }
    retry(step, number)
  }
}

/** A save that may or may not have been stored is looked for before it is sent again, unless the server tells it by its key. */
export function retry(step: Step, number: number): void {
  const lane = step.state.saves.get(number)
  if (lane?.phase.at !== 'unsure' || lane.phase.parked) return
  const { save, again } = lane.phase
  switch (again) {
    case 'same':
      askAgain(step, lane, save)
      return
    case 'anew':
      sendAgain(step, lane, save)
      return
    case 'look':
      if (!reload(step, lane.store)) sendAgain(step, lane, save)
      return
    default:
      assertNever(again)
  }
}

/** The same request once more, word for word: under its key it is done once, whichever of the two arrives. */
function askAgain(step: Step, lane: Lane, save: Save): void {
  const { number, method, key } = save
  lane.phase = { at: 'asking', save, replay: true }
  step.effects.push(
    { type: 'stopTimer', name: `retry:${number}` },
    { type: 'save', number, store: lane.store, method, record: travelling(save), base: save.base, key, again: true },
  )
}

/** The own frame did not come in time: a reload shows how things stand. */
export function echoOverdue(step: Step, number: number): void {
  const lane = step.state.saves.get(number)
  if (lane?.phase.at !== 'answered') return
  lane.phase = { ...lane.phase, overdue: true }
  if (!reload(step, lane.store)) confirmAnswer(step, lane, lane.phase.save, lane.phase.stored)
}

/** A read that should have decided brought nothing, and there will be no other by itself. */
export function decideWithoutLoad(step: Step, stores: readonly string[]): void {
  for (const lane of [...step.state.saves.values()]) {
    if (!stores.includes(lane.store)) continue
    if (lane.phase.at === 'answered' && lane.phase.overdue)
      confirmAnswer(step, lane, lane.phase.save, lane.phase.stored)
    else if (lane.phase.at === 'unsure') retryLater(step, lane, lane.phase.save, 0)
  }
}

/** A load that left after request `number` - 1 was applied: saves that waited for one are decided by it. */
export function decideByLoad(step: Step, stores: readonly string[], number: number): void {
  for (const lane of [...step.state.saves.values()]) {
    if (!stores.includes(lane.store)) continue
    const { phase } = lane
    if (phase.at === 'answered') {
      // One that is not overdue waits on: its frame is on the way, and frames that are older than it may be so as well.
      if (phase.overdue && number > phase.mark) decideOverdue(step, lane, phase.save)
    } else if (phase.at === 'unsure' && !phase.parked && number > phase.mark) {
      decideUnsure(step, lane, phase.save, phase.again)
    }
  }
}

function decideOverdue(step: Step, lane: Lane, save: Save): void {
  if (save.method === 'PUT' && !confirmedRecord(step, lane.store, lane.id)) giveUp(step, lane)
  else finish(step, lane)
}

function decideUnsure(step: Step, lane: Lane, save: Save, again: Again): void {
  const now = confirmedRecord(step, lane.store, lane.id)
  if (again === 'same' && step.state.keys !== false) {
    // Not before the server said that it knows keys: without them only the content would tell.
    if (step.state.keys) askAgain(step, lane, save)
  } else if (save.method === 'POST') {
    if (again === 'anew' || !adoptInsert(step, lane, save)) sendAgain(step, lane, save)
  } else if (!now && save.method === 'PUT') {
    giveUp(step, lane)
  } else if (!now || (save.operation.type === 'update' && holdsAll(now, save.operation.fields))) {
    finish(step, lane)
  } else {
    sendAgain(step, lane, save)
  }
}

/** Puts the request's changeset back in front of the lane's edits, so that it is built anew on what is confirmed now. */
function sendAgain(step: Step, lane: Lane, save: Save): void {
  const later = operationOf(lane, lane.next)
  dropNext(step, lane)
  lane.next = save.pending
  release(step, lane)
  if (later) gather(step, lane, later)
  if (save.method === 'POST') releaseHeld(step, lane.store)
}

/** The socket is gone: for answered saves no frame will come. */
export function settleAnswered(step: Step): void {
  for (const lane of [...step.state.saves.values()]) {
    if (lane.phase.at === 'answered') confirmAnswer(step, lane, lane.phase.save, lane.phase.stored)
  }
}
