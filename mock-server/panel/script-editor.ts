/** The editor of the network lab's scripts: JSON with what the checker says of it, and running it. */
import type { LabScript } from '../lab/script.ts'
import { checkScript } from '../lab/script-check.ts'
import { button, h, setText } from './dom.ts'

export interface ScriptEditor {
  readonly element: HTMLElement
  load(script: LabScript): void
}

const EXAMPLE: LabScript = {
  format: 'planwire-lab',
  version: 1,
  name: 'my-script',
  seed: 7,
  steps: [
    { id: 'slow', for: 10_000, fault: 'latency', ms: 300, jitterMs: 200 },
    { after: { event: 'commit', count: 2 }, fault: 'drop' },
  ],
}

/** Longer texts are no script that anybody edits by hand. */
const LONGEST = 500_000
let editors = 0

/** What a text says, or why it says nothing. */
export function readScript(text: string): { readonly script: LabScript } | { readonly problem: string } {
  if (text.length > LONGEST) return { problem: 'The script is too long for the editor: run it from the app.' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { problem: `No JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
  try {
    return { script: checkScript(value) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) }
  }
}

export function createScriptEditor(run: (script: LabScript) => void): ScriptEditor {
  editors += 1
  const id = `script-problem-${editors}`
  const verdict = h('p', { className: 'small', id })
  const text = h('textarea', {
    className: 'field editor mono',
    rows: 10,
    spellcheck: false,
    'aria-label': 'Script as JSON',
    'aria-describedby': id,
    value: JSON.stringify(EXAMPLE, undefined, 2),
    oninput: check,
  })
  const start = button(
    'Run script',
    () => {
      const read = readScript(text.value)
      if ('script' in read) run(read.script)
    },
    { icon: 'play', look: 'primary' },
  )
  const element = h('div', { className: 'stack tight' }, text, verdict, h('div', { className: 'line' }, start))

  function check(): void {
    const read = readScript(text.value)
    const isFine = 'script' in read
    const steps = isFine ? read.script.steps.length : 0
    setText(verdict, isFine ? `Fine: ${steps} ${steps === 1 ? 'step' : 'steps'}` : read.problem)
    verdict.className = isFine ? 'small soft' : 'small problem'
    text.setAttribute('aria-invalid', String(!isFine))
    start.disabled = !isFine
  }
  check()
  return {
    element,
    load(script) {
      text.value = JSON.stringify(script, undefined, 2)
      check()
      text.focus()
      text.scrollIntoView({ block: 'nearest' })
    },
  }
}
