/** A core with a lab under a manual clock, and clients that say and hear literal traffic. */
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { RestAnswer } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { routesOf } from '../core/routes.ts'
import { createLabCore, type LabCore } from './lab-core.ts'
import type { LabEvent } from './lab-events.ts'
import type { LabScript, LabStep } from './script.ts'

const CONFIG: MockServerConfig = {
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

/** Half of all reads fail, as chance has it. */
export const UNLUCKY: LabScript = {
  format: 'planwire-lab',
  version: 1,
  steps: [{ fault: 'status', status: 503, chance: 0.5, match: 'GET /events' }],
}
/** What becomes of the first twelve of them with seed 7, however the script was asked for; `e2e/kit.spec.ts` holds the same. */
export const FATE = '..x.x...xxxx'

const WHO = new Set<unknown>(['login', 'users'])

/** A socket as its client sees it. */
export interface LabPeer {
  say(frame: object): void
  /** Commands of what arrived since the last call, but for who is there. */
  heard(): readonly unknown[]
  /** What arrived since the last call, as it came. */
  frames(): readonly string[]
  /** Close code, or `cut`, or the status with which it was refused. */
  readonly end: number | 'cut' | `refused ${number}` | undefined
  /** The client closes it. */
  hangUp(): void
}

/** A core with a lab. */
export interface LabKit {
  readonly core: LabCore
  readonly clock: ManualClock
  connect(url?: string): LabPeer
  /** A client that is logged in and has loaded the project, everything so far heard. */
  user(name: string): LabPeer
  /** `ok` of a task's name, as a fresh client sees it. */
  taskName(): string
  rest(method: string, url: string, body?: object, headers?: Record<string, string>): Promise<RestAnswer | 'no answer'>
  /** Moves the clock, and lets everything run that waits for no timer. */
  pass(ms: number): Promise<void>
  /** The log since the last call, without times: `step target type detail`. */
  told(): readonly string[]
}

/** Lets everything run that waits for no timer. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A script of these steps. */
export const scriptOfSteps = (...steps: readonly LabStep[]): LabScript => ({
  format: 'planwire-lab',
  version: 1,
  steps,
})

/** A change of the first task. */
export const rename = (name: string): object => ({
  command: 'projectChange',
  project: 1,
  changes: { tasks: { updated: [{ id: 1, name }] } },
})

/** Starts a core with a lab. */
export async function startLabKit(config: MockServerConfig = CONFIG): Promise<LabKit> {
  const clock = new ManualClock(1_000_000)
  const logger = (): void => {}
  const random = seededRandom('kit')
  const core = await createLabCore({
    clock,
    logger,
    log: createMemoryLog(),
    routes: routesOf(config),
    start: (log) => createMockCore(config, { clock, random, log, logger }),
  })
  const connect = (url = '/'): LabPeer => {
    const inbox: string[] = []
    let end: LabPeer['end']
    let status = 404
    const listener = core.accept({
      url,
      send: (text) => inbox.push(text),
      close: (code = 1005) => {
        end ??= code
        queueMicrotask(() => listener?.closed())
      },
      cut: () => {
        end ??= 'cut'
        queueMicrotask(() => listener?.closed())
      },
      refuse: (given) => (status = given),
    })
    if (listener === undefined) end = `refused ${status}`
    return {
      say: (frame) => listener?.frame(JSON.stringify(frame)),
      heard: () =>
        inbox
          .splice(0)
          .map((text) => commandOf(text))
          .filter((command) => !WHO.has(command)),
      frames: () => inbox.splice(0),
      get end() {
        return end
      },
      hangUp: () => listener?.closed(),
    }
  }
  let told: readonly LabEvent[] = []
  return {
    core,
    clock,
    connect,
    user(name) {
      const peer = connect()
      peer.say({ command: 'login', login: name })
      peer.say({ command: 'dataset', project: 1 })
      peer.heard()
      return peer
    },
    taskName() {
      const state: { projects: readonly object[] } = core.export()
      return /"name":"([^"]*)"/.exec(JSON.stringify(state.projects[0]).split('tasksData')[1] ?? '')?.[1] ?? ''
    },
    async rest(method, url, body, headers = {}) {
      const request = { method, url, headers, body: body === undefined ? '' : JSON.stringify(body) }
      try {
        const answer = await core.http(request)
        if (answer === undefined) throw new TypeError(`Nothing at ${url}`)
        return answer
      } catch (error) {
        if (error instanceof TypeError) throw error
        return 'no answer'
      }
    },
    async pass(ms) {
      await turn()
      const until = clock.now() + ms
      for (let due = clock.nextDue; due !== undefined && due <= until; due = clock.nextDue) {
        clock.advance(Math.max(0, due - clock.now()))
        await turn()
      }
      clock.advance(until - clock.now())
      await turn()
    },
    told() {
      const { events } = core.lab
      const fresh = events.filter((event) => !told.includes(event))
      told = events
      return fresh.map(inWords)
    },
  }
}

/** An event without its time. */
function inWords({ step, target, effect: { type, ...detail } }: LabEvent): string {
  return [step, target, type, ...Object.values(detail)].join(' ')
}

function commandOf(text: string): unknown {
  const frame: { readonly command?: string; readonly action?: string } = JSON.parse(text)
  return frame.command ?? frame.action
}
