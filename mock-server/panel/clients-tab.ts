/** The tab of clients: every socket of every tab with its pace, who looks at what, and taking one of them off the line. */
import type { LabStep } from '../lab/script.ts'
import { type Connection, PACE_SECONDS, type Person } from './connections.ts'
import { button, h, icon, keyedList, type Row, setAttribute, setText, svgElement } from './dom.ts'
import { size, span } from './numbers.ts'
import type { PanelContext, PanelTab } from './tab.ts'

const OFFLINE_MS = 10_000
const OFFLINE = `Offline ${OFFLINE_MS / 1000} s`

export function createClientsTab(context: PanelContext): PanelTab {
  const { mock, traffic, say } = context
  const people = h('ul', { className: 'people', 'aria-label': 'People' })
  const rows = h('ul', { className: 'sockets', 'aria-label': 'Connections' })
  const summary = h('span', { className: 'soft small' })
  const empty = h(
    'div',
    { className: 'empty' },
    icon('clients'),
    h('h2', {}, 'Nobody is connected'),
    h('p', {}, 'Sockets of all tabs of this origin appear here as soon as an app opens one.'),
  )
  const content = h('div', { className: 'scroll', tabIndex: 0, role: 'group', 'aria-label': 'Clients' }, people, rows)
  const element = h(
    'div',
    {},
    h(
      'div',
      { className: 'bar' },
      summary,
      h('span', { className: 'space' }),
      button(
        `This tab offline for ${OFFLINE_MS / 1000} s`,
        () => inject({ fault: 'offline', for: OFFLINE_MS, to: { tab: mock.tab } }, 'This tab is offline'),
        {
          icon: 'offline',
        },
      ),
      button('Drop all', () => inject({ fault: 'drop' }, 'All connections dropped'), { icon: 'cut' }),
    ),
    content,
    empty,
  )

  async function inject(step: LabStep, done: string): Promise<void> {
    try {
      await mock.lab.inject(step)
      say(done)
    } catch (error) {
      say(error instanceof Error ? error.message : String(error))
    }
  }

  /** Those that people chose for themselves. */
  const colors = new Map<string, string>()
  const drawPeople = keyedList<Person>(people, ({ party }) => party, personRow)
  const drawRows = keyedList<Connection>(
    rows,
    ({ socket }) => socket,
    (first) => connectionRow(first, mock.tab, (party) => colors.get(party), inject),
  )

  return {
    element,
    ticks: true,
    render() {
      const { connections } = traffic
      const all = connections.all
      const shown = connections.people(Date.now())
      const open = connections.open
      setText(
        summary,
        `${open} ${open === 1 ? 'connection' : 'connections'}, ${shown.length} ${shown.length === 1 ? 'shows' : 'show'} what they look at`,
      )
      colors.clear()
      for (const { party, state } of shown) {
        const color = colorOf(state)
        if (color !== undefined) colors.set(party, color)
      }
      drawPeople(shown)
      drawRows(all.slice(0, 300))
      people.hidden = shown.length === 0
      content.hidden = all.length === 0
      empty.hidden = all.length > 0
    },
    count() {
      const { open } = traffic.connections
      return open === 0 ? undefined : { text: String(open), label: `${open} connected` }
    },
  }
}

/** Somebody who shows what they look at. */
function personRow(first: Person): Row<Person> {
  const what = h('span', { className: 'clip soft small' })
  const face = avatar(first.party)
  const element = h(
    'li',
    { className: 'person' },
    face,
    h('span', { className: 'person-words' }, h('span', { className: 'clip strong' }, first.party), what),
  )
  return {
    element,
    update({ state }) {
      face.style.background = colorOf(state) ?? hueOf(first.party)
      setText(what, lookingAt(state))
    },
  }
}

function colorOf({ color }: Person['state']): string | undefined {
  return typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : undefined
}

/** What presence says: apps may show whatever they like, planwire's own say `task` and `drag`. */
function lookingAt(state: Person['state']): string {
  const { color: _, name: __, bot, task, drag, ...rest } = state
  const parts = [
    bot === true && 'bot',
    drag !== undefined && `drags task ${idOf(drag) ?? ''}`.trim(),
    drag === undefined && task !== undefined && task !== null && `at task ${String(task)}`,
    Object.keys(rest).length > 0 && JSON.stringify(rest).slice(0, 80),
  ].filter((part): part is string => typeof part === 'string')
  return parts.join(' · ') || 'looks at nothing'
}

function idOf(drag: unknown): string | undefined {
  return typeof drag === 'object' && drag !== null && 'task' in drag ? String(drag.task) : undefined
}

function avatar(party: string): HTMLElement {
  return h('span', { className: 'avatar', 'aria-hidden': 'true' }, lettersOf(party))
}

const lettersOf = (party: string): string => party.replace(/^\/+/, '').slice(0, 2) || '·'

/** A colour for a name, dark enough for white letters. */
function hueOf(party: string): string {
  let hash = 0
  for (const char of party) hash = (hash * 31 + char.charCodeAt(0)) % 360
  return `hsl(${hash} 45% 34%)`
}

/** One socket. */
function connectionRow(
  first: Connection,
  tab: string,
  colorFor: (party: string) => string | undefined,
  inject: (step: LabStep, done: string) => void,
): Row<Connection> {
  const dot = h('span', { className: 'dot' })
  const name = h('span', { className: 'clip strong' })
  const here = h('span', { className: 'chip', 'data-tone': 'accent' }, 'this tab')
  const where = h('span', { className: 'clip mono soft' })
  const state = h('span', { className: 'soft small' })
  const [up, down] = [flowCell('↑', 'to the server'), flowCell('↓', 'to the client')]
  const step = (fault: 'drop' | 'offline'): LabStep =>
    fault === 'drop'
      ? { fault, to: { party: current.party } }
      : { fault, for: OFFLINE_MS, to: { party: current.party } }
  let current = first
  const face = avatar(first.party)
  const drop = button('Drop', () => inject(step('drop'), `${current.party} was dropped`), { icon: 'cut' })
  const offline = button(
    OFFLINE,
    () => inject(step('offline'), `${current.party} is offline for ${OFFLINE_MS / 1000} s`),
    {
      icon: 'offline',
    },
  )
  const tools = h('span', { className: 'socket-tools' }, drop, offline)
  const element = h(
    'li',
    { className: 'socket' },
    h(
      'span',
      { className: 'socket-who' },
      dot,
      face,
      h('span', { className: 'person-words' }, h('span', { className: 'line tight nowrap' }, name, here), where),
    ),
    up.element,
    down.element,
    state,
    tools,
  )
  return {
    element,
    update(connection) {
      current = connection
      const { party, closed, url, since } = connection
      const now = Date.now()
      setText(name, party)
      setAttribute(name, 'title', party)
      setAttribute(drop, 'aria-label', `Drop ${party}`)
      setAttribute(offline, 'aria-label', `${OFFLINE}: ${party}`)
      setText(face, lettersOf(party))
      const user = party.replace(/#\d+$/, '')
      face.style.background = colorFor(party) ?? hueOf(user)
      here.hidden = connection.tab !== tab
      setText(where, url ?? 'open before the panel was')
      setAttribute(dot, 'data-tone', closed === undefined ? 'good' : 'bad')
      setText(
        state,
        closed === undefined
          ? `open for ${span(now - since)}`
          : `closed ${closed.code ?? ''} by the ${closed.by}, ${span(now - closed.at)} ago`,
      )
      element.classList.toggle('is-closed', closed !== undefined)
      tools.hidden = closed !== undefined
      up.update(connection.up, now)
      down.update(connection.down, now)
    },
  }
}

/** Pace of one direction: a line of the last half minute, and numbers. */
function flowCell(
  arrow: string,
  label: string,
): { readonly element: HTMLElement; update(flow: Connection['up'], now: number): void } {
  const line = svgElement('polyline', {
    fill: 'none',
    stroke: 'currentColor',
    'stroke-width': '1.5',
    'vector-effect': 'non-scaling-stroke',
  })
  const drawing = svgElement('svg', {
    viewBox: `0 0 ${PACE_SECONDS - 2} 16`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
    class: 'spark',
  })
  drawing.append(line)
  const pace = h('span', { className: 'num' })
  const total = h('span', { className: 'num soft' })
  const element = h(
    'span',
    { className: `flow ${arrow === '↑' ? 'flow-up' : 'flow-down'}` },
    h('span', { role: 'img', 'aria-label': label }, arrow),
    drawing,
    h('span', { className: 'flow-words small' }, pace, total),
  )
  return {
    element,
    update(flow, now) {
      const history = flow.history(now)
      const top = Math.max(4, ...history)
      setAttribute(
        line,
        'points',
        history.map((frames, at) => `${at},${(15 - (frames / top) * 14).toFixed(1)}`).join(' '),
      )
      const { frames, bytes } = flow.pace(now)
      setText(pace, `${frames}/s · ${size(bytes)}/s`)
      setText(total, `${flow.frames} · ${size(flow.bytes)}`)
    },
  }
}
