/**
 * A server of the Bryntum protocol as the vendor's 2025 client speaks it: `{command, data}` frames, changes as
 * numbered revisions that come back to everyone, the author too, and string ids such as `events-101`.
 */
import type { WebSocket } from 'ws'
import { isJson, type Json, listen, readJson, sendJson } from './listen.ts'
import { createPlan, type Id, type Plan, type PlanSeed, type PlanState } from './plan.ts'
import { samplePlans } from './sample-plans.ts'

/** How to start {@link startBryntumRevisionsServer}. */
export interface BryntumRevisionsOptions {
  /** Default 0: a free one. */
  readonly port?: number
  readonly plans?: readonly PlanSeed[]
  /** Passwords by user name; a name without one needs none. Default `admin`/`admin`. */
  readonly passwords?: Readonly<Record<string, string>>
}

/** A running revisions server. */
export interface BryntumRevisionsServer {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  /** The committed rows of a project. */
  state(project?: number): PlanState
  /** Every frame received, parsed, oldest first (the last 1000). */
  readonly received: readonly Json[]
  close(): Promise<void>
}

interface Client {
  readonly socket: WebSocket
  readonly id: string
  readonly phantoms: Map<string, Id>
  userName?: string
  project?: Plan
}

/** Tasks are filed as events on this server. */
function idOf(store: string, n: number): string {
  return `${store === 'tasks' ? 'events' : store}-${n}`
}

/** Starts the server on 127.0.0.1. */
export async function startBryntumRevisionsServer(
  options: BryntumRevisionsOptions = {},
): Promise<BryntumRevisionsServer> {
  let lastId = 100
  let lastClient = 0
  let lastRevision = 0
  const plans = new Map(
    (options.plans ?? samplePlans(idOf)).map((seed) => [
      String(seed.id),
      createPlan(seed, (store) => idOf(store, ++lastId)),
    ]),
  )
  const passwords = new Map(Object.entries(options.passwords ?? { admin: 'admin' }))
  const clients = new Set<Client>()
  const received: Json[] = []
  let closed = false

  const send = (client: Client, command: string, data: Json): void => sendJson(client.socket, { command, data })
  const known = (): Client[] => [...clients].filter((client) => client.userName !== undefined)
  const subscribers = (plan: Plan): Client[] => [...clients].filter((client) => client.project === plan)
  const tellUsers = (): void => {
    for (const client of known()) send(client, 'users', { users: known().map(({ userName }) => userName) })
  }
  const sendDataset = (client: Client, plan: Plan): void =>
    send(client, 'dataset', { project: plan.id, dataset: { ...plan.dataset(), project: plan.meta } })

  function login(client: Client, data: Json): void {
    const name = String(data['login'] ?? '')
    const password = passwords.get(name)
    if (name === '' || (password !== undefined && password !== data['password'])) {
      sendJson(client.socket, { command: 'login', error: 'Wrong user name or password' })
      return
    }
    client.userName = name
    send(client, 'login', { client: client.id, userName: name })
    for (const other of known()) if (other !== client) send(other, 'join', { userName: name })
    tellUsers()
  }

  function commit(client: Client, plan: Plan, data: Json): void {
    const revisions: Json[] = []
    const list = Array.isArray(data['revisions']) ? data['revisions'].filter(isJson) : []
    for (const revision of list) {
      const changes = revision['changes']
      const result = isJson(changes) ? plan.commit(changes, client.phantoms) : 'No changes'
      if (typeof result === 'string') {
        sendJson(client.socket, { command: 'project_change', data: { project: plan.id }, error: result })
        break
      }
      const { conflictResolutionFor } = revision
      revisions.push({
        revision: `server-${++lastRevision}`,
        localRevision: revision['revision'],
        client: client.id,
        ...(conflictResolutionFor === undefined ? {} : { conflictResolutionFor }),
        changes: result.changes,
      })
    }
    if (revisions.length === 0) return
    for (const subscriber of subscribers(plan)) send(subscriber, 'project_change', { revisions, project: plan.id })
  }

  function handle(client: Client, message: Json): void {
    const command = String(message['command'])
    const data = isJson(message['data']) ? message['data'] : {}
    const plan = plans.get(String(data['project']))
    if (command === 'version') send(client, command, { version: '1.0.3' })
    else if (command === 'login') login(client, data)
    else if (client.userName === undefined) sendJson(client.socket, { command, error: 'Authentication required' })
    else if (command === 'projects') {
      send(client, command, { projects: [...plans.values()].map(({ id, name }) => ({ id, name })) })
    } else if (command === 'logout') logout(client)
    else if (!plan) sendJson(client.socket, { command, data, error: 'Authorization required' })
    else if (command === 'dataset') {
      client.project = plan
      sendDataset(client, plan)
    } else if (client.project !== plan) {
      const error = 'Subscription to project is required. Load project first'
      sendJson(client.socket, { command, data: { project: plan.id }, error })
    } else handleFor(plan, client, command, data)
  }

  function logout(client: Client): void {
    send(client, 'logout', {})
    client.socket.close()
    for (const other of known()) if (other !== client) send(other, 'logout', { userName: client.userName })
  }

  /** The commands that need a loaded project. */
  function handleFor(plan: Plan, client: Client, command: string, data: Json): void {
    switch (command) {
      case 'project_change':
        commit(client, plan, data)
        break
      case 'reset':
        plan.reset()
        for (const subscriber of subscribers(plan)) {
          sendDataset(subscriber, plan)
          send(subscriber, 'reset', { userName: client.userName, project: plan.id })
        }
        break
      case 'request_version_autosave':
        send(client, 'versionAutoSaveOK', { project: plan.id })
        break
      case 'load_version_content': {
        const { versionId } = data
        const version = plan.state().versions.find((row) => String(row.id) === String(versionId))
        send(client, command, { project: plan.id, versionId, content: version?.['content'] })
        break
      }
      default:
        sendJson(client.socket, { command, error: 'Unknown command' })
    }
  }

  const listening = await listen({
    port: options.port ?? 0,
    socket(socket) {
      const client: Client = { socket, id: `client-${++lastClient}`, phantoms: new Map() }
      clients.add(client)
      socket.on('message', (frame) => {
        const message = readJson(String(frame))
        if (!message) {
          sendJson(socket, { command: 'error', message: 'Not a JSON object' })
          return
        }
        received.push(message)
        if (received.length > 1000) received.shift()
        handle(client, message)
      })
      socket.once('close', () => {
        clients.delete(client)
        if (client.userName !== undefined && !closed) tellUsers()
      })
    },
  })
  return {
    url: `ws://127.0.0.1:${listening.port}`,
    state(project = 1) {
      const plan = plans.get(String(project))
      if (!plan) throw new Error(`No project ${project}`)
      return plan.state()
    },
    received,
    async close() {
      closed = true
      await listening.close()
    },
  }
}
