/** The tab of the network lab: presets, switches, single faults, scripts of one's own, and what they did. */
import type { LabEvent } from '../lab/lab-events.ts'
import { LAB_PRESETS, type LabPreset } from '../lab/presets.ts'
import type { LabScript, LabStep } from '../lab/script.ts'
import { button, h, setText } from './dom.ts'
import { durationOf, progressOf } from './lab-run.ts'
import { createLabSwitches } from './lab-switches.ts'
import { faultWords } from './message-words.ts'
import { clockTime, span } from './numbers.ts'
import { createScriptEditor } from './script-editor.ts'
import type { PanelContext, PanelTab } from './tab.ts'
import { VirtualList } from './virtual-list.ts'

const PRESETS: readonly (readonly [LabPreset, title: string, words: string])[] = [
  ['train-tunnel', 'Train tunnel', 'The signal fades, is gone without a word, and comes back slowly.'],
  ['hotel-wifi', 'Hotel Wi-Fi', 'Slow and narrow, with pauses, broken lines, lost answers and a proxy that says 503.'],
  [
    'laptop-wakes-up',
    'Laptop wakes up',
    'Half of the clients fall silent, and wake up with dead lines and expired sessions.',
  ],
  [
    'deploy-in-mid-edit',
    'Deploy in mid-edit',
    'After the second edit: lost acks, a restart, 503, and a crash a moment later.',
  ],
]

export function createLabTab(context: PanelContext): PanelTab {
  const { mock, say, invalidate } = context
  const { lab } = mock
  const seed = h('input', {
    type: 'number',
    className: 'field seed',
    value: '1',
    min: '0',
    step: '1',
    'aria-label': 'Seed',
  })
  const title = h('h2', {})
  const detail = h('span', { className: 'soft small' })
  const bar = h('progress', { className: 'progress', 'aria-label': 'Progress of the script' })
  const steps = h('ul', { className: 'steps', 'aria-label': 'Steps of the script' })
  const stop = button('Stop', stopAll, { icon: 'stop', look: 'danger' })
  const now = h(
    'div',
    { className: 'card run' },
    h('div', { className: 'line' }, title, h('span', { className: 'space' }), stop),
    bar,
    detail,
    steps,
  )

  const log = new VirtualList<LabEvent>({
    label: 'What the faults did, oldest first',
    rowHeight: 24,
    role: 'table',
    fill: fillEvent,
    invalidate,
  })
  log.follows = true
  const logEmpty = h('p', { className: 'soft small pad' }, 'Nothing yet: run a preset, or move a switch.')

  const switches = createLabSwitches((settings) => tried(lab.set(settings)))
  const editor = createScriptEditor((script) => start(script, 'The script runs'))

  const presets = h(
    'ul',
    { className: 'presets', 'aria-label': 'Presets' },
    ...PRESETS.map(([name, words, about]) => {
      const length = durationOf(LAB_PRESETS[name])
      return h(
        'li',
        { className: 'card preset' },
        h(
          'div',
          { className: 'line' },
          h('h3', {}, words),
          h('span', { className: 'space' }),
          h('span', { className: 'chip' }, length === undefined ? 'by edits' : span(length)),
        ),
        h('p', { className: 'soft small' }, about),
        h(
          'div',
          { className: 'line tight' },
          button('Run', () => start(LAB_PRESETS[name], `${words} runs`), { icon: 'play', spoken: `Run ${words}` }),
          button('Edit', () => editor.load(LAB_PRESETS[name]), {
            look: 'quiet',
            spoken: `Edit ${words}`,
          }),
        ),
      )
    }),
  )
  const single = h(
    'div',
    { className: 'line' },
    button('Drop all', () => inject({ fault: 'drop' }), { icon: 'cut' }),
    button('Restart', () => inject({ fault: 'restart', memory: 'kept', downMs: 1000 }), {
      icon: 'reset',
      title: 'Down for a second, then as stored',
    }),
    button('Restart, memory lost', () => inject({ fault: 'restart', memory: 'lost', downMs: 1000 }), {
      icon: 'reset',
      look: 'danger',
      title: 'Down for a second, then as configured: what was edited is gone',
    }),
    button('Expire tokens', () => inject({ fault: 'expired-token', for: 5000 }), {
      title: 'For 5 seconds every token is refused',
    }),
    button('Lose the next ack', () => inject({ fault: 'lose-ack', count: 1, for: 60_000 }), {
      title: 'The next change is done, its answer lost, within a minute',
    }),
  )
  const element = h(
    'div',
    {},
    h(
      'div',
      { className: 'split lab' },
      h(
        'div',
        { className: 'scroll split-main', tabIndex: 0, role: 'group', 'aria-label': 'Network lab' },
        h(
          'div',
          { className: 'pad stack' },
          now,
          section('Presets', presets, h('label', { className: 'check small' }, 'Seed', seed)),
          section('Switches for everybody', switches.element),
          section('Once, now', single),
          section('Script', editor.element),
        ),
      ),
      h(
        'section',
        { className: 'detail log', 'aria-label': 'Log' },
        h('div', { className: 'detail-head line' }, h('h2', {}, 'Log')),
        log.element,
        logEmpty,
      ),
    ),
  )

  function section(name: string, content: HTMLElement, tool?: HTMLElement): HTMLElement {
    return h(
      'section',
      { className: 'stack tight', 'aria-label': name },
      h('div', { className: 'line' }, h('h2', {}, name), tool && h('span', { className: 'space' }), tool),
      content,
    )
  }

  async function tried(work: Promise<unknown>): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  async function inject(step: LabStep): Promise<void> {
    if (await tried(lab.inject(step))) say('Done: the log says what it did')
  }

  async function start(script: LabScript, words: string): Promise<void> {
    const given = Number(seed.value)
    const chosen = Number.isInteger(given) && given >= 0 ? given : 1
    if (await tried(lab.run(script, { seed: chosen }))) say(words)
    invalidate()
  }

  async function stopAll(): Promise<void> {
    if (await tried(lab.stop())) say('The network is as it was')
  }

  /** Whichever tab did it. */
  const unwatch = lab.watch(() => {
    switches.show(lab.settings)
    invalidate()
  })
  switches.show(lab.settings)

  function fillEvent(row: HTMLElement, event: LabEvent): void {
    if (row.children.length === 0)
      row.append(
        h('span', { className: 'mono soft m-time', role: 'cell' }),
        h('span', { className: 'chip', role: 'cell' }),
        h('span', { className: 'clip small', role: 'cell' }),
      )
    const [time, fault, words] = row.children
    if (!time || !fault || !words) return
    setText(time, clockTime(event.at).slice(0, 8))
    setText(fault, event.fault)
    const isEdge = event.effect.type === 'began' || event.effect.type === 'ended'
    fault.setAttribute('data-tone', isEdge ? '' : 'wait')
    setText(words, faultWords(event))
    words.setAttribute('title', faultWords(event))
  }

  function renderRun(): void {
    const { state } = lab
    const isIdle = state.state === 'idle'
    now.classList.toggle('is-idle', isIdle && !switches.isOn)
    stop.hidden = isIdle && !switches.isOn
    bar.hidden = steps.hidden = isIdle
    if (isIdle) {
      steps.replaceChildren()
      setText(title, switches.isOn ? 'Switches are on' : 'The network is fine')
      setText(
        detail,
        switches.isOn ? 'They hold for every tab until you stop them.' : 'Nothing is delayed, lost or refused.',
      )
      return
    }
    const { script, since, seed: chosen } = state
    const length = durationOf(script)
    const passed = Date.now() - since
    setText(title, script.name ?? 'Script')
    setText(detail, `${span(passed)}${length === undefined ? '' : ` of ${span(length)}`} · seed ${chosen}`)
    if (length === undefined) bar.removeAttribute('value')
    else bar.value = Math.min(1, passed / length)
    const done = progressOf(
      script,
      lab.events.filter(({ at }) => at >= since),
    )
    if (steps.children.length !== done.length)
      steps.replaceChildren(...done.map(({ name }) => h('li', { className: 'chip' }, name)))
    for (const [at, { name, state, effects, fault }] of done.entries()) {
      const chip = steps.children[at]
      if (chip === undefined) continue
      setText(chip, `${name}${effects > 0 ? ` · ${effects}` : ''}`)
      chip.setAttribute('title', `${fault}, ${state}`)
      chip.setAttribute('data-tone', { waiting: '', running: 'wait', done: 'good' }[state])
    }
  }

  return {
    element,
    ticks: true,
    render() {
      renderRun()
      const { events } = lab
      log.setItems(events)
      log.element.hidden = events.length === 0
      logEmpty.hidden = events.length > 0
      log.render()
    },
    count() {
      if (lab.state.state === 'idle' && !switches.isOn) return undefined
      return { text: 'on', label: 'faults are on', tone: 'live' }
    },
    end: unwatch,
  }
}
