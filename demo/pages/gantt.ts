/** The Gantt page: dhtmlx-gantt on a `ProjectClient`. */
import type { ProjectClient } from 'planwire'
import { openBackend } from '../backend/backend.ts'
import { showLost } from '../backend/live.ts'
import { h, toolButton } from '../ui/dom.ts'
import { guestName } from '../ui/guest.ts'
import { askForLogin, type Login } from '../ui/login-form.ts'
import { cannotStart } from '../ui/problem.ts'
import { readSettings, withSettings } from '../ui/settings.ts'
import { shell } from '../ui/shell.ts'
import { toast } from '../ui/toasts.ts'
import { snapshotOf } from '../widgets/pane.ts'

const settings = readSettings(location.search)
const frame = shell(settings, 'gantt.html', 'Project plan')
const host = h('div', {})
frame.main.append(host)

async function start(): Promise<void> {
  const backend = await openBackend(settings)
  const [{ ProjectClient }, { connectGantt }, { createChart }, { ganttTools }] = await Promise.all([
    import('planwire'),
    import('planwire/dhtmlx'),
    import('../widgets/gantt-chart.ts'),
    import('../widgets/gantt-tools.ts'),
  ])
  const client = new ProjectClient({ dialect: settings.dialect })
  let me: Login = { login: settings.login ?? guestName(), password: settings.password }

  const chart = createChart(host, (task) => ownersOf(client, task.id))
  ganttTools(chart, frame.toolbar)
  addHistoryTools(client)
  addProjectTools(client)
  connectGantt(chart.gantt, client, {
    onLost: (task) => toast(`“${String(task['text'])}” was removed by somebody else`, 'bad'),
    onError: (error) => toast(error instanceof Error ? error.message : String(error), 'bad'),
  })
  window.demo = {
    client,
    gantt: chart.gantt,
    pane: {
      snapshot: () => snapshotOf({ tasks: client.tasks.all(), dependencies: client.dependencies.all() }),
      count: () => client.tasks.size,
      pending: () => client.pendingCount,
      onChange: (listener) => {
        client.on('change', listener)
        client.on('pending', listener)
      },
    },
  }

  const logIn = (): void => {
    // A refusal is the event `refused`; nobody waits for the answer.
    client
      .wsSend('login', { login: me.login, ...(me.password ? { password: me.password } : {}) })
      .catch(() => undefined)
  }
  let seen = false
  client.on('connection', (connection) => {
    frame.status.connection(connection)
    if (connection.state === 'waiting') showLost(frame, backend, connection.attempt, seen)
    else if (connection.state === 'open') {
      frame.banner('')
      frame.notice('')
    }
  })
  client.on('pending', ({ pending, unconfirmed }) => frame.status.pending(pending, unconfirmed))
  client.on('users', (users) => frame.status.people(users, me.login))
  client.on('reset', ({ userName }) => toast(`${userName} reset the data`))
  client.on('conflict', () => toast('Somebody else removed what you were editing', 'bad'))
  client.on('rejected', ({ error }) => toast(`A change was refused: ${error.message}`, 'bad'))
  client.on('refused', (error) => {
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

/** Undo and redo, by button and by Ctrl+Z (Cmd+Z), of this tab's own edits alone. */
function addHistoryTools(client: ProjectClient): void {
  const undo = toolButton('undo', 'Undo', () => void client.undo())
  const redo = toolButton('redo', 'Redo', () => void client.redo())
  const show = (): void => {
    const active = document.activeElement
    undo.disabled = !client.canUndo
    redo.disabled = !client.canRedo
    // A disabled button loses the focus: its counterpart has it then.
    if (active === undo && undo.disabled) redo.focus()
    if (active === redo && redo.disabled) undo.focus()
  }
  client.on('history', show)
  show()
  frame.toolbar.append(h('div', { className: 'toolbar-group' }, undo, redo))
  document.addEventListener('keydown', (event) => {
    const key = event.key.toLowerCase()
    if (!(event.ctrlKey || event.metaKey) || event.altKey || (key !== 'z' && key !== 'y')) return
    // A field has an undo of its own; a form is over before the plan changes under it.
    if (event.target instanceof Element && event.target.closest('input, textarea, dialog, .gantt_cal_light')) return
    event.preventDefault()
    if (key === 'y' || event.shiftKey) client.redo()
    else client.undo()
  })
}

/** Project switcher and reset. */
function addProjectTools(client: ProjectClient): void {
  const projects = h('select', {
    className: 'select',
    'aria-label': 'Project',
    onchange: () => {
      const project = /^\d+$/.test(projects.value) ? Number(projects.value) : projects.value
      history.replaceState(null, '', withSettings(location.pathname, location.search, { project }))
      client.wsProjectId = project
    },
  })
  projects.append(h('option', { value: String(settings.project) }, `Project ${settings.project}`))
  const reset = toolButton('reset', 'Reset', () => void client.wsSend('reset').catch(() => undefined))
  frame.toolbar.append(h('div', { className: 'toolbar-group toolbar-end' }, projects, reset))
  let asked = false
  client.on('connection', ({ state }) => {
    if (state !== 'open' || asked) return
    asked = true
    client.wsSend('projects').then(
      ({ projects: list }) => {
        const options = list.map(({ id, name }) => h('option', { value: String(id) }, name))
        if (options.length > 0) projects.replaceChildren(...options)
        projects.value = String(client.wsProjectId ?? settings.project)
      },
      () => {
        asked = false
      },
    )
  })
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
