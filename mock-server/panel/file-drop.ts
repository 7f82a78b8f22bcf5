/** Owns files that are dragged onto a tab: when its sign is shown, and which file is taken. */

/** Handlers for the place that takes files: `sign` is shown while files are dragged over it, `take` gets the first that is dropped. */
export function fileDrop(
  sign: HTMLElement,
  take: (file: File) => unknown,
): Record<'ondragover' | 'ondragleave' | 'ondrop', (event: Event) => void> {
  return {
    ondragover(event) {
      if (!(event instanceof DragEvent) || !event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      sign.hidden = false
    },
    ondragleave() {
      sign.hidden = true
    },
    ondrop(event) {
      sign.hidden = true
      if (!(event instanceof DragEvent)) return
      const dropped = event.dataTransfer?.files[0]
      if (dropped === undefined) return
      event.preventDefault()
      void take(dropped)
    },
  }
}
