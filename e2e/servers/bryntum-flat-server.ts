/**
 * A server of the documented Bryntum protocol ("Sync multiple clients in real-time with WebSockets"), written from
 * that document: flat messages, number ids, an answer to the author of a change only if it added records.
 */
import type { WebSocket } from 'ws'
import type { BryntumFault } from './faults.ts'
import { isJson, type Json, listen, readJson, sendJson } from './listen.ts'
import { createPlan, type Id, type Plan, type PlanSeed, type PlanState } from './plan.ts'
import { samplePlans } from './sample-plans.ts'

/** How to start {@link startBryntumFlatServer}. */
export interface BryntumFlatOptions {
  /** Default 0: a free one. */
  readonly port?: number
  readonly plans?: readonly PlanSeed[]
  /** Passwords by user name; a name without one needs none. Default `admin`/`admin`. */
  readonly passwords?: Readonly<Record<string, string>>
  /**
   * Who hears of a login: `broadcast` (default, the document): everyone, the author too, gets `login` with the name;
   * `answer` (the vendor's server of 2022): the author gets a bare `login`, everyone else one with the name.
   */
  readonly login?: 'broadcast' | 'answer'
  /** What the author of added records gets back: `entire` changes (default), or `ids` of the added records, as the document's example prints it. */
  readonly reply?: 'entire' | 'ids'
  /** Changes are committed and broadcast this many milliseconds later, [least, most], in order, as by a database; all else is answered at once. */
  readonly lateCommitMs?: readonly [least: number, most: number]
  /** Seed of the delays. Default 1. */
  readonly seed?: number
  /** Whether names without a password may log in. Default true. */
  readonly anonymous?: boolean
  /** What the server gets wrong. Default: nothing. */
  readonly faults?: readonly BryntumFault[]
}

/** A running flat server. */
export interface BryntumFlatServer {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string
  /** The committed rows of a project. */
  state(project?: number): PlanState
  /** Every frame received, parsed, oldest first (the last 1000). */
  readonly received: readonly Json[]
  /** The reset that the document has every 30 minutes, by user `Server`. */
  resetByServer(project?: number): void
  close(): Promise<void>
}

interface Client {
  readonly socket: WebSocket
  /** Real ids of this client's earlier `$PhantomId`s, for a change that was sent before the answer came. */
  readonly phantoms: Map<string, Id>
  userName?: string
  project?: Plan
}

/** Starts the server on 127.0.0.1. */
export async function startBryntumFlatServer(options: BryntumFlatOptions = {}): Promise<BryntumFlatServer> {
  const faults = new Set(options.faults)
  // BO1: the first numbers belong to the rows that the server begins with.
  let lastId = faults.has('BO1') ? 0 : 10_000
  const plans = new Map(
    (options.plans ?? samplePlans()).map((seed) => [String(seed.id), createPlan(seed, () => ++lastId, faults)]),
  )
  const passwords = new Map(Object.entries(options.passwords ?? { admin: 'admin' }))
  const clients = new Set<Client>()
  const received: Json[] = []
  const delays = new Set<NodeJS.Timeout>()
  const random = seededRandom(options.seed ?? 1)
  let commits: Promise<void> = Promise.resolve()
  let closed = false

  const broadcast = (message: Json): void => {
    for (const client of clients) sendJson(client.socket, message)
  }
  const tellUsers = (): void =>
    broadcast({ command: 'users', users: [...clients].flatMap((client) => client.userName ?? []) })

  function login(client: Client, message: Json): void {
    const name = String(message['login'] ?? '')
    const password = passwords.get(name)
    const unknown = password === undefined && options.anonymous === false
    if (name === '' || unknown || (password !== undefined && password !== message['password'])) {
      sendJson(client.socket, { command: 'login', error: 'Wrong user name or password' })
      return
    }
    client.userName = name
    if (options.login === 'answer') {
      sendJson(client.socket, { command: 'login' })
      for (const other of clients) if (other !== client) sendJson(other.socket, { command: 'login', userName: name })
    } else {
      broadcast({ command: 'login', userName: name })
    }
    tellUsers()
  }

  function datasetOf(plan: Plan): Json {
    return { ...plan.dataset(), projectMeta: plan.meta }
  }

  function resetPlan(plan: Plan, userName: string): void {
    plan.reset()
    for (const client of clients) {
      if (client.project !== plan) continue
      sendJson(client.socket, { command: 'dataset', dataset: datasetOf(plan) })
      sendJson(client.socket, { command: 'reset', userName })
    }
  }

  function commit(client: Client, plan: Plan, changes: Json): void {
    const result = plan.commit(changes, client.phantoms)
    if (typeof result === 'string') {
      sendJson(client.socket, { command: 'projectChange', project: plan.id, error: result })
      return
    }
    const message = { command: 'projectChange', project: plan.id, changes: result.changes }
    for (const other of clients) {
      if (other.userName === undefined) continue
      if (other !== client) sendJson(other.socket, message)
      else if (result.added) {
        const reply = options.reply === 'ids' ? { ...message, changes: idsOnly(result.changes) } : message
        sendJson(client.socket, reply)
      }
    }
  }

  /** Runs `work` after the work given before it, and after the configured delay if there is one. */
  function inOrder(work: () => void): void {
    const bounds = options.lateCommitMs
    if (!bounds) {
      work()
      return
    }
    const delayMs = bounds[0] + random() * (bounds[1] - bounds[0])
    commits = commits.then(
      () =>
        new Promise((resolve) => {
          if (closed) return
          const timer = setTimeout(() => {
            delays.delete(timer)
            work()
            resolve()
          }, delayMs)
          delays.add(timer)
        }),
    )
  }

  function handle(client: Client, message: Json): void {
    const command = String(message['command'])
    if (command === 'login') {
      login(client, message)
      return
    }
    if (client.userName === undefined) {
      sendJson(client.socket, { command, error: 'Authentication required' })
      return
    }
    const userName = client.userName
    const plan = message['project'] === undefined ? client.project : plans.get(String(message['project']))
    switch (command) {
      case 'projects':
        sendJson(client.socket, { command, projects: [...plans.values()].map(({ id, name }) => ({ id, name })) })
        return
      case 'logout':
        client.socket.close()
        return
      case 'dataset':
      case 'projectChange':
      case 'reset':
      case 'requestVersionAutoSave':
      case 'loadVersionContent':
        break
      default:
        sendJson(client.socket, { command, error: 'Unknown command' })
        return
    }
    if (!plan) {
      sendJson(client.socket, { command, error: 'Unknown project' })
      return
    }
    switch (command) {
      case 'dataset':
        client.project = plan
        sendJson(client.socket, { command, project: plan.id, dataset: datasetOf(plan) })
        return
      case 'projectChange': {
        const changes = message['changes']
        if (isJson(changes)) inOrder(() => commit(client, plan, changes))
        else sendJson(client.socket, { command, project: plan.id, error: 'No changes' })
        return
      }
      case 'reset':
        inOrder(() => resetPlan(plan, userName))
        return
      case 'requestVersionAutoSave':
        sendJson(client.socket, { command: 'versionAutoSaveOK', project: plan.id })
        return
      default: {
        const { versionId } = message
        const version = plan.state().versions.find((row) => String(row.id) === String(versionId))
        const answer = version ? { content: version['content'] } : { error: 'Unknown version' }
        sendJson(client.socket, { command, project: plan.id, versionId, ...answer })
      }
    }
  }

  const listening = await listen({
    port: options.port ?? 0,
    socket(socket) {
      const client: Client = { socket, phantoms: new Map() }
      clients.add(client)
      socket.on('message', (data) => {
        const message = readJson(String(data))
        if (!message) {
          sendJson(socket, { command: 'error', message: 'Not a JSON object' })
          return
        }
        received.push(message)
        if (received.length > 1000) received.shift()
        try {
          handle(client, message)
        } catch {
          sendJson(socket, { command: String(message['command']), error: 'Internal error' })
        }
      })
      socket.once('close', () => {
        clients.delete(client)
        if (client.userName !== undefined && !closed) tellUsers()
      })
    },
  })

  const planOf = (project: number): Plan => {
    const plan = plans.get(String(project))
    if (!plan) throw new Error(`No project ${project}`)
    return plan
  }
  return {
    url: `ws://127.0.0.1:${listening.port}`,
    state: (project = 1) => planOf(project).state(),
    received,
    resetByServer: (project = 1) => resetPlan(planOf(project), 'Server'),
    async close() {
      closed = true
      for (const timer of delays) clearTimeout(timer)
      await listening.close()
    },
  }
}

/** The changes with nothing left of added records but `$PhantomId` and `id`. */
function idsOnly(changes: Json): Json {
  const entries = Object.entries(changes).map(([store, change]): [string, unknown] => {
    const added = isJson(change) ? change['added'] : undefined
    if (!isJson(change) || !Array.isArray(added)) return [store, change]
    return [store, { ...change, added: added.filter(isJson).map(({ $PhantomId, id }) => ({ $PhantomId, id })) }]
  })
  return Object.fromEntries(entries)
}

/** Mulberry32: numbers in [0, 1) that a seed repeats. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
