/** Owns how JSON is shown: indented and coloured, in elements, so that nothing of the wire is ever read as markup. */
import { h } from './dom.ts'

/** Lines that are drawn; a dataset has more than anybody reads. */
const MOST_LINES = 1500
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** A text as indented JSON; as it is where it is none. */
export function prettyOf(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

/** A text in a box that scrolls, coloured where it is JSON. */
export function jsonView(text: string, label: string): HTMLElement {
  const lines = text.split('\n', MOST_LINES + 1)
  const cutShort = lines.length > MOST_LINES
  const shown = cutShort ? lines.slice(0, MOST_LINES).join('\n') : text
  const code = h('code')
  let last = 0
  for (const match of shown.matchAll(TOKEN)) {
    const [whole, string, colon, word] = match
    const looks =
      string === undefined ? (word === undefined ? 'number' : 'word') : colon === undefined ? 'string' : 'key'
    code.append(shown.slice(last, match.index), h('span', { className: `json-${looks}` }, string ?? whole))
    last = match.index + (string ?? whole).length
  }
  code.append(shown.slice(last))
  const box = h('pre', { className: 'code', tabIndex: 0, role: 'group', 'aria-label': label }, code)
  if (cutShort) box.append(h('span', { className: 'soft' }, '\n… more lines: copy has them all'))
  return box
}
