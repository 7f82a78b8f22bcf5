/** Promises of `whenSynced`: settled together, or one by one when their time or patience is up. */
import type { Cancel, Clock } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { type Abort, onAbort } from './abort.ts'

/** How long to wait. */
export interface WaitOptions {
  /** Ends the wait; the promise rejects with the signal's reason. */
  readonly signal?: Abort
  /** Ends the wait after so many milliseconds, with code `timeout`. */
  readonly timeoutMs?: number
}

interface Waiter {
  done(): void
  failed(reason: unknown): void
}

/** Everybody who waits. */
export class SyncWaiters {
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many wait. */
  get size(): number {
    return this.#waiters.size
  }

  /** Waits for {@link done}. */
  wait({ signal, timeoutMs }: WaitOptions): Promise<void> {
    const stops: Cancel[] = []
    return new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        this.#waiters.delete(waiter)
        for (const stop of stops) stop()
        settle()
      }
      const waiter: Waiter = { done: () => end(resolve), failed: (reason) => end(() => reject(reason)) }
      this.#waiters.add(waiter)
      if (timeoutMs !== undefined) {
        const error = new PlanwireError('timeout', `Not everything was stored within ${timeoutMs} ms`, 'retry')
        stops.push(this.#clock.after(timeoutMs, () => waiter.failed(error)))
      }
      stops.push(onAbort(signal, (reason) => waiter.failed(reason)))
    })
  }

  /** Everything is stored. */
  done(): void {
    for (const waiter of [...this.#waiters]) waiter.done()
  }

  /** It will not be. */
  failed(error: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.failed(error)
  }
}
