/** Owns the switches of the network lab: standing faults for everybody, as sliders and boxes. */
import type { LabSettings } from '../lab/lab-settings.ts'
import { h, setText } from './dom.ts'

export interface LabSwitches {
  readonly element: HTMLElement
  /** True while one of them is on. */
  readonly isOn: boolean
  /** As the lab has them, whoever set them. */
  show(settings: LabSettings): void
}

/** Steps of a slider, from nothing to bad. */
const DELAYS = [0, 20, 50, 100, 200, 300, 500, 800, 1200, 2000, 5000] as const
const BANDWIDTHS: readonly (readonly [label: string, bytesPerSecond: number])[] = [
  ['not limited', 0],
  ['1 MB/s', 1_000_000],
  ['200 kB/s (3G)', 200_000],
  ['30 kB/s (2G)', 30_000],
  ['5 kB/s (modem)', 5_000],
]
const READS: readonly (readonly [label: string, framesPerSecond: number])[] = [
  ['at once', 0],
  ['50 frames/s', 50],
  ['10 frames/s', 10],
  ['1 frame/s', 1],
]
const STATUSES: readonly (readonly [label: string, status: number])[] = [
  ['as they are', 0],
  ['with 401', 401],
  ['with 409', 409],
  ['with 429', 429],
  ['with 500', 500],
  ['with 503', 503],
]

export function createLabSwitches(set: (settings: LabSettings) => void): LabSwitches {
  const controls: ((settings: LabSettings) => void)[] = []
  let shown: LabSettings = {}

  function slider(label: string, key: 'latencyMs' | 'jitterMs'): HTMLElement {
    const value = h('output', { className: 'num small' })
    const input = h('input', {
      type: 'range',
      min: '0',
      max: String(DELAYS.length - 1),
      value: '0',
      'aria-label': label,
      oninput: () => show(chosen()),
      onchange: () => set({ [key]: chosen() }),
    })
    const chosen = (): number => DELAYS[Number(input.value)] ?? 0
    const show = (ms: number): void => {
      setText(value, ms === 0 ? 'off' : `${ms} ms`)
      input.setAttribute('aria-valuetext', ms === 0 ? 'off' : `${ms} milliseconds`)
    }
    controls.push(({ [key]: ms = 0 }) => {
      input.value = String(DELAYS.filter((delay) => delay <= ms).length - 1)
      show(ms)
    })
    return h('div', { className: 'switch' }, h('span', { 'aria-hidden': 'true' }, label), input, value)
  }

  function choice(
    label: string,
    options: readonly (readonly [string, number])[],
    key: 'bytesPerSecond' | 'framesPerSecond' | 'errorStatus',
  ): HTMLElement {
    const input = h(
      'select',
      { className: 'field', onchange: () => set({ [key]: Number(input.value) }) },
      ...options.map(([name, value]) => h('option', { value: String(value) }, name)),
    )
    controls.push(({ [key]: now = 0 }) => {
      const value = String(now)
      // Set by somebody else to what is not offered here.
      if (![...input.options].some((option) => option.value === value)) input.append(h('option', { value }, value))
      input.value = value
    })
    return h('label', { className: 'switch' }, h('span', {}, label), input)
  }

  function box(label: string, about: string, key: 'offline' | 'paused' | 'halfOpen'): HTMLElement {
    const input = h('input', { type: 'checkbox', onchange: () => set({ [key]: input.checked }) })
    controls.push(({ [key]: isOn = false }) => void (input.checked = isOn))
    return h('label', { className: 'check', title: about }, input, label)
  }

  const element = h(
    'div',
    { className: 'switches' },
    slider('Latency', 'latencyMs'),
    slider('Jitter', 'jitterMs'),
    choice('Bandwidth', BANDWIDTHS, 'bytesPerSecond'),
    choice('Clients read', READS, 'framesPerSecond'),
    choice('REST answers', STATUSES, 'errorStatus'),
    h(
      'div',
      { className: 'line' },
      box('Offline', 'Lines break, and none can be opened', 'offline'),
      box('Held back', 'Nothing arrives until it is over; then all of it does', 'paused'),
      box('Half-open', 'Dead lines that nobody was told of', 'halfOpen'),
    ),
  )
  return {
    element,
    get isOn() {
      return Object.keys(shown).length > 0
    },
    show(settings) {
      shown = settings
      for (const control of controls) control(settings)
    },
  }
}
