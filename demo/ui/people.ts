/** How people look: initials on a colour that is theirs in every tab. */
import { h } from './dom.ts'

/** So many colours, `--person-1` and on, are in the tokens. */
const COLORS = 6

/** Somebody as they are shown. */
export interface Person {
  readonly name: string
  /** What the tooltip says beside the name: where they are, or that they are a bot. */
  readonly note?: string | undefined
  /** `#rrggbb`, dark enough for white text on it; without it one that follows from the name. */
  readonly color?: string | undefined
}

/** The colour of a name, as a CSS value. */
function colorOf(name: string): string {
  let sum = 0
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9_973
  return `var(--person-${(sum % COLORS) + 1})`
}

/** `Ada Lovelace` is AL, `admin` is A. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/)
  return words
    .slice(0, 2)
    .map((word) => word.charAt(0).toUpperCase())
    .join('')
}

/** A round picture of somebody; `tag` is the element that holds it. */
export function avatar<K extends 'li' | 'span'>(tag: K, { name, note, color }: Person): HTMLElementTagNameMap[K] {
  const label = note ? `${name} (${note})` : name
  const element = h(tag, { className: 'person', role: tag === 'li' ? undefined : 'img' }, initials(name))
  element.title = label
  element.setAttribute('aria-label', label)
  paint(element, name, color)
  return element
}

/** Gives an element somebody's colour: their own, with white on it, or the one of the name. */
export function paint(element: HTMLElement, name: string, color?: string): void {
  const own = color !== undefined && /^#[0-9a-f]{6}$/i.test(color) ? color : undefined
  element.style.setProperty('--person', own ?? colorOf(name))
  element.style.setProperty('--person-ink', own ? '#ffffff' : 'var(--accent-ink)')
}
