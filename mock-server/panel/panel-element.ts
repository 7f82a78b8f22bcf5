/**
 * Owns `<planwire-panel>`: the small button at the edge of the page, and when the panel behind it is loaded. This is all that an
 * import of `planwire/panel` costs; the rest comes when somebody opens it.
 */

import { remember, remembered } from './memory.ts'
import type { Shell } from './panel.ts'
import type { PanelMock } from './panel-mock.ts'

const TAG = 'planwire-panel'

/** `<planwire-panel>`, the panel of the mock server. */
export interface PlanwirePanel extends HTMLElement {
  /** The mock server that is shown. Default: the one that the page started last. */
  mock: PanelMock | undefined
  /** True while the panel is open, or on its way. */
  readonly isOpen: boolean
  /** Loads and shows the panel, its tab focused. Idempotent. */
  open(): Promise<void>
  /** Leaves the button alone; what is shown goes on in the background. Idempotent. */
  close(): void
}

declare global {
  interface HTMLElementTagNameMap {
    'planwire-panel': PlanwirePanel
  }
}

const LAUNCHER = `
:host { all: initial !important; display: contents !important; }
:host([hidden]), [hidden] { display: none !important; }
.root { all: initial; display: contents; color-scheme: light dark; }
.root[data-theme="light"] { color-scheme: light; }
.root[data-theme="dark"] { color-scheme: dark; }
.launcher {
  all: unset; box-sizing: border-box; position: fixed; z-index: 2147483000; right: 14px; bottom: 14px; width: 40px; height: 40px; border-radius: 50%; cursor: pointer;
  display: grid; place-items: center; color: light-dark(#0b6b63, #4fc7ba); background: light-dark(#fff, #1e2625); border: 1px solid light-dark(#dbe2df, #33403d);
  box-shadow: 0 1px 3px rgb(0 0 0 / 0.16), 0 4px 14px rgb(0 0 0 / 0.14);
}
:host([corner$="left"]) .launcher { right: auto; left: 14px; }
:host([corner^="top"]) .launcher { bottom: auto; top: 14px; }
.launcher:hover { background: light-dark(#e9f4f2, #24302e); }
.launcher:focus-visible { outline: 2px solid light-dark(#0b57d0, #8ab4f8); outline-offset: 2px; }
.launcher[aria-busy="true"] { cursor: progress; opacity: 0.7; }
`

let docked: PlanwirePanel | undefined

/** Names the element, once per page and where there is one. */
export function definePanel(): void {
  if (typeof customElements === 'undefined' || customElements.get(TAG)) return

  class PlanwirePanelElement extends HTMLElement implements PlanwirePanel {
    static readonly observedAttributes: readonly string[] = ['open']
    readonly #launcher: HTMLButtonElement
    readonly #root: HTMLElement
    readonly #themes: MutationObserver
    #mock: PanelMock | undefined
    #shell: Promise<Shell> | undefined
    #isOpen = false

    constructor() {
      super()
      const shadow = this.attachShadow({ mode: 'open' })
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(LAUNCHER)
      shadow.adoptedStyleSheets = [sheet]
      this.#root = document.createElement('div')
      this.#root.className = 'root'
      this.#launcher = document.createElement('button')
      this.#launcher.type = 'button'
      this.#launcher.className = 'launcher'
      this.#launcher.setAttribute('aria-expanded', 'false')
      this.#name('Open the planwire panel')
      this.#launcher.innerHTML =
        '<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentColor" stroke-width="3.5" stroke-linecap="round" aria-hidden="true"><path d="M4 6h9M7 12h10M11 18h8"/></svg>'
      this.#launcher.addEventListener('click', () => void this.open())
      this.#root.append(this.#launcher)
      shadow.append(this.#root)
      this.#themes = new MutationObserver(() => this.#followTheme())
    }

    get mock(): PanelMock | undefined {
      return this.#mock
    }

    set mock(mock: PanelMock | undefined) {
      this.#mock = mock
      void this.#shell?.then((shell) => shell.use(mock))
    }

    get isOpen(): boolean {
      return this.#isOpen
    }

    connectedCallback(): void {
      if (docked !== undefined && docked !== this) docked.remove()
      this.#followTheme()
      this.#themes.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'class'] })
      const inline = this.getAttribute('placement') === 'inline'
      if (inline || this.hasAttribute('open') || remembered().open === true) void this.#show(false)
    }

    disconnectedCallback(): void {
      this.#themes.disconnect()
      this.#isOpen = false
      const shell = this.#shell
      this.#shell = undefined
      this.#closed()
      void shell?.then((opened) => opened.end())
    }

    attributeChangedCallback(_name: string, before: string | null, after: string | null): void {
      if (!this.isConnected || (before === null) === (after === null)) return
      if (after === null) this.close()
      else void this.#show(false)
    }

    open(): Promise<void> {
      return this.#show(true)
    }

    close(): void {
      if (!this.#isOpen || this.getAttribute('placement') === 'inline') return
      this.#isOpen = false
      remember({ open: false })
      void this.#shell?.then((shell) => {
        if (this.#isOpen) return
        const focused = shell.hide()
        this.#closed()
        if (focused) this.#launcher.focus()
      })
      this.removeAttribute('open')
    }

    async #show(focus: boolean): Promise<void> {
      if (this.#isOpen && !focus) return
      this.#isOpen = true
      this.#launcher.setAttribute('aria-busy', 'true')
      this.#shell ??= import('./panel.ts').then(({ createShell }) =>
        createShell({ host: this, root: this.#root, close: () => this.close(), mock: this.#mock }),
      )
      const mine = this.#shell
      try {
        const shell = await mine
        if (!this.#isOpen || this.#shell !== mine) return
        shell.show(focus)
        this.#launcher.hidden = true
        this.#launcher.setAttribute('aria-expanded', 'true')
        remember({ open: true })
      } catch (error) {
        this.#isOpen = false
        this.#shell = undefined
        this.#name('The planwire panel could not be loaded: reload the page, or click to try again')
        throw error
      } finally {
        this.#launcher.removeAttribute('aria-busy')
      }
    }

    #closed(): void {
      this.#launcher.hidden = false
      this.#launcher.setAttribute('aria-expanded', 'false')
    }

    #name(text: string): void {
      this.#launcher.title = text
      this.#launcher.setAttribute('aria-label', text)
    }

    /** As the page says it is: by `data-theme`, or by a class of its root; else as the system has it. */
    #followTheme(): void {
      const { dataset, classList } = document.documentElement
      const named = dataset['theme'] ?? ['dark', 'light'].find((name) => classList.contains(name))
      if (named === 'dark' || named === 'light') this.#root.dataset['theme'] = named
      else delete this.#root.dataset['theme']
    }
  }
  customElements.define(TAG, PlanwirePanelElement)
}

/** Puts a panel on the page unless it has one; one that the page places later takes its place. */
export function dockPanel(): void {
  if (typeof document === 'undefined') return
  const dock = (): void => {
    if (document.querySelector(TAG) !== null) return
    docked = document.createElement(TAG)
    document.body.append(docked)
  }
  if (document.body) dock()
  else addEventListener('DOMContentLoaded', dock, { once: true })
}
