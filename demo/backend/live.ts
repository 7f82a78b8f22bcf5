/** One connection of live updates for a page, and what the page shows of it. */
import type { RemoteEvents } from 'planwire'
import { h } from '../ui/dom.ts'
import { localServerLink } from '../ui/problem.ts'
import { type Settings, withSettings } from '../ui/settings.ts'
import type { Shell } from '../ui/shell.ts'
import type { Backend } from './backend.ts'

/** Shows the state of the connection: in the status line, as a notice while there is nothing to see, as a banner while it is lost. */
export function showConnection(frame: Shell, remoteEvents: RemoteEvents, settings: Settings, backend: Backend): void {
  let seen = false
  const show = (connection: RemoteEvents['connection']): void => {
    frame.status.connection(connection)
    if (connection.state === 'auth-required') {
      frame.notice(
        'The server refused the token',
        'Live updates need a token that the server knows.',
        tokenForm(settings),
      )
      frame.ready()
    } else if (connection.state === 'waiting') showLost(frame, backend, connection.attempt, seen)
    else if (connection.state === 'open') {
      seen = true
      frame.notice('')
      frame.banner('')
    }
  }
  remoteEvents.watch('connection', show)
  show(remoteEvents.connection)
}

/** Says that the server is gone: over what can still be edited, or in its place when nothing was ever there. */
export function showLost(frame: Shell, { label }: Backend, attempt: number, seen: boolean): void {
  const ways = [localServerLink(), frame.serverButton('Other server')]
  if (!seen) {
    frame.notice(`No answer from ${label}`, 'It is tried again by itself. Is the server running?', ...ways)
    frame.ready()
  } else if (attempt > 0) {
    frame.banner(`No answer from ${label}. Your edits are kept and sent as soon as it is back.`, ...ways)
  }
}

function tokenForm(settings: Settings): HTMLElement {
  const token = h('input', { className: 'input', id: 'token', value: settings.token })
  return h(
    'form',
    {
      className: 'form',
      onsubmit: (event: Event) => {
        event.preventDefault()
        location.href = withSettings(location.pathname, location.search, { token: token.value })
      },
    },
    h('div', { className: 'field' }, h('label', { for: 'token' }, 'Token'), token),
    h(
      'div',
      { className: 'form-actions' },
      h('button', { type: 'submit', className: 'button button-primary' }, 'Connect'),
    ),
  )
}
