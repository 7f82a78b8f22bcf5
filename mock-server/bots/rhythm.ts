/** Owns when a bot works: bursts of a few edits, then a pause, on average as many a minute as it is told. */
import type { Random } from '../../client/ports/ports.ts'
import { between } from './chance.ts'

/** Share of the average gap that lies between two edits of one burst. */
const WITHIN_BURST = 0.4

/** The pauses of one bot, as multiples of its average gap. */
export class Rhythm {
  readonly #random: Random
  #left = 0
  #size = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** The next pause; 1 is the average. */
  next(): number {
    const jitter = 0.6 + this.#random.next() * 0.8
    if (this.#left > 0) {
      this.#left -= 1
      return WITHIN_BURST * jitter
    }
    // What the pauses within the burst that ends here fell short of comes now.
    const pause = this.#size === 0 ? 1 : this.#size - (this.#size - 1) * WITHIN_BURST
    this.#size = between(this.#random, 2, 5)
    this.#left = this.#size - 1
    return pause * jitter
  }
}
