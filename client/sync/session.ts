/**
 * The session of a project client: steps that change its state in place, so that a change costs what it touches. What they
 * do to the world they do through `state.outside`, which is `live-session.ts` and takes the steps one after another.
 *
 * Order on every connection: login -> dataset -> waiting changesets. What the app asks before is queued.
 */
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import { type ClientId, type ProjectId, sameId } from '../protocol/ids.ts'
import type { Downstream, DownstreamOf, ProjectDialectName } from '../protocol/messages.ts'
import { acknowledged, changeRefused, received, rejected } from './arrivals.ts'
import { readBack, readBackSoon, readingAnswered, readPlanned, readProject } from './asking.ts'
import {
  copyOf,
  copyToRestore,
  currentCopy,
  ownCopies,
  type Restored,
  type RestoredBox,
  switchCopy,
  takeRestored,
} from './copies.ts'
import { caughtUp, clientExpired, datasetArrived, fencePassed, resetCrossed } from './datasets.ts'
import { flush } from './delivery.ts'
import { askForLife, lineHeard, lineIsDead } from './liveness.ts'
import { authRefused, changeUser, connect, enter, lineLost, loggedIn, logIn } from './login.ts'
import { announcePresence, peersLost, presenceDue, presenceHeard } from './presence.ts'
import { answered, ask, failRequest, requestRefused, requestTimedOut } from './requests.ts'
import type { Credentials, Outside, Request, SessionState, Timer } from './session-types.ts'

/** What a session is made with. */
export interface SessionOptions {
  readonly clientId: ClientId
  /** Known dialect; undefined: found out at the login. */
  readonly dialect: ProjectDialectName | undefined
  readonly serial: boolean
  readonly extension: boolean
}

/** A session before its first step. */
export function createSession(
  { dialect, ...options }: SessionOptions,
  outside: Outside,
  credentials: Credentials | undefined,
  provided: boolean,
  hasOutbox: boolean,
): SessionState {
  return {
    ...options,
    outside,
    url: undefined,
    connection: { state: 'idle' },
    generation: 0,
    attempt: 0,
    wantedDialect: dialect,
    dialect,
    credentials,
    provided,
    refreshed: false,
    login: undefined,
    user: credentials?.login,
    hasOutbox,
    project: undefined,
    copies: new Set(),
    reading: undefined,
    reads: 0,
    readPlanned: false,
    counter: 0,
    handedOver: 0,
    requests: [],
    users: [],
    presence: { own: null, dirty: false, throttled: false, peers: new Map() },
    liveness: { heardAt: 0, askedAt: undefined },
  }
}

/** Counts of the app's own changesets: not yet ordered by the server, and sent to a server that never says. */
export function pendingCounts(state: SessionState): { pending: number; unconfirmed: number } {
  let pending = 0
  let unconfirmed = 0
  for (const copy of ownCopies(state)) {
    for (const { delivery } of copy.replica.pending) {
      if (delivery?.status === 'unconfirmed') unconfirmed += 1
      else if (delivery?.status !== 'draft') pending += 1
    }
    pending += copy.ordered.size
  }
  return { pending, unconfirmed }
}

/** The network is back, or the tab is looked at again. */
export function wake(state: SessionState): void {
  if (state.connection.state === 'waiting') {
    state.attempt = 0
    connect(state)
  } else if (state.connection.state === 'open' && state.login) askForLife(state)
}

/** A timer went off. */
export function timeIsUp(state: SessionState, timer: Timer): void {
  if (timer === 'connect') connect(state)
  else if (timer === 'read') readPlanned(state)
  else if (timer === 'presence') presenceDue(state)
  else if (timer !== 'alive') requestTimedOut(state, timer)
  else if (lineIsDead(state)) lineLost(state, 'no sign of life')
}

/** Something outside went wrong that the app should hear of: a frame that cannot be read, storage that is refused. */
export function failedOutside({ outside }: SessionState, error: PlanwireError): void {
  outside.tell('error', error)
}

/** A message of the server. */
export function heard(state: SessionState, incoming: Downstream): void {
  const { outside } = state
  lineHeard(state)
  switch (incoming.type) {
    case 'loginAccepted':
      loggedIn(state, incoming)
      return
    case 'joined':
      // A server written from the documents answers a login with the broadcast alone. Where a login has its own answer, this is another tab of the same user.
      if (answersByBroadcast(state) && incoming.userName === state.credentials?.login)
        loggedIn(state, { type: 'loginAccepted', userName: incoming.userName })
      outside.tell('joined', { userName: incoming.userName })
      return
    case 'left':
      outside.tell('left', { userName: incoming.userName })
      return
    case 'loggedOut':
      state.credentials = undefined
      state.login = undefined
      enter(state, { state: 'open' })
      answered(state, incoming)
      return
    case 'users':
      outside.tell('users', (state.users = incoming.users))
      return
    case 'projects': {
      const request = answered(state, incoming)
      if (request) fencePassed(state, request)
      return
    }
    case 'version':
    case 'versionContent':
      answered(state, incoming)
      return
    case 'versionAutoSaveOK':
      answered(state, incoming)
      outside.tell('versionAutoSaveOK', { project: incoming.project })
      return
    case 'dataset':
      state.refreshed = false
      dataset(state, incoming)
      return
    case 'caughtUp':
      state.refreshed = false
      caughtUp(state, incoming)
      announcePresence(state)
      return
    case 'presence':
      presenceHeard(state, incoming)
      return
    case 'changed':
      received(state, incoming)
      return
    case 'ack':
      acknowledged(state, incoming)
      return
    case 'resetBy':
      wasReset(state, incoming)
      answered(state, incoming)
      return
    case 'refused':
      refused(state, incoming)
      return
    case 'custom':
      outside.tell('message', { command: incoming.command, payload: incoming.payload })
      return
    // Live updates: not for this face.
    case 'start':
    case 'event':
    case 'result':
      return
    default:
      assertNever(incoming)
  }
}

function answersByBroadcast({ connection, dialect, login }: SessionState): boolean {
  return connection.state === 'authenticating' && dialect !== 'bryntum-revisions' && !login?.extension
}

function dataset(state: SessionState, incoming: DownstreamOf<'dataset'>): void {
  const copy = currentCopy(state)
  if (!copy || (incoming.project !== undefined && !sameId(incoming.project, copy.project))) return
  const expected = state.reading !== undefined
  datasetArrived(state, copy, incoming, expected)
  readingAnswered(state)
  if (expected) announcePresence(state)
  answered(state, incoming)
}

/** Somebody put the project back: what was made before is not stored and will not be (law 2: the app is told). */
function wasReset(state: SessionState, { userName, project }: DownstreamOf<'resetBy'>): void {
  const copy = project === undefined ? currentCopy(state) : copyOf(state, project)
  if (copy) {
    const text = `${userName} reset the project before this change was stored`
    const error = new PlanwireError('reset', text, 'drop-changeset')
    const old = copy.replica.pending.filter(({ delivery }) => delivery?.status === 'waiting')
    for (const pending of old) rejected(state, copy, pending, error)
    resetCrossed(state, copy)
  }
  state.outside.tell('reset', { userName, project })
}

function refused(state: SessionState, incoming: DownstreamOf<'refused'>): void {
  const type = incoming.request
  if (incoming.code === 'client-expired') {
    clientExpired(state)
    return
  }
  const error = refusal(incoming, type)
  requestRefused(state, type, error)
  state.outside.tell('refused', error)
  if (type === 'change') changeRefused(state, incoming.changeset, error)
  else if (type === 'login') {
    if (!state.provided) state.credentials = undefined
    authRefused(state, error)
  } else {
    if (type === 'dataset') readingAnswered(state)
    // A server that cannot make a dataset now may be able to later; what is pending waits for it.
    if (type === 'dataset' && error.code === 'rejected') readBackSoon(state)
    else if (error.code === 'authentication-required') sessionForgotten(state, error)
  }
}

/** The server forgot who is here: log in again, once. */
function sessionForgotten(state: SessionState, error: PlanwireError): void {
  if (!state.credentials || state.connection.state !== 'open' || state.refreshed) {
    authRefused(state, error)
    return
  }
  state.refreshed = true
  if (state.provided) connect(state)
  else logIn(state, state.credentials)
}

/** The documents' error texts as codes. */
function refusal(
  { command, project, error: text }: DownstreamOf<'refused'>,
  type: Request['message']['type'] | undefined,
): PlanwireError {
  const details = { command, ...(project === undefined ? {} : { project }) }
  if (type === 'login') return new PlanwireError('wrong-credentials', text, 'reauthenticate', details)
  if (/authentication required/i.test(text))
    return new PlanwireError('authentication-required', text, 'reauthenticate', details)
  if (/authorization required/i.test(text)) return new PlanwireError('authorization-required', text, 'fatal', details)
  if (/subscription to project/i.test(text)) return new PlanwireError('subscription-required', text, 'resync', details)
  if (/project id is required/i.test(text)) return new PlanwireError('project-required', text, 'fatal', details)
  return new PlanwireError('rejected', text, type === 'change' ? 'drop-changeset' : 'fatal', details)
}

/** A command of the app. */
export function request(state: SessionState, wanted: Request): void {
  const { message } = wanted
  ask(state, wanted)
  if (message.type === 'login') loginWanted(state, message)
  else if (message.type === 'dataset' && message.project !== undefined) selectProject(state, message.project, true)
}

function loginWanted(state: SessionState, { login, password }: Credentials): void {
  state.credentials = password === undefined ? { login } : { login, password }
  // Known before the server is: what is edited until then is theirs, also for the outbox.
  if (state.user === undefined) switchCopy(state, login, state.project)
  const { state: connection } = state.connection
  if (connection === 'open' && state.login && state.user !== login) changeUser(state)
  else if (connection === 'open' || connection === 'authenticating') logIn(state, state.credentials)
  else if (connection === 'auth-required') {
    // The socket may be gone (1008) or open (a refused login): a new one is right in both cases.
    state.attempt = 0
    connect(state)
  }
}

/** Brings a project into sight, and reads it; `again`: even if it is in sight. */
export function selectProject(state: SessionState, project: ProjectId, again = false): void {
  if (sameId(state.project, project)) {
    if (again) readProject(state, true)
    return
  }
  peersLost(state)
  switchCopy(state, state.user, project)
  readProject(state)
}

/** The outbox gave back what it kept for a user and project. */
export function restored(state: SessionState, box: RestoredBox, entries: readonly Restored[]): void {
  const copy = copyToRestore(state, box)
  copy.restored ||= copy.user === box.user
  takeRestored(state, copy, entries)
  if (copy !== currentCopy(state)) return
  if (copy.loaded && !state.login?.extension && entries.some(({ sent }) => sent)) readBack(state)
  flush(state)
}

/** The code of the outbox cannot be loaded: nothing was kept, so nothing is waited for. */
export function keepNothing(state: SessionState): void {
  state.hasOutbox = false
  for (const copy of state.copies) copy.restored = true
  state.outside.tell('pending', undefined)
  flush(state)
}

/** Who works here, until a login says: the tab's last user. */
export function remembered(state: SessionState, user: string): void {
  if (state.user === undefined) switchCopy(state, user, state.project)
}

/** Ends everything. */
export function close(state: SessionState): void {
  for (const open of state.requests) failRequest(state, open, closedError())
  state.generation += 1
  state.outside.hangUp()
  enter(state, { state: 'closed' })
}

/** Why nothing can be asked any more. */
export function closedError(): PlanwireError {
  return new PlanwireError('closed', 'The client was closed', 'fatal')
}
