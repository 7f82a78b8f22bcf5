/** The form of one event: text, times, whole day or not, delete. */
import { h } from '../ui/dom.ts'
import { type EventTimes, plusMinutes } from './event-times.ts'
import { RULES } from './occurrences.ts'

/** What the form edits. */
export interface EventDraft extends EventTimes {
  readonly text: string
  /** How it repeats; only offered for a new event. */
  readonly rule?: string
}

/** What can be done to the whole series of an occurrence: it gets a name, or goes. */
export interface SeriesActions {
  rename(text: string): void
  remove(): void
}

/** The open form. */
export interface EventForm {
  /** Closes it without an answer: the event is gone. */
  dismiss(): void
}

/** The vendor's rule: a series that is edited begins anew. */
const SERIES_HINT =
  'All occurrences take this name, at the times of the series. Those that were changed or deleted before come back.'

/** Opens the form. `remove` is offered for events that exist. */
export function openEventForm(
  draft: EventDraft,
  actions: {
    readonly save: (draft: EventDraft & { readonly rule: string }) => void
    readonly remove?: () => void
    readonly series?: SeriesActions
    readonly closed?: () => void
  },
): EventForm {
  const text = h('input', { className: 'input', id: 'event-text', value: draft.text, required: true, maxLength: 200 })
  const allDay = h('input', { type: 'checkbox', id: 'event-all-day', checked: draft.allDay, onchange: () => show() })
  const start = h('input', { className: 'input', id: 'event-start' })
  const end = h('input', { className: 'input', id: 'event-end' })
  const rule = h('select', { className: 'select', id: 'event-rule' }, ...choices(RULES))
  const scope = h(
    'select',
    { className: 'select', id: 'event-scope', onchange: () => showScope() },
    ...choices({ one: 'This occurrence', all: 'The whole series' }),
  )
  const seriesHint = h('p', { className: 'hint', hidden: true }, SERIES_HINT)
  const problem = h('p', { className: 'error', role: 'alert', hidden: true })
  const dialog = h('dialog', { className: 'dialog', 'aria-labelledby': 'event-title' })
  let times: EventTimes = draft

  /** Fills the fields; whole days show their last day, not the midnight after it. */
  function show(): void {
    const whole = allDay.checked
    start.type = end.type = whole ? 'date' : 'datetime-local'
    const from = times.start.length === 10 ? `${times.start} 09:00` : times.start
    start.value = whole ? times.start.slice(0, 10) : from.replace(' ', 'T')
    if (whole) end.value = times.allDay ? plusMinutes(times.end, -24 * 60).slice(0, 10) : times.end.slice(0, 10)
    else end.value = (times.allDay ? plusMinutes(from, 60) : times.end).replace(' ', 'T')
  }

  /** A series keeps its times: only those of one occurrence can be edited. */
  function showScope(): void {
    const all = scope.value === 'all'
    allDay.disabled = start.disabled = end.disabled = all
    seriesHint.hidden = !all
  }

  function read(): EventTimes | undefined {
    if (start.value === '' || end.value === '') return undefined
    if (!allDay.checked) {
      const read = { start: start.value.replace('T', ' '), end: end.value.replace('T', ' '), allDay: false }
      return read.end > read.start ? read : undefined
    }
    if (end.value < start.value) return undefined
    return { start: start.value, end: plusMinutes(end.value, 24 * 60).slice(0, 10), allDay: true }
  }

  const save = (event: Event): void => {
    event.preventDefault()
    const next = read()
    if (text.value.trim() === '' || !next) {
      problem.textContent = next ? 'Give the event a name' : 'The end must come after the start'
      problem.hidden = false
      ;(next ? text : end).focus()
      return
    }
    times = next
    dialog.close()
    if (series && scope.value === 'all') series.rename(text.value.trim())
    else actions.save({ ...next, text: text.value.trim(), rule: rule.value })
  }
  const { remove, series } = actions
  const field = (label: string, input: HTMLElement): HTMLElement =>
    h('div', { className: 'field' }, h('label', { for: input.id }, label), input)
  dialog.append(
    h(
      'form',
      { className: 'form', onsubmit: save, noValidate: true },
      h('h2', { id: 'event-title' }, remove ? 'Edit event' : 'New event'),
      h('div', { className: 'field' }, h('label', { for: 'event-text' }, 'Name'), text),
      h('div', { className: 'check' }, allDay, h('label', { for: 'event-all-day' }, 'Whole days')),
      h(
        'div',
        { className: 'form-row' },
        h('div', { className: 'field' }, h('label', { for: 'event-start' }, 'From'), start),
        h('div', { className: 'field' }, h('label', { for: 'event-end' }, 'To'), end),
      ),
      draft.rule !== undefined && field('Repeats', rule),
      series && field('Applies to', scope),
      series && seriesHint,
      problem,
      h(
        'div',
        { className: 'form-actions' },
        remove &&
          h(
            'button',
            {
              type: 'button',
              className: 'button button-danger push',
              onclick: () => {
                dialog.close()
                if (series && scope.value === 'all') series.remove()
                else remove()
              },
            },
            'Delete',
          ),
        h('button', { type: 'button', className: 'button', onclick: () => dialog.close() }, 'Cancel'),
        h('button', { type: 'submit', className: 'button button-primary' }, 'Save'),
      ),
    ),
  )
  show()
  dialog.addEventListener('close', () => {
    dialog.remove()
    actions.closed?.()
  })
  document.body.append(dialog)
  dialog.showModal()
  text.select()
  return { dismiss: () => dialog.close() }
}

function choices(options: { readonly [value: string]: string }): HTMLElement[] {
  return Object.entries(options).map(([value, name]) => h('option', { value }, name))
}
