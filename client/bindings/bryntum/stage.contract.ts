/** A connected double of a project whose server is the test, for the suites of the binding. */
import { ManualClock } from '../../testing/manual-clock.ts'
import { type FarSocket, MemoryNetwork } from '../../testing/memory-network.ts'
import { seededRandom } from '../../testing/seeded-random.ts'
import { type BryntumConnection, type ConnectProjectOptions, connectProject } from './connect-project.ts'
import { ProjectDouble } from './project-double.contract.ts'

export type Frame = Record<string, unknown>

/** The project, its connection and what was said. */
export class Stage {
  readonly project: ProjectDouble
  readonly connection: BryntumConnection<ProjectDouble>
  readonly clock: ManualClock = new ManualClock(1_000_000)
  readonly network: MemoryNetwork
  readonly logged: string[] = []
  readonly failures: unknown[] = []
  #heard: Frame[] = []
  #socket: FarSocket | undefined

  constructor(project: ProjectDouble = new ProjectDouble(), options: ConnectProjectOptions = {}) {
    this.project = project
    this.network = new MemoryNetwork((socket) => {
      this.#socket = socket
      return { frame: (text) => this.#heard.push(JSON.parse(text)), closed: () => {} }
    })
    this.connection = connectProject(project, {
      transport: this.network.transport,
      clock: this.clock,
      random: seededRandom(1),
      logger: (_level, message) => this.logged.push(message),
      dialect: 'bryntum-flat',
      outbox: false,
      onError: (error) => this.failures.push(error),
      ...options,
    })
  }

  /** Lets everything happen that needs no time, and tells what the server heard. */
  async heard(): Promise<Frame[]> {
    for (let turn = 0; turn < 60; turn++) {
      await undefined
      this.network.flush()
    }
    return this.#heard.splice(0)
  }

  async say(...frames: Frame[]): Promise<Frame[]> {
    for (const frame of frames) this.#socket?.send(JSON.stringify(frame))
    return this.heard()
  }

  /** Changes that the server heard. */
  async changes(): Promise<unknown[]> {
    return (await this.heard()).filter(({ command }) => command === 'projectChange').map(({ changes }) => changes)
  }

  names(): unknown[] {
    return this.project.taskStore.records.map((task) => [task.id, task.get('name')])
  }
}

/** What the server has. */
export const DATASET = {
  command: 'dataset',
  project: 1,
  dataset: {
    tasksData: [
      { id: 1, name: 'Dig', startDate: '2026-01-05', duration: 2, endDate: '2026-01-07' },
      { id: 2, name: 'Fill', startDate: '2026-01-07', duration: 1, endDate: '2026-01-08' },
    ],
    dependenciesData: [],
    resourcesData: [],
    assignmentsData: [],
    calendarsData: [],
    versionsData: [{ id: 1, name: 'v1' }],
  },
}

/** A stage whose project is loaded. */
export async function loaded(
  options: ConnectProjectOptions = {},
  project?: ProjectDouble,
  dataset: Frame = DATASET,
): Promise<Stage> {
  const stage = new Stage(project, options)
  const { project: model } = stage.connection
  model.wsAddress = 'ws://server/'
  void model.wsSend('login', { login: 'user' })
  model.wsProjectId = 1
  await stage.heard()
  await stage.say({ command: 'login' })
  await stage.say(dataset)
  return stage
}
