/**
 * Presence: what people are looking at, told to the other clients of a project and never stored. Own presence leaves at
 * most once per {@link PRESENCE_THROTTLE_MS} and is repeated so that the server does not take it for expired.
 */
import type { DownstreamOf, Fields } from '../protocol/messages.ts'
import type { SessionState } from './session-types.ts'

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
export function setPresence(state: SessionState, own: Fields | null): void {
  const { presence } = state
  presence.own = own
  presence.dirty = true
  if (!presence.throttled) sendPresence(state)
}

/** The project was read on this connection: others may not know of own presence yet. */
export function announcePresence(state: SessionState): void {
  if (state.presence.own) setPresence(state, state.presence.own)
}

/** Time to tell what came up meanwhile, or to repeat it. */
export function presenceDue(state: SessionState): void {
  const { presence } = state
  presence.throttled = false
  if (presence.dirty || presence.own) sendPresence(state)
}

/** Somebody else's presence. */
export function presenceHeard(state: SessionState, message: DownstreamOf<'presence'>): void {
  const { client, userName } = message
  const { peers } = state.presence
  if (message.state) peers.set(client, { client, userName, state: message.state })
  else if (!peers.delete(client)) return
  tellPeers(state)
}

/** The connection or the project is gone: so is everybody in sight. */
export function peersLost(state: SessionState): void {
  const { presence } = state
  presence.throttled = false
  state.outside.timer('presence')
  if (presence.peers.size === 0) return
  presence.peers.clear()
  tellPeers(state)
}

function tellPeers({ outside, presence }: SessionState): void {
  outside.tell('presence', [...presence.peers.values()])
}

function sendPresence({ presence, connection, login, outside }: SessionState): void {
  if (!login?.extension || connection.state !== 'open') return
  const changed = presence.dirty
  presence.dirty = false
  presence.throttled = changed
  outside.send({ type: 'presence', state: presence.own })
  outside.timer('presence', changed ? PRESENCE_THROTTLE_MS : PRESENCE_REFRESH_MS)
}
