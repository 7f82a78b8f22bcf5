/** When two values of a field say the same: what makes an edit an edit, and a field "still as I set it". */
import type { PlainRecord } from '../protocol/records.ts'

/** True for equal values; nested ones are compared by their JSON. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  return (
    typeof a === 'object' &&
    typeof b === 'object' &&
    a !== null &&
    b !== null &&
    JSON.stringify(a) === JSON.stringify(b)
  )
}

/** True for equal values, as {@link sameValue}; a missing one equals `null`. */
export function saysTheSame(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null) || sameValue(a, b)
}

/** Same fields with the same values; nested values are compared by their JSON. */
export function sameRecord(a: PlainRecord, b: PlainRecord): boolean {
  if (a === b) return true
  // What differs is found before anything is counted.
  for (const field in a) if (!sameValue(a[field], b[field]) || !Object.hasOwn(b, field)) return false
  return Object.keys(a).length === Object.keys(b).length
}
