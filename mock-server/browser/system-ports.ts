/** The browser's time, randomness and console behind the ports that the core asks for; the same in a page and in a worker. */
import type { Clock, Logger, Random } from '../../client/ports/ports.ts'

/** `Date.now` and `setTimeout`. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** `getRandomValues`, which exists on insecure origins too, where `randomUUID` does not. */
export const systemRandom: Random = {
  next: () => (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32,
  id() {
    let id = ''
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) id += byte.toString(16).padStart(2, '0')
    return id
  },
}

/** Writes to the console of the page; `debug` lines stay away. */
export const consoleLogger: Logger = (level, message, details) => {
  if (level === 'debug') return
  if (details === undefined) console[level](`[planwire] ${message}`)
  else console[level](`[planwire] ${message}`, details)
}
