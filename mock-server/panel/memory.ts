/** Owns what the panel remembers from page to page, in this browser: where it was, how large, and what was open. */

/** Everything that is remembered; all optional, and read with suspicion. */
export interface Remembered {
  readonly open?: boolean
  readonly tab?: string
  readonly dock?: 'bottom' | 'right'
  /** CSS pixels. */
  readonly height?: number
  readonly width?: number
}

const KEY = 'planwire-panel'

/** What was remembered; nothing where storage is refused or holds something else. */
export function remembered(): Remembered {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof value !== 'object' || value === null) return {}
    const { open, tab, dock, height, width }: { readonly [key: string]: unknown } = { ...value }
    return {
      ...(typeof open === 'boolean' && { open }),
      ...(typeof tab === 'string' && { tab }),
      ...((dock === 'bottom' || dock === 'right') && { dock }),
      ...(isSize(height) && { height }),
      ...(isSize(width) && { width }),
    }
  } catch {
    return {}
  }
}

/** Remembers these beside what is remembered. */
export function remember(what: Remembered): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...remembered(), ...what }))
  } catch {
    // Without storage it lasts as long as the page.
  }
}

const isSize = (value: unknown): value is number => typeof value === 'number' && value >= 100 && value <= 10_000
