/**
 * One dropped connection, two clients: dhtmlx-gantt with its vendor's live updates, and the same widget connected by
 * planwire. While the line is down somebody else edits the plan; when it is back, each shows what it caught up with.
 */
import { createGanttStore, RemoteEvents, remoteUpdates } from 'planwire'
import { connectGantt } from 'planwire/dhtmlx'
import { openBackend } from '../backend/backend.ts'
import { layLine } from '../backend/line.ts'
import { h } from '../ui/dom.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { type ChartTask, differences, readPlan, somebodyElse } from '../widgets/somebody-else.ts'
import './dropped.css'

/** How often the charts are compared with the server, in milliseconds. */
const COMPARE_MS = 700
/** The vendor's code looks for the line again every 2 s: what it has not by then, it never gets. */
const VENDOR_BACK_MS = 3_000

const STEPS = {
  first: 'Drop the connection of both: meanwhile somebody else renames, adds and deletes a task.',
  down: 'Somebody else renamed, added and deleted a task; neither chart knows. Bring the connection back.',
  back: 'Each client catches up as far as it can. Drop the connection again for three more changes.',
} as const

const settings = readSettings(location.search)
const frame = shell(settings, 'dropped.html', 'One dropped connection, two clients')
const twin = (name: string, testId: string) => {
  const state = h('p', { 'data-testid': testId }, 'Loading')
  const host = h('div', {})
  const element = h(
    'section',
    { className: 'twin', 'aria-label': name },
    h('header', {}, h('h2', {}, name), state),
    h('div', { className: 'twin-chart' }, host),
  )
  return { state, host, element }
}
const theirs = twin('The vendor’s live updates', 'theirs')
const ours = twin('planwire', 'ours')
frame.main.append(h('div', { className: 'twins' }, theirs.element, ours.element))
const verdict = h('span', { className: 'verdict', 'data-testid': 'verdict' }, 'Both are live')
const dot = h('span', { className: 'dot', 'data-tone': 'wait', 'aria-hidden': 'true' })
frame.status.element.replaceChildren(h('div', { className: 'status-item', role: 'status' }, dot, verdict))

async function start(): Promise<void> {
  const backend = await openBackend(settings)
  frame.lab(backend.mock?.lab)
  const line = layLine()
  const { createChart } = await import('../widgets/gantt-chart.ts')
  const vendorChart = createChart(theirs.host)
  const ourChart = createChart(ours.host)
  const { httpBase } = backend
  const data = `${httpBase}/data`

  const { gantt } = vendorChart
  gantt.config.date_format = '%d-%m-%Y %H:%i'
  gantt.load(data)
  gantt.createDataProcessor({ url: data, mode: 'REST-JSON' })
  const vendor = gantt.ext.liveUpdates
  new vendor.RemoteEvents(`${httpBase}/api/v1`, settings.token).on(vendor.remoteUpdates)

  const plan = createGanttStore()
  const loaded = plan.load(data)
  plan.createDataProcessor({ url: data, mode: 'REST-JSON' })
  new RemoteEvents(`${httpBase}/api/v1`, settings.token).on(remoteUpdates(plan))
  connectGantt(ourChart.gantt, plan)
  await loaded
  for (const chart of [vendorChart, ourChart]) chart.zoom('month')

  let mendedAt: number | undefined
  const button = h('button', { type: 'button', className: 'button button-primary' }, 'Drop the connection')
  const lead = h('p', { className: 'lead' }, STEPS.first)
  button.addEventListener('click', async () => {
    button.disabled = true
    if (line.down) {
      line.mend()
      mendedAt = performance.now()
      lead.textContent = STEPS.back
      button.textContent = 'Drop the connection'
    } else {
      line.cut()
      mendedAt = undefined
      button.textContent = 'Bring it back'
      await somebodyElse(data, settings.token)
      lead.textContent = STEPS.down
    }
    button.disabled = false
    await compare()
  })
  frame.toolbar.append(lead, h('div', { className: 'toolbar-group toolbar-end' }, button))

  async function compare(): Promise<void> {
    const stored = await readPlan(data, settings.token)
    const missed = [vendorChart, ourChart].map((chart) => {
      const shown: ChartTask[] = []
      chart.gantt.eachTask(({ id, text }) => shown.push({ id, text: String(text) }))
      return differences(stored, shown)
    })
    const [vendorMissed = 0, ourMissed = 0] = missed
    const settled = mendedAt !== undefined && performance.now() - mendedAt > VENDOR_BACK_MS
    tell(theirs.state, vendorMissed, settled)
    tell(ours.state, ourMissed, settled)
    if (line.down) say('wait', 'The connection is down')
    else if (mendedAt === undefined) say(vendorMissed + ourMissed === 0 ? 'good' : 'wait', 'Both are live')
    else if (!settled || ourMissed > 0) say('wait', 'The connection is back')
    else if (vendorMissed > 0)
      say('good', `planwire caught up; the vendor’s chart differs in ${tasks(vendorMissed)} until it is reloaded`)
    else say('good', 'Both show what the server holds')
  }
  const turn = async (): Promise<void> => {
    if (document.visibilityState === 'visible') await compare().catch(() => say('wait', 'The server does not answer'))
    setTimeout(turn, COMPARE_MS)
  }
  await turn()
  frame.ready()
}

function say(tone: 'wait' | 'good', text: string): void {
  if (verdict.textContent !== text) verdict.textContent = text
  dot.dataset['tone'] = tone
}

/** Says how far a chart is from the server; once there is nothing more to wait for, a difference is an error. */
function tell(state: HTMLElement, missed: number, settled: boolean): void {
  state.textContent = words(missed)
  state.dataset['tone'] = missed === 0 ? 'good' : settled ? 'bad' : 'wait'
}

function tasks(count: number): string {
  return count === 1 ? 'one task' : `${count} tasks`
}

function words(missed: number): string {
  return missed === 0 ? 'shows what the server holds' : `differs from the server in ${tasks(missed)}`
}

start().catch((error: unknown) => cannotStart(frame, error))
