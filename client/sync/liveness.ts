/**
 * Whether the line is alive: a socket can die without a word (a laptop sleeps, a train enters a tunnel). Silence is
 * judged by timestamps, since timers of hidden tabs run once a minute at best; a question that every server answers
 * (`projects`) tells silence from death.
 */
import { askBehind } from './requests.ts'
import type { SessionState } from './session-types.ts'

/** After this silence the server is asked for a sign of life, in milliseconds. */
const QUIET_MS = 25_000
/** No answer within this time: the line is dead. */
const ANSWER_MS = 10_000
/** A socket that has not opened, or a login that was not answered, within this time is dead as well, in milliseconds. */
const ENTRY_MS = 20_000

/** Something was heard: the line is alive. */
export function lineHeard({ liveness, outside }: SessionState): void {
  liveness.heardAt = outside.now()
  liveness.askedAt = undefined
}

/** Watches the line, from when the login succeeded. */
export function watchLine({ outside }: SessionState): void {
  outside.timer('alive', ANSWER_MS)
}

/** Watches the way in, from when a socket begins to open and from when the login is sent. */
export function watchEntry({ outside }: SessionState): void {
  outside.timer('alive', ENTRY_MS)
}

/** Looks at the clock: asks, waits, or finds the line dead (true), which wants a new one. */
export function lineIsDead(state: SessionState): boolean {
  const { heardAt, askedAt } = state.liveness
  if (state.connection.state === 'connecting' || state.connection.state === 'authenticating') return true
  if (state.connection.state !== 'open' || !state.login) return false
  const now = state.outside.now()
  if (askedAt !== undefined && now - askedAt >= ANSWER_MS) return true
  if (now - heardAt >= QUIET_MS) askForLife(state)
  else watchLine(state)
  return false
}

/** Asks for a sign of life, unless that was done: when the line is quiet, the tab was woken or the network is back. */
export function askForLife(state: SessionState): void {
  watchLine(state)
  if (state.liveness.askedAt !== undefined) return
  state.liveness.askedAt = state.outside.now()
  askBehind(state)
}
