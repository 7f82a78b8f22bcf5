/** Runs work once per animation frame, and within a bound where no frame comes (a hidden tab). */
import type { Cancel } from '../../ports/ports.ts'

/** Longest wait for a frame. A hidden tab gets none, and its timers run once a second. */
const HIDDEN_MS = 250

/** Calls `run` before the next paint, or after {@link HIDDEN_MS} if nothing is painted. */
export function onNextFrame(run: () => void): Cancel {
  const cancel = (): void => {
    cancelAnimationFrame(frame)
    clearTimeout(timer)
  }
  const once = (): void => {
    cancel()
    run()
  }
  const frame = requestAnimationFrame(once)
  const timer = setTimeout(once, HIDDEN_MS)
  return cancel
}
