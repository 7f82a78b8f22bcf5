/**
 * The states of a connection, shared by both faces, and the pause before the next attempt.
 *
 *     idle ──connect──> connecting ──opened──> authenticating ──accepted──> open
 *       ^                 │    ^                  │  └─refused─> auth-required ──new credentials──> authenticating
 *       │                 └lost┴──retry── waiting <──lost── (any state with a socket)
 *     closed <──close── (any)
 */
import type { PlanwireError } from '../protocol/errors.ts'

/** Where the connection stands; `error` says why it is not better. */
export type ConnectionState =
  /** No address yet, or a platform without sockets: nothing is tried. */
  | { readonly state: 'idle' }
  /** The socket is opening. `attempt` counts from 0 and returns to 0 after a success. */
  | { readonly state: 'connecting'; readonly attempt: number }
  /** The socket is open, the login is under way. */
  | { readonly state: 'authenticating' }
  /** Usable. `userName` is missing when nobody has logged in yet. */
  | { readonly state: 'open'; readonly userName?: string }
  /** The socket was lost; the next attempt comes in about `retryInMs`. */
  | { readonly state: 'waiting'; readonly attempt: number; readonly retryInMs: number; readonly error: PlanwireError }
  /** The server wants other credentials; nothing is retried until there are some. */
  | { readonly state: 'auth-required'; readonly error: PlanwireError }
  /** `close()` was called. */
  | { readonly state: 'closed' }

/** Longest pause before the first retry, in milliseconds; it doubles with each attempt. */
const BACKOFF_BASE_MS = 300
/** Longest pause of all, in milliseconds. */
export const BACKOFF_CAP_MS = 15_000

/** Full jitter: a random pause below a bound that doubles, so that a thousand clients do not come back at once. `random` in [0, 1). */
export function backoffMs(attempt: number, random: number): number {
  return Math.round(random * Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** Math.min(attempt, 16)))
}

/** Close codes with which a server says that the credentials are not good (1008 policy violation, 4401 by custom). */
export function isAuthClose(code: number): boolean {
  return code === 1008 || code === 4401
}
