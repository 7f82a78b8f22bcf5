/** Short messages in the corner, read out politely, gone after a while. */
import { h } from './dom.ts'

const SHOWN_MS = 6_000
const area = h('div', { className: 'toasts', role: 'status', 'aria-live': 'polite' })

/** Shows a message. The same message twice in a row is shown once, anew. */
export function toast(text: string, tone: 'plain' | 'bad' = 'plain'): void {
  if (!area.isConnected) document.body.append(area)
  for (const old of [...area.children]) if (old.textContent === text) old.remove()
  const message = h('div', { className: 'toast', 'data-tone': tone }, text)
  area.append(message)
  setTimeout(() => message.remove(), SHOWN_MS)
}
