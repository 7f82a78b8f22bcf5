/**
 * Every failure that planwire reports: one class, a code that a program can switch on, and what to do about it.
 */

/** What the app (or planwire itself) should do next. */
export type Recovery =
  /** Try again, now or after a pause; planwire does so by itself where it can. */
  | 'retry'
  /** Get new credentials and log in again. */
  | 'reauthenticate'
  /** Throw local confirmed state away and read the whole dataset. */
  | 'resync'
  /** Give up the named changeset; it was rolled back. */
  | 'drop-changeset'
  /** Nothing helps but a change of code or configuration. */
  | 'fatal'

/**
 * What went wrong; behind each the recoveries that it can come with. The table of docs/errors.md is made from these lines
 * (`node scripts/protocol.js`).
 */
export type ErrorCode =
  // a frame or body that cannot be read
  /** A frame or body is not JSON. (`resync`, `retry`, `fatal`) */
  | 'malformed-json'
  /** A frame or body is JSON and not what the protocol says; `details` name the place. (`resync`, `retry`, `fatal`) */
  | 'malformed-message'
  /** The server takes no request of this size (413). (`drop-changeset`) */
  | 'frame-too-large'
  // refusals of the server
  /** The server refused the login. (`reauthenticate`) */
  | 'wrong-credentials'
  /** Nobody has logged in, the token is no longer good, or there is none. (`reauthenticate`, `retry`) */
  | 'authentication-required'
  /** The user who logged in may not do that. (`fatal`) */
  | 'authorization-required'
  /** The server does not know that this client has the project open. (`resync`) */
  | 'subscription-required'
  /** The command names no project. (`fatal`) */
  | 'project-required'
  /** The token is good for other things than this one (403). (`reauthenticate`) */
  | 'forbidden'
  /** There is no such record, series, project or file; somebody may have removed it. (`drop-changeset`, `fatal`) */
  | 'not-found'
  /** Somebody changed or removed the record before this change was stored. (`drop-changeset`) */
  | 'conflict'
  /** The server refused the change or command; the message is its own. (`drop-changeset`, `fatal`) */
  | 'rejected'
  /** Somebody put the project back before this change was stored. (`drop-changeset`) */
  | 'reset'
  /** The server failed (5xx), or asks to come back later. (`retry`) */
  | 'server-error'
  /** The server no longer knows which of this client's changes it has: they may be stored or not. (`drop-changeset`) */
  | 'client-expired'
  // the way to the server
  /** The handshake of live updates was answered with a status that it should not have. (`retry`) */
  | 'handshake-failed'
  /** A page came where data should: a wrong address, or the dev server's answer to all it does not know. (`fatal`) */
  | 'not-a-planwire-endpoint'
  /** No answer arrived, or the line broke. (`retry`, `fatal`) */
  | 'connection-lost'
  /** Nothing was heard in time. (`retry`, `fatal`) */
  | 'timeout'
  /** The client, store or server was closed. (`fatal`, `retry`) */
  | 'closed'
  /** The app's function for credentials threw, or gave none. (`retry`) */
  | 'credentials-failed'
  // the app's own calls, and its device
  /** A call or a configuration cannot be meant; the message says what is allowed. (`fatal`) */
  | 'invalid-argument'
  /** Records that arrived do not fit the app's schema; they are kept. (`resync`) */
  | 'invalid-record'
  /** So many changes wait that no more are taken: the edit did nothing. (`retry`) */
  | 'outbox-full'
  /** Changes of this user wait, and would be left behind. (`retry`) */
  | 'changes-pending'
  /** The device's storage is refused, full or damaged; a client goes on in memory. (`retry`, `fatal`) */
  | 'storage-failed'
  /** A listener or handler of the app threw. (`fatal`) */
  | 'handler-failed'

/**
 * The one error class of planwire.
 * @example
 * client.on('error', error => { if (error.recovery === 'reauthenticate') showLogin(error.message) })
 */
export class PlanwireError extends Error {
  readonly code: ErrorCode
  readonly recovery: Recovery
  /** Anything that helps to find the cause: the command, the field, the record ids. */
  readonly details: { readonly [key: string]: unknown }

  constructor(
    code: ErrorCode,
    message: string,
    recovery: Recovery,
    details: { readonly [key: string]: unknown } = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'PlanwireError'
    this.code = code
    this.recovery = recovery
    this.details = details
  }
}

/** Result of reading something from a peer: a value, or why it cannot be one. Reading never throws. */
export type Parsed<T> =
  | { readonly ok: true; readonly message: T }
  | { readonly ok: false; readonly error: PlanwireError }

/** A mistake of the app's own code, which only a change of it helps. */
export function invalidArgument(message: string, details?: { readonly [key: string]: unknown }): PlanwireError {
  return new PlanwireError('invalid-argument', message, 'fatal', details)
}

/** For the end of a switch over a union: fails to compile when a case is missing. */
export function assertNever(value: never): never {
  throw invalidArgument(`Unexpected value: ${String(value)}`)
}
