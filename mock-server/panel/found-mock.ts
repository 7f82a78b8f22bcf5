/** Owns what the panel says of the mock server of its page: where it runs, and what to do when there is none. */
import { assertNever } from '../../client/protocol/errors.ts'
import { h, icon } from './dom.ts'
import type { FoundMock, PanelMock } from './panel-mock.ts'

/** Where the server of a page runs, for the head. */
export function whereItRuns({ name, mock }: { readonly name: string; readonly mock: PanelMock }): string {
  const home = { 'shared-worker': 'shared by all tabs', 'leader-tab': 'shared by all tabs', page: 'this page alone' }
  const kept = mock.storage === 'memory' ? ', in memory' : ''
  return `${name === '' || name === 'planwire' ? '' : `${name} · `}${home[mock.mode]}${kept}`
}

/** What to do when there is no server to show. */
export function missing(mock: Exclude<FoundMock, { state: 'running' }>): HTMLElement {
  const code = "import { startMockServer } from 'planwire/mock-server'\n\nawait startMockServer()"
  switch (mock.state) {
    case 'starting':
      return h('div', { className: 'empty' }, icon('brand'), h('h2', {}, 'The mock server starts'))
    case 'failed':
      return h(
        'div',
        { className: 'empty' },
        icon('warn'),
        h('h2', {}, 'The mock server did not start'),
        h('p', { className: 'problem' }, mock.message),
        h('p', {}, 'Mend the configuration that startMockServer was given, and reload the page.'),
      )
    case 'none':
      return h(
        'div',
        { className: 'empty' },
        icon('brand'),
        h('h2', {}, 'No mock server runs in this page'),
        h('p', {}, 'Start one before the app connects, and the panel shows it at once:'),
        h('pre', { tabIndex: 0, 'aria-label': 'Code' }, code),
        h('p', { className: 'small' }, 'A server in Node or behind another address has no panel.'),
      )
    default:
      return assertNever(mock)
  }
}
