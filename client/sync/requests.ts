/**
 * Commands of the app that wait for an answer. The project protocol has no correlation ids: the n-th answer of a kind
 * belongs to the n-th command of that kind, and an `error` names the command it refuses.
 */
import { PlanwireError } from '../protocol/errors.ts'
import type { Downstream, Upstream } from '../protocol/messages.ts'
import type { Effect, Request, SessionState } from './session-types.ts'

/** A command that is not answered within this time fails with code `timeout`. */
const ANSWER_TIMEOUT_MS = 15_000

const ANSWERS: { readonly [type in Upstream['type']]?: Downstream['type'] } = {
  login: 'loginAccepted',
  logout: 'loggedOut',
  version: 'version',
  projects: 'projects',
  dataset: 'dataset',
  reset: 'resetBy',
  requestVersionAutoSave: 'versionAutoSaveOK',
  loadVersionContent: 'versionContent',
}

/** Commands that may be asked again on a new connection without doing anything twice. */
const REPEATABLE: ReadonlySet<Upstream['type']> = new Set([
  'login',
  'version',
  'projects',
  'dataset',
  'loadVersionContent',
])

/** Queues a command of the app. */
export function ask(state: SessionState, id: number, message: Upstream): Effect[] {
  state.requests.push({ id, message, answeredBy: ANSWERS[message.type], sent: false })
  return [{ type: 'timer', name: `request:${id}`, delayMs: ANSWER_TIMEOUT_MS }, ...sendRequests(state)]
}

/**
 * Hands over what may go now: `login` and `version` as soon as the socket is open, everything else after the login.
 * `dataset` is sent by the session itself.
 */
export function sendRequests(state: SessionState): Effect[] {
  const effects: Effect[] = []
  const { state: connection } = state.connection
  if (connection !== 'open' && connection !== 'authenticating' && connection !== 'auth-required') return effects
  for (const request of [...state.requests]) {
    const { message } = request
    const early = message.type === 'version'
    if (request.sent || message.type === 'login' || message.type === 'dataset' || !(early || state.login)) continue
    request.sent = true
    effects.push({ type: 'send', message })
    if (!request.answeredBy) effects.push(...settleRequest(state, request, undefined))
  }
  return effects
}

/** The oldest waiting command that this message answers. */
export function answeredRequest(state: SessionState, type: Downstream['type']): Request | undefined {
  return state.requests.find(
    (request) => request.answeredBy === type && (request.sent || type === 'loginAccepted' || type === 'dataset'),
  )
}

/** Ends a command with its answer. */
export function settleRequest(state: SessionState, request: Request, answer: Downstream | undefined): Effect[] {
  return forget(state, request, { type: 'answer', id: request.id, answer })
}

/** Ends a command with an error. */
export function failRequest(state: SessionState, request: Request, error: PlanwireError): Effect[] {
  return forget(state, request, { type: 'fail', id: request.id, error })
}

/** The connection is gone: what can be asked again waits for the next one, the rest fails. */
export function requestsLost(state: SessionState, error: PlanwireError): Effect[] {
  const effects: Effect[] = []
  for (const request of [...state.requests]) {
    if (!request.sent) continue
    // A fence without its changeset in front of it proves nothing.
    if (request.id < 0) state.requests = state.requests.filter((other) => other !== request)
    else if (REPEATABLE.has(request.message.type)) request.sent = false
    else effects.push(...failRequest(state, request, error))
  }
  return effects
}

/** The time of a command is up. */
export function requestTimedOut(state: SessionState, id: number): Effect[] {
  const request = state.requests.find((candidate) => candidate.id === id)
  if (!request) return []
  const { type } = request.message
  const hint =
    type === 'requestVersionAutoSave'
      ? 'The server grants no autosave now'
      : `No answer to "${type}" within ${ANSWER_TIMEOUT_MS / 1000} s`
  return failRequest(state, request, new PlanwireError('timeout', hint, 'retry', { command: type }))
}

/** Nobody wants the command any more. */
export function requestWithdrawn(state: SessionState, id: number): Effect[] {
  state.requests = state.requests.filter((request) => request.id !== id)
  return [{ type: 'stopTimer', name: `request:${id}` }]
}

function forget(state: SessionState, request: Request, effect: Effect): Effect[] {
  state.requests = state.requests.filter((other) => other !== request)
  return [{ type: 'stopTimer', name: `request:${request.id}` }, effect]
}
