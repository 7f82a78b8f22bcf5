/** Owns when the panel draws: at most once per frame of the screen, whatever happens meanwhile, and never while nobody looks. */

/** Draws in the next frame, however often it is asked. */
export interface FrameLoop {
  /** Something was done by hand: drawn in the next frame. */
  invalidate(): void
  /** Something came by itself: drawn in the next frame, but no more than twelve times a second. More nobody can read. */
  arrived(): void
  /** Nothing is drawn any more. */
  close(): void
}

/** Longest that what came by itself waits to be drawn. */
export const DRAWN_WITHIN_MS = 80

/** A loop around `draw`. A hidden page has no frames: what changes there is drawn when it is looked at again. */
export function createFrameLoop(draw: () => void): FrameLoop {
  let frame: number | undefined
  let later: ReturnType<typeof setTimeout> | undefined
  let drawnAt = Number.NEGATIVE_INFINITY
  let closed = false

  function invalidate(): void {
    if (closed) return
    frame ??= requestAnimationFrame(() => {
      frame = undefined
      clearTimeout(later)
      later = undefined
      drawnAt = performance.now()
      draw()
    })
  }

  return {
    invalidate,
    arrived() {
      if (closed || frame !== undefined || later !== undefined) return
      const wait = drawnAt + DRAWN_WITHIN_MS - performance.now()
      if (wait <= 0) invalidate()
      else later = setTimeout(invalidate, wait)
    },
    close() {
      closed = true
      clearTimeout(later)
      if (frame !== undefined) cancelAnimationFrame(frame)
    },
  }
}
