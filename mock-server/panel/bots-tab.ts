/** The tab of bots: collaborators who plan beside the user; the code of the bots is loaded when the first one is asked for. */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ProjectEditKind } from '../bots/project-bots.ts'
import type { BotActivity, BotPerson, Bots } from '../bots/words.ts'
import { button, h, icon, keyedList, type Row, setText } from './dom.ts'
import { clockTime } from './numbers.ts'
import type { PanelContext, PanelTab } from './tab.ts'

/** Edits per minute of each bot. */
const RATES = [0, 2, 6, 12, 30, 60, 120, 300, 1200] as const
const USUAL_RATE = 3

export function createBotsTab(context: PanelContext): PanelTab {
  const { mock, say, invalidate } = context
  let bots: Bots<ProjectEditKind> | undefined
  let unlisten = (): void => {}
  let busy = false
  let isOver = false

  const project = h('select', {
    className: 'field',
    'aria-label': 'Project',
    // Projects come and go with imports and resets.
    onfocus: () => {
      offered = 'old'
      void offerProjects()
    },
  })
  const count = h('input', {
    type: 'number',
    className: 'field seed',
    value: '3',
    min: '1',
    max: '50',
    'aria-label': 'How many bots',
  })
  const seed = h('input', { type: 'number', className: 'field seed', value: '1', min: '0', 'aria-label': 'Seed' })
  const rate = h('input', {
    type: 'range',
    min: '0',
    max: String(RATES.length - 1),
    value: String(USUAL_RATE),
    'aria-label': 'Edits per minute of each bot',
    oninput: showRate,
    onchange: () => bots?.set({ rate: rateNow() }),
  })
  const rateWords = h('output', { className: 'num small' })
  const pause = button('Pause', togglePause, { icon: 'pause' })
  const people = h('ul', { className: 'bots', 'aria-label': 'Bots' })
  const mix = h('div', { className: 'mix' })
  const recent = h('ol', { className: 'recent', 'aria-label': 'What they did, newest first' })
  const total = h('span', { className: 'soft small' })
  const starting = button('Start bots', start, { icon: 'play', look: 'primary' })
  const starter = h(
    'div',
    { className: 'bar' },
    h('label', { className: 'check small' }, 'Project', project),
    h('label', { className: 'check small' }, 'Bots', count),
    h('label', { className: 'check small' }, 'Seed', seed),
    starting,
  )
  const controls = h(
    'div',
    { className: 'bar' },
    pause,
    button('Add one', add, { icon: 'plus' }),
    button('One edit', () => bots?.step() ?? say('Nobody can edit just now'), {
      icon: 'next',
      title: 'The next bot in turn edits at once',
    }),
    h('label', { className: 'check small rate' }, 'Edits per minute', rate, rateWords),
    h('span', { className: 'space' }),
    total,
    button('Send all home', end, { icon: 'stop', look: 'danger' }),
  )
  const working = h(
    'div',
    { className: 'split lab' },
    h(
      'div',
      { className: 'scroll split-main', tabIndex: 0, role: 'group', 'aria-label': 'Bots' },
      h('div', { className: 'pad stack' }, people, h('details', {}, h('summary', {}, 'Mix of their edits'), mix)),
    ),
    h(
      'section',
      { className: 'detail log', 'aria-label': 'What they did' },
      h('div', { className: 'detail-head line' }, h('h2', {}, 'What they did')),
      h('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': 'Edits' }, recent),
    ),
  )
  const empty = h(
    'div',
    { className: 'empty' },
    icon('bots'),
    h('h2', {}, 'Nobody plans beside you'),
    h(
      'p',
      {},
      'Bots are seeded collaborators with clients of their own: they drag, link, nest, rename, undo, go offline and come back. They work in this tab; every tab sees what they do.',
    ),
  )
  const element = h('div', {}, starter, controls, working, empty)

  const rateNow = (): number => RATES[Number(rate.value)] ?? 12
  function showRate(): void {
    setText(rateWords, String(rateNow()))
    rate.setAttribute('aria-valuetext', `${rateNow()} edits per minute`)
  }
  showRate()

  const told = (error: unknown): void => say(error instanceof Error ? error.message : String(error))

  let offered: 'old' | 'asked' | 'current' = 'old'
  async function offerProjects(): Promise<void> {
    if (offered !== 'old') return
    offered = 'asked'
    try {
      const { projects } = await mock.export()
      offered = 'current'
      offer(projects.map(({ id, name }) => [JSON.stringify(id), name]))
    } catch {
      // It restarts: asked again with the next second.
      offered = 'old'
      offer([], 'The server does not answer')
    }
  }

  /** Puts the projects into their list, where they are others than before. */
  function offer(projects: readonly (readonly [value: string, name: string])[], none = 'The server has none'): void {
    starting.disabled = projects.length === 0
    const options = projects.length > 0 ? projects : [['', none] as const]
    const shown = [...project.options].map(({ value, text }) => [value, text])
    if (JSON.stringify(shown) === JSON.stringify(options)) return
    const { value: chosen } = project
    project.replaceChildren(...options.map(([value, name]) => h('option', { value }, name)))
    if (options.some(([value]) => value === chosen)) project.value = chosen
  }
  offer([], 'Asking the server')

  async function start(): Promise<void> {
    if (busy || project.value === '') return
    busy = true
    try {
      const { startBots } = await import('../bots/project-bots.ts')
      if (isOver) return
      const id: ProjectId = JSON.parse(project.value)
      bots?.close()
      bots = startBots({
        wsAddress: mock.url,
        project: id,
        count: Number(count.value) || 1,
        seed: Number(seed.value) || 0,
        rate: rateNow(),
      })
      unlisten = bots.subscribe(() => context.arrived())
      fillMix(bots)
      say(`${bots.people.length} bots plan now`)
    } catch (error) {
      told(error)
    } finally {
      busy = false
      invalidate()
    }
  }

  function fillMix(group: Bots<ProjectEditKind>): void {
    mix.replaceChildren(
      ...Object.entries(group.state.mix).map(([kind, weight]) => {
        const input = h('input', {
          type: 'range',
          min: '0',
          max: '40',
          value: String(weight),
          'aria-label': kind,
          onchange: () => group.set({ mix: { [kind]: Number(input.value) } }),
        })
        return h('div', { className: 'switch' }, h('span', { 'aria-hidden': 'true' }, kind), input)
      }),
    )
  }

  function add(): void {
    try {
      const person = bots?.add()
      if (person) say(`${person.name} joins`)
    } catch (error) {
      told(error)
    }
  }

  function togglePause(): void {
    bots?.set({ paused: !bots.state.paused })
  }

  function end(): void {
    unlisten()
    bots?.close()
    bots = undefined
    say('The bots went home')
    invalidate()
  }

  const drawPeople = keyedList<BotPerson>(
    people,
    ({ name }) => name,
    (first) => botRow(first, () => bots?.remove(first.name)),
  )
  const drawRecent = keyedList<{ readonly n: number; readonly at: number; readonly by: string; readonly text: string }>(
    recent,
    ({ n }) => n,
    (edit) => ({
      element: h(
        'li',
        { className: 'small' },
        h('span', { className: 'mono soft' }, clockTime(edit.at).slice(0, 8)),
        ' ',
        h('span', { className: 'strong' }, edit.by),
        ` ${edit.text}`,
      ),
      update: () => {},
    }),
  )

  return {
    element,
    ticks: true,
    render() {
      void offerProjects()
      starter.hidden = bots !== undefined
      controls.hidden = working.hidden = bots === undefined
      empty.hidden = bots !== undefined
      if (bots === undefined) return
      const { state } = bots
      const label = state.paused ? 'Go on' : 'Pause'
      if (pause.textContent !== label)
        pause.replaceChildren(icon(state.paused ? 'play' : 'pause'), h('span', {}, label))
      setText(total, `${state.edits} ${state.edits === 1 ? 'edit' : 'edits'}`)
      drawPeople(state.people)
      drawRecent([...state.recent].reverse())
    },
    count() {
      const there = bots?.people.length ?? 0
      return there === 0 ? undefined : { text: String(there), label: `${there} at work` }
    },
    end() {
      isOver = true
      unlisten()
      bots?.close()
    },
  }
}

function botRow(first: BotPerson, remove: () => void): Row<BotPerson> {
  const face = h('span', { className: 'avatar', 'aria-hidden': 'true' }, first.name.slice(0, 2))
  face.style.background = first.color
  const what = h('span', { className: 'clip soft small' })
  const numbers = h('span', { className: 'soft small num' })
  const element = h(
    'li',
    { className: 'bot' },
    face,
    h('span', { className: 'person-words' }, h('span', { className: 'clip strong' }, first.name), what),
    numbers,
    button(`Send ${first.name} home`, remove, { icon: 'close', iconOnly: true, look: 'quiet' }),
  )
  return {
    element,
    update({ activity, edits, lost }) {
      setText(what, activityWords(activity))
      setText(numbers, `${edits} ${edits === 1 ? 'edit' : 'edits'}${lost > 0 ? `, ${lost} lost` : ''}`)
    },
  }
}

function activityWords(activity: BotActivity): string {
  switch (activity.state) {
    case 'connecting':
      return 'connects'
    case 'thinking':
      return 'thinks'
    case 'editing':
      return activity.text
    case 'offline':
      return 'is offline, works on'
    case 'refused':
      return `was refused: ${activity.error.message}`
  }
}
