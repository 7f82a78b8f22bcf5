/**
 * Looks into sessions from outside: a fleet must see each step of each replica, and users have no use for such a door,
 * so that it is here and not in the client.
 */
import type { ClientId } from '../../client/protocol/ids.ts'
import { LiveSession } from '../../client/sync/live-session.ts'
import type { SessionState } from '../../client/sync/session-types.ts'

/** Called after each step that a session took. */
export type Watcher = (state: SessionState) => void

const watchers = new Map<ClientId, Watcher>()
const { step } = LiveSession.prototype

LiveSession.prototype.step = function watched<Args extends readonly unknown[]>(
  this: LiveSession,
  taken: (state: SessionState, ...args: Args) => void,
  ...args: Args
): void {
  Reflect.apply(step, this, [taken, ...args])
  watchers.get(this.state.clientId)?.(this.state)
}

/** Calls `watcher` for the client of this id until the returned function is called. */
export function watch(client: ClientId, watcher: Watcher): () => void {
  watchers.set(client, watcher)
  return () => watchers.delete(client)
}
