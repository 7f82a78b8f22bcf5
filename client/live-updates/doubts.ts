/**
 * Requests of which nobody knows whether they were stored. Owns when one is sent again, and what a read, a frame or the
 * server's memory of keys decides instead.
 */
import { assertNever, type PlanwireError } from '../protocol/errors.ts'
import { holdsAll } from './echo.ts'
import { finish, giveUp, release } from './endings.ts'
import { travelling } from './hand-over.ts'
import { releaseHeld } from './held-frames.ts'
import { adoptInsert } from './inserts.ts'
import { confirmedRecord, dropNext, gather, operationOf } from './lanes.ts'
import type { Again, Lane, Save, Step } from './live-state.ts'
import { reload } from './loads.ts'
import { confirmAnswer, findEcho } from './own-frames.ts'
import { releaseLeft } from './restored.ts'

/** Why nobody knows, and how the request is sent again. */
export interface Doubt {
  readonly error: PlanwireError
  readonly leastMs: number
  readonly parked: boolean
  readonly again: Again
}

/** Nobody knows: what has come since may tell, else it is tried again later. */
export function unsure(step: Step, lane: Lane, save: Save, { error, leastMs, parked, again }: Doubt): void {
  lane.phase = { at: 'unsure', save, mark: step.state.requests, parked, again }
  step.effects.push({ type: 'emit', event: { type: 'error', error } })
  const known = save.method === 'POST' ? again === 'look' && adoptInsert(step, lane, save) : findEcho(step, lane)
  if (known) return
  // One that never left accounts for no frame.
  if (again === 'anew') releaseHeld(step, lane.store)
  retryLater(step, lane, save, leastMs)
}

/** With a pause that grows by the requests in a row that failed. */
export function retryLater(step: Step, lane: Lane, save: Save, leastMs: number): void {
  if (lane.phase.at === 'unsure' && lane.phase.parked) return
  step.effects.push({ type: 'backoff', name: `retry:${save.number}`, failures: lane.failures++, leastMs })
}

/** New credentials, or the app asks: what was parked is tried again. */
export function unpark(step: Step): void {
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
  if (!reload(step, lane.store)) confirmAnswer(step, lane)
}

/** The socket is gone: for answered saves no frame will come. */
export function settleAnswered(step: Step): void {
  for (const [number, lane] of [...step.state.saves]) {
    if (lane.phase.at !== 'answered') continue
    const { save } = lane.phase
    // What came since the request left, and is not the own frame, may be newer than the answer: a read tells.
    if (save.seen.length > 0 || confirmedRecord(step, lane.store, lane.id) !== save.base) echoOverdue(step, number)
    else confirmAnswer(step, lane)
  }
}

/** A read that should have decided brought nothing, and there will be no other by itself. */
export function decideWithoutLoad(step: Step, stores: readonly string[]): void {
  for (const lane of [...step.state.saves.values()]) {
    if (!stores.includes(lane.store)) continue
    if (lane.phase.at === 'answered' && lane.phase.overdue) confirmAnswer(step, lane)
    else if (lane.phase.at === 'unsure') retryLater(step, lane, lane.phase.save, 0)
  }
}

/** A load that left after request `number` - 1 was applied: edits and saves that waited for one are decided by it. */
export function decideByLoad(step: Step, stores: readonly string[], number: number): void {
  releaseLeft(step, stores, number)
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
export function sendAgain(step: Step, lane: Lane, save: Save): void {
  const later = operationOf(lane, lane.next)
  dropNext(step, lane)
  lane.next = save.pending
  release(step, lane)
  if (later) gather(step, lane, later)
  if (save.method === 'POST') releaseHeld(step, lane.store)
}
