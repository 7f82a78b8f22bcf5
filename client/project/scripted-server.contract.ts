/** A test kit: a server that says exactly what the test tells it to, and the frames that it heard. */
import { ManualClock } from '../testing/manual-clock.ts'
import { type FarSocket, MemoryNetwork } from '../testing/memory-network.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { undoing } from './late-history.ts'
import { ProjectClient } from './project-client.ts'
import type { ProjectClientOptions } from './project-options.ts'

// These tests move time themselves: what is loaded later has to be there from the start.
await undoing.load()

/** Any JSON object of a frame. */
export type Frame = Record<string, unknown>

/** A client on a network whose server is the test itself. */
export class Script {
  readonly clock: ManualClock = new ManualClock()
  readonly network: MemoryNetwork
  readonly client: ProjectClient
  /** Everything the client logged. */
  readonly log: string[] = []
  /** Events of the client, as `[name, payload]`. */
  readonly events: [string, unknown][] = []
  #heard: Frame[] = []
  #socket: FarSocket | undefined

  constructor(options: ProjectClientOptions = {}) {
    this.network = new MemoryNetwork((socket) => {
      this.#socket = socket
      return { frame: (text) => this.#heard.push(JSON.parse(text)), closed: () => {} }
    })
    this.client = new ProjectClient({
      transport: this.network.transport,
      clock: this.clock,
      random: seededRandom(1),
      logger: (_level, message) => this.log.push(message),
      clientId: 'me',
      // In a page there are real ones: storage that clients of one name share, and events that no test makes.
      outbox: false,
      wakeups: () => () => {},
      ...options,
    })
    for (const name of ['refused', 'rejected', 'conflict', 'error', 'reset', 'message'] as const) {
      this.client.on(name, (payload) => this.events.push([name, payload]))
    }
  }

  /** Delivers everything on the way and returns the frames that the server heard since the last call. */
  heard(): Frame[] {
    this.network.flush()
    const heard = this.#heard
    this.#heard = []
    return heard
  }

  /** The server says these frames, and the client hears them. */
  say(...frames: Frame[]): void {
    this.sayText(...frames.map((frame) => JSON.stringify(frame)))
  }

  /** The server says these texts, whatever they are. */
  sayText(...texts: string[]): void {
    for (const text of texts) this.#socket?.send(text)
    this.network.flush()
  }

  /** The server closes the socket. */
  hangUp(code?: number, reason?: string): void {
    this.#socket?.close(code, reason)
    this.network.flush()
  }

  /** The line breaks. */
  drop(): void {
    for (const connection of this.network.connections) connection.drop()
    this.network.flush()
  }

  /** The first event of that name. */
  event(name: string): unknown {
    return this.events.find(([known]) => known === name)?.[1]
  }
}

/** A client that is logged in and has loaded project 1. */
export function loadedScript(
  kind: 'flat' | 'extension' | 'revisions',
  options: ProjectClientOptions = {},
  tasks: Frame[] = [{ id: 1, name: 'a' }],
): Script {
  const script = new Script(options)
  script.client.wsAddress = 'ws://server/'
  script.client.wsSend('login', { login: 'user' })
  script.client.wsProjectId = 1
  script.heard()
  if (kind === 'revisions') script.say({ command: 'login', data: { client: 'client-1', userName: 'user' } })
  else script.say(kind === 'flat' ? { command: 'login' } : { command: 'login', planwire: { version: 1 } })
  script.say(datasetFrame(kind, tasks))
  script.heard()
  return script
}

/** A dataset frame of project 1; `revision` is the extension's position. */
export function datasetFrame(
  kind: 'flat' | 'extension' | 'revisions',
  tasks: Frame[],
  revision = 0,
  epoch = 'e1',
): Frame {
  const dataset = { tasksData: tasks, resourcesData: [], dependenciesData: [], assignmentsData: [], calendarsData: [] }
  if (kind === 'revisions') return { command: 'dataset', data: { project: 1, dataset } }
  const position = kind === 'extension' ? { planwire: { epoch, revision } } : {}
  return { command: 'dataset', project: 1, dataset, ...position }
}
