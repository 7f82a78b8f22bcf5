/**
 * Commands of the app that wait for an answer. The project protocol has no correlation ids: the n-th answer of a kind
 * belongs to the n-th command of that kind, and an `error` names the command it refuses.
 */
import { PlanwireError } from '../protocol/errors.ts'
import type { Downstream, Upstream } from '../protocol/messages.ts'
import type { Request, SessionState } from './session-types.ts'

/** A command that is not answered within this time fails with code `timeout`. */
const ANSWER_TIMEOUT_MS = 15_000

/** What answers each command; nothing does any other, which is done when handed over. */
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

/** Commands that may not be asked again on a new connection: they could do something twice. */
const ONCE: ReadonlySet<Upstream['type']> = new Set(['logout', 'reset', 'requestVersionAutoSave'])

/** Queues a command of the app. */
export function ask(state: SessionState, request: Request): void {
  state.requests.push(request)
  state.outside.timer(request, ANSWER_TIMEOUT_MS)
  sendRequests(state)
}

/** Asks a question that every server answers, in its order: a sign of life, and proof that what left before was handled. */
export function askBehind({ requests, outside }: SessionState): Request {
  const request: Request = { message: { type: 'projects' }, sent: true }
  requests.push(request)
  outside.send(request.message)
  return request
}

/**
 * Hands over what may go now: `version` as soon as the socket is open, everything else after the login. `login` and
 * `dataset` are sent by the session itself.
 */
export function sendRequests(state: SessionState): void {
  const { state: connection } = state.connection
  if (connection !== 'open' && connection !== 'authenticating' && connection !== 'auth-required') return
  for (const request of state.requests) {
    const { type } = request.message
    if (request.sent || isSentBySession(type) || !(type === 'version' || state.login)) continue
    request.sent = true
    state.outside.send(request.message)
    if (!ANSWERS[type]) settle(state, request)
  }
}

/** Ends the oldest waiting command that this message answers, and says which it was. */
export function answered(state: SessionState, answer: Downstream): Request | undefined {
  const request = oldest(state, (type) => ANSWERS[type] === answer.type)
  if (request) settle(state, request, answer)
  return request
}

/** The server refused a command: ends the oldest of its kind. */
export function requestRefused(state: SessionState, refused: Upstream['type'] | undefined, error: PlanwireError): void {
  const request = oldest(state, (type) => type === refused)
  if (request) failRequest(state, request, error)
}

function oldest({ requests }: SessionState, fits: (type: Upstream['type']) => boolean): Request | undefined {
  return requests.find(({ message: { type }, sent }) => fits(type) && (sent || isSentBySession(type)))
}

function isSentBySession(type: Upstream['type']): boolean {
  return type === 'login' || type === 'dataset'
}

function settle(state: SessionState, request: Request, answer?: Downstream): void {
  forgetRequest(state, request)
  request.waiter?.done(answer)
}

/** Ends a command with an error. */
export function failRequest(state: SessionState, request: Request, error: PlanwireError): void {
  forgetRequest(state, request)
  request.waiter?.failed(error)
}

/** The connection is gone: what can be asked again waits for the next one, the rest fails. */
export function requestsLost(state: SessionState, error: PlanwireError): void {
  for (const request of state.requests) {
    if (!request.sent) continue
    // The engine's own as well: a fence without its changeset in front of it proves nothing.
    if (!request.waiter || ONCE.has(request.message.type)) failRequest(state, request, error)
    else request.sent = false
  }
}

/** The time of a command is up. */
export function requestTimedOut(state: SessionState, request: Request): void {
  const { type } = request.message
  const hint =
    type === 'requestVersionAutoSave'
      ? 'The server grants no autosave now'
      : `No answer to "${type}" within ${ANSWER_TIMEOUT_MS / 1000} s`
  failRequest(state, request, new PlanwireError('timeout', hint, 'retry', { command: type }))
}

/** Nobody waits for the command any more. One that has left stays until its answer, to tell the next ones apart. */
export function requestWithdrawn(state: SessionState, request: Request): void {
  if (!request.sent) forgetRequest(state, request)
}

function forgetRequest(state: SessionState, request: Request): void {
  state.requests = state.requests.filter((other) => other !== request)
  state.outside.timer(request)
}
