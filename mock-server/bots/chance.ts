/** Owns how bots draw lots. */
import type { Random } from '../../client/ports/ports.ts'

/** A whole number from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random.next() * (most - least + 1))
}

/** One of a list; undefined of an empty one. Always costs one number. */
export function oneOf<T>(random: Random, list: readonly T[]): T | undefined {
  return list[Math.floor(random.next() * list.length)]
}

/** True in `share` (0 to 1) of all cases. */
export function happens(random: Random, share: number): boolean {
  return random.next() < share
}

/** Every key of `weights` in an order of chance, heavier ones earlier; those without weight are left out. */
export function weighted<Key extends string>(random: Random, weights: Readonly<Record<Key, number>>): Key[] {
  const keys = Object.keys(weights).filter((key): key is Key => weights[key as Key] > 0)
  // Efraimidis and Spirakis (2006): the order of u^(1/w) is that of drawing one after the other without putting back.
  const rank = new Map(keys.map((key) => [key, random.next() ** (1 / weights[key])]))
  return keys.sort((a, b) => (rank.get(b) ?? 0) - (rank.get(a) ?? 0))
}
