/**
 * The session of a project client: a reducer from (state, input) to effects. It does no I/O and reads no clock; the
 * state is changed in place, so that a change costs what it touches. `live-session.ts` feeds it and carries out its effects.
 *
 * Order on every connection: login -> dataset -> waiting changesets. What the app asks before is queued.
 */
import { assertNever, PlanwireError } from '../protocol/errors.ts'
import { type ClientId, type ProjectId, sameId } from '../protocol/ids.ts'
import type { Downstream, DownstreamOf, ProjectDialectName } from '../protocol/messages.ts'
import { acknowledged, changeRefused, received, rejected } from './arrivals.ts'
import { readBack, readBackSoon, readingAnswered, readProject } from './asking.ts'
import { copyOf, copyToRestore, currentCopy, handedOver, ownCopies, switchCopy, takeRestored } from './copies.ts'
import { caughtUp, clientExpired, datasetArrived, fencePassed, resetCrossed } from './datasets.ts'
import { flush } from './delivery.ts'
import { commit, edit } from './drafts.ts'
import { emit } from './effects.ts'
import { askNow, checkLine, heardAt, PING_ID } from './liveness.ts'
import { authRefused, changeUser, connect, loggedIn, logIn, lost, moveTo, noCredentials, opened } from './login.ts'
import { announcePresence, peersLost, presenceHeard, presenceTimer, setPresence } from './presence.ts'
import { answeredRequest, ask, failRequest, requestTimedOut, requestWithdrawn, settleRequest } from './requests.ts'
import type { Credentials, Effect, Input, SessionState } from './session-types.ts'

/** What a session is made with. */
export interface SessionOptions {
  readonly clientId: ClientId
  /** Known dialect; undefined: found out at the login. */
  readonly dialect?: ProjectDialectName
  readonly serial?: boolean
  readonly extension?: boolean
  readonly credentials?: Credentials
  /** Credentials come from a provider, asked for each connection. */
  readonly provided?: boolean
  /** An outbox will give back what it kept (input `restored`) for each user and project. */
  readonly hasOutbox?: boolean
}

/** A session before its first input. */
export function createSession(options: SessionOptions): SessionState {
  return {
    clientId: options.clientId,
    serial: options.serial ?? false,
    extension: options.extension ?? true,
    url: undefined,
    connection: { state: 'idle' },
    generation: 0,
    attempt: 0,
    wantedDialect: options.dialect,
    dialect: options.dialect,
    credentials: options.credentials,
    provided: options.provided ?? false,
    refreshed: false,
    login: undefined,
    user: options.credentials?.login,
    hasOutbox: options.hasOutbox ?? false,
    project: undefined,
    copies: new Map(),
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

/** One step. */
export function reduce(state: SessionState, input: Input): Effect[] {
  if (state.connection.state === 'closed')
    return input.type === 'request' ? [{ type: 'fail', id: input.id, error: closedError() }] : []
  switch (input.type) {
    case 'connect':
      return moveTo(state, input.url)
    case 'opened':
      return input.generation === state.generation ? opened(state) : []
    case 'lost':
      return input.generation === state.generation ? lost(state, input.code, input.reason) : []
    case 'dialect':
      state.dialect = input.name
      return []
    case 'received':
      if (input.generation !== state.generation) return []
      heardAt(state, input.now)
      return message(state, input.message)
    case 'credentials':
      return input.generation === state.generation ? logIn(state, input.credentials) : []
    case 'noCredentials':
      return input.generation === state.generation ? noCredentials(state, input.error) : []
    case 'wake':
      return wake(state, input.now)
    case 'presence':
      return setPresence(state, input.state)
    case 'malformed':
      return [emit({ type: 'error', error: input.error })]
    case 'request':
      return request(state, input.id, input.message)
    case 'withdraw':
      return requestWithdrawn(state, input.id)
    case 'project':
      return selectProject(state, input.project)
    case 'operate':
      return edit(state, input.store, input.operation)
    case 'commit':
      return commit(state)
    case 'readBack':
      return readBack(state)
    case 'restored':
      return restored(state, input)
    case 'remembered':
      return state.user === undefined ? switchCopy(state, input.user, state.project) : []
    case 'slept':
      return lineLost(state, 'asleep for too long')
    case 'takenOver':
      return handedOver(state, input.ids)
    case 'timer':
      if (input.name === 'connect') return connect(state)
      if (input.name === 'read') {
        state.readPlanned = false
        return readBack(state)
      }
      if (input.name === 'presence') return presenceTimer(state)
      if (input.name === 'alive') return lineChecked(state, input.now)
      return requestTimedOut(state, Number(input.name.slice('request:'.length)))
    case 'close':
      return close(state)
    default:
      return assertNever(input)
  }
}

/** Counts of the app's own changesets: not yet ordered by the server, and sent to a server that never says. */
export function pendingCounts(state: SessionState): { pending: number; unconfirmed: number } {
  let pending = 0
  let unconfirmed = 0
  for (const copy of ownCopies(state)) {
    for (const { status } of copy.delivery.values()) {
      if (status === 'unconfirmed') unconfirmed += 1
      else if (status !== 'draft') pending += 1
    }
    pending += copy.ordered.size
  }
  return { pending, unconfirmed }
}

function wake(state: SessionState, now: number): Effect[] {
  if (state.connection.state === 'waiting') {
    state.attempt = 0
    return connect(state)
  }
  return state.connection.state === 'open' && state.login ? askNow(state, now) : []
}

function lineChecked(state: SessionState, now: number): Effect[] {
  const { effects, dead } = checkLine(state, now)
  return dead ? lineLost(state, 'no sign of life') : effects
}

function lineLost(state: SessionState, why: string): Effect[] {
  // The old socket may yet come back to life: its frames are those of a replaced one.
  state.generation += 1
  return [{ type: 'closeSocket' }, ...lost(state, 1006, why)]
}

function message(state: SessionState, incoming: Downstream): Effect[] {
  switch (incoming.type) {
    case 'loginAccepted':
      return loggedIn(state, incoming)
    case 'joined':
      // A server written from the documents answers a login with the broadcast alone. Where a login has its own answer, this is another tab of the same user.
      if (answersByBroadcast(state) && incoming.userName === state.credentials?.login) {
        return [...loggedIn(state, { type: 'loginAccepted', userName: incoming.userName }), emit(incoming)]
      }
      return [emit(incoming)]
    case 'left':
      return [emit(incoming)]
    case 'loggedOut':
      state.credentials = undefined
      state.login = undefined
      state.connection = { state: 'open' }
      return [emit({ type: 'connection', connection: state.connection }), ...answered(state, incoming)]
    case 'users':
      state.users = incoming.users
      return [emit({ type: 'users', users: incoming.users })]
    case 'projects':
      return projectsAnswered(state, incoming)
    case 'version':
    case 'versionContent':
      return answered(state, incoming)
    case 'versionAutoSaveOK':
      return [...answered(state, incoming), emit({ type: 'versionAutoSaveOK', project: incoming.project })]
    case 'dataset':
      state.refreshed = false
      return dataset(state, incoming)
    case 'caughtUp':
      state.refreshed = false
      return [...caughtUp(state, incoming), ...announcePresence(state)]
    case 'presence':
      return presenceHeard(state, incoming)
    case 'changed':
      return received(state, incoming)
    case 'ack':
      return acknowledged(state, incoming)
    case 'resetBy':
      return [...wasReset(state, incoming), ...answered(state, incoming)]
    case 'refused':
      return refused(state, incoming)
    case 'custom':
      return [emit({ type: 'message', command: incoming.command, payload: incoming.payload })]
    // Live updates: not for this face.
    case 'start':
    case 'event':
    case 'result':
      return []
    default:
      return assertNever(incoming)
  }
}

function answersByBroadcast({ connection, dialect, login }: SessionState): boolean {
  return connection.state === 'authenticating' && dialect !== 'bryntum-revisions' && !login?.extension
}

function projectsAnswered(state: SessionState, incoming: DownstreamOf<'projects'>): Effect[] {
  const waiting = answeredRequest(state, 'projects')
  if (!waiting) return []
  const effects = settleRequest(state, waiting, incoming)
  return waiting.id < PING_ID ? [...fencePassed(state, waiting.id), ...flush(state)] : effects
}

function answered(state: SessionState, incoming: Downstream): Effect[] {
  const waiting = answeredRequest(state, incoming.type)
  return waiting ? settleRequest(state, waiting, incoming) : []
}

function dataset(state: SessionState, incoming: DownstreamOf<'dataset'>): Effect[] {
  const copy = currentCopy(state)
  if (!copy || (incoming.project !== undefined && !sameId(incoming.project, copy.project))) return []
  const expected = state.reading !== undefined
  const effects = datasetArrived(state, copy, incoming, expected)
  readingAnswered(state)
  if (expected) effects.push(...announcePresence(state))
  const waiting = answeredRequest(state, 'dataset')
  return waiting ? [...effects, ...settleRequest(state, waiting, incoming)] : effects
}

/** Somebody put the project back: what was made before is not stored and will not be (law 2: the app is told). */
function wasReset(state: SessionState, incoming: DownstreamOf<'resetBy'>): Effect[] {
  const copy = incoming.project === undefined ? currentCopy(state) : copyOf(state, incoming.project)
  const error = new PlanwireError(
    'reset',
    `${incoming.userName} reset the project before this change was stored`,
    'drop-changeset',
  )
  const old = copy?.replica.pending.filter((pending) => copy.delivery.get(pending.id)?.status === 'waiting') ?? []
  return [
    ...(copy ? old.flatMap((pending) => rejected(copy, pending, error)) : []),
    ...(copy ? resetCrossed(state, copy) : []),
    emit({ type: 'reset', userName: incoming.userName, project: incoming.project }),
  ]
}

function refused(state: SessionState, incoming: DownstreamOf<'refused'>): Effect[] {
  const type = incoming.request
  if (incoming.code === 'client-expired') return clientExpired(state)
  const error = refusal(incoming, type)
  const waiting = state.requests.find(
    (candidate) => candidate.message.type === type && (candidate.sent || type === 'login' || type === 'dataset'),
  )
  const effects: Effect[] = [...(waiting ? failRequest(state, waiting, error) : []), emit({ type: 'refused', error })]
  if (type === 'change') return [...effects, ...changeRefused(state, incoming.changeset, error)]
  if (type === 'dataset') {
    readingAnswered(state)
    // A server that cannot make a dataset now may be able to later; what is pending waits for it.
    if (error.code === 'rejected') return [...effects, ...readBackSoon(state)]
  }
  if (type === 'login') {
    if (!state.provided) state.credentials = undefined
    return [...effects, ...authRefused(state, error)]
  }
  if (error.code !== 'authentication-required') return effects
  // The server forgot the session: log in again, once.
  if (state.credentials && state.connection.state === 'open' && !state.refreshed) {
    state.refreshed = true
    return [...effects, ...(state.provided ? connect(state) : logIn(state, state.credentials))]
  }
  return [...effects, ...authRefused(state, error)]
}

/** The documents' error texts as codes. */
function refusal(incoming: DownstreamOf<'refused'>, type: string | undefined): PlanwireError {
  const details = {
    command: incoming.command,
    ...(incoming.project === undefined ? {} : { project: incoming.project }),
  }
  const text = incoming.error
  if (type === 'login') return new PlanwireError('wrong-credentials', text, 'reauthenticate', details)
  if (/authentication required/i.test(text))
    return new PlanwireError('authentication-required', text, 'reauthenticate', details)
  if (/authorization required/i.test(text)) return new PlanwireError('authorization-required', text, 'fatal', details)
  if (/subscription to project/i.test(text)) return new PlanwireError('subscription-required', text, 'resync', details)
  if (/project id is required/i.test(text)) return new PlanwireError('project-required', text, 'fatal', details)
  return new PlanwireError('rejected', text, type === 'change' ? 'drop-changeset' : 'fatal', details)
}

function request(state: SessionState, id: number, wanted: Parameters<typeof ask>[2]): Effect[] {
  if (wanted.type === 'login') {
    const { login, password } = wanted
    state.credentials = password === undefined ? { login } : { login, password }
    const effects = ask(state, id, wanted)
    // Known before the server is: what is edited until then is theirs, also for the outbox.
    if (state.user === undefined) effects.push(...switchCopy(state, login, state.project))
    const { state: connection } = state.connection
    if (connection === 'open' && state.login && state.user !== login) return [...effects, ...changeUser(state)]
    if (connection === 'open' || connection === 'authenticating')
      return [...effects, ...logIn(state, state.credentials)]
    if (connection !== 'auth-required') return effects
    // The socket may be gone (1008) or open (a refused login): a new one is right in both cases.
    state.attempt = 0
    return [...effects, ...connect(state)]
  }
  const effects = ask(state, id, wanted)
  if (wanted.type === 'dataset' && wanted.project !== undefined)
    effects.push(...selectProject(state, wanted.project, true))
  return effects
}

function selectProject(state: SessionState, project: ProjectId, again = false): Effect[] {
  if (sameId(state.project, project)) return again ? readProject(state, true) : []
  return [...peersLost(state), ...switchCopy(state, state.user, project), ...readProject(state)]
}

function restored(state: SessionState, { box, entries }: Extract<Input, { type: 'restored' }>): Effect[] {
  const copy = copyToRestore(state, box)
  copy.restored ||= copy.user === box.user
  if (copy !== currentCopy(state)) return takeRestored(state, copy, entries)
  const look = copy.loaded && !state.login?.extension && entries.some(({ sent }) => sent)
  return [...takeRestored(state, copy, entries), ...(look ? readBack(state) : []), ...flush(state)]
}

function close(state: SessionState): Effect[] {
  const effects: Effect[] = state.requests
    .filter((open) => open.id >= 0)
    .map((open) => ({ type: 'fail', id: open.id, error: closedError() }))
  state.requests = []
  state.generation += 1
  state.connection = { state: 'closed' }
  return [
    ...effects,
    { type: 'stopTimer', name: 'all' },
    { type: 'closeSocket' },
    emit({ type: 'connection', connection: state.connection }),
  ]
}

function closedError(): PlanwireError {
  return new PlanwireError('closed', 'The client was closed', 'fatal')
}
