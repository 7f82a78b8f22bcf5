/** Owns when the panel draws: at most once per frame of the screen, whatever happens meanwhile, and never while nobody looks. */

/** Draws once in the next frame, however often it is asked. */
export interface FrameLoop {
  invalidate(): void
  /** Nothing is drawn any more. */
  close(): void
}

/** A loop around `draw`. A hidden page has no frames: what changes there is drawn when it is looked at again. */
export function createFrameLoop(draw: () => void): FrameLoop {
  let frame: number | undefined
  let closed = false
  return {
    invalidate() {
      if (closed) return
      frame ??= requestAnimationFrame(() => {
        frame = undefined
        draw()
      })
    },
    close() {
      closed = true
      if (frame !== undefined) cancelAnimationFrame(frame)
    },
  }
}
