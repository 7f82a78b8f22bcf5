/**
 * Where an own save stands among the changes of others. Frames carry no sender, so the answer tells which frame was the own one:
 *
 *     frames since the request   F1   E   F2        E holds what the answer (or the request) says
 *     before E, by others        F1                 what it changed and the whole-record save undid is saved again
 *     after E, by others                  F2        came later, stands
 *
 * Frames are applied to the confirmed state as they come: that is the server's order. The own change stays pending on top
 * of it until its frame is found, a reload shows it, or no socket is there to bring a frame.
 */

import { idKey } from '../protocol/ids.ts'
import { groupOf } from '../store/field-groups.ts'
import { applyRemote } from '../sync/replica.ts'
import { holdsAll, lostFields } from './echo.ts'
import { finish, giveUp } from './endings.ts'
import { removeExceptions } from './frames.ts'
import { confirmedRecord, gather, journal, operationOf } from './lanes.ts'
import type { Lane, Phase, Step } from './live-state.ts'
import { reload } from './loads.ts'
import { doubtExceptions } from './series-effects.ts'

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

/** Nothing but its answer tells what became of a save: it is the acknowledgement. */
export function confirmAnswer(step: Step, lane: Lane): void {
  const { store, id, phase } = lane
  if (phase.at !== 'answered') return
  const { save, stored } = phase
  const known = confirmedRecord(step, store, id)
  if (save.method === 'DELETE') journal(step, { type: 'remove', store, id })
  else if (known) journal(step, { type: 'update', store, record: stored })
  const part = save.method === 'DELETE' ? { removed: [{ id }] } : known ? { added: [stored] } : {}
  step.changes.push(...applyRemote(step.state.replica, { stores: { [store]: part } }).changes)
  if (save.method === 'DELETE') removeExceptions(step, store, id)
  else doubtExceptions(step, store, stored)
  finish(step, lane)
}
