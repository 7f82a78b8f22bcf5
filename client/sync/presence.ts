/**
 * Presence: what people are looking at, told to the other clients of a project and never stored. Own presence leaves at
 * most once per {@link PRESENCE_THROTTLE_MS} and is repeated so that the server does not take it for expired.
 */
import type { DownstreamOf, Fields } from '../protocol/messages.ts'
import type { Effect, SessionState } from './session-types.ts'

/** Shortest time between two frames of own presence, in milliseconds: a cursor moves more often than anyone needs to know. */
const PRESENCE_THROTTLE_MS = 50
/** Own presence is repeated after this time; the server forgets it after three of them. */
const PRESENCE_REFRESH_MS = 10_000

/** Somebody else, as they were last heard of. `state` is what their app said: selection, cursor, the task being dragged. */
export interface Peer {
  readonly client: string
  readonly userName: string
  readonly state: Fields
}

/** The app says what its user is looking at; null takes it back. */
export function setPresence(state: SessionState, own: Fields | null): Effect[] {
  const { presence } = state
  presence.own = own
  presence.dirty = true
  return presence.throttled ? [] : sendPresence(state)
}

/** The project was read on this connection: others may not know of own presence yet. */
export function announcePresence(state: SessionState): Effect[] {
  return state.presence.own ? setPresence(state, state.presence.own) : []
}

/** Time to tell what came up meanwhile, or to repeat it. */
export function presenceTimer(state: SessionState): Effect[] {
  const { presence } = state
  presence.throttled = false
  return presence.dirty || presence.own ? sendPresence(state) : []
}

/** Somebody else's presence. */
export function presenceHeard(state: SessionState, message: DownstreamOf<'presence'>): Effect[] {
  const { client, userName } = message
  const { peers } = state.presence
  if (message.state) peers.set(client, { client, userName, state: message.state })
  else if (!peers.delete(client)) return []
  return [{ type: 'emit', event: { type: 'presence', peers: [...peers.values()] } }]
}

/** The connection or the project is gone: so is everybody in sight. */
export function peersLost(state: SessionState): Effect[] {
  const { presence } = state
  presence.throttled = false
  const stop: Effect = { type: 'stopTimer', name: 'presence' }
  if (presence.peers.size === 0) return [stop]
  presence.peers.clear()
  return [stop, { type: 'emit', event: { type: 'presence', peers: [] } }]
}

function sendPresence(state: SessionState): Effect[] {
  const { presence } = state
  const { connection, login } = state
  if (!login?.extension || connection.state !== 'open') return []
  const changed = presence.dirty
  presence.dirty = false
  presence.throttled = changed
  return [
    { type: 'send', message: { type: 'presence', state: presence.own } },
    { type: 'timer', name: 'presence', delayMs: changed ? PRESENCE_THROTTLE_MS : PRESENCE_REFRESH_MS },
  ]
}
