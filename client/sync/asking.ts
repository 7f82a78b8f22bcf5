/**
 * Owns the questions for the project: when it is read, by what is missing or whole, and the growing pauses between looks at a
 * server that leaves something in doubt.
 */
import { currentCopy } from './copies.ts'
import type { SessionState } from './session-types.ts'

/** Pause before the first read-back after a crossing, in milliseconds; it doubles with each try. */
const READ_BACK_MS = 200

/** Reads the current project on a new connection, or when the app asks for all of it (`whole`). */
export function readProject(state: SessionState, whole = false): void {
  const copy = currentCopy(state)
  if (!copy || !state.login) return
  const earlier = state.reading ? state.reading.earlier + 1 : 0
  // A copy that was read on this connection takes what arrives meanwhile: as loaded, or, to be asked for acks again, as resuming.
  if (state.login.extension && !whole) copy.loaded = false
  state.reading = undefined
  readBack(state, whole, earlier)
}

/** The oldest question for the project was answered. */
export function readingAnswered(state: SessionState): void {
  const { reading } = state
  state.reading = reading && reading.earlier > 0 ? { ...reading, earlier: reading.earlier - 1 } : undefined
}

/** Reads what is missing since the copy's position where the server can tell, else the whole dataset. */
export function readBack(state: SessionState, whole = false, earlier = 0): void {
  const copy = currentCopy(state)
  if (!copy || state.reading || !state.login) return
  state.reading = { at: state.handedOver, earlier }
  const { project, position, lastCounter: counter } = copy
  copy.resuming = state.login.extension && position !== undefined && !whole
  const resume = copy.resuming && position ? { resume: { ...position, counter } } : undefined
  state.outside.send({ type: 'dataset', project, ...resume })
}

/** Plans a look at the dataset, unless one is planned; the pauses grow while looking does not help. */
export function readBackSoon(state: SessionState): void {
  if (state.readPlanned) return
  state.readPlanned = true
  state.outside.timer('read', READ_BACK_MS * 2 ** Math.min(state.reads, 4))
}

/** It is time for the look that was planned. */
export function readPlanned(state: SessionState): void {
  state.readPlanned = false
  readBack(state)
}
