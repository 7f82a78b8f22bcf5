/** Light, dark, or as the system has it. Remembered per browser; every open page follows. */
import { h, icon } from './dom.ts'

const KEY = 'planwire-demo-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

/** True while the page shows dark. */
function isDark(): boolean {
  const chosen = document.documentElement.dataset['theme']
  return chosen ? chosen === 'dark' : dark.matches
}

/** Puts the remembered theme on the page and keeps it in step with the other pages. */
export function followTheme(): void {
  apply(remembered())
  addEventListener('storage', (event) => {
    if (event.key === KEY) apply(event.newValue)
  })
}

/** The switch between light and dark. */
export function themeSwitch(): HTMLButtonElement {
  const button = h('button', { type: 'button', className: 'button button-quiet button-icon', onclick: toggle })
  const show = (): void => {
    const label = isDark() ? 'Light colours' : 'Dark colours'
    button.replaceChildren(icon(isDark() ? 'sun' : 'moon'))
    button.title = label
    button.setAttribute('aria-label', label)
  }
  function toggle(): void {
    const next = isDark() ? 'light' : 'dark'
    apply(next)
    try {
      localStorage.setItem(KEY, next)
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    show()
  }
  dark.addEventListener('change', show)
  addEventListener('storage', show)
  show()
  return button
}

function remembered(): string | null {
  try {
    return localStorage.getItem(KEY)
  } catch {
    return null
  }
}

function apply(theme: string | null): void {
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset['theme'] = theme
  else delete document.documentElement.dataset['theme']
}
