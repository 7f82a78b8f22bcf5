/** Two live tabs side by side, and whether they hold the same. */
import { h, icon } from '../ui/dom.ts'
import { readSettings, withSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import type { Pane } from '../widgets/pane.ts'
import './split.css'

const WIDGETS = { 'gantt.html': 'Gantt', 'calendar.html': 'Calendar' } as const
const settings = readSettings(location.search)
const frame = shell(settings, 'index.html', 'Two tabs, one plan')
const chosen = new URLSearchParams(location.search).get('view') === 'calendar.html' ? 'calendar.html' : 'gantt.html'

const widget = h(
  'select',
  {
    className: 'select',
    'aria-label': 'Widget',
    onchange: () => {
      history.replaceState(null, '', withSettings(location.pathname, location.search, { view: widget.value }))
      load()
    },
  },
  ...Object.entries(WIDGETS).map(([page, name]) => h('option', { value: page, selected: page === chosen }, name)),
)
const verdict = h('span', { 'data-testid': 'convergence' }, 'Loading')
const dot = h('span', { className: 'dot', 'data-tone': 'wait', 'aria-hidden': 'true' })
const another = h('a', { className: 'button', target: '_blank', rel: 'noopener' }, icon('open'), 'Open another tab')
const panes = [h('iframe', { title: 'Tab one' }), h('iframe', { title: 'Tab two' })] as const
frame.toolbar.append(
  h(
    'p',
    { className: 'lead' },
    'Edit on either side: the other follows, and a reload finds it all. No server runs, the backend lives in this browser.',
  ),
  h('div', { className: 'toolbar-group toolbar-end' }, widget, another),
)
if (settings.server !== 'browser')
  frame.toolbar.querySelector('.lead')?.replaceChildren('Edit on either side: the other follows.')
frame.main.append(h('div', { className: 'split' }, ...panes))
frame.status.element.replaceChildren(h('div', { className: 'status-item', role: 'status' }, dot, verdict))

function load(): void {
  const [left, right] = panes
  // Two people, so that each tab shows the other one as online; a login in the address is for both.
  const someone = (name: string): string | undefined => (settings.login ? undefined : name)
  left.src = address({ embed: '1', login: settings.login ?? someone('Ada') })
  right.src = address({ embed: '1', login: settings.login ?? someone('Grace') })
  another.href = address({})
}

function address(changes: { readonly [key: string]: string | undefined }): string {
  return withSettings(widget.value, location.search, { view: undefined, ...changes })
}

let watched: (Pane | undefined)[] = []
let planned = false

/** Looks at both panes again with the next frame. */
function look(): void {
  if (planned) return
  planned = true
  requestAnimationFrame(() => {
    planned = false
    compare()
  })
}

function compare(): void {
  const [left, right] = watched
  if (!left || !right) {
    say('Loading', 'wait')
    return
  }
  if (!panes.every((pane) => pane.contentDocument?.querySelector('[data-testid="ready"]'))) {
    say('Loading', 'wait')
    return
  }
  frame.ready()
  const waiting = left.pending() + right.pending()
  const equal = left.snapshot() === right.snapshot()
  if (equal && waiting === 0) say(`Equal: ${left.count()} records on both sides`, 'good')
  else say(waiting > 0 ? `Catching up, ${waiting} waiting` : 'Catching up', 'wait')
}

function say(text: string, tone: string): void {
  if (verdict.textContent !== text) verdict.textContent = text
  dot.dataset['tone'] = tone
}

/** Finds the panes as soon as their pages have built them; a page that reloads is found anew. */
function watch(): void {
  const found = panes.map((pane) => pane.contentWindow?.demo?.pane)
  for (const [index, pane] of found.entries()) if (pane && pane !== watched[index]) pane.onChange(look)
  watched = found
  look()
}

for (const pane of panes) {
  pane.addEventListener('load', () => {
    const poll = setInterval(() => {
      watch()
      if (pane.contentWindow?.demo?.pane) clearInterval(poll)
    }, 100)
  })
}
load()
