/**
 * A server of the Bryntum protocol as the vendor's 2025 client speaks it: `{command, data}` frames, changes as
 * numbered revisions that come back to everyone, the author too, and string ids such as `events-101`.
 */
import type { WebSocket } from 'ws'
import type { BryntumFault } from './faults.ts'
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
  /** Whether names without a password may log in. Default true. */
  readonly anonymous?: boolean
  /** Projects that a user may open, by name; who is not named may open all. */
  readonly rights?: Readonly<Record<string, readonly number[]>>
  /** What the server gets wrong. Default: nothing. */
  readonly faults?: readonly BryntumFault[]
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
  /** What its local revisions became, the last 1000. */
  readonly sent: Map<string, Json>
  /** The first name that it logged in by. */
  firstName?: string
  userName?: string
  project?: Plan
}

/** The names that the vendor's server of 2025 knows (BS15: no others). */
const NAMES: ReadonlySet<string> = new Set([
  'login',
  'logout',
  'version',
  'projects',
  'dataset',
  'reset',
  'project_change',
  'request_version_autosave',
  'load_version_content',
])

/** What others are told of a change: the content of a version is asked for with a command of its own. */
function withoutContent(changes: Json): Json {
  const versions = changes['versions']
  if (!isJson(versions) || !Array.isArray(versions['added'])) return changes
  const added = versions['added'].filter(isJson).map(({ content: _, ...version }) => version)
  return { ...changes, versions: { ...versions, added } }
}

/** Tasks are filed as events on this server. */
function idOf(store: string, n: number): string {
  return `${store === 'tasks' ? 'events' : store}-${n}`
}

/** Starts the server on 127.0.0.1. */
export async function startBryntumRevisionsServer(
  options: BryntumRevisionsOptions = {},
): Promise<BryntumRevisionsServer> {
  const faults = new Set(options.faults)
  const sharedPhantoms = new Map<string, Id>()
  let lastId = 100
  let lastClient = 0
  let lastRevision = 0
  const plans = new Map(
    (options.plans ?? samplePlans(idOf)).map((seed) => [
      String(seed.id),
      createPlan(seed, (store) => idOf(store, ++lastId), faults),
    ]),
  )
  const passwords = new Map(Object.entries(options.passwords ?? { admin: 'admin' }))
  const rights = new Map(Object.entries(options.rights ?? {}))
  const clients = new Set<Client>()
  const received: Json[] = []
  let closed = false

  const send = (client: Client, command: string, data: Json): void => sendJson(client.socket, { command, data })
  const known = (): Client[] =>
    [...clients].filter(({ userName, socket }) => userName !== undefined && socket.readyState === socket.OPEN)
  const subscribers = (plan: Plan): Client[] => [...clients].filter((client) => client.project === plan)
  const tellUsers = (): void => {
    for (const client of known()) send(client, 'users', { users: known().map(({ userName }) => userName) })
  }
  const sendDataset = (client: Client, plan: Plan): void =>
    send(client, 'dataset', { project: plan.id, dataset: { ...plan.dataset(), project: plan.meta } })

  function mayOpen(client: Client, plan: Plan): boolean {
    const name = (faults.has('BS10') ? client.firstName : undefined) ?? client.userName ?? ''
    return rights.get(name)?.includes(plan.id) ?? true
  }

  function login(client: Client, data: Json): void {
    // BS16: sockets that are gone stay in the list until somebody comes.
    for (const other of clients) if (other.socket.readyState > other.socket.OPEN) clients.delete(other)
    const name = String(data['login'] ?? '')
    const password = passwords.get(name)
    const builtIn = faults.has('BS8') && name in {}
    const unknown = password === undefined && options.anonymous === false && !faults.has('BS9') && !builtIn
    if (name === '' || unknown || (password !== undefined && password !== data['password'])) {
      sendJson(client.socket, { command: 'login', error: 'Wrong user name or password' })
      return
    }
    if (!faults.has('BS10')) delete client.project
    client.firstName ??= name
    client.userName = name
    send(client, 'login', { client: client.id, userName: name })
    for (const other of known()) if (other !== client) send(other, 'join', { userName: name })
    tellUsers()
  }

  function commit(client: Client, plan: Plan, data: Json): void {
    const revisions: Json[] = []
    const again: Json[] = []
    const list = Array.isArray(data['revisions']) ? data['revisions'].filter(isJson) : []
    const refuse = (error: string): void =>
      sendJson(client.socket, { command: 'project_change', data: { project: plan.id }, error })
    const refusals = list.map(({ changes }) => (isJson(changes) ? plan.refuses(changes) : 'No changes'))
    const wrong = refusals.find((each) => each !== undefined)
    if (wrong !== undefined && !faults.has('BS6')) {
      refuse(wrong)
      return
    }
    const phantoms = faults.has('BS2') ? sharedPhantoms : client.phantoms
    for (const { revision: local, changes, conflictResolutionFor } of list) {
      const known = faults.has('BS14') ? undefined : client.sent.get(String(local))
      if (known) {
        again.push(known)
        continue
      }
      const result = isJson(changes) ? plan.commit(changes, phantoms) : 'No changes'
      if (typeof result === 'string') {
        // BS6: what went before is stored, and nobody hears of it.
        refuse(result)
        return
      }
      const revision = {
        revision: `server-${++lastRevision}`,
        localRevision: local,
        client: client.id,
        ...(conflictResolutionFor === undefined ? {} : { conflictResolutionFor }),
        changes: faults.has('BS4') ? result.changes : withoutContent(result.changes),
      }
      client.sent.set(String(local), revision)
      for (const oldest of client.sent.keys()) if (client.sent.size > 1000) client.sent.delete(oldest)
      revisions.push(revision)
    }
    if (again.length > 0) send(client, 'project_change', { revisions: again, project: plan.id })
    if (revisions.length === 0) return
    for (const subscriber of subscribers(plan)) {
      if (faults.has('BS16') && subscriber.socket.readyState !== subscriber.socket.OPEN) return
      send(subscriber, 'project_change', { revisions, project: plan.id })
    }
  }

  function handle(client: Client, message: Json): void {
    const command = String(message['command'])
    if (faults.has('BS15') && !(NAMES.has(command) && isJson(message['data']))) return
    if (faults.has('BS8') && client.userName !== undefined && client.userName in {}) throw new TypeError('Not a user')
    const data = isJson(message['data']) ? message['data'] : {}
    const plan = plans.get(String(data['project']))
    if (command === 'version') send(client, command, { version: '1.0.3' })
    else if (command === 'login') login(client, data)
    else if (client.userName === undefined) sendJson(client.socket, { command, error: 'Authentication required' })
    else if (command === 'projects') {
      send(client, command, {
        projects: [...plans.values()].filter((each) => mayOpen(client, each)).map(({ id, name }) => ({ id, name })),
      })
    } else if (command === 'logout') logout(client)
    else if (!plan || !mayOpen(client, plan))
      sendJson(client.socket, { command, data, error: 'Authorization required' })
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
        // BS4: the content is gone, and the answer stands outside of its envelope.
        if (faults.has('BS4')) sendJson(client.socket, { command, project: plan.id, versionId })
        else if (version) send(client, command, { project: plan.id, versionId, content: version['content'] })
        else sendJson(client.socket, { command, data: { project: plan.id }, error: 'Unknown version' })
        break
      }
      default:
        sendJson(client.socket, { command, error: 'Unknown command' })
    }
  }

  const listening = await listen({
    port: options.port ?? 0,
    socket(socket) {
      const client: Client = { socket, id: `client-${++lastClient}`, phantoms: new Map(), sent: new Map() }
      clients.add(client)
      socket.on('message', (frame) => {
        const message = readJson(String(frame))
        if (!message) {
          const { stack } = new SyntaxError('Not a JSON object')
          sendJson(socket, { command: 'error', message: faults.has('BS7') ? stack : 'Not a JSON object' })
          return
        }
        received.push(message)
        if (received.length > 1000) received.shift()
        try {
          handle(client, message)
        } catch {
          sendJson(socket, { command: 'error', message: 'Internal error' })
        }
      })
      socket.once('close', () => {
        if (!faults.has('BS16')) clients.delete(client)
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
