/**
 * Keeps text from becoming markup. The widget writes what its templates return as HTML, and its own templates return
 * a task's text as it is, so a task that another user named `<img onerror=...>` would run in every tab. Templates and
 * columns are wrapped: they get a copy of the task whose texts are escaped, and may go on returning HTML of their own.
 */
import { isObject } from '../../protocol/guards.ts'
import type { RecordId } from '../../protocol/ids.ts'
import type { GanttApi, GanttColumn } from './gantt-api.ts'

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text that shows as it is when written as HTML. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}

/** A copy of the record with every text in it escaped; ids and dates stay. */
function escapedCopy<T extends object>(record: T): T {
  const escaped: Record<string, string> = {}
  for (const [field, value] of Object.entries(record)) {
    if (typeof value === 'string' && field !== 'id' && field !== 'parent') escaped[field] = escapeHtml(value)
  }
  return { ...record, ...escaped }
}

/** Templates of the widget that show a task, called with (start, end, task). */
const TASK_TEMPLATES = [
  'task_text',
  'rightside_text',
  'leftside_text',
  'progress_text',
  'tooltip_text',
  'lightbox_header',
  'quick_info_title',
  'quick_info_content',
]

/**
 * Wraps those templates of a widget that it has, each called with (start, end, record). Answers how to take the wrapping
 * off again; a template that the app has put in its place meanwhile stays.
 */
export function escapeTemplatesOf(widget: { readonly templates: object }, names: readonly string[]): () => void {
  const restore: (() => void)[] = []
  for (const name of names) {
    const template: unknown = Reflect.get(widget.templates, name)
    if (typeof template !== 'function') continue
    const wrapped = (start: unknown, end: unknown, record: unknown, ...rest: unknown[]): unknown =>
      template.call(widget, start, end, isObject(record) ? escapedCopy(record) : record, ...rest)
    Reflect.set(widget.templates, name, wrapped)
    restore.push(() => {
      if (Reflect.get(widget.templates, name) === wrapped) Reflect.set(widget.templates, name, template)
    })
  }
  return () => {
    for (const undo of restore) undo()
  }
}

/** Wraps templates and columns of the chart. Answers how to take the wrapping off again. */
export function escapeTemplates(gantt: GanttApi): () => void {
  const restore: (() => void)[] = [escapeTemplatesOf(gantt, TASK_TEMPLATES)]
  const replace = <T extends object, K extends keyof T>(owner: T, key: K, value: T[K]): void => {
    const before = owner[key]
    owner[key] = value
    restore.push(() => {
      if (owner[key] === value) owner[key] = before
    })
  }

  replace(
    gantt.templates,
    'link_description',
    (link: { source: RecordId; target: RecordId }) =>
      `<b>${textOf(gantt, link.source)}</b> &ndash; <b>${textOf(gantt, link.target)}</b>`,
  )
  replace(
    gantt.templates,
    'drag_link',
    (from: RecordId, fromStart: boolean, to: RecordId | undefined, toStart: boolean) => {
      const end = (id: RecordId, atStart: boolean): string =>
        `<b>${textOf(gantt, id)}</b> ${String(gantt.locale?.labels?.[atStart ? 'link_start' : 'link_end'] ?? '')}<br>`
      return end(from, fromStart) + (to === undefined || to === null || to === '' ? '' : end(to, toStart))
    },
  )
  // Columns may be exchanged at any time, for a narrow screen say: whatever is about to be drawn is wrapped.
  const wrapped = new WeakSet<GanttColumn>()
  const escapeColumns = (): true => {
    for (const column of gantt.config.columns ?? []) {
      if (wrapped.has(column)) continue
      wrapped.add(column)
      escapeColumn(gantt, column, replace)
    }
    return true
  }
  escapeColumns()
  const listener = gantt.attachEvent('onBeforeGanttRender', escapeColumns)
  return () => {
    gantt.detachEvent(listener)
    for (const undo of restore.reverse()) undo()
  }
}

function escapeColumn(
  gantt: GanttApi,
  column: GanttColumn,
  replace: (owner: GanttColumn, key: 'template', value: GanttColumn['template']) => void,
): void {
  const { name, template } = column
  if (name === undefined || name === 'add' || name === 'wbs') return
  replace(column, 'template', (task) => {
    if (template) return template.call(gantt, escapedCopy(task))
    const value = task[name]
    // A date goes back as it is: the widget formats it.
    return typeof value === 'string' ? escapeHtml(value) : (value ?? '')
  })
}

function textOf(gantt: GanttApi, id: RecordId): string {
  return gantt.isTaskExists(id) ? escapeHtml(String(gantt.getTask(id)['text'] ?? '')) : ''
}
