/**
 * Owns the numbers of real ids: one counter for all stores and projects, which never hands out a number that a seeded,
 * restored or client-made id already carries, and never goes back, not even by a reset.
 */
import type { RecordId } from '../../client/protocol/ids.ts'

/** Numbers above this are a client's own business: the counter is not dragged there, so it never runs out. */
const LARGEST_CLAIM = 2 ** 52

const TRAILING_NUMBER = /(\d{1,16})$/

/** Hands out numbers for new records. */
export class IdAllocator {
  #next: number

  /** `first`: the first number to hand out. */
  constructor(first = 100) {
    this.#next = first
  }

  /** The number that `take` would return. */
  get next(): number {
    return this.#next
  }

  /** A number that nobody has. */
  take(): number {
    return this.#next++
  }

  /** Never hands out the number of this id: `7`, `'7'` and `'events-7'` all claim 7. */
  claim(id: RecordId): void {
    const number = typeof id === 'number' ? Math.floor(id) : Number(TRAILING_NUMBER.exec(id)?.[1])
    if (number >= this.#next && number < LARGEST_CLAIM) this.#next = number + 1
  }

  /** Goes on from `next` at least: what a log remembers. */
  resume(next: number): void {
    if (Number.isSafeInteger(next) && next > this.#next) this.#next = next
  }
}
