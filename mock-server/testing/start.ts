/** The mock server inside a test process. Owns the order in which the globals are taken and given back. */
import { setImmediate } from 'node:timers'
import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Cancel, Clock, Logger, Random } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import { settingsOf } from '../core/defaults.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { type Msw, mswHandlers } from '../core/msw-handlers.ts'
import { readByFetch, withProjectSources } from '../core/project-sources.ts'
import { routesOfSettings } from '../core/routes.ts'
import type { ServerState } from '../core/state-file.ts'
import type { Lab } from '../lab/lab.ts'
import { type LabPreset, scriptOf } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import { createRecordedCore } from '../recorder/recorded-core.ts'
import type { Recorder } from '../recorder/recording.ts'
import { addressesOf } from './addresses.ts'
import { failedResponse, responseOf, takeRequests } from './requests.ts'
import { acceptClient, type NearClient, takeSockets } from './sockets.ts'

/** Where the server is to be found, and what time and chance are in it. */
export interface TestServerOptions {
  /** Base of the sockets; requests go to the same host and port. Default `ws://localhost:8080`. Nothing listens on the port. */
  readonly url?: string
  /** Default: the platform's, a test's fake timers included. `ManualClock` of `planwire/testing` fits. */
  readonly clock?: Clock
  /** Default: the platform's. `seededRandom(seed)` of `planwire/testing` fits. */
  readonly random?: Random
  /** Where the server reports; by default nowhere. */
  readonly logger?: Logger
  /** False: no global is replaced, the server is reached through {@link TestMockServer.handlers} alone. Default true. */
  readonly intercept?: boolean
  /** A script of the network lab, or a preset, that runs from the start. See {@link TestMockServer.lab}. */
  readonly lab?: LabScript | LabPreset
  /** Seed of that script. Default: its own, else 1. */
  readonly labSeed?: number
}

/** A running mock server. */
export interface TestMockServer {
  /** Base of the sockets. */
  readonly url: string
  /** Puts one project, or everything, back to the configured state and tells every client, as user `Server`. */
  reset(project?: ProjectId): Promise<void>
  /**
   * Sends a custom message to the live-updates subscribers of an entity: handlers of `calendars` get `{ type: action, value }`.
   * Throws `invalid-argument` for a value that is no JSON.
   */
  publish(entity: string, action: string, value?: unknown): void
  /** The records of every project and collection as one JSON value, for {@link import}. */
  export(): ServerState
  /**
   * Puts the records of an exported state back and tells every client, as a reset by user `Server`; what it does not hold
   * stays. Rejects with `invalid-argument`, and changes nothing, for what is no such state or has no place here.
   */
  import(state: unknown): Promise<void>
  /**
   * Handlers that lead an MSW server of the test's own here, to be used with `intercept: false`. Without `ws` sockets are left alone.
   * @example
   * const mock = await startMockServer(config, { intercept: false })
   * const server = setupServer(...mock.handlers({ http, ws }), ...myHandlers) // http, ws: of 'msw'
   */
  handlers<HttpHandler, WsHandler = never>(msw: Msw<HttpHandler, WsHandler, Response>): (HttpHandler | WsHandler)[]
  /** Faults of the network: scripts, switches, and what they did. Its time is that of `clock`. */
  readonly lab: Lab
  /** What crosses the wire: live, or as a recording for `replay`. */
  readonly recorder: Recorder
  /** Closes every socket (1001) and gives the globals back. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the mock server behind the globals `WebSocket`, `fetch`, `XMLHttpRequest` and behind node:http. Sockets and requests to
 * `url`, and to the page's own origin where there is one, are answered at the paths of the configuration; all others pass.
 * Beside a `setupServer` of MSW: let that one listen first, with `onUnhandledRequest: 'bypass'`.
 * @example
 * const mock = await startMockServer({ projects: [{ id: 1, name: 'Plan', tasksData: [] }] })
 * const socket = new WebSocket('ws://localhost:8080')
 * afterAll(() => mock.close())
 */
export async function startMockServer(
  config: MockServerConfig = {},
  {
    url = 'ws://localhost:8080',
    clock = systemClock,
    random = systemRandom,
    logger = () => {},
    intercept = true,
    lab,
    labSeed,
  }: TestServerOptions = {},
): Promise<TestMockServer> {
  const routes = routesOfSettings(settingsOf(config))
  const addresses = addressesOf(url, routes)
  const script = lab === undefined ? undefined : scriptOf(lab)
  const whole = await withProjectSources(config, readByFetch(globalThis.fetch))
  const core = await createRecordedCore({
    config: whole,
    clock,
    logger,
    log: createMemoryLog(),
    routes,
    start: (log) => createMockCore(whole, { clock, random, log, logger }),
  })
  let giveBack: readonly Cancel[] = []
  try {
    if (intercept) giveBack = [takeSockets(core, addresses, logger), takeRequests(core, addresses, logger)]
  } catch (error) {
    await core.close()
    throw error
  }
  if (script !== undefined) core.lab.run(script, labSeed === undefined ? {} : { seed: labSeed })
  let closing: Promise<void> | undefined
  return {
    url,
    reset(project) {
      if (closing === undefined) return core.reset(project)
      return Promise.reject(new PlanwireError('closed', 'The mock server is closed', 'fatal'))
    },
    publish: (entity, action, value) => core.publish(entity, action, value),
    export: () => core.export(),
    import: (state) => core.import(state),
    lab: core.lab,
    recorder: core.recorder,
    handlers: (msw) =>
      mswHandlers(msw, {
        hosts: addresses.hosts,
        routes,
        // A closed server has no paths: the handlers that follow, or the network, take them.
        request: async (request) => (closing === undefined ? core.http(request) : undefined),
        respond: responseOf,
        failed: (cause) => failedResponse(cause, logger),
        connect: (path, client) => acceptClient(core, mswClient(path, client), logger),
      }),
    close() {
      if (closing === undefined) {
        for (const give of giveBack) give()
        closing = core.close()
      }
      return closing
    },
  }
}

/** MSW loses what was sent in the task in which a socket is closed, or before it is open: it is closed in the next one. */
function mswClient(url: string, client: Pick<NearClient, 'send' | 'close'>): NearClient {
  return {
    url,
    send: (frame) => client.send(frame),
    close: (code, reason) => void setImmediate(() => client.close(code, reason)),
  }
}
