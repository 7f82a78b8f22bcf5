/** Gantt and calendar in one app: two stores, one handshake, one socket. */
import { openBackend } from '../backend/backend.ts'
import { showConnection } from '../backend/live.ts'
import { h } from '../ui/dom.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { toast } from '../ui/toasts.ts'
import './both.css'

const settings = readSettings(location.search)
const frame = shell(settings, 'both.html', 'Plan and calendar')
const panel = (title: string): { toolbar: HTMLElement; host: HTMLElement; element: HTMLElement } => {
  const toolbar = h('div', { className: 'toolbar' })
  const host = h('div', {})
  const element = h(
    'section',
    { className: 'panel', 'aria-label': title },
    toolbar,
    h('div', { className: 'panel-body' }, host),
  )
  return { toolbar, host, element }
}
const plan = panel('Plan')
const dates = panel('Calendar')
frame.main.append(h('div', { className: 'panels' }, plan.element, dates.element))
frame.toolbar.append(h('p', { className: 'hint' }, 'Both widgets share one handshake and one socket.'))

async function start(): Promise<void> {
  const backend = await openBackend(settings)
  frame.lab(backend.mock?.lab)
  const [
    { createGanttStore, createScheduler, RemoteEvents },
    { connectGantt },
    { createChart },
    { ganttTools },
    { createCalendar },
  ] = await Promise.all([
    import('planwire'),
    import('planwire/dhtmlx'),
    import('../widgets/gantt-chart.ts'),
    import('../widgets/gantt-tools.ts'),
    import('../widgets/calendar-view.ts'),
  ])
  const tasks = createGanttStore()
  const scheduler = createScheduler()
  const chart = createChart(plan.host)
  ganttTools(chart, plan.toolbar)
  connectGantt(chart.gantt, tasks, {
    onLost: (task) => toast(`“${String(task['text'])}” was removed by somebody else`, 'bad'),
  })
  const { calendar } = createCalendar(dates.host, scheduler, dates.toolbar)

  const showPending = (): void => frame.status.pending(tasks.pendingCount + scheduler.pendingCount)
  const loaded = [tasks.load(`${backend.httpBase}/data`), scheduler.load(`${backend.httpBase}/events`)]
  Promise.allSettled(loaded).then(() => frame.ready())
  const headers = { 'Remote-Token': settings.token }
  tasks.createDataProcessor({ url: `${backend.httpBase}/data`, mode: 'REST-JSON', headers })
  scheduler.createDataProcessor({ url: `${backend.httpBase}/events`, mode: 'REST-JSON', headers })
  const remoteEvents = new RemoteEvents(`${backend.httpBase}/api/v1`, settings.token)
  remoteEvents.on(tasks.ext.liveUpdates.remoteUpdates)
  remoteEvents.on(scheduler.ext.liveUpdates.remoteUpdates)
  showConnection(frame, remoteEvents, settings, backend)
  for (const store of [tasks, scheduler]) {
    store.on('pending', showPending)
    store.on('rejected', ({ error }) => toast(`A change was refused: ${error.message}`, 'bad'))
  }
  showPending()
  window.demo = { tasks, scheduler, remoteEvents, gantt: chart.gantt, calendar }
}

start().catch((error: unknown) => cannotStart(frame, error))
