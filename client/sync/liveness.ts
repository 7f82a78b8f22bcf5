/**
 * Whether the line is alive: a socket can die without a word (a laptop sleeps, a train enters a tunnel). Silence is
 * judged by timestamps, since timers of hidden tabs run once a minute at best; a question that every server answers
 * (`projects`) tells silence from death.
 */
import type { Effect, SessionState } from './session-types.ts'

/** After this silence the server is asked for a sign of life, in milliseconds. */
const QUIET_MS = 25_000
/** No answer within this time: the line is dead. */
const ANSWER_MS = 10_000
/** A socket that has not opened, or a login that was not answered, within this time is dead as well, in milliseconds. */
const ENTRY_MS = 20_000

/** Id of the request that is only a sign of life; fences have negative ids below it. */
export const PING_ID = -1

/** Something was heard at `now`: the line is alive. */
export function heardAt(state: SessionState, now: number): void {
  state.liveness.heardAt = now
  state.liveness.askedAt = undefined
}

/** The timer that watches the line, set when the login succeeded. */
export function watchLine(): Effect {
  return { type: 'timer', name: 'alive', delayMs: ANSWER_MS }
}

/** The timer that watches the way in, set when a socket begins to open and when the login is sent. */
export function watchEntry(): Effect {
  return { type: 'timer', name: 'alive', delayMs: ENTRY_MS }
}

/** Looks at the clock: asks, waits, or finds the line dead (`dead` tells the session to open a new one). */
export function checkLine(state: SessionState, now: number): { readonly effects: Effect[]; readonly dead: boolean } {
  const { heardAt: heard, askedAt } = state.liveness
  if (state.connection.state === 'connecting' || state.connection.state === 'authenticating')
    return { effects: [], dead: true }
  if (state.connection.state !== 'open' || !state.login) return { effects: [], dead: false }
  if (askedAt !== undefined && now - askedAt >= ANSWER_MS) return { effects: [], dead: true }
  if (askedAt === undefined && now - heard >= QUIET_MS)
    return { effects: [...ask(state, now), watchLine()], dead: false }
  return { effects: [watchLine()], dead: false }
}

/** The tab was woken or the network is back: a line that was quiet for a moment is asked at once. */
export function askNow(state: SessionState, now: number): Effect[] {
  if (state.liveness.askedAt !== undefined) return [watchLine()]
  return [...ask(state, now), watchLine()]
}

function ask(state: SessionState, now: number): Effect[] {
  state.liveness.askedAt = now
  state.requests.push({ id: PING_ID, message: { type: 'projects' }, answeredBy: 'projects', sent: true })
  return [{ type: 'send', message: { type: 'projects' } }]
}
