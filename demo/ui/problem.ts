/** What a page shows when it cannot start at all. */
import { h } from './dom.ts'
import { withSettings } from './settings.ts'
import type { Shell } from './shell.ts'

/** Covers the page with the reason and two ways out. */
export function cannotStart(frame: Shell, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error)
  frame.notice(
    'This page could not start',
    text,
    h('button', { type: 'button', className: 'button button-primary', onclick: () => location.reload() }, 'Try again'),
    h(
      'a',
      {
        className: 'button',
        href: withSettings(location.pathname, location.search, { server: undefined, dialect: undefined }),
      },
      'Use the server in this browser',
    ),
  )
  frame.ready()
}

/** A link that leads back to the server in this browser. */
export function localServerLink(): HTMLAnchorElement {
  return h(
    'a',
    {
      className: 'button',
      href: withSettings(location.pathname, location.search, { server: undefined, dialect: undefined }),
    },
    'Use the server in this browser',
  )
}
