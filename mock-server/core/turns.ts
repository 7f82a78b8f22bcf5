/**
 * Owns that one thing happens after the other. A socket of an in-process host may answer while it is being sent to:
 *
 *     A's change -> broadcast to A, B -> A answers at once with another change -> broadcast to A, B
 *                               B must hear of the first change before the second, so the second waits its turn.
 */

/** Runs what it is given one after the other, at once unless something is running. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #running = false

  /** `run` must not throw. */
  take(run: () => void): void {
    this.#waiting.push(run)
    if (!this.#running) this.#drain()
  }

  /** Runs at once, as part of the turn under way or as one of its own, and answers what it answers. */
  within<T>(run: () => T): T {
    if (this.#running) return run()
    this.#running = true
    try {
      return run()
    } finally {
      this.#drain()
    }
  }

  #drain(): void {
    this.#running = true
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) next()
    } finally {
      this.#running = false
    }
  }
}
