/**
 * FullCalendar on a live store of events. Why FullCalendar 6: MIT, maintained since 2009, drags and resizes with mouse
 * and touch, usable by keyboard, one small dependency, no web font, coloured by CSS variables.
 */
import { Calendar } from '@fullcalendar/core'
import dayGrid from '@fullcalendar/daygrid'
import interaction from '@fullcalendar/interaction'
import list from '@fullcalendar/list'
import timeGrid from '@fullcalendar/timegrid'
import type { RecordId, Scheduler } from 'planwire'
import './calendar-skin.css'
import { h, toolButton } from '../ui/dom.ts'
import { toast } from '../ui/toasts.ts'
import { type EventForm, openEventForm, type SeriesActions } from './event-form.ts'
import { type EventTimes, fieldsOf, plusMinutes, wallClock } from './event-times.ts'
import { datesOf, seriesFields, shownBetween, targetOf } from './shown-events.ts'

/** The month in which the release that the events are about came out. */
const FIRST_SEEN = '2026-04-01'
const VIEWS = { dayGridMonth: 'Month', timeGridWeek: 'Week', listMonth: 'List' } as const

/** A calendar in an element. */
export interface CalendarView {
  readonly calendar: Calendar
  destroy(): void
}

/** Shows the store's events in `host` and hands the user's edits to it; buttons go into `toolbar`. `ranged`: it was loaded by ranges, and reads on as the user pages. */
export function createCalendar(
  host: HTMLElement,
  scheduler: Scheduler,
  toolbar: HTMLElement,
  { ranged = false } = {},
): CalendarView {
  host.classList.add('calendar-host')
  const narrow = matchMedia('(max-width: 640px)').matches || host.clientWidth < 520
  /** Something is being dragged: a redraw would take it out of the user's hand. */
  let inHand = false
  /** The event that had the focus when its element went away in a redraw. */
  let focused: string | undefined
  let form: { readonly id: string; readonly form: EventForm } | undefined

  const calendar = new Calendar(host, {
    plugins: [dayGrid, timeGrid, list, interaction],
    initialView: narrow ? 'listMonth' : 'dayGridMonth',
    initialDate: FIRST_SEEN,
    headerToolbar: false,
    height: '100%',
    firstDay: 1,
    fixedWeekCount: false,
    views: {
      timeGridWeek: { dayHeaderFormat: { weekday: 'short', day: 'numeric' } },
      // In a narrow column the name needs the room.
      dayGridMonth: { displayEventTime: host.clientWidth >= 800 },
    },
    nowIndicator: true,
    dayMaxEvents: true,
    editable: true,
    selectable: true,
    eventInteractive: true,
    eventTimeFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
    slotLabelFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
    slotMinTime: '07:00:00',
    slotMaxTime: '20:00:00',
    events: ({ start, end }, done) => done(shownBetween(scheduler, start, end)),
    eventDragStart: () => void (inHand = true),
    eventResizeStart: () => void (inHand = true),
    eventDragStop: () => void (inHand = false),
    eventResizeStop: () => void (inHand = false),
    eventDrop: ({ event }) => moved(event),
    eventResize: ({ event }) => moved(event),
    select: ({ start, end, allDay }) => {
      const times = { start: wallClock(start), end: wallClock(end), allDay }
      create(allDay ? { ...times, start: times.start.slice(0, 10), end: times.end.slice(0, 10) } : times)
    },
    eventClick: ({ event, jsEvent }) => {
      jsEvent.preventDefault()
      edit(event.id)
    },
    eventDidMount: ({ el, event }) => {
      el.dataset['event'] = event.id
      if (event.id !== focused) return
      focused = undefined
      // The element is put into the page after this.
      queueMicrotask(() => el.focus({ preventScroll: true }))
    },
    // FullCalendar gives a link `aria-expanded`, which only a button may have.
    moreLinkDidMount: ({ el }) => {
      el.setAttribute('role', 'button')
      if (el.getAttribute('aria-controls') === '') el.removeAttribute('aria-controls')
    },
    datesSet: ({ view, start, end }) => {
      title.textContent = view.title
      // Only what is missing of the view is asked for.
      if (ranged) scheduler.showRange(start, end).catch(() => {})
    },
  })

  function moved(event: { id: string; start: Date | null; end: Date | null; allDay: boolean }): void {
    const target = targetOf(scheduler, event.id)
    if (!event.start || !target) return
    const start = wallClock(event.start)
    const end = event.end ? wallClock(event.end) : plusMinutes(start, event.allDay ? 24 * 60 : 60)
    target.save(fieldsOf({ start, end, allDay: event.allDay }))
  }

  function create(times: EventTimes): void {
    openEventForm(
      { ...times, text: '', rule: '' },
      {
        save: ({ text, rule, ...next }) => {
          const fields = { text, ...datesOf(scheduler, fieldsOf(next)) }
          if (rule === '') scheduler.addEvent(fields)
          else scheduler.addEvent({ ...fields, ...seriesFields(scheduler, fieldsOf(next), rule) })
        },
        closed: () => calendar.unselect(),
      },
    )
  }

  function edit(id: string): void {
    const target = targetOf(scheduler, id)
    if (!target) return
    const opened = openEventForm(
      { ...target.times, text: target.event.text ?? '' },
      {
        save: ({ text, ...next }) => targetOf(scheduler, id)?.save({ text, ...fieldsOf(next) }),
        remove: () => target.remove(),
        ...(target.series === undefined ? {} : { series: seriesActions(target.series) }),
        closed: () => {
          form = undefined
        },
      },
    )
    form = { id: String(target.event.id), form: opened }
  }

  /** What the form of an occurrence offers for the whole series. */
  function seriesActions(id: RecordId): SeriesActions {
    return {
      rename: (text) => scheduler.updateEvent(id, { text }),
      remove: () => scheduler.deleteEvent(id),
    }
  }

  const title = h('h2', { className: 'calendar-title', 'aria-live': 'polite' })
  const view = h(
    'select',
    { className: 'select', 'aria-label': 'View', onchange: () => calendar.changeView(view.value) },
    ...Object.entries(VIEWS).map(([value, name]) => h('option', { value }, name)),
  )
  const step = (label: string, text: string, go: () => void): HTMLButtonElement =>
    h(
      'button',
      { type: 'button', className: 'button button-icon', 'aria-label': label, title: label, onclick: go },
      text,
    )
  toolbar.append(
    toolButton(
      'plus',
      'Add event',
      () =>
        create({
          start: wallClock(calendar.getDate()).slice(0, 10),
          end: plusMinutes(wallClock(calendar.getDate()), 24 * 60).slice(0, 10),
          allDay: true,
        }),
      'button-primary',
    ),
    h(
      'div',
      { className: 'toolbar-group' },
      step('Back', '‹', () => calendar.prev()),
      step('Forward', '›', () => calendar.next()),
      h('button', { type: 'button', className: 'button', onclick: () => calendar.today() }, 'Today'),
    ),
    title,
    h('div', { className: 'toolbar-group toolbar-end' }, view),
  )
  view.value = calendar.view.type

  let frame = 0
  const redraw = (): void => {
    frame ||= requestAnimationFrame(() => {
      frame = 0
      if (inHand) redraw()
      else {
        const active = host.contains(document.activeElement) ? document.activeElement : undefined
        focused = active?.closest<HTMLElement>('[data-event]')?.dataset['event']
        calendar.refetchEvents()
      }
    })
  }
  const stop = scheduler.on('change', ({ origin, stores }) => {
    redraw()
    const gone = stores['events']?.removed.find((event) => String(event.id) === form?.id)
    if (!gone || origin === 'local') return
    form?.form.dismiss()
    toast(`“${String(gone['text'] ?? '')}” was removed by somebody else`, 'bad')
  })
  calendar.render()
  return {
    calendar,
    destroy() {
      stop()
      cancelAnimationFrame(frame)
      calendar.destroy()
    },
  }
}

/** What the colours mean. */
export function legend(): HTMLElement {
  return h(
    'ul',
    { className: 'legend', 'aria-label': 'Colours' },
    ...(['kubernetes', 'meeting', 'nodejs'] as const).map((kind) =>
      h(
        'li',
        { className: `kind-${kind}` },
        h('i'),
        { kubernetes: 'Kubernetes', meeting: 'Meetings', nodejs: 'Node.js' }[kind],
      ),
    ),
  )
}
