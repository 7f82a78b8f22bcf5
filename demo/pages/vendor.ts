/**
 * dhtmlx-gantt with its own data processor and its own live updates, unmodified, against the same backend:
 * nothing of planwire's client runs on this page.
 */
import { openBackend } from '../backend/backend.ts'
import { h } from '../ui/dom.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { fitToolbar } from '../ui/toolbar-fit.ts'
import { chartRows } from '../widgets/pane.ts'

const settings = readSettings(location.search)
const frame = shell(settings, 'vendor.html', 'The vendor’s widget, unmodified')
const host = h('div', {})
frame.main.append(host)

async function start(): Promise<void> {
  const backend = await openBackend(settings)
  if (!settings.stage) frame.lab(backend.mock?.lab)
  const [{ createChart }, { ganttTools }] = await Promise.all([
    import('../widgets/gantt-chart.ts'),
    import('../widgets/gantt-tools.ts'),
  ])
  const chart = createChart(host, { small: settings.stage })
  const { gantt } = chart
  if (!settings.stage) {
    const spare = ganttTools(chart, frame.toolbar)
    frame.toolbar.append(
      h('p', { className: 'hint toolbar-end' }, 'dhtmlx-gantt 10 with its own live updates, unmodified.'),
    )
    fitToolbar(frame.toolbar, spare)
  }

  const data = `${backend.httpBase}/data`
  gantt.config.date_format = '%d-%m-%Y %H:%i'
  // The plan has no task types: without them the widget draws nothing for a task of no length.
  gantt.attachEvent('onTaskLoading', (task) => {
    if (task.duration === 0) task.type ??= String(gantt.config.types.milestone)
    return true
  })
  gantt.attachEvent('onLoadEnd', () => frame.ready())
  gantt.load(data)
  // The widget's types do not know `headers`; its code sends them.
  const saving = { url: data, mode: 'REST-JSON', headers: { 'Remote-Token': settings.token } }
  const dp = gantt.createDataProcessor(saving)
  const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
  const remoteEvents = new RemoteEvents(`${backend.httpBase}/api/v1`, settings.token)
  remoteEvents.on(remoteUpdates)

  let waiting = 0
  const count = (change: number) => (): boolean => {
    waiting = Math.max(0, waiting + change)
    frame.status.pending(waiting)
    return true
  }
  dp.attachEvent('onBeforeDataSending', count(1))
  dp.attachEvent('onAfterUpdate', count(-1))
  frame.status.pending(0)
  remoteEvents.ready().then(
    () => frame.status.connection({ state: 'open' }),
    () => frame.status.connection({ state: 'closed' }),
  )
  window.demo = {
    gantt,
    dataProcessor: dp,
    remoteEvents,
    tab: backend.mock?.tab,
    pane: {
      records: () => chartRows(gantt),
      chart: () => chartRows(gantt),
      count: () => gantt.getTaskCount(),
      pending: () => waiting,
      onChange: (listener) => {
        for (const name of ['onDataRender', 'onAfterTaskUpdate', 'onGanttRender'] as const)
          gantt.attachEvent(name, listener)
      },
    },
  }
}

start().catch((error: unknown) => cannotStart(frame, error))
