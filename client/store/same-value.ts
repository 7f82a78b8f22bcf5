/** When two values of a field say the same: what makes an edit an edit, and a field "still as I set it". */

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
