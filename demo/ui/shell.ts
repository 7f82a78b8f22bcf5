/** The frame of every page: header with the pages, toolbar, the widget's place, status line; notices that cover the widget. */
import './tokens.css'
import './base.css'
import './components.css'
import type { BrowserLab } from 'planwire/mock-server'
import { h, icon } from './dom.ts'
import { labChip } from './lab-chip.ts'
import { openServerDialog, serverMenu } from './server-menu.ts'
import { type Settings, withSettings } from './settings.ts'
import { type StatusLine, statusLine } from './status-line.ts'
import { followTheme, themeSwitch } from './theme.ts'

const PAGES = [
  ['index.html', 'Split view'],
  ['gantt.html', 'Gantt'],
  ['calendar.html', 'Calendar'],
  ['both.html', 'Both widgets'],
  ['vendor.html', 'Vendor widget'],
  ['dropped.html', 'Dropped connection'],
] as const

/** What a page fills in. */
export interface Shell {
  readonly toolbar: HTMLElement
  readonly main: HTMLElement
  readonly status: StatusLine
  /** Covers the widget: why there is nothing to see, and a way out. One at a time; an empty title takes it away. */
  notice(title: string, text?: string, ...actions: HTMLElement[]): void
  /** Tells that something is not as it should be while the widget can still be used. An empty text takes it away. */
  banner(text: string, ...actions: HTMLElement[]): void
  /** The page shows its data. */
  ready(): void
  /** A button that opens the choice of the server. */
  serverButton(label: string): HTMLButtonElement
  /** The network lab of the server, if it has one here: the choice of the server offers its scripts. */
  lab(lab: BrowserLab | undefined): void
}

/** Builds the frame into the body. */
export function shell(settings: Settings, page: (typeof PAGES)[number][0], title: string): Shell {
  followTheme()
  let lab: BrowserLab | undefined
  const toolbar = h('div', { className: 'toolbar', role: 'toolbar', 'aria-label': 'Actions' })
  const tools = h('section', { 'aria-label': 'Tools' }, toolbar)
  const main = h('main', { className: 'main', id: 'main' })
  const place = settings.server === 'browser' ? 'in this browser' : `on ${new URL(settings.server).host}`
  // A pane is narrow, and the page around it says where the server is.
  const status = statusLine(settings.embedded ? '' : place)
  const header = h(
    'header',
    { className: 'header' },
    h('a', { className: 'brand', href: withSettings('index.html', location.search, {}) }, icon('brand'), 'planwire'),
    h(
      'nav',
      { className: 'nav', 'aria-label': 'Pages' },
      ...PAGES.map(([href, name]) =>
        h(
          'a',
          {
            href: withSettings(href, location.search, { embed: undefined }),
            'aria-current': href === page ? 'page' : undefined,
          },
          name,
        ),
      ),
    ),
    h(
      'div',
      { className: 'header-end' },
      serverMenu(settings, () => lab),
      themeSwitch(),
    ),
  )
  const root = h('div', { className: settings.embedded ? 'shell shell-embedded' : 'shell' })
  const name = h('h1', { className: 'visually-hidden' }, title)
  if (settings.embedded) root.append(h('div', {}, name), tools, main, status.element)
  else {
    header.prepend(name)
    root.append(header, tools, main, status.element)
  }
  document.body.replaceChildren(root)
  header.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' })
  let banner: HTMLElement | undefined
  let cover: HTMLElement | undefined
  const serverButton = (label: string): HTMLButtonElement =>
    h('button', { type: 'button', className: 'button', onclick: () => openServerDialog(settings, lab) }, label)

  return {
    toolbar,
    lab(given) {
      if (!given || given === lab) return
      lab = given
      status.element.append(labChip(given))
    },
    main,
    status,
    serverButton,
    notice(heading, text = '', ...actions) {
      cover?.remove()
      cover = undefined
      if (heading === '') return
      cover = h(
        'section',
        { className: 'notice', role: 'status' },
        h('div', { className: 'notice-sign' }, icon('brand')),
        h('h2', {}, heading),
        h('p', {}, text),
        h('div', { className: 'notice-actions' }, ...actions),
      )
      main.append(cover)
    },
    banner(text, ...actions) {
      banner?.remove()
      banner = undefined
      if (text === '') return
      banner = h('div', { className: 'banner', role: 'alert' }, h('p', {}, text), ...actions)
      main.append(banner)
    },
    ready() {
      if (root.dataset['testid'] === 'ready') return
      root.setAttribute('data-testid', 'ready')
      performance.mark('planwire-ready')
      if (!settings.embedded) void openPanel()
    },
  }
}

/** The panel of the mock server, once the page has drawn itself and has nothing better to do. */
async function openPanel(): Promise<void> {
  await new Promise((idle) => requestAnimationFrame(() => setTimeout(idle, 200)))
  await import('planwire/panel/always').catch((error: unknown) => {
    // Without a network, for one: the page does without it.
    console.warn('The panel could not be loaded; reload the page to have it.', error)
  })
}
