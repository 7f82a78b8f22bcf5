/** Owns what leaves the panel: texts for the clipboard, and files. */
import { h } from './dom.ts'

/** Copies a text. Rejects where the browser refuses both of its ways. */
export async function copyText(text: string, near: Node): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // No clipboard on plain http, and none without the permission: the old way asks for neither.
    const area = h('textarea', { value: text, 'aria-hidden': 'true' })
    area.style.position = 'fixed'
    area.style.opacity = '0'
    const root = near.getRootNode()
    const before = root instanceof ShadowRoot ? root.activeElement : null
    ;(root instanceof ShadowRoot ? root : document.body).append(area)
    area.select()
    const done = document.execCommand('copy')
    area.remove()
    if (before instanceof HTMLElement) before.focus()
    if (!done) throw new Error('The browser does not let the panel copy: allow the clipboard for this page')
  }
}

/** Saves a value as a JSON file. */
export function saveJson(name: string, value: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(value, undefined, 2)], { type: 'application/json' }))
  const link = h('a', { href: url, download: name })
  link.click()
  // The download has begun; the browser holds what it needs.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** `2026-11-23-1412`, for the names of files. */
export function fileMoment(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}-${two(now.getHours())}${two(now.getMinutes())}`
}
