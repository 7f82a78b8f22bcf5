/**
 * The mock server on somebody else's port: which requests and sockets of a dev server are its own, and how it goes from one
 * configuration to the next without losing what was edited.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Logger } from '../../client/ports/ports.ts'
import { idKey } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import { settingsOf } from '../core/defaults.ts'
import { createMockCore } from '../core/mock-core.ts'
import { withProjectSources } from '../core/project-sources.ts'
import { type Routes, routesOf } from '../core/routes.ts'
import { createLabCore, type LabCore } from '../lab/lab-core.ts'
import { type LabPreset, scriptOf } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import { type BoundedLog, boundedLog } from './bounded-log.ts'
import { CoreHost, pathOf } from './core-host.ts'
import { healthReports } from './health.ts'
import { hostOptions } from './host-parts.ts'
import type { KeptLog } from './kept-log.ts'
import { tellLab } from './lab-script.ts'
import type { Origins } from './origins.ts'
import { readSource } from './read-source.ts'
import { TurnWriter } from './server-socket.ts'
import { watchedLog } from './watched-log.ts'

/** What a backend needs besides its configuration. */
export interface DevBackendOptions {
  readonly kept: KeptLog
  readonly kind: 'memory' | 'disk'
  readonly logger: Logger
  /** A script of the network lab that runs from the start, and again after a change of the configuration. */
  readonly lab?: LabRun
  /** Is told in words what the network lab does. */
  readonly tellLab?: (line: string) => void
}

/** A script, or a preset, and its seed. */
export interface LabRun {
  readonly script: LabScript | LabPreset | string
  readonly seed?: number
}

interface Setup {
  readonly config: MockServerConfig
  readonly origins: Origins
}

interface Running extends Setup {
  readonly host: CoreHost
  readonly core: LabCore
}

/** Subprotocols of Vite's own sockets, which are never taken. */
const VITE_PROTOCOLS = /\bvite-(hmr|ping)\b/

/** One mock server behind a dev server. */
export class DevBackend {
  readonly #options: DevBackendOptions
  readonly #bounded: BoundedLog
  #routes: Routes | undefined
  /** The newest change of configuration; whoever comes while it is under way waits for it. */
  #running: Promise<Running | undefined> = Promise.resolve(undefined)

  constructor(options: DevBackendOptions) {
    this.#bounded = boundedLog(options.logger, systemClock)
    this.#options = { ...options, logger: this.#bounded.logger }
  }

  /**
   * Goes on with this configuration: projects and collections that were edited keep their records. Resolves to the rooms whose
   * configured records changed, and which keep their own all the same. Rejects for a configuration that cannot be, and goes on
   * with the one before. Clients connect anew (1001).
   */
  use(config: MockServerConfig, origins: Origins): Promise<readonly string[]> {
    const changing = this.#running.then((running) => this.#change(running, { config, origins }))
    this.#running = changing.then(
      ({ running }) => running,
      () => undefined,
    )
    return changing.then(({ kept, refused }) => {
      if (refused !== undefined) throw refused
      return kept
    })
  }

  /** True for a socket that is the mock's, and not the dev server's own. */
  takesSocket(request: IncomingMessage): boolean {
    const protocols = request.headers['sec-websocket-protocol'] ?? ''
    return !VITE_PROTOCOLS.test(protocols) && this.#routes?.socket(pathOf(request)) !== undefined
  }

  /** True for a request that is the mock's. */
  takesRequest(request: IncomingMessage): boolean {
    return this.#routes?.http(pathOf(request)) !== undefined
  }

  /** Takes a socket of {@link takesSocket}. */
  async upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): Promise<void> {
    const ignore = (): void => {}
    stream.on('error', ignore)
    const running = await this.#running
    stream.off('error', ignore)
    if (running === undefined || stream.destroyed) stream.destroy()
    else running.host.upgrade(request, stream, head)
  }

  /** Answers a request of {@link takesRequest}. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const running = await this.#running
    if (running === undefined) response.writeHead(503).end()
    else await running.host.answer(request, response)
  }

  /** Paths in words, for whoever looks where the server is. */
  get paths(): { readonly sockets: readonly string[]; readonly requests: readonly string[] } {
    return { sockets: this.#routes?.socketPaths ?? [], requests: this.#routes?.httpPaths ?? [] }
  }

  /** Runs a script of the network lab unless one runs. Rejects with `invalid-argument` for what is none. */
  async joinLab(run: LabRun): Promise<void> {
    const running = await this.#running
    if (running?.core.lab.state.state === 'idle') runLab(running.core, run)
  }

  async close(): Promise<void> {
    const running = await this.#running
    await running?.host.close()
    this.#bounded.close()
    await this.#options.kept.close()
  }

  async #change(
    running: Running | undefined,
    next: Setup,
  ): Promise<{ readonly running: Running | undefined; readonly kept: readonly string[]; readonly refused?: Error }> {
    let kept: readonly string[] = []
    try {
      // Refused before anything ends, as far as can be told by now.
      settingsOf(next.config)
      const config = await withProjectSources(next.config, readSource)
      if (running !== undefined) kept = await this.#forgetUnedited(running, config)
      await running?.host.close()
      return { running: await this.#start({ ...next, config }), kept }
    } catch (cause) {
      const refused = cause instanceof Error ? cause : new Error(String(cause))
      const closed = running?.host.isClosing === true
      return { running: running !== undefined && closed ? await this.#start(running) : running, kept: [], refused }
    }
  }

  async #start({ config, origins }: Setup): Promise<Running> {
    const { kept, kind, logger } = this.#options
    const { limits, projects } = settingsOf(config)
    const { log, failing } = watchedLog(kept.log)
    const writer = new TurnWriter(() => kept.flush())
    const core = await createLabCore({
      clock: systemClock,
      logger,
      log,
      routes: routesOf(config),
      start: (rooms) =>
        createMockCore(config, {
          clock: systemClock,
          random: systemRandom,
          log: rooms,
          logger,
          atTurnEnd: (run) => writer.atTurnEnd(run),
        }),
    })
    if (this.#options.tellLab) tellLab(core.lab, this.#options.tellLab, logger)
    if (this.#options.lab) runLab(core, this.#options.lab)
    const host = new CoreHost(core, {
      ...hostOptions({}, origins, logger),
      frameLength: limits.frameLength,
      writer,
      health: healthReports({ clock: systemClock, projects: projects.length, kind, failing }),
    })
    this.#routes = routesOf(config)
    return { config, origins, host, core }
  }

  /** Lets rooms begin anew whose configured records changed while nobody edited them; the names of those that somebody did. */
  async #forgetUnedited(running: Running, config: MockServerConfig): Promise<readonly string[]> {
    const before = seedsOf(running.config)
    const kept: string[] = []
    for (const [room, { text, words }] of seedsOf(config)) {
      const known = before.get(room)
      if (known === undefined || known.text === text) continue
      if ((await this.#options.kept.isEdited(room)) || !this.#options.kept.forget(room)) kept.push(words)
    }
    return kept
  }
}

function runLab({ lab }: LabCore, { script, seed }: LabRun): void {
  lab.run(scriptOf(script), seed === undefined ? {} : { seed })
}

/** The configured records by the name that their room has in the log, and how people call it. */
function seedsOf({ projects = [], collections = {} }: MockServerConfig): Map<string, { text: string; words: string }> {
  const seeds = new Map<string, { text: string; words: string }>()
  for (const project of projects) {
    seeds.set(`project/${idKey(project.id)}`, { text: JSON.stringify(project), words: `project ${project.id}` })
  }
  for (const [name, records] of Object.entries(collections)) {
    seeds.set(`collection/${name}`, { text: JSON.stringify(records), words: `collection ${name}` })
  }
  return seeds
}
