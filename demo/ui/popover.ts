/** A small surface that opens beside its button, closes by Escape and by a click elsewhere. */
import { h } from './dom.ts'

/** Distance from the button and from the edge of the window, in pixels. */
const GAP = 8

/** Makes `button` open a surface; `fill` is called each time before it is shown. Answers the surface, to be put beside the button. */
export function popover(button: HTMLButtonElement, fill: (surface: HTMLElement) => void, label?: string): HTMLElement {
  const surface = h('div', { className: 'popover', popover: 'auto', role: label ? 'dialog' : undefined })
  if (label) surface.setAttribute('aria-label', label)
  button.popoverTargetElement = surface
  button.setAttribute('aria-expanded', 'false')
  surface.addEventListener('beforetoggle', (event) => {
    if (event.newState === 'open') fill(surface)
  })
  surface.addEventListener('toggle', (event) => {
    button.setAttribute('aria-expanded', String(event.newState === 'open'))
    if (event.newState === 'open') place(surface, button)
  })
  return surface
}

function place(surface: HTMLElement, button: HTMLElement): void {
  const anchor = button.getBoundingClientRect()
  const { width, height } = surface.getBoundingClientRect()
  const below = anchor.bottom + GAP + height <= innerHeight
  const top = below ? anchor.bottom + GAP : Math.max(GAP, anchor.top - GAP - height)
  const left = Math.max(GAP, Math.min(anchor.left, innerWidth - width - GAP))
  Object.assign(surface.style, { top: `${top}px`, left: `${left}px` })
}
