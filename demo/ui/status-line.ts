/** The line at the foot of a page: how the connection stands, what waits, who else is here. */
import type { ConnectionState } from 'planwire'
import { h } from './dom.ts'
import { avatar, type Person } from './people.ts'
import { popover } from './popover.ts'

/** Faces in the line; of more, the number is told. */
const FACES = 6

/** The status line of a page. */
export interface StatusLine {
  readonly element: HTMLElement
  connection(state: ConnectionState): void
  pending(count: number, unconfirmed?: number): void
  /** Who is here. Of the same name the first is shown. */
  people(people: readonly Person[]): void
  /** Makes what waits a button that tells more; `fill` puts it into the surface. */
  explain(fill: (surface: HTMLElement) => void): void
}

/** What a connection is called, and how it is coloured. */
function describeConnection(connection: ConnectionState, place: string): { text: string; tone: string } {
  switch (connection.state) {
    case 'idle':
    case 'connecting':
      return { text: `Connecting${place}`, tone: 'wait' }
    case 'authenticating':
      return { text: `Logging in${place}`, tone: 'wait' }
    case 'open':
      return { text: `Live${place}`, tone: 'good' }
    case 'waiting':
      return { text: 'Connection lost, trying again', tone: 'wait' }
    case 'auth-required':
      return { text: 'Not logged in', tone: 'bad' }
    case 'closed':
      return { text: 'Closed', tone: 'bad' }
  }
}

/** Makes the line; `place` says where the server is, unless it is empty. */
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
      const described = describeConnection(state, place && `, ${place}`)
      text.textContent = described.text
      dot.dataset['tone'] = described.tone
    },
    pending(count, unconfirmed = 0) {
      const open = count + unconfirmed
      waiting.textContent = open === 0 ? 'All changes stored' : `${open} ${open === 1 ? 'change' : 'changes'} waiting`
    },
    people(people) {
      const shown = [...new Map([...people].reverse().map((person) => [person.name, person])).values()].reverse()
      const more = shown.length - FACES
      list.replaceChildren(...shown.slice(0, FACES).map((person) => avatar('li', person)))
      if (more > 0) list.append(h('li', { className: 'people-more' }, `+${more}`))
    },
    explain(fill) {
      const button = h('button', { type: 'button', className: 'status-button' })
      waiting.replaceWith(button)
      button.append(waiting)
      button.after(popover(button, fill, 'What the signs mean'))
    },
  }
}
