/** A core with a recorder under a manual clock, clients that say literal frames, and a recording of what they do. */
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { ServerSocketListener } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { routesOf } from '../core/routes.ts'
import { createRecordedCore, type RecordedCore } from './recorded-core.ts'
import { type RecordingBounds, WireRecorder } from './recorder.ts'

const CONFIG: MockServerConfig = {
  projects: [
    {
      id: 1,
      name: 'House',
      tasksData: [
        { id: 1, name: 'Dig' },
        { id: 2, name: 'Pour' },
      ],
    },
  ],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

/** A client. */
export interface KitClient {
  say(frame: object): void
  readonly heard: unknown[]
  hangUp(): void
}

export interface RecorderKit {
  readonly core: RecordedCore
  readonly clock: ManualClock
  connect(url?: string): KitClient
  /** Logged in, with project 1 loaded. With a client id: in the extension. */
  planner(login: string, client?: string): KitClient
  rest(method: string, url: string, body?: object, headers?: Record<string, string>): Promise<number | 'no answer'>
  /** Moves the clock, and lets everything run that waits for no timer. */
  pass(ms?: number): Promise<void>
}

export const rename = (name: string, id: number | string = 1, counter?: number): object => ({
  command: 'projectChange',
  project: 1,
  changes: { tasks: { updated: [{ id, name }] } },
  ...(counter === undefined ? {} : { planwire: { counter } }),
})

export const add = (name: string, phantom: string): object => ({
  command: 'projectChange',
  project: 1,
  changes: { tasks: { added: [{ $PhantomId: phantom, name, parentId: null }] } },
})

/** Starts a core with a recorder. */
export async function startRecorderKit(
  config: MockServerConfig = CONFIG,
  bounds?: RecordingBounds,
): Promise<RecorderKit> {
  const clock = new ManualClock(1_000_000)
  const logger = (): void => {}
  const random = seededRandom('recorder kit')
  const core = await createRecordedCore({
    config,
    ...(bounds && { recorder: new WireRecorder(clock, logger, config, bounds) }),
    clock,
    logger,
    log: createMemoryLog(),
    routes: routesOf(config),
    start: (log) => createMockCore(config, { clock, random, log, logger }),
  })
  const connect = (url = '/'): KitClient => {
    const heard: unknown[] = []
    const listener: ServerSocketListener | undefined = core.accept({
      url,
      send: (frame) => void heard.push(JSON.parse(frame)),
      close: () => void heard.push('closed'),
    })
    return {
      heard,
      say: (frame) => listener?.frame(JSON.stringify(frame)),
      hangUp: () => listener?.closed(),
    }
  }
  return {
    core,
    clock,
    connect,
    planner(login, client) {
      const peer = connect()
      peer.say({ command: 'login', login, ...(client === undefined ? {} : { planwire: { version: 1, client } }) })
      peer.say({ command: 'dataset', project: 1 })
      peer.heard.length = 0
      return peer
    },
    async rest(method, url, body, headers = {}) {
      const text = body === undefined ? '' : JSON.stringify(body)
      const answer = await core.http({ method, url, headers, body: text })?.catch(() => undefined)
      return answer?.status ?? 'no answer'
    },
    async pass(ms = 0) {
      clock.advance(ms)
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}
