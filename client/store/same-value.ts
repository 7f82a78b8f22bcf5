/** When two values of a field say the same: what makes an edit an edit, and a field "still as I set it". */

/** True for equal values; a missing one equals `null`, nested ones are compared by their JSON. */
export function saysTheSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || (a ?? null) === (b ?? null)) return true
  return (
    typeof a === 'object' &&
    typeof b === 'object' &&
    a !== null &&
    b !== null &&
    JSON.stringify(a) === JSON.stringify(b)
  )
}
