/** Owns how long work may keep the page from its own: a slice, then everybody else has a turn. */
import { later } from '../browser/later.ts'

/** Half of what a frame has at 60 a second. */
const SLICE_MS = 8

/** What slices go by. */
export interface SlicePorts {
  /** Milliseconds, from any point. */
  readonly now: () => number
  /** Runs something in a task of its own. */
  readonly soon: (work: () => void) => void
}

/** Asked between two pieces of work: undefined while the slice lasts, else what is to be waited for. */
export function inSlices(
  { now, soon }: SlicePorts = { now: () => performance.now(), soon: later },
): () => Promise<void> | undefined {
  let until = now() + SLICE_MS
  return () => {
    if (now() < until) return undefined
    return new Promise((resolve) =>
      soon(() => {
        until = now() + SLICE_MS
        resolve()
      }),
    )
  }
}
