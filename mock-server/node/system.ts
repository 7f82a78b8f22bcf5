/** Time and randomness of Node, as the core wants them. */
import { randomUUID } from 'node:crypto'
import type { Clock, Random } from '../../client/ports/ports.ts'

/** Longest delay that timers keep; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Node's clock. Delays of any length are kept. */
export const nodeClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    let timer: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      timer =
        leftMs > LONGEST_TIMER_MS
          ? setTimeout(() => arm(leftMs - LONGEST_TIMER_MS), LONGEST_TIMER_MS)
          : setTimeout(run, leftMs)
    }
    arm(delayMs)
    return () => clearTimeout(timer)
  },
}

/** Node's randomness. */
export const nodeRandom: Random = { next: () => Math.random(), id: () => randomUUID() }
