/** A button for what cannot be taken back: asks in its own place, and does it when it is pressed once more within a few seconds. */
import { button, setText } from './dom.ts'

const ASKS_MS = 4000

export function sureButton(label: string, question: string, act: () => unknown): HTMLButtonElement {
  let quiet: ReturnType<typeof setTimeout> | undefined
  const made = button(label, press, { look: 'danger' })
  const words = made.firstElementChild ?? made
  const settle = (): void => {
    clearTimeout(quiet)
    quiet = undefined
    made.classList.remove('sure')
    setText(words, label)
  }
  function press(): void {
    if (quiet !== undefined) {
      settle()
      void act()
      return
    }
    made.classList.add('sure')
    setText(words, question)
    quiet = setTimeout(settle, ASKS_MS)
  }
  made.addEventListener('blur', settle)
  made.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || quiet === undefined) return
    event.preventDefault()
    settle()
  })
  return made
}
