/** Owns how a change of a record is shown: each field before and after, what differs marked. */
import type { RecordChange } from '../recorder/player.ts'
import { cellOf } from './data-model.ts'
import { h } from './dom.ts'

/** Changes that are drawn at once: a reset touches every record. */
const MOST = 100
/** Characters of a value that are drawn. */
const LONGEST = 400

/** What an entry did to the records; `all`: the fields that stayed as they were too. */
export function changesView(changes: readonly RecordChange[], all: boolean): HTMLElement[] {
  const shown = changes.slice(0, MOST).map((change) => changeView(change, all))
  if (changes.length > MOST)
    shown.push(h('p', { className: 'soft small' }, `… and ${changes.length - MOST} more records`))
  return shown
}

/** `tasks 7 of project/1`. */
export function nameOfChange({ room, store, id }: RecordChange): string {
  return store === '' ? `fields of ${room}` : `${store} ${String(id)} of ${room}`
}

function changeView(change: RecordChange, all: boolean): HTMLElement {
  const { before, after, fields } = change
  const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  const differ = new Set(fields)
  const names = all ? [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].sort() : fields
  const label: unknown = after?.['name'] ?? after?.['text'] ?? before?.['name'] ?? before?.['text']
  return h(
    'section',
    { className: 'card change', 'aria-label': `${nameOfChange(change)}, ${what}` },
    h(
      'div',
      { className: 'line tight' },
      h('span', { className: 'chip', 'data-tone': { added: 'good', removed: 'bad', changed: 'wait' }[what] }, what),
      h('span', { className: 'strong' }, nameOfChange(change)),
      typeof label === 'string' && h('span', { className: 'soft clip' }, label),
    ),
    h(
      'table',
      { className: 'diff mono' },
      h('thead', {}, h('tr', {}, heading('Field'), heading('Before'), heading('After'))),
      h(
        'tbody',
        {},
        ...names.map((field) =>
          h(
            'tr',
            { className: differ.has(field) ? 'differs' : '' },
            h('th', { scope: 'row' }, field),
            h('td', { className: 'was' }, shownValue(before, field, differ.has(field) && 'del')),
            h('td', { className: 'is' }, shownValue(after, field, differ.has(field) && 'ins')),
          ),
        ),
      ),
    ),
  )
}

const heading = (text: string): HTMLElement => h('th', { scope: 'col' }, text)

function shownValue(
  record: { readonly [field: string]: unknown } | undefined,
  field: string,
  mark: 'del' | 'ins' | false,
): Node | string {
  if (record === undefined || !(field in record)) return h('span', { className: 'soft' }, '—')
  const value = record[field]
  const text = value === null ? 'null' : value === '' ? '""' : cellOf(value)
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return mark === false ? cut : h(mark, {}, cut)
}
