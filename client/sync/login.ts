/**
 * The way in: credentials (given once, or by a provider for each connection), the login in both envelopes, and what a
 * refusal means. Credentials are refreshed once; a second refusal ends in `auth-required`, never in a silent loop.
 */
import { PlanwireError } from '../protocol/errors.ts'
import type { DownstreamOf } from '../protocol/messages.ts'
import { EXTENSION_VERSION } from '../protocol/version.ts'
import { readProject } from './asking.ts'
import { BACKOFF_BASE_MS, BACKOFF_CAP_MS, type ConnectionState, isAuthClose } from './connection.ts'
import { deliveriesLost, switchCopy } from './copies.ts'
import { emit } from './effects.ts'
import { watchEntry, watchLine } from './liveness.ts'
import { peersLost } from './presence.ts'
import { answeredRequest, requestsLost, sendRequests, settleRequest } from './requests.ts'
import type { Credentials, Effect, SessionState } from './session-types.ts'

/** Opens a new socket, in place of the one there is. */
export function connect(state: SessionState): Effect[] {
  if (state.url === undefined) return []
  state.generation += 1
  state.login = undefined
  state.dialect = state.wantedDialect
  state.connection = { state: 'connecting', attempt: state.attempt }
  return [
    { type: 'closeSocket' },
    { type: 'stopTimer', name: 'connect' },
    { type: 'open', url: state.url, generation: state.generation },
    watchEntry(),
    emit({ type: 'connection', connection: state.connection }),
  ]
}

/** Connects; to another server than before, with what there is of the project for that one. */
export function moveTo(state: SessionState, url: string): Effect[] {
  const error = new PlanwireError('connection-lost', 'The client was connected anew', 'retry')
  const effects = state.connection.state === 'idle' ? [] : disconnected(state, error)
  if (url !== state.url) {
    effects.push(...switchCopy(state, state.user, state.project, url))
    if (state.users.length) effects.push(emit({ type: 'users', users: (state.users = []) }))
  }
  state.attempt = 0
  state.refreshed = false
  return [...effects, ...connect(state)]
}

/** Somebody else works here from now on: a new connection, so that nothing of the former user's is answered to this one. */
export function changeUser(state: SessionState): Effect[] {
  const error = new PlanwireError('connection-lost', 'Somebody else logged in', 'retry')
  return [...disconnected(state, error), ...connect(state)]
}

/** The socket is open: log in, or wait for somebody who does. */
export function opened(state: SessionState): Effect[] {
  // Whoever gives the credentials may ask the user, who takes his time.
  const patient: Effect = { type: 'stopTimer', name: 'alive' }
  if (state.provided) {
    return [patient, ...enter(state, { state: 'authenticating' }), { type: 'provide', generation: state.generation }]
  }
  return state.credentials ? logIn(state, state.credentials) : [patient, ...enter(state, { state: 'open' })]
}

/** Sends the login. */
export function logIn(state: SessionState, credentials: Credentials): Effect[] {
  state.credentials = credentials
  const extension = state.extension
    ? { extension: { version: EXTENSION_VERSION, client: state.clientId } as const }
    : {}
  return [
    { type: 'send', message: { type: 'login', ...credentials, ...extension } },
    watchEntry(),
    ...enter(state, { state: 'authenticating' }),
  ]
}

/** The login was accepted: read the project, then say what waited for the login. */
export function loggedIn(state: SessionState, answer: DownstreamOf<'loginAccepted'>): Effect[] {
  const userName = answer.userName ?? state.credentials?.login
  state.login = {
    extension: answer.extension !== undefined,
    ...(answer.client === undefined ? {} : { client: answer.client }),
    ...(userName === undefined ? {} : { userName }),
  }
  // From login to dataset nothing was heard of resets.
  for (const copy of state.copies.values()) copy.removed.clear()
  const user = state.credentials?.login ?? userName
  const switched = user === state.user ? [] : switchCopy(state, user, state.project)
  state.attempt = 0
  state.connection = userName === undefined ? { state: 'open' } : { state: 'open', userName }
  const waiting = answeredRequest(state, 'loginAccepted')
  return [
    ...switched,
    emit({ type: 'connection', connection: state.connection }),
    ...(waiting ? settleRequest(state, waiting, answer) : []),
    ...readProject(state),
    ...sendRequests(state),
    watchLine(),
  ]
}

/** The socket is gone. */
export function lost(state: SessionState, code: number, reason: string): Effect[] {
  const auth = isAuthClose(code)
  const error = new PlanwireError(
    auth ? 'authentication-required' : 'connection-lost',
    auth
      ? `The server closed the connection: ${reason || 'not authorized'}`
      : `The connection was lost (${code}${reason ? `, ${reason}` : ''})`,
    auth ? 'reauthenticate' : 'retry',
    { code, reason },
  )
  const effects = disconnected(state, error)
  // Refused and still without credentials: a new socket would change nothing.
  if (state.connection.state === 'auth-required' && !state.credentials && !state.provided) return effects
  if (auth) return [...effects, ...authRefused(state, error), emit({ type: 'refused', error })]
  return [...effects, ...wait(state, error)]
}

/** The provider failed: the connection is of no use, and the next attempt asks it again. */
export function noCredentials(state: SessionState, error: PlanwireError): Effect[] {
  state.generation += 1
  return [...disconnected(state, error), { type: 'closeSocket' }, emit({ type: 'error', error }), ...wait(state, error)]
}

/** The server does not accept who we say we are. */
export function authRefused(state: SessionState, error: PlanwireError): Effect[] {
  state.login = undefined
  if (state.provided && !state.refreshed) {
    state.refreshed = true
    return connect(state)
  }
  return [{ type: 'stopTimer', name: 'alive' }, ...enter(state, { state: 'auth-required', error })]
}

function disconnected(state: SessionState, error: PlanwireError): Effect[] {
  state.login = undefined
  state.reading = undefined
  state.readPlanned = false
  state.liveness.askedAt = undefined
  for (const copy of state.copies.values()) deliveriesLost(copy)
  return [
    { type: 'stopTimer', name: 'alive' },
    { type: 'stopTimer', name: 'read' },
    ...requestsLost(state, error),
    ...peersLost(state),
    emit({ type: 'pending' }),
  ]
}

function wait(state: SessionState, error: PlanwireError): Effect[] {
  const delayMs = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(state.attempt, 16))
  state.connection = { state: 'waiting', attempt: state.attempt, retryInMs: delayMs, error }
  state.attempt += 1
  return [
    emit({ type: 'connection', connection: state.connection }),
    { type: 'timer', name: 'connect', delayMs, jitter: true },
  ]
}

function enter(state: SessionState, connection: ConnectionState): Effect[] {
  state.connection = connection
  return [emit({ type: 'connection', connection }), ...sendRequests(state)]
}
