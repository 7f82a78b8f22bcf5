/**
 * Entry `planwire/mock-server`: the mock server in the browser, one backend for all tabs of an origin, no process.
 */

import { consoleLogger } from '../../client/adapters/system.ts'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import { type Msw, mswHandlers } from '../core/msw-handlers.ts'
import { routesOf } from '../core/routes.ts'
import type { ServerState } from '../core/state-file.ts'
import type { LabPreset } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import type { Authority } from './authority.ts'
import { connectLeader, standForLeader } from './leader-tab.ts'
import { mswTarget } from './msw-target.ts'
import { joinPageNetwork } from './page-network.ts'
import type { Storage, TabPort } from './port-messages.ts'
import { putRunning, runningServers } from './running.ts'
import { connectSharedWorker, hasSharedWorker, type WorkerFailed } from './shared-worker.ts'
import { openTabBridge, type TabBridge, type TabBridgeOptions } from './tab-bridge.ts'
import { type BrowserLab, labOfAddress, type TabLab } from './tab-lab.ts'
import type { BrowserRecorder } from './tab-recorder.ts'
import { originLocks } from './web-locks.ts'

export type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from '../core/config.ts'
export type { CommandContext, CommandHandler, ServiceContext, ServiceMethod } from '../core/config-functions.ts'
export type { QuirkName } from '../core/quirk-names.ts'
export type { ServerState } from '../core/state-file.ts'
export { demoConfig } from '../fixtures/demo-config.ts'
export type { LabRunOptions } from '../lab/lab.ts'
export type { LabEffect, LabEvent } from '../lab/lab-events.ts'
export type { LabSettings } from '../lab/lab-settings.ts'
export type { LabPreset } from '../lab/presets.ts'
export type { Fault, FaultName, LabScript, LabStep, LabTarget, LabTrigger } from '../lab/script.ts'
export type {
  ControlAction,
  EarlierSocket,
  RecorderSnapshot,
  RecorderState,
  Recording,
  RecordingOptions,
  RecordingStart,
  RoomMark,
  WireEntry,
  WireEntryOf,
} from '../recorder/recording.ts'
export type { BrowserLab } from './tab-lab.ts'
export type { BrowserRecorder } from './tab-recorder.ts'

/** How the browser host runs; all optional. */
export interface BrowserServerOptions {
  /** Where the app expects the server, for example `ws://localhost:8080` when it hard-codes one. Default: the page's own origin. */
  readonly url?: string
  /** Default: the console. */
  readonly logger?: Logger
  /** False: `fetch` and the others stay as they are, the server is reached through {@link BrowserMockServer.handlers} alone. Default true. */
  readonly intercept?: boolean
  /**
   * A script of the network lab, or a preset, that runs unless one runs already, in place of what the page's address asks for:
   * `?planwire-lab=train-tunnel&seed=7`. False: the address is not looked at.
   */
  readonly lab?: LabScript | LabPreset | false
  /** Seed of that script. Default: its own, else 1. */
  readonly labSeed?: number
}

/** A running mock server, seen from a page. */
export interface BrowserMockServer {
  /** For sockets, for example `ws://127.0.0.1:5173`. */
  readonly url: string
  /** For requests, for example `http://127.0.0.1:5173`. */
  readonly httpUrl: string
  /**
   * Where the backend runs. `shared-worker` and `leader-tab`: one for all tabs; in a tab where the browser has no SharedWorker,
   * and where `commands` or `api` of the configuration are functions, which cannot travel to a worker. `page`: no
   * SharedWorker, no Web Locks and no storage either, this page has a backend of its own.
   */
  readonly mode: 'shared-worker' | 'leader-tab' | 'page'
  /** `indexeddb`: the state survives the browser's restart. `memory`: storage was refused, it ends with the last tab. */
  readonly storage: Storage
  /** Id of this tab: faults can be for it alone (`to: { tab }`), and recordings name it. */
  readonly tab: string
  /** Puts one project, or everything, back to the newest configuration, for all tabs. */
  reset(project?: ProjectId): Promise<void>
  /**
   * Sends a custom message to the live-updates subscribers of an entity, in all tabs: handlers of `calendars` get
   * `{ type: action, value }`. Rejects with `invalid-argument` for a value that is no JSON.
   */
  publish(entity: string, action: string, value?: unknown): Promise<void>
  /** The records of every project and collection as one JSON value, for {@link import}. */
  export(): Promise<ServerState>
  /**
   * Puts the records of an exported state back and tells every client, as a reset by user `Server`; what it does not hold
   * stays. Rejects with `invalid-argument`, and changes nothing, for what is no such state or has no place here.
   */
  import(state: unknown): Promise<void>
  /**
   * Handlers that lead an MSW worker of the app's own here, to be used with `intercept: false`. Without `ws` sockets are left alone.
   * @example
   * const mock = await startMockServer(config, { intercept: false })
   * const worker = setupWorker(...myHandlers, ...mock.handlers({ http, ws })) // http, ws: of 'msw'
   * await worker.start()
   */
  handlers<HttpHandler, WsHandler = never>(msw: Msw<HttpHandler, WsHandler, Response>): (HttpHandler | WsHandler)[]
  /** Faults of the network, for all tabs: scripts, switches, and what they did. */
  readonly lab: BrowserLab
  /** What crosses the wire, of all tabs: live, or as a recording. */
  readonly recorder: BrowserRecorder
  /** Takes the server out of this page's network. Other tabs keep theirs. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the mock server in this page, or joins the one that other tabs already run. When it resolves, `fetch`,
 * `XMLHttpRequest` and `WebSocket` reach it at the configured paths; every other URL is untouched. A second call with the
 * same name returns the running server.
 *
 * Rejects with `invalid-argument` for a `url` that is none and for paths that another server of this page has, `connection-lost` when the worker's script cannot be loaded,
 * `server-error` when the configuration is refused.
 * @example
 * await startMockServer({ projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }] })
 * const socket = new WebSocket('/ws')
 */
export function startMockServer(
  config: MockServerConfig = {},
  options: BrowserServerOptions = {},
): Promise<BrowserMockServer> {
  const name = config.name ?? 'planwire'
  const running = runningServers().get(name)
  if (running !== undefined) {
    running.offer(config)
    return running.server
  }
  let bridge: TabBridge | undefined
  let remove = (): void => {}
  const server = start(
    name,
    config,
    options,
    (opened) => (bridge = opened),
    () => remove(),
  )
  remove = putRunning(name, { offer: (next) => bridge?.offer(travelling(next)), server })
  server.catch(remove)
  return server
}

async function start(
  name: string,
  config: MockServerConfig,
  options: BrowserServerOptions,
  opened: (bridge: TabBridge) => void,
  remove: () => void,
): Promise<BrowserMockServer> {
  const logger = options.logger ?? consoleLogger
  const address = addressOf(options.url)
  const { mode, connect, retire } = await wayToBackend(name, config, logger)
  const bridge = await openTabBridge({ name, config: travelling(config), logger, connect }).catch(
    async (error: unknown) => {
      await retire()
      throw error
    },
  )
  opened(bridge)
  const { host } = address
  const routes = routesOf(config)
  let leaveNetwork = (): void => {}
  let closed = false
  const close = async (): Promise<void> => {
    closed = true
    remove()
    leaveNetwork()
    await bridge.close()
    await retire()
  }
  try {
    await startLab(bridge.lab, options, logger)
    if (options.intercept !== false) leaveNetwork = joinPageNetwork({ name, host, routes, bridge, logger })
  } catch (error) {
    await close()
    throw error
  }
  const secure = address.protocol === 'https:' ? 's' : ''
  return {
    url: `ws${secure}://${host}`,
    httpUrl: `http${secure}://${host}`,
    mode,
    tab: bridge.tab,
    storage: bridge.storage,
    reset: (project) => bridge.reset(project),
    publish: async (entity, action, value) => bridge.publish(entity, action, value),
    export: () => bridge.export(),
    import: async (state) => bridge.import(state),
    lab: bridge.lab,
    recorder: bridge.recorder,
    handlers: (msw) =>
      mswHandlers(
        msw,
        mswTarget(host, routes, bridge, () => closed),
      ),
    close,
  }
}

/** The script of the options, else of the address: one that is misspelt there is told, and keeps nobody from working. */
async function startLab(lab: TabLab, { lab: given, labSeed }: BrowserServerOptions, logger: Logger): Promise<void> {
  if (given === false) return
  if (given !== undefined) return lab.join(given, labSeed === undefined ? {} : { seed: labSeed })
  const asked = labOfAddress(location.search)
  if (asked === undefined) return
  await lab.join(asked.script, asked.options).catch((error: unknown) => {
    logger(
      'warn',
      `The address asks for a network lab that cannot run: ${error instanceof Error ? error.message : error}`,
    )
  })
}

/** A configuration as text, its addresses read from this page as they were written on it. */
function travelling(config: MockServerConfig): string {
  const projects = config.projects?.map((project) =>
    project.url === undefined ? project : { ...project, url: new URL(project.url, document.baseURI).href },
  )
  return JSON.stringify(projects === undefined ? config : { ...config, projects })
}

interface WayToBackend {
  readonly mode: BrowserMockServer['mode']
  readonly connect: TabBridgeOptions['connect']
  /** Takes back whatever this page does for others. */
  retire(): Promise<void>
}

/** The code of the backend is loaded only where it may run in a tab: in most browsers the worker has it. */
async function wayToBackend(name: string, config: MockServerConfig, logger: Logger): Promise<WayToBackend> {
  const { api, commands } = config
  const functions = { ...(api && { api }), ...(commands && { commands }) }
  const locks = await originLocks()
  const needsTab = api !== undefined || commands !== undefined
  if (hasSharedWorker() && !(needsTab && locks)) {
    if (needsTab) {
      const what =
        'The browser has no Web Locks here, and refused storage: `api` and `commands` of the configuration are left out.'
      logger('warn', what)
    }
    return {
      mode: 'shared-worker',
      connect: (failed: WorkerFailed) => connectSharedWorker(name, failed),
      retire: async () => {},
    }
  }
  const { createPageAuthority, createSharedAuthority } = await import('./authority-host.ts')
  if (locks !== undefined) {
    const retire = standForLeader(name, locks, () => createSharedAuthority(name, functions))
    return { mode: 'leader-tab', connect: () => connectLeader(name), retire }
  }
  logger(
    'warn',
    'This browser has neither SharedWorker nor Web Locks here, and refused storage: the mock server runs in this page alone, in memory.',
  )
  const authority = createPageAuthority(functions)
  return { mode: 'page', connect: () => portTo(authority), retire: () => authority.close() }
}

/** The same messages over the same kind of port as with a worker, so that order and timing do not differ. */
function portTo(authority: Authority): TabPort {
  const { port1, port2 } = new MessageChannel()
  authority.connect(port1)
  return port2
}

/** The origin that is claimed, as http(s). */
function addressOf(url: string | undefined): URL {
  const given = url ?? location.origin
  try {
    const address = new URL(given.replace(/^ws/, 'http'))
    if (/^https?:$/.test(address.protocol) && address.pathname === '/') return address
  } catch {
    // told below
  }
  throw new PlanwireError('invalid-argument', `Not the address of a server: ${given}`, 'fatal', { url: given })
}
