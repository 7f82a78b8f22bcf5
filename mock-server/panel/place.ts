/** Owns where the panel is and how large: at the bottom, at the right, a sheet on narrow screens, or in a box of the app's own. */
import { button, h, icon } from './dom.ts'
import { remember, remembered } from './memory.ts'

export interface Place {
  readonly panel: HTMLElement
  /** The edge that is dragged, or moved with the arrow keys. */
  readonly grip: HTMLElement
  /** Moves the panel from the bottom to the right and back. */
  readonly button: HTMLElement
  end(): void
}

const NARROW = '(max-width: 640px)'
/** CSS pixels. */
const LEAST = 180
const STEP = 24

type Dock = 'bottom' | 'right' | 'sheet' | 'inline'

export function createPlace(inline: boolean): Place {
  const panel = h('section', { className: 'panel' })
  const narrow = matchMedia(NARROW)
  const before = remembered()
  let side: 'bottom' | 'right' = before.dock ?? 'bottom'
  let height = before.height ?? 400
  let width = before.width ?? 520
  let sheet: number | undefined

  const grip = h('div', {
    className: 'grip',
    role: 'separator',
    tabIndex: 0,
    'aria-label': 'Size of the panel',
    onpointerdown: (event: Event) => event instanceof PointerEvent && drag(event),
    onkeydown: (event: Event) => event instanceof KeyboardEvent && onKey(event),
  })
  const move = button(
    'Dock to the right',
    () => {
      side = side === 'bottom' ? 'right' : 'bottom'
      remember({ dock: side })
      put()
    },
    { icon: 'dock-right', iconOnly: true, look: 'quiet' },
  )

  const dock = (): Dock => (inline ? 'inline' : narrow.matches ? 'sheet' : side)
  const largest = (): number => Math.round((dock() === 'right' ? innerWidth : innerHeight) * 0.9)
  const size = (): number => (dock() === 'right' ? width : dock() === 'sheet' ? (sheet ?? innerHeight * 0.72) : height)

  function put(): void {
    const now = dock()
    panel.dataset['dock'] = now
    panel.style.setProperty('--height', `${height}px`)
    panel.style.setProperty('--width', `${width}px`)
    if (sheet !== undefined) panel.style.setProperty('--sheet', `${sheet}px`)
    const label = side === 'bottom' ? 'Dock to the right' : 'Dock to the bottom'
    move.hidden = now === 'inline' || now === 'sheet'
    move.title = label
    move.setAttribute('aria-label', label)
    move.replaceChildren(icon(side === 'bottom' ? 'dock-right' : 'dock-bottom'))
    grip.setAttribute('aria-orientation', now === 'right' ? 'vertical' : 'horizontal')
    grip.setAttribute('aria-valuemin', String(LEAST))
    grip.setAttribute('aria-valuemax', String(largest()))
    grip.setAttribute('aria-valuenow', String(Math.round(Math.min(size(), largest()))))
  }

  function resize(wanted: number): void {
    const value = Math.round(Math.min(Math.max(wanted, LEAST), largest()))
    if (dock() === 'right') width = value
    else if (dock() === 'sheet') sheet = value
    else height = value
    put()
  }

  function keep(): void {
    if (dock() !== 'sheet') remember({ height, width })
  }

  function onKey(event: KeyboardEvent): void {
    const steps = { ArrowUp: 1, ArrowLeft: 1, ArrowDown: -1, ArrowRight: -1 }[event.key]
    if (steps === undefined) return
    event.preventDefault()
    resize(Math.min(size(), largest()) + steps * STEP)
    keep()
  }

  function drag(event: PointerEvent): void {
    if (inline || event.button !== 0) return
    event.preventDefault()
    grip.setPointerCapture(event.pointerId)
    grip.classList.add('dragging')
    const onMove = ({ clientX, clientY }: PointerEvent): void =>
      resize(dock() === 'right' ? innerWidth - clientX : innerHeight - clientY)
    const onEnd = (): void => {
      grip.classList.remove('dragging')
      grip.removeEventListener('pointermove', onMove)
      keep()
    }
    grip.addEventListener('pointermove', onMove)
    grip.addEventListener('lostpointercapture', onEnd, { once: true })
  }

  narrow.addEventListener('change', put)
  put()
  return { panel, grip, button: move, end: () => narrow.removeEventListener('change', put) }
}
