/** Short messages in the corner, read out politely, gone after a while. */
import { h } from './dom.ts'

const SHOWN_MS = 6_000
const SHOWN_WITH_ACTION_MS = 15_000
const area = h('div', { className: 'toasts', role: 'status', 'aria-live': 'polite' })

/** A way out that a message offers. */
export interface ToastAction {
  readonly label: string
  run(): void
}

/** Shows a message. The same message twice in a row is shown once, anew. */
export function toast(text: string, tone: 'plain' | 'bad' = 'plain', action?: ToastAction): void {
  if (!area.isConnected) document.body.append(area)
  for (const old of [...area.children]) if (old.firstChild?.textContent === text) old.remove()
  const message = h('div', { className: 'toast', 'data-tone': tone }, h('span', {}, text))
  if (action) {
    const run = (): void => {
      message.remove()
      action.run()
    }
    message.append(h('button', { type: 'button', className: 'toast-action', onclick: run }, action.label))
  }
  area.append(message)
  setTimeout(() => message.remove(), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)
}
