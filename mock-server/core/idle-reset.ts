/**
 * Owns when the server puts a project back by itself: once nobody has worked on it for a while, if it was changed at all.
 * One timer per project at most; work on it only notes the time.
 */
import type { Cancel, Clock } from '../../client/ports/ports.ts'

/** Watches one project. */
export class IdleReset {
  readonly #clock: Clock
  readonly #delayMs: number
  readonly #reset: () => void
  #lastWork: number
  #cancel: Cancel | undefined

  /** `delayMs` 0: never. */
  constructor(clock: Clock, delayMs: number, reset: () => void) {
    this.#clock = clock
    this.#delayMs = delayMs
    this.#reset = reset
    this.#lastWork = clock.now()
  }

  /** Somebody works on the project. */
  worked(): void {
    if (this.#delayMs > 0) this.#lastWork = this.#clock.now()
  }

  /** The project is no longer as it was configured. */
  changed(): void {
    this.worked()
    if (!this.#cancel && this.#delayMs > 0) this.#wait(this.#delayMs)
  }

  /** The project was put back, or is closed. */
  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #wait(ms: number): void {
    this.#cancel = this.#clock.after(ms, () => {
      const left = this.#lastWork + this.#delayMs - this.#clock.now()
      if (left > 0) {
        this.#wait(left)
        return
      }
      this.#cancel = undefined
      this.#reset()
    })
  }
}
