/** The line at the foot of a page: how the connection stands, what waits, who else is here. */
import type { ConnectionState } from 'planwire'
import { h } from './dom.ts'

/** The status line of a page. */
export interface StatusLine {
  readonly element: HTMLElement
  connection(state: ConnectionState): void
  pending(count: number, unconfirmed?: number): void
  people(names: readonly string[], self?: string): void
}

/** What a connection is called, and how it is coloured. */
function describeConnection(connection: ConnectionState, place: string): { text: string; tone: string } {
  switch (connection.state) {
    case 'idle':
    case 'connecting':
      return { text: `Connecting, ${place}`, tone: 'wait' }
    case 'authenticating':
      return { text: `Logging in, ${place}`, tone: 'wait' }
    case 'open':
      return { text: `Live, ${place}`, tone: 'good' }
    case 'waiting':
      return { text: 'Connection lost, trying again', tone: 'wait' }
    case 'auth-required':
      return { text: 'Not logged in', tone: 'bad' }
    case 'closed':
      return { text: 'Closed', tone: 'bad' }
  }
}

/** Makes the line; `place` says where the server is. */
export function statusLine(place: string): StatusLine {
  const dot = h('span', { className: 'dot', 'aria-hidden': 'true' })
  const text = h('span', { 'data-testid': 'connection' })
  const waiting = h('span', { 'data-testid': 'pending' })
  const list = h('ul', { className: 'people', 'aria-label': 'People online' })
  const element = h(
    'footer',
    { className: 'status' },
    h('div', { className: 'status-item', role: 'status' }, dot, text),
    h('div', { className: 'status-item' }, waiting),
    list,
  )
  return {
    element,
    connection(state) {
      const described = describeConnection(state, place)
      text.textContent = described.text
      dot.dataset['tone'] = described.tone
    },
    pending(count, unconfirmed = 0) {
      const open = count + unconfirmed
      waiting.textContent = open === 0 ? 'All changes stored' : `${open} ${open === 1 ? 'change' : 'changes'} waiting`
    },
    people(names, self) {
      const shown = [...new Set(names)]
      list.replaceChildren(
        ...shown.slice(0, 6).map((name) => {
          const label = name === self ? `${name} (you)` : name
          return h('li', { className: 'person', title: label, 'aria-label': label }, initials(name))
        }),
      )
    },
  }
}

/** `Ada Lovelace` is AL, `admin` is A. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
}
