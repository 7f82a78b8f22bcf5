/**
 * The way in: credentials (given once, or by a provider for each connection), the login in both envelopes, and what a
 * refusal means. Credentials are refreshed once; a second refusal ends in `auth-required`, never in a silent loop.
 */
import { PlanwireError } from '../protocol/errors.ts'
import type { DownstreamOf } from '../protocol/messages.ts'
import { EXTENSION_VERSION } from '../protocol/version.ts'
import { readProject } from './asking.ts'
import { backoffMs, type ConnectionState, isAuthClose } from './connection.ts'
import { deliveriesLost, switchCopy } from './copies.ts'
import { watchEntry, watchLine } from './liveness.ts'
import { peersLost } from './presence.ts'
import { answered, requestsLost, sendRequests } from './requests.ts'
import type { Credentials, SessionState } from './session-types.ts'

/** Opens a new socket, in place of the one there is. */
export function connect(state: SessionState): void {
  if (state.url === undefined) return
  const { outside } = state
  state.generation += 1
  state.login = undefined
  state.dialect = state.wantedDialect
  outside.hangUp()
  outside.timer('connect')
  // Throws on a platform without sockets: then nothing is under way.
  outside.open()
  state.connection = { state: 'connecting', attempt: state.attempt }
  watchEntry(state)
  outside.tell('connection', state.connection)
}

/** Connects; to another server than before, with what there is of the project for that one. */
export function moveTo(state: SessionState, url: string): void {
  if (state.connection.state !== 'idle') disconnected(state, connectionLost('The client was connected anew'))
  if (url !== state.url) {
    switchCopy(state, state.user, state.project, url)
    if (state.users.length) state.outside.tell('users', (state.users = []))
  }
  state.attempt = 0
  state.refreshed = false
  connect(state)
}

/** Somebody else works here from now on: a new connection, so that nothing of the former user's is answered to this one. */
export function changeUser(state: SessionState): void {
  disconnected(state, connectionLost('Somebody else logged in'))
  connect(state)
}

/** The socket is open: log in, or wait for somebody who does. */
export function opened(state: SessionState): void {
  if (state.credentials && !state.provided) {
    logIn(state, state.credentials)
    return
  }
  // Whoever gives the credentials may ask the user, who takes his time.
  state.outside.timer('alive')
  enter(state, { state: state.provided ? 'authenticating' : 'open' })
  sendRequests(state)
  if (state.provided) state.outside.provide()
}

/** Sends the login. */
export function logIn(state: SessionState, credentials: Credentials): void {
  state.credentials = credentials
  const extension = state.extension
    ? { extension: { version: EXTENSION_VERSION, client: state.clientId } as const }
    : {}
  state.outside.send({ type: 'login', ...credentials, ...extension })
  watchEntry(state)
  enter(state, { state: 'authenticating' })
  sendRequests(state)
}

/** The login was accepted: read the project, then say what waited for the login. */
export function loggedIn(state: SessionState, answer: DownstreamOf<'loginAccepted'>): void {
  const userName = answer.userName ?? state.credentials?.login
  state.login = { client: answer.client, extension: answer.extension !== undefined }
  // From login to dataset nothing was heard of resets.
  for (const copy of state.copies) copy.removed.clear()
  const user = state.credentials?.login ?? userName
  if (user !== state.user) switchCopy(state, user, state.project)
  state.attempt = 0
  enter(state, userName === undefined ? { state: 'open' } : { state: 'open', userName })
  answered(state, answer)
  readProject(state)
  sendRequests(state)
  watchLine(state)
}

/** The socket is gone. */
export function lost(state: SessionState, code: number, reason: string): void {
  const auth = isAuthClose(code)
  const details = { code, reason }
  const error = auth
    ? new PlanwireError(
        'authentication-required',
        `The server closed the connection: ${reason || 'not authorized'}`,
        'reauthenticate',
        details,
      )
    : connectionLost(`The connection was lost (${code}${reason ? `, ${reason}` : ''})`, details)
  disconnected(state, error)
  // Refused and still without credentials: a new socket would change nothing.
  if (state.connection.state === 'auth-required' && !state.credentials && !state.provided) return
  if (!auth) waitToConnect(state, error)
  else {
    authRefused(state, error)
    state.outside.tell('refused', error)
  }
}

/** The line is dead: the old socket may yet come back to life, and its frames are those of a replaced one. */
export function lineLost(state: SessionState, why: string): void {
  state.generation += 1
  state.outside.hangUp()
  lost(state, 1006, why)
}

/** The provider failed: the connection is of no use, and the next attempt asks it again. */
export function noCredentials(state: SessionState, error: PlanwireError): void {
  state.generation += 1
  disconnected(state, error)
  state.outside.hangUp()
  state.outside.tell('error', error)
  waitToConnect(state, error)
}

/** The server does not accept who we say we are. */
export function authRefused(state: SessionState, error: PlanwireError): void {
  state.login = undefined
  if (state.provided && !state.refreshed) {
    state.refreshed = true
    connect(state)
    return
  }
  state.outside.timer('alive')
  enter(state, { state: 'auth-required', error })
  sendRequests(state)
}

/** The connection is in another state, and the app is told. */
export function enter(state: SessionState, connection: ConnectionState): void {
  state.connection = connection
  state.outside.tell('connection', connection)
}

function disconnected(state: SessionState, error: PlanwireError): void {
  state.login = undefined
  state.reading = undefined
  state.readPlanned = false
  state.liveness.askedAt = undefined
  for (const copy of state.copies) deliveriesLost(copy)
  state.outside.timer('alive')
  state.outside.timer('read')
  requestsLost(state, error)
  peersLost(state)
  state.outside.tell('pending', undefined)
}

function waitToConnect(state: SessionState, error: PlanwireError): void {
  const { attempt } = state
  const delayMs = backoffMs(attempt, 1)
  state.attempt += 1
  state.outside.timer('connect', delayMs, true)
  enter(state, { state: 'waiting', attempt, retryInMs: delayMs, error })
}

function connectionLost(text: string, details = {}): PlanwireError {
  return new PlanwireError('connection-lost', text, 'retry', details)
}
