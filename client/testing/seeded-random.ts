/** Randomness that repeats: the same seed gives the same numbers and ids on every machine. */
import type { Random } from '../ports/ports.ts'

/**
 * A {@link Random} that depends on `seed` alone. Not for secrets.
 * @example
 * const random = seededRandom(42)
 * random.next() // the same number in every run
 */
export function seededRandom(seed: number | string): Random {
  // Marsaglia, "Xorshift RNGs" (2003): four words of state, period 2^128 - 1. The state must not be all zero.
  let [x, y, z, w] = [hash(`x${seed}`), hash(`y${seed}`), hash(`z${seed}`), hash(`w${seed}`) | 1]
  const word = (): number => {
    const t = x ^ (x << 11)
    x = y
    y = z
    z = w
    w = (w ^ (w >>> 19) ^ t ^ (t >>> 8)) >>> 0
    return w
  }
  // Neighbouring seeds start close together; the first words carry that over and are thrown away.
  for (let i = 0; i < 16; i += 1) word()
  return {
    next: () => word() / 2 ** 32,
    id: () => Array.from({ length: 4 }, () => word().toString(16).padStart(8, '0')).join(''),
  }
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i += 1) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193)
  return value >>> 0
}
