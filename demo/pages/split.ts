/** The first page: a guided minute, then two live tabs side by side, and whether they hold the same. */

import { guideBand } from '../guide/band.ts'
import { Minute } from '../guide/minute.ts'
import { openTheatre, TABS, type Theatre } from '../guide/theatre.ts'
import { h, icon } from '../ui/dom.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings, withSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { type TabSource, TwinPanes, type Verdict } from '../widgets/twin-panes.ts'
import '../guide/guide.css'
import './split.css'

const WIDGETS = { 'gantt.html': 'Gantt', 'calendar.html': 'Calendar' } as const
/** Where this browser remembers that it has seen the minute. */
const SEEN = 'planwire-demo-guide'
const TITLES = ['Tab one', 'Tab two'] as const

let minute: Minute | undefined
let theatre: Promise<Theatre> | undefined
let joined = false

const settings = readSettings(location.search)
const frame = shell(settings, 'index.html', 'Two tabs, one plan')
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches

const text = h('span', { 'data-testid': 'convergence' }, 'Loading')
const dot = h('span', { className: 'dot', 'data-tone': 'wait', 'aria-hidden': 'true' })
const verdict = h('div', { className: 'verdict-pill', role: 'status' }, dot, text)
const panes = new TwinPanes((told) => {
  const { words, tone } = wordsOf(told)
  text.textContent = words
  dot.dataset['tone'] = tone
  if (told.state === 'loading') return
  frame.ready()
  if (minute || joined || settings.server !== 'browser') return
  joined = true
  joinServer().catch((error: unknown) => console.warn(error))
})
frame.main.append(panes.element)
frame.status.element.remove()

// The visitor's own tabs.

const asked = new URLSearchParams(location.search).get('view')
const widget = h(
  'select',
  {
    className: 'select',
    'aria-label': 'Widget',
    onchange: () => {
      history.replaceState(null, '', withSettings(location.pathname, location.search, { view: widget.value }))
      showOwn()
    },
  },
  ...Object.entries(WIDGETS).map(([page, name]) => h('option', { value: page, selected: page === asked }, name)),
)
const another = h(
  'a',
  {
    className: 'button',
    target: '_blank',
    rel: 'noopener',
    'aria-label': 'Open another tab',
    title: 'Open another tab',
  },
  icon('open'),
  h('span', { className: 'button-label' }, 'Open another tab'),
)
const replay = h(
  'button',
  { type: 'button', className: 'button', onclick: () => play(false) },
  icon('play'),
  'Guided minute',
)
const lead =
  settings.server === 'browser'
    ? 'Edit on either side: the other follows. No server runs, the backend lives in this browser.'
    : 'Edit on either side: the other follows.'
const tools = h('div', { className: 'toolbar-group toolbar-end' }, replay, widget, another)

/** For the panel and the scripts of the network lab; the tabs reach the server by themselves. */
async function joinServer(): Promise<void> {
  const { demoConfig, startMockServer } = await import('planwire/mock-server')
  const mock = await startMockServer({ ...demoConfig(), name: settings.name }, { intercept: false })
  frame.lab(mock.lab)
}

function showOwn(): void {
  // Two people, so that each tab shows the other one as online; a login in the address is for both.
  const people = settings.login ? [settings.login, settings.login] : ['Ada', 'Grace']
  const own = (changes: { readonly [key: string]: string | undefined }): string =>
    withSettings(widget.value, location.search, { view: undefined, guide: undefined, ...changes })
  another.href = own({})
  frame.toolbar.replaceChildren(h('p', { className: 'lead' }, lead), verdict, tools)
  panes.show(
    TITLES.map((title, at): TabSource => ({ title, who: people[at], src: own({ embed: '1', login: people[at] }) })),
  )
}

// The guided minute.

const band = guideBand(verdict, { play: (vendor) => void play(vendor), leave })

async function play(vendor: boolean): Promise<void> {
  minute?.leave()
  const run = new Minute(calm, (state) => band.show(state))
  minute = run
  band.follow(run)
  band.show(run.state)
  frame.toolbar.replaceChildren()
  frame.toolbar.after(band.element)
  try {
    // Its own server: nobody's plan is touched, and each run begins with the same one.
    const name = `${settings.name}-minute`
    theatre ??= openTheatre(name, panes)
    const tab = (page: string, title: string, who: string): TabSource => {
      const query = new URLSearchParams({ embed: '1', stage: '1', name, login: who })
      return { title, who, src: `${page}?${query}` }
    }
    const theirs = { ...tab('vendor.html', TABS.vendor, 'The vendor’s client'), foreign: true }
    panes.show([
      tab('gantt.html', TABS.ada, 'Ada'),
      tab('gantt.html', TABS.grace, 'Grace'),
      ...(vendor ? [theirs] : []),
    ])
    // The tabs load while their server is put back.
    const { cast, prepare } = await theatre
    if (run !== minute) return
    await prepare()
    const everybody = cast({ calm, pass: (ms) => run.pass(calm ? 0 : ms) }, vendor)
    await everybody.loaded()
    await run.run(everybody)
    if (run.state.state === 'over') remember()
  } catch (error) {
    if (run === minute) cannotStart(frame, error)
  }
}

function leave(): void {
  minute?.leave()
  minute = undefined
  remember()
  // One that did not open was told of already.
  theatre?.then(({ empty }) => empty()).catch(() => undefined)
  band.element.remove()
  showOwn()
  replay.focus()
}

function remember(): void {
  try {
    localStorage.setItem(SEEN, 'seen')
  } catch {
    // Without storage the next visit begins with the minute again.
  }
}

function isSeen(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null
  } catch {
    return false
  }
}

function wordsOf(told: Verdict): { words: string; tone: string } {
  switch (told.state) {
    case 'loading':
      return { words: 'Loading', tone: 'wait' }
    case 'equal':
      return { words: `Equal: ${told.count} records on both sides`, tone: 'good' }
    case 'apart': {
      const parts = [
        told.records > 0 && `${told.records} ${told.records === 1 ? 'record differs' : 'records differ'}`,
        told.waiting > 0 && `${told.waiting} ${told.waiting === 1 ? 'change waits' : 'changes wait'}`,
      ]
      return { words: parts.filter(Boolean).join(', '), tone: 'wait' }
    }
  }
}

const opens =
  settings.guide === 'on' ||
  (settings.guide === 'first' && settings.server === 'browser' && asked === null && !isSeen())
if (opens) void play(false)
else showOwn()
