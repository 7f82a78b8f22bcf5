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

/** Codes of the protocol, the server and the client. */
export type ErrorCode =
  // a frame or body that cannot be read
  | 'malformed-json'
  | 'malformed-message'
  | 'unknown-command'
  | 'frame-too-large'
  // refusals of the server
  | 'wrong-credentials'
  | 'authentication-required'
  | 'authorization-required'
  | 'subscription-required'
  | 'project-required'
  | 'forbidden'
  | 'not-found'
  | 'bad-request'
  | 'conflict'
  | 'rejected'
  | 'reset'
  | 'server-error'
  | 'client-expired'
  // the way to the server
  | 'handshake-failed'
  | 'not-a-planwire-endpoint'
  | 'connection-lost'
  | 'timeout'
  | 'closed'
  | 'credentials-failed'
  // the app's own calls
  | 'invalid-argument'
  | 'invalid-record'
  | 'outbox-full'
  | 'changes-pending'
  | 'storage-failed'
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

/** For the end of a switch over a union: fails to compile when a case is missing. */
export function assertNever(value: never): never {
  throw new PlanwireError('invalid-argument', `Unexpected value: ${String(value)}`, 'fatal')
}
