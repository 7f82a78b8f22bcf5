/** Giving up waiting: what planwire reads of the platform's `AbortSignal`. */
import type { Cancel } from '../ports/ports.ts'

/** An `AbortSignal`, or anything with its few members that are used here. */
export interface Abort {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Calls `aborted` with the signal's reason, at once if it is aborted already, until the returned function is called. */
export function onAbort(signal: Abort | undefined, aborted: (reason: unknown) => void): Cancel {
  if (!signal) return () => {}
  const listener = (): void => aborted(signal.reason)
  if (signal.aborted) listener()
  else signal.addEventListener('abort', listener)
  return () => signal.removeEventListener('abort', listener)
}
