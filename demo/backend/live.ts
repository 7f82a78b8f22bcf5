/** One connection of live updates for a page, and what the page shows of it. */
import type { RemoteEvents } from 'planwire'
import { h } from '../ui/dom.ts'
import { localServerLink } from '../ui/problem.ts'
import { type Settings, withSettings } from '../ui/settings.ts'
import type { Shell } from '../ui/shell.ts'
import type { Backend } from './backend.ts'

/** Shows the state of the connection: in the status line, as a banner while it is lost, as a notice when the token is refused. */
export function showConnection(frame: Shell, remoteEvents: RemoteEvents, settings: Settings, backend: Backend): void {
  let uncover: (() => void) | undefined
  const show = (connection: RemoteEvents['connection']): void => {
    frame.status.connection(connection)
    uncover?.()
    uncover = undefined
    if (connection.state === 'auth-required') {
      uncover = frame.notice(
        'The server refused the token',
        'Live updates need a token that the server knows.',
        tokenForm(settings),
      )
      frame.ready()
    } else if (connection.state === 'waiting' && connection.attempt > 0) {
      frame.banner(
        `No answer from ${backend.label}. Your edits are kept and sent as soon as it is back.`,
        localServerLink(),
        frame.serverButton('Other server'),
      )
    } else if (connection.state === 'open') frame.banner('')
  }
  remoteEvents.watch('connection', show)
  show(remoteEvents.connection)
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
