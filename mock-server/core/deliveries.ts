/**
 * Owns when what was committed leaves for a project's listeners: at the end of the turn of the event loop where the host can
 * tell it, else at once. What is said to anybody in between goes behind what waits:
 *
 *     A's change, A's change, B's `projects`   to B: both changes, then the answer      to C: both changes at the end of the turn
 */

import type { Logger } from '../../client/ports/ports.ts'

/** What waits to leave, of all projects of a server. */
export class Deliveries {
  readonly #atTurnEnd: ((run: () => void) => void) | undefined
  readonly #logger: Logger
  readonly #waiting = new Set<() => void>()
  readonly #now = (): void => this.now()

  /** `atTurnEnd`: calls back at the end of the turn, when nothing else is running. */
  constructor(logger: Logger, atTurnEnd: ((run: () => void) => void) | undefined) {
    this.#logger = logger
    this.#atTurnEnd = atTurnEnd
  }

  /** Calls `deliver` when it is time, once for all that was put off with it. */
  putOff(deliver: () => void): void {
    if (this.#atTurnEnd === undefined) {
      deliver()
      return
    }
    if (this.#waiting.size === 0) this.#atTurnEnd(this.#now)
    this.#waiting.add(deliver)
  }

  /** Lets go what waits. */
  now(): void {
    if (this.#waiting.size === 0) return
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const deliver of waiting) {
      try {
        deliver()
      } catch (cause) {
        this.#logger('error', 'Listeners of a project could not be told of a change', { cause })
      }
    }
  }
}
