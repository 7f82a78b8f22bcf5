/** Time, randomness and the log of the platform, as ports. Works in pages, workers and Node. */
import type { Clock, Logger, Random } from '../ports/ports.ts'

/** Longest delay that timers keep; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The platform's clock. Delays of any length are kept. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    let timer: ReturnType<typeof setTimeout>
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

/** The platform's randomness. Ids are 128 random bits. */
export const systemRandom: Random = {
  next: () => Math.random(),
  // `crypto.randomUUID` exists in secure contexts only; an app opened as http://192.168.… on a LAN is none.
  id: () =>
    typeof crypto.randomUUID === 'function' ? crypto.randomUUID() : hex(crypto.getRandomValues(new Uint8Array(16))),
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Writes to the console, each line beginning with `planwire:`. */
export const consoleLogger: Logger = (level, message, details) => {
  const line = `planwire: ${message}`
  if (details === undefined) console[level](line)
  else console[level](line, details)
}
