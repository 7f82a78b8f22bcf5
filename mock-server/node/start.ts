/** The mock server as a Node process. Owns what happens between a configuration and a running server. */

import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import { settingsOf } from '../core/defaults.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { withProjectSources } from '../core/project-sources.ts'
import { routesOf } from '../core/routes.ts'
import type { ServerState } from '../core/state-file.ts'
import type { Lab } from '../lab/lab.ts'
import { type LabPreset, scriptOf } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import { createRecordedCore, type RecordedCore } from '../recorder/recorded-core.ts'
import type { Recorder } from '../recorder/recording.ts'
import { boundedLog } from './bounded-log.ts'
import { healthReports } from './health.ts'
import { hostOptions, openLog, processWarning } from './host-parts.ts'
import { type Listening, listen } from './listen.ts'
import { openDoors } from './open-doors.ts'
import { originsOf } from './origins.ts'
import { readSource } from './read-source.ts'
import { TurnWriter } from './server-socket.ts'
import type { TlsOptions } from './tls-options.ts'
import { watchedLog } from './watched-log.ts'

/** How the server listens. */
export interface NodeServerOptions {
  /** Address to bind. Default `127.0.0.1`, which only this machine reaches. */
  readonly host?: string
  /** Port; the default 0 takes any free one. */
  readonly port?: number
  /** PEM texts of a certificate and its key: the server then speaks `https` and `wss` only. */
  readonly tls?: TlsOptions
  /** Origins of the pages that may use the server, such as `http://localhost:5173`. Default: all, as vendor clients expect. */
  readonly allowOrigins?: readonly string[]
  /**
   * Directory that keeps what was committed over restarts; made if it is not there, written by one process at a time. What it
   * holds of a project or a collection goes before the configuration. Without it everything lives in memory.
   */
  readonly data?: string
  /** With `data`: whether a commit counts once it is on the disk, not just in the operating system's hands. Default false. */
  readonly fsync?: boolean
  /** Sockets at once; further ones are refused (503). Default 10,000. */
  readonly connections?: number
  /**
   * Bytes that may wait for a client that does not read, beside the largest single message, before it is cut off. Default
   * 16 Mi: a client that is cut off connects anew and catches up.
   */
  readonly bufferedBytes?: number
  /** Milliseconds between two questions to a client whether it is still there. Default 30,000. */
  readonly pingMs?: number
  /** A script of the network lab, or a preset, that runs from the start. See {@link NodeMockServer.lab}. */
  readonly lab?: LabScript | LabPreset
  /** Seed of that script. Default: its own, else 1. */
  readonly labSeed?: number
  /** Where the server reports. By default errors, and a server left open to others, become warnings of the Node process. */
  readonly logger?: Logger
}

/** A running mock server. */
export interface NodeMockServer {
  /** Base of the sockets, for example `ws://127.0.0.1:8080`. */
  readonly url: string
  /** Base of the requests, for example `http://127.0.0.1:8080`. */
  readonly httpUrl: string
  readonly port: number
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
  /** Faults of the network: scripts, switches, and what they did. */
  readonly lab: Lab
  /** What crosses the wire: live, or as a recording. */
  readonly recorder: Recorder
  /** Closes every socket (1001) and the port. Idempotent. */
  close(): Promise<void>
}

/**
 * Starts the mock server on a port, sockets and requests alike. Rejects with a {@link PlanwireError} that says what to do
 * when the address or the directory cannot be had.
 * @example
 * const server = await startMockServer({ projects: [{ id: 1, name: 'Plan', tasksData: [] }] })
 * const socket = new WebSocket(server.url)
 * await server.close()
 */
export async function startMockServer(
  config: MockServerConfig = {},
  options: NodeServerOptions = {},
): Promise<NodeMockServer> {
  const { host = '127.0.0.1', port = 0, tls } = options
  const origins = originsOf(options.allowOrigins)
  const { limits, projects } = settingsOf(config)
  const script = options.lab === undefined ? undefined : scriptOf(options.lab)
  const disk = await openLog(options, limits.history)
  const { log, failing } = watchedLog(disk ?? createMemoryLog())
  // Nobody hears of a commit that a killed process would forget.
  const writer = new TurnWriter(() => disk?.flush())
  const { logger, close: tellRest } = boundedLog(options.logger ?? errorsOnly, systemClock)
  let core: RecordedCore
  try {
    const whole = await withProjectSources(config, readSource)
    core = await createRecordedCore({
      config: whole,
      clock: systemClock,
      logger,
      log,
      routes: routesOf(config),
      start: (rooms) =>
        createMockCore(whole, {
          clock: systemClock,
          random: systemRandom,
          log: rooms,
          logger,
          atTurnEnd: (run) => writer.atTurnEnd(run),
        }),
    })
  } catch (error) {
    tellRest()
    await log.close()
    throw error
  }
  const kind = disk === undefined ? 'memory' : 'disk'
  const health = healthReports({ clock: systemClock, projects: projects.length, kind, failing })
  let listening: Listening
  try {
    listening = await listen(core, {
      ...hostOptions(options, origins, logger),
      writer,
      ...(tls && { tls }),
      host,
      port,
      frameLength: limits.frameLength,
      health,
    })
  } catch (error) {
    tellRest()
    await core.close()
    throw error instanceof PlanwireError ? error : unreachableAddress(error, host, port)
  }
  if (script !== undefined) core.lab.run(script, seedOption(options.labSeed))
  const open = openDoors(config, host, origins)
  if (open.length > 0) {
    const warn = options.logger ?? processWarning
    warn('warn', `The mock server is open to everybody who reaches ${host}: ${open.join('; ')}`)
  }
  const authority = `${hostInUrl(host)}:${listening.port}`
  const secure = tls === undefined ? '' : 's'
  return {
    url: `ws${secure}://${authority}`,
    httpUrl: `http${secure}://${authority}`,
    port: listening.port,
    reset: (project) => core.reset(project),
    publish: (entity, action, value) => core.publish(entity, action, value),
    export: () => core.export(),
    import: (state) => core.import(state),
    lab: core.lab,
    recorder: core.recorder,
    close: () => listening.close().finally(tellRest),
  }
}

const seedOption = (seed: number | undefined): { readonly seed?: number } => (seed === undefined ? {} : { seed })

/** Frames that clients got wrong are no news for the process that runs the server: they were answered. */
const errorsOnly: Logger = (level, message, details) => {
  if (level === 'error') processWarning(level, message, details)
}

/** The host as clients on this machine can write it: a wildcard is no address to connect to, IPv6 needs brackets. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function unreachableAddress(error: unknown, host: string, port: number): PlanwireError {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const details = { host, port, code }
  const fail = (message: string): PlanwireError =>
    new PlanwireError('invalid-argument', message, 'fatal', details, { cause: error })
  switch (code) {
    case 'EADDRINUSE':
      return fail(
        `Port ${port} on ${host} is in use: stop what listens there, or choose another port (0 takes a free one)`,
      )
    case 'EACCES':
      return fail(`Port ${port} on ${host} needs rights that this process does not have: choose one above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail(
        `${host} is no address of this machine: use 127.0.0.1 for this machine only, 0.0.0.0 for every network`,
      )
    case 'ERR_SOCKET_BAD_PORT':
      return fail(`${port} is no port: use a number from 0 to 65535`)
    default:
      return fail(`Cannot listen on ${host}, port ${port}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
