/** A tiny kit for tests of the core: clients that say and hear literal traffic, a clock that stands still, a log in memory. */
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from './config.ts'
import type { MockCore, RestAnswer, RevisionLog, ServerSocketListener } from './contract.ts'
import { createMemoryLog } from './memory-log.ts'
import { createMockCore } from './mock-core.ts'

/** What the kit starts with unless told otherwise: two tasks, one below the other, a resource that shares an id with a task. */
export const PLAN: MockServerConfig = {
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [
        { id: 1, name: 'Dig', children: [{ id: 2, name: 'Hole', startDate: '2026-01-05', duration: 2 }] },
        { id: 3, name: 'Rest' },
      ],
      resourcesData: [{ id: 1, name: 'Ann' }],
      projectMeta: { startDate: '2026-01-01' },
    },
    { id: 2, name: 'Other', tasksData: [{ id: 40, name: 'Elsewhere' }] },
  ],
  collections: { events: [] },
}

/** A client as the core sees it. Frames are given and compared as objects; what is no JSON stays text. */
export interface Peer {
  /** Sends a frame: an object, or text as it is. */
  say(frame: unknown): void
  /** What was heard since the last call. */
  heard(): readonly unknown[]
  /** The same as raw frames. */
  frames(): readonly string[]
  /** `code reason` of the server's close. */
  closed(): string | undefined
  /** The connection breaks. */
  drop(): void
}

/** A running core and what surrounds it. */
export interface Kit {
  readonly core: MockCore
  readonly clock: ManualClock
  readonly log: RevisionLog
  /** What the core logged, as `level message`. */
  readonly logged: readonly string[]
  /** Opens a socket; throws when none lives there. */
  connect(url?: string): Peer
  /** A client of the flat dialect: logged in as `admin`, project 1 loaded, everything so far heard. */
  flat(login?: object): Peer
  /** A client of the revisions dialect, likewise. */
  revisions(): Peer
  /** A flat client that was granted the extension as `client`, likewise. */
  extended(client?: string): Peer
  /** A live-updates socket subscribed to `names`. */
  live(...names: string[]): Peer
  rest(method: string, url: string, body?: unknown, headers?: Record<string, string>): Promise<RestAnswer>
  /** The body of a GET, parsed. */
  get(url: string): Promise<unknown>
  /** A project as a newcomer loads it. */
  dataset(project?: number): { readonly [store: string]: readonly { readonly [field: string]: unknown }[] }
}

/** Starts a core; `log` hands over what an earlier one left, `told` hears what it logs in full. */
export async function startKit(
  config: MockServerConfig = PLAN,
  log: RevisionLog = createMemoryLog(),
  told?: (message: string, details: unknown) => void,
): Promise<Kit> {
  const clock = new ManualClock(1000)
  const logged: string[] = []
  const core = await createMockCore(config, {
    clock,
    // Every start is another run.
    random: seededRandom((starts += 1)),
    log,
    logger: (level, message, details) => {
      logged.push(`${level} ${message}`)
      told?.(message, details)
    },
  })
  /** What each peer heard and did not read yet. */
  const inboxes: string[][] = []

  const connect = (url = '/'): Peer => {
    const inbox: string[] = []
    let closed: string | undefined
    const listener: ServerSocketListener | undefined = core.accept({
      url,
      send: (frame) => inbox.push(frame),
      close: (code, reason) => {
        closed = `${code ?? 1005} ${reason ?? ''}`.trim()
      },
    })
    if (!listener) throw new Error(`No socket at ${url}`)
    inboxes.push(inbox)
    const frames = (): readonly string[] => inbox.splice(0)
    return {
      say: (frame) => listener.frame(typeof frame === 'string' ? frame : JSON.stringify(frame)),
      heard: () => frames().map((frame): unknown => JSON.parse(frame)),
      frames,
      closed: () => closed,
      drop: () => listener.closed(),
    }
  }
  const quiet = (peer: Peer): Peer => {
    for (const inbox of inboxes) inbox.length = 0
    return peer
  }
  const flat = (login: object = {}): Peer => {
    const peer = connect()
    peer.say({ command: 'login', login: 'admin', password: 'admin', ...login })
    peer.say({ command: 'dataset', project: 1 })
    return quiet(peer)
  }
  const rest: Kit['rest'] = async (method, url, body = '', headers = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const answer = await core.http({ method, url, headers, body: text })
    if (!answer) throw new Error(`Nothing at ${url}`)
    return answer
  }
  return {
    core,
    clock,
    log,
    logged,
    connect,
    flat,
    revisions: () => {
      const peer = connect()
      peer.say({ command: 'login', data: { login: 'admin', password: 'admin' } })
      peer.say({ command: 'dataset', data: { project: 1 } })
      return quiet(peer)
    },
    extended: (client = 'c-1') => flat({ planwire: { version: 1, client } }),
    live: (...names) => {
      const peer = connect('/api/v1?token=token&ws=1')
      for (const name of names) peer.say({ action: 'subscribe', name })
      return quiet(peer)
    },
    rest,
    get: async (url) => JSON.parse((await rest('GET', url)).body),
    dataset: (project = 1) => {
      const before = inboxes.map((inbox) => inbox.length)
      const peer = connect()
      peer.say({ command: 'login', login: 'reader' })
      peer.heard()
      peer.say({ command: 'dataset', project })
      const [answer] = peer.heard()
      peer.drop()
      // That somebody came to look is no news.
      for (const [at, length] of before.entries()) inboxes[at]?.splice(length)
      return datasetOf(answer)
    },
  }
}

let starts = 0

function datasetOf(answer: unknown): ReturnType<Kit['dataset']> {
  // What the test expects of it is checked by the test.
  return (answer as { dataset: ReturnType<Kit['dataset']> }).dataset
}

/** A flat change of project 1. */
export const change = (changes: object, counter?: number): object => ({
  command: 'projectChange',
  project: 1,
  changes,
  ...(counter === undefined ? {} : { planwire: { counter } }),
})

/** A change of project 1 in the revisions dialect. */
export const revision = (local: string, changes: object): object => ({
  command: 'project_change',
  data: { project: 1, revisions: [{ revision: local, changes }] },
})

/** A log that lost everything of a room behind a revision, as after a power cut. */
export async function cutAt(log: RevisionLog, name: string, revision: number): Promise<RevisionLog> {
  const shorter = createMemoryLog()
  const room = await log.load(name)
  if (!room) throw new Error(`${name} was never written`)
  await shorter.saveSnapshot(name, room.snapshot)
  for (const entry of room.entries)
    if (entry.revision <= revision) await shorter.append(name, entry.revision - 1, entry)
  return shorter
}
