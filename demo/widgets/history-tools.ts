/** Undo and redo, by button and by key, of this tab's own edits alone; each says what it takes back. */
import type { ProjectClient } from 'planwire'
import { h, toolButton } from '../ui/dom.ts'
import { toast } from '../ui/toasts.ts'

/** The key as the platform writes it. */
const COMMAND = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl+'

/** The two buttons; the keys work on the whole page. */
export function historyTools(client: ProjectClient): HTMLElement {
  const undo = toolButton('undo', 'Undo', () => void client.undo())
  const redo = toolButton('redo', 'Redo', () => void client.redo())
  undo.setAttribute('aria-keyshortcuts', 'Control+Z Meta+Z')
  redo.setAttribute('aria-keyshortcuts', 'Control+Shift+Z Meta+Shift+Z Control+Y')
  const show = (): void => {
    const active = document.activeElement
    undo.disabled = !client.canUndo
    redo.disabled = !client.canRedo
    undo.title = `${labelled('Undo', client.undoLabel)} (${COMMAND}Z)`
    redo.title = `${labelled('Redo', client.redoLabel)} (${COMMAND}Shift+Z)`
    // A disabled button loses the focus: its counterpart has it then.
    if (active === undo && undo.disabled) redo.focus()
    if (active === redo && redo.disabled) undo.focus()
  }
  client.on('history', show)
  show()
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase()
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== 'z' && key !== 'y')) return
    // A field has an undo of its own; a form is over before the plan changes under it.
    if (event.target instanceof Element && event.target.closest('input, textarea, dialog, .gantt_cal_light')) return
    event.preventDefault()
    const again = key === 'y' || event.shiftKey
    const label = again ? client.redoLabel : client.undoLabel
    const done = again ? client.redo() : client.undo()
    if (done) toast(labelled(again ? 'Done again' : 'Undone', label))
  })
  return h('div', { className: 'toolbar-group' }, undo, redo)
}

function labelled(what: string, label: string | undefined): string {
  return label === undefined ? what : `${what}: ${label}`
}
