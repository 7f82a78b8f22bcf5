/** Giving up waiting: what planwire reads of the platform's `AbortSignal`. */
import type { Cancel } from '../ports/ports.ts'

/** An `AbortSignal`, or anything with its few members that are used here. */
export interface Abort {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** How long to wait for an answer. */
export interface SendOptions {
  /** Ends the wait. */
  readonly signal?: Abort
}

/** Calls `aborted` with the signal's reason, at once if it is aborted already, until the returned function is called. */
export function onAbort(signal: Abort | undefined, aborted: (reason: unknown) => void): Cancel {
  if (!signal) return () => {}
  const listener = (): void => aborted(signal.reason)
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}

/** The same promise until the signal ends the wait for it, with its reason. What was waited for goes on. Nobody has to handle a rejection. */
export function abortable<T>(promise: Promise<T>, signal: Abort | undefined): Promise<T> {
  const waiting = new Promise<T>((resolve, reject) => {
    const stop = onAbort(signal, reject)
    promise.then(resolve, reject).finally(stop)
  })
  waiting.catch(() => {})
  return waiting
}
