/**
 * FullCalendar on a live store of events. Why FullCalendar 6: MIT, maintained since 2009, drags and resizes with mouse
 * and touch, usable by keyboard, one small dependency, no web font, coloured by CSS variables.
 */
import { Calendar, type EventInput } from '@fullcalendar/core'
import dayGrid from '@fullcalendar/daygrid'
import interaction from '@fullcalendar/interaction'
import list from '@fullcalendar/list'
import timeGrid from '@fullcalendar/timegrid'
import type { Scheduler, SchedulerEvent } from 'planwire'
import './calendar-skin.css'
import { h, toolButton } from '../ui/dom.ts'
import { toast } from '../ui/toasts.ts'
import { type EventForm, openEventForm } from './event-form.ts'
import { type EventTimes, fieldsOf, plusMinutes, timesOf, wallClock } from './event-times.ts'

/** The month in which the release that the events are about came out. */
const FIRST_SEEN = '2026-04-01'
const VIEWS = { dayGridMonth: 'Month', timeGridWeek: 'Week', listMonth: 'List' } as const

/** A calendar in an element. */
export interface CalendarView {
  readonly calendar: Calendar
  destroy(): void
}

/** Shows the store's events in `host` and hands the user's edits to it; buttons go into `toolbar`. */
export function createCalendar(host: HTMLElement, scheduler: Scheduler, toolbar: HTMLElement): CalendarView {
  host.classList.add('calendar-host')
  const narrow = matchMedia('(max-width: 640px)').matches || host.clientWidth < 520
  /** Something is being dragged: a redraw would take it out of the user's hand. */
  let inHand = false
  let form: { readonly id: string; readonly form: EventForm } | undefined

  const calendar = new Calendar(host, {
    plugins: [dayGrid, timeGrid, list, interaction],
    initialView: narrow ? 'listMonth' : 'dayGridMonth',
    initialDate: FIRST_SEEN,
    headerToolbar: false,
    height: '100%',
    firstDay: 1,
    nowIndicator: true,
    dayMaxEvents: true,
    editable: true,
    selectable: true,
    eventInteractive: true,
    eventTimeFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
    slotLabelFormat: { hour: '2-digit', minute: '2-digit', hour12: false },
    slotMinTime: '07:00:00',
    slotMaxTime: '20:00:00',
    events: ({ start, end }, done) => done(scheduler.getEvents(start, end).map(shown)),
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
    // FullCalendar gives a link `aria-expanded`, which only a button may have.
    moreLinkDidMount: ({ el }) => {
      el.setAttribute('role', 'button')
      if (el.getAttribute('aria-controls') === '') el.removeAttribute('aria-controls')
    },
    datesSet: ({ view }) => {
      title.textContent = view.title
    },
  })

  function moved(event: { id: string; start: Date | null; end: Date | null; allDay: boolean }): void {
    if (!event.start || !scheduler.getEvent(event.id)) return
    const start = wallClock(event.start)
    const end = event.end ? wallClock(event.end) : plusMinutes(start, event.allDay ? 24 * 60 : 60)
    scheduler.updateEvent(event.id, fieldsOf({ start, end, allDay: event.allDay }))
  }

  function create(times: EventTimes): void {
    openEventForm(
      { ...times, text: '' },
      {
        save: ({ text, ...next }) => scheduler.addEvent({ text, ...fieldsOf(next) }),
        closed: () => calendar.unselect(),
      },
    )
  }

  function edit(id: string): void {
    const event = scheduler.getEvent(id)
    if (!event) return
    const opened = openEventForm(
      { ...timesOf(event), text: event.text ?? '' },
      {
        save: ({ text, ...next }) => {
          if (scheduler.getEvent(id)) scheduler.updateEvent(id, { text, ...fieldsOf(next) })
        },
        remove: () => scheduler.deleteEvent(id),
        closed: () => {
          form = undefined
        },
      },
    )
    form = { id, form: opened }
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
      else calendar.refetchEvents()
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

function shown(event: SchedulerEvent): EventInput {
  const { start, end, allDay } = timesOf(event)
  const kind = ['nodejs', 'meeting'].find((name) => name === event['kind'])
  return {
    id: String(event.id),
    title: event.text ?? '',
    start: start.replace(' ', 'T'),
    end: end.replace(' ', 'T'),
    allDay,
    classNames: kind ? [`kind-${kind}`] : [],
  }
}
