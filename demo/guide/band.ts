/** The band over the tabs that says what happens in the guided minute, and has its controls. */
import { h, type IconName, icon } from '../ui/dom.ts'
import type { Minute, MinuteState } from './minute.ts'
import { END, STEPS } from './steps.ts'

/** What the visitor may ask for. */
export interface BandActions {
  /** From the beginning; `vendor` with the vendor's client beside. */
  play(vendor: boolean): void
  /** Away from the minute, to the visitor's own tabs. */
  leave(): void
}

/** The band. */
export interface Band {
  readonly element: HTMLElement
  /** A run begins. */
  follow(minute: Minute): void
  show(state: MinuteState): void
}

const SNIPPET = `import { ProjectClient } from 'planwire'
import { connectGantt } from 'planwire/dhtmlx'

const project = new ProjectClient({ wsAddress: '/ws', wsProjectId: 1 })
connectGantt(gantt, project)`

/** Makes the band; `verdict` is shown in it. */
export function guideBand(verdict: HTMLElement, actions: BandActions): Band {
  let minute: Minute | undefined
  const title = h('h2', {})
  const count = h('p', { className: 'guide-count' })
  const what = h('p', { className: 'guide-what' })
  const look = h('p', { className: 'guide-look' })
  const clock = h('i', {})
  const dots = h('ol', { className: 'guide-dots', 'aria-hidden': 'true' }, ...STEPS.map(() => h('li', {})))
  const pause = control('pause', 'Pause', () => minute?.setPaused(!minute.isPaused))
  const next = control('next', 'Next', () => minute?.next())
  next.classList.add('button-primary')
  const again = control('reset', 'Play it again', () => actions.play(vendor.checked))
  const leave = control('open', 'Skip', () => actions.leave())
  leave.replaceChildren(h('span', {}, 'Skip'))
  const vendor = h('input', { type: 'checkbox', id: 'guide-vendor', onchange: () => actions.play(vendor.checked) })
  const beside = h(
    'div',
    { className: 'check guide-vendor' },
    vendor,
    h('label', { for: 'guide-vendor' }, 'Vendor’s own client beside it'),
  )
  const controls = h('div', { className: 'guide-controls' }, pause, next, again, leave)
  const code = h('div', { className: 'guide-code', hidden: true }, h('pre', {}, h('code', {}, SNIPPET)), copyButton())
  const element = h(
    'section',
    { className: 'guide', 'aria-label': 'Guided minute' },
    h(
      'div',
      { className: 'guide-say', role: 'status' },
      h('div', { className: 'guide-head' }, count, dots),
      title,
      what,
      look,
    ),
    code,
    h('div', { className: 'guide-side' }, verdict, controls, beside),
    h('div', { className: 'guide-clock', 'aria-hidden': 'true' }, clock),
  )
  element.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') actions.leave()
    else if (event.key === 'ArrowRight') minute?.next()
  })

  const say = (head: string, text: string, lookAt = ''): void => {
    title.textContent = head
    what.textContent = text
    look.replaceChildren(...(lookAt ? [h('strong', {}, 'Look at '), lowered(lookAt)] : []))
  }
  const tick = (state: MinuteState): void => {
    const reading = state.state === 'reading' && minute?.isPaused === false
    clock.style.animation = 'none'
    clock.getBoundingClientRect()
    clock.style.animation = reading ? `guide-clock ${state.ms}ms linear forwards` : 'none'
  }
  return {
    element,
    follow(started) {
      minute = started
    },
    show(state) {
      if (state.state === 'left') return
      const over = state.state === 'over' || state.state === 'failed'
      const step = 'step' in state ? state.step : over ? STEPS.length : 0
      element.dataset['state'] = state.state
      for (const [place, dot] of [...dots.children].entries())
        dot.className = place < step || over ? 'done' : place === step ? 'now' : ''
      count.textContent = over ? '' : `Guided minute, ${step + 1} of ${STEPS.length}`
      const current = STEPS[step]
      if (state.state === 'over') say(END.title, END.what)
      else if (state.state === 'failed')
        say('This step did not work out here', 'Play it again, or go on to tabs of your own.')
      else if (current) say(current.title, current.what, current.look)
      code.hidden = state.state !== 'over'
      const focused = document.activeElement
      pause.hidden = over || minute?.byHand === true
      next.hidden = over
      again.hidden = !over
      name(pause, minute?.isPaused ? 'play' : 'pause', minute?.isPaused ? 'Go on' : 'Pause')
      leave.textContent = over ? 'Try it yourself' : 'Skip'
      leave.classList.toggle('button-primary', over)
      // A button that goes takes the focus with it.
      if (over && (focused === next || focused === pause)) leave.focus()
      tick(state)
    },
  }
}

/** `Grace’s tab` stays, `The clocks` begins a half sentence. */
function lowered(text: string): string {
  return text.replace(/^(The|One) /, (word) => word.toLowerCase())
}

function control(sign: IconName, label: string, run: () => void): HTMLButtonElement {
  const button = h('button', { type: 'button', className: 'button', onclick: run })
  name(button, sign, label)
  return button
}

function name(button: HTMLButtonElement, sign: IconName, label: string): void {
  if (button.textContent !== label) button.replaceChildren(icon(sign), h('span', {}, label))
}

function copyButton(): HTMLButtonElement {
  const button = h('button', { type: 'button', className: 'button' }, 'Copy')
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(SNIPPET)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'Select and copy by hand'
    }
  })
  return button
}
