/** The calendar page: FullCalendar on `createScheduler()`, set up as the vendor's document shows it. */
import { openBackend } from '../backend/backend.ts'
import { showConnection } from '../backend/live.ts'
import { h } from '../ui/dom.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings, withSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { toast } from '../ui/toasts.ts'
import { recordsOf } from '../widgets/pane.ts'

const settings = readSettings(location.search)
const frame = shell(settings, 'calendar.html', 'Calendar')
const host = h('div', {})
frame.main.append(host)

async function start(): Promise<void> {
  const backend = await openBackend(settings)
  frame.lab(backend.mock?.lab)
  const [{ createScheduler }, { createCalendar, legend }] = await Promise.all([
    import('planwire'),
    import('../widgets/calendar-view.ts'),
  ])
  const scheduler = createScheduler({ dates: settings.times })
  const { calendar } = createCalendar(host, scheduler, frame.toolbar, { ranged: true })
  frame.toolbar.append(timesChoice(), legend())

  const events = `${backend.httpBase}/events`
  scheduler.attachEvent('onLoadEnd', () => frame.ready())
  scheduler.on('pending', (count) => frame.status.pending(count))
  scheduler.on('rejected', ({ error }) => toast(`A change was refused: ${error.message}`, 'bad'))
  scheduler.on('conflict', () => toast('Somebody else removed what you were editing', 'bad'))
  frame.status.pending(0)
  // What the view shows; the calendar reads on as the user pages through it.
  const { activeStart, activeEnd } = calendar.view
  scheduler.load(events, { from: activeStart, to: activeEnd })
  scheduler.createDataProcessor({
    url: events,
    mode: 'REST-JSON',
    headers: { 'Remote-Token': settings.token },
    wrap: settings.bodies === 'wrapped',
  })
  const { RemoteEvents, remoteUpdates } = scheduler.ext.liveUpdates
  const remoteEvents = new RemoteEvents(`${backend.httpBase}/api/v1`, settings.token)
  remoteEvents.on(remoteUpdates)
  showConnection(frame, remoteEvents, settings, backend)

  window.demo = {
    scheduler,
    remoteEvents,
    calendar,
    pane: {
      records: () => recordsOf({ events: scheduler.getEvents() }),
      count: () => scheduler.getEvents().length,
      pending: () => scheduler.pendingCount,
      onChange: (listener) => {
        scheduler.on('change', listener)
        scheduler.on('pending', listener)
      },
    },
  }
}

/** What a time means to somebody in another time zone; the page is opened anew, since it is one rule for all records. */
function timesChoice(): HTMLElement {
  const choice = h(
    'select',
    {
      className: 'select',
      'aria-label': 'Times in other time zones',
      title: '10:00 here is 10:00 for everybody, or the same moment on everybody’s own clock',
      onchange: () => location.assign(withSettings('calendar.html', location.search, { times: choice.value })),
    },
    h('option', { value: 'wall-clock' }, 'Time zones: same clock'),
    h('option', { value: 'instant' }, 'Time zones: same moment'),
  )
  choice.value = settings.times
  return choice
}

start().catch((error: unknown) => cannotStart(frame, error))
