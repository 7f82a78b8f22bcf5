/** Whether two texts are one date: only who saves has to know. */
import { shownBy } from './date-rules.ts'

/** True for two texts of one date, however they are written: servers rewrite formats, and add zones. */
export function sameDate(a: string, b: string): boolean {
  const [one, other] = [shownBy(a), shownBy(b)]
  if (!one || !other) return false
  if (one.clockMs === other.clockMs) return true
  return one.clockMs - (one.offset ?? 0) * 60_000 === other.clockMs - (other.offset ?? 0) * 60_000
}
