/** The Gantt page: dhtmlx-gantt on a `ProjectClient`. */
import type { ProjectClient } from 'planwire'
import { openBackend } from '../backend/backend.ts'
import { showLost } from '../backend/live.ts'
import { h } from '../ui/dom.ts'
import { guestName } from '../ui/guest.ts'
import { askForLogin, type Login } from '../ui/login-form.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings, withSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { toast } from '../ui/toasts.ts'
import { fitToolbar } from '../ui/toolbar-fit.ts'
import { historyTools } from '../widgets/history-tools.ts'
import { chartRows, recordsOf } from '../widgets/pane.ts'
import { planSigns } from '../widgets/plan-signs.ts'
import { projectTools, showProject } from '../widgets/project-tools.ts'
import { historyButton } from '../widgets/version-history.ts'

const settings = readSettings(location.search)
const frame = shell(settings, 'gantt.html', 'Project plan')
const host = h('div', {})
frame.main.append(host)

async function start(): Promise<void> {
  // Nothing of this asks for anything before the backend is open; fetched meanwhile, it does not wait for it.
  const [backend, { ProjectClient }, { connectGantt }, { createChart }, { ganttTools }, { namedEdits }] =
    await Promise.all([
      openBackend(settings),
      import('planwire'),
      import('planwire/dhtmlx'),
      import('../widgets/gantt-chart.ts'),
      import('../widgets/gantt-tools.ts'),
      import('../widgets/named-edits.ts'),
    ])
  if (!settings.stage) frame.lab(backend.mock?.lab)
  const client = new ProjectClient({ dialect: settings.dialect })
  let me: Login = { login: settings.login ?? guestName(), password: settings.password }

  const signs = planSigns(client, frame, () => me.login)
  const chart = createChart(host, {
    owners: (task) => ownersOf(client, task.id),
    marks: signs.html,
    small: settings.stage,
  })
  /** What edits the plan; the choice of the project is not among it. */
  let editing: readonly HTMLElement[] = []
  const canEdit = (yes: boolean): void => {
    for (const group of editing) group.inert = !yes
  }
  if (!settings.stage) {
    const spare = ganttTools(chart, frame.toolbar)
    const versions = h('div', { className: 'toolbar-group' }, historyButton(client))
    frame.toolbar.append(historyTools(client), versions)
    editing = [...frame.toolbar.querySelectorAll<HTMLElement>('.toolbar-group')]
    // An edit would wait for a project that may never come.
    canEdit(false)
    if (!settings.embedded) frame.toolbar.append(projectTools(client, settings))
    fitToolbar(frame.toolbar, [versions, ...spare])
  }
  connectGantt(chart.gantt, namedEdits(client), {
    onLost: (task) => toast(`“${String(task['text'])}” was removed by somebody else`, 'bad'),
    onError: (error) => toast(error instanceof Error ? error.message : String(error), 'bad'),
  })
  window.demo = {
    client,
    gantt: chart.gantt,
    tab: backend.mock?.tab,
    pane: {
      chart: () => chartRows(chart.gantt),
      records: () => recordsOf({ tasks: client.tasks.all(), dependencies: client.dependencies.all() }),
      count: () => client.tasks.size,
      pending: () => client.pendingCount,
      onChange: (listener) => {
        client.on('change', listener)
        client.on('pending', listener)
      },
    },
  }

  signs.draw(chart)

  const logIn = (): void => {
    // A refusal is the event `refused`; nobody waits for the answer.
    client
      .wsSend('login', { login: me.login, ...(me.password ? { password: me.password } : {}) })
      .catch(() => undefined)
  }
  let seen = false
  client.on('connection', (connection) => {
    frame.status.connection(connection)
    // The guided minute says itself why the server is gone.
    if (connection.state === 'waiting' && !settings.stage) showLost(frame, backend, connection.attempt, seen)
    else if (connection.state === 'open') {
      frame.banner('')
      frame.notice('')
    }
  })
  client.on('pending', ({ pending, unconfirmed }) => frame.status.pending(pending, unconfirmed))
  client.on('reset', ({ userName }) => {
    if (!settings.stage) toast(`${userName} reset the data`)
  })
  client.on('rejected', ({ error }) => toast(`A change was refused: ${error.message}`, 'bad'))
  client.on('refused', (error) => {
    if (error.details['command'] === 'dataset') {
      canEdit(false)
      const first = h(
        'button',
        { type: 'button', className: 'button button-primary', onclick: () => showProject(client, 1) },
        'Open project 1',
      )
      frame.notice(
        'This project cannot be opened',
        `The server has no project ${client.wsProjectId}, or does not show it to ${me.login}.`,
        first,
        frame.serverButton('Other server'),
      )
      frame.ready()
      return
    }
    if (error.code !== 'wrong-credentials') {
      toast(error.message, 'bad')
      return
    }
    const ask = (): void =>
      askForLogin('Wrong user name or password', me, (login) => {
        me = login
        history.replaceState(null, '', withSettings(location.pathname, location.search, { login: login.login }))
        logIn()
      })
    const again = h('button', { type: 'button', className: 'button button-primary', onclick: ask }, 'Log in')
    frame.notice('You are not logged in', 'The plan is shown to people whom the server knows.', again)
    frame.ready()
    ask()
  })
  client.on('dataset', () => {
    seen = true
    canEdit(true)
    frame.ready()
    showEmpty(client)
  })
  client.on('change', ({ stores }) => {
    if (stores['tasks']) showEmpty(client)
    if (stores['resources'] || stores['assignments']) chart.gantt.render()
  })
  frame.status.connection(client.connection)
  frame.status.pending(0)

  client.wsAddress = backend.socketUrl
  logIn()
  client.wsProjectId = settings.project
}

function ownersOf(client: ProjectClient, task: string | number): string {
  const names: string[] = []
  for (const { event, resource } of client.assignments.all()) {
    if (String(event) !== String(task) || resource === undefined) continue
    const name = client.resources.get(resource)?.name
    if (name) names.push(name)
  }
  return names.join(', ')
}

/** A plan without tasks says so, and how to begin. */
function showEmpty(client: ProjectClient): void {
  if (client.tasks.size > 0) {
    frame.notice('')
    return
  }
  const begin = h(
    'button',
    {
      type: 'button',
      className: 'button button-primary',
      onclick: () => client.tasks.add({ name: 'New task', startDate: today(), duration: 3, durationUnit: 'day' }),
    },
    'Add the first task',
  )
  frame.notice('This plan is empty', 'Whatever you add here appears at once in every other tab.', begin)
}

function today(): string {
  const now = new Date()
  return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`
}

start().catch((error: unknown) => cannotStart(frame, error))
