/** Public entry `planwire/vite`: the mock server on the port of Vite's dev and preview server, beside hot module replacement. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { basename, isAbsolute, join, relative, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Plugin, PreviewServer, ViteDevServer } from 'vite'
import type { Logger } from '../../client/ports/ports.ts'
import type { MockServerConfig } from '../core/config.ts'
import { demoConfig } from '../fixtures/demo-config.ts'
import { type LabPreset, scriptOf } from '../lab/presets.ts'
import type { LabScript } from '../lab/script.ts'
import { CONFIG_FILES, findConfigFile, readConfigFile } from './config-file.ts'
import { DevBackend, type LabRun } from './dev-backend.ts'
import { openLog } from './host-parts.ts'
import { keptLog } from './kept-log.ts'
import { withCause } from './log-line.ts'
import { openDoors } from './open-doors.ts'
import { type Origins, originsOf } from './origins.ts'

export type { MockServerConfig, ProjectConfig, UserConfig } from '../core/config.ts'

/** How the plugin serves; all optional. */
export interface PlanwirePluginOptions {
  /** The configuration. Default: the one in `configFile`. */
  readonly config?: MockServerConfig
  /**
   * File with the configuration, relative to Vite's root; read anew when it changes. Default: `planwire.config.json`, `.ts`,
   * `.mjs` or `.js` there; without one two real plans and a release calendar are served.
   */
  readonly configFile?: string
  /** Directory that keeps what was committed over restarts of Vite, relative to its root. Default: memory. */
  readonly data?: string
  /** Origins of pages that may use the server. Default: Vite's own, and all of this machine. */
  readonly allowOrigins?: readonly string[]
  /** False for apps that use the mock server in the browser alone: then the plugin only prepares its worker. Default true. */
  readonly server?: boolean
  /**
   * A script of the network lab, or a preset, that runs from the start. Pages ask for one by their address,
   * `?planwire-lab=train-tunnel&seed=7`, which runs unless one runs already. False: addresses are not looked at.
   */
  readonly lab?: LabScript | LabPreset | false
  /** Seed of that script. Default: its own, else 1. */
  readonly labSeed?: number
}

/**
 * Packages that the browser host needs late, from its worker. Found during a run they would make Vite reload the page; they
 * are those of planwire, which the app need not know.
 */
const LATE = ['idb']

/** What servers of one root share: Vite starts a restarted server before it ends the old one. */
const backends = new Map<string, { readonly backend: Promise<DevBackend>; users: number }>()

/**
 * Lets Vite serve the mock server: sockets and requests on its own port, `vite dev` and `vite preview` alike, Vite 5 to 8.
 * Vite's sockets are left alone. In Vitest nothing is served: use `planwire/mock-server/testing` there.
 * @example
 * // vite.config.ts
 * export default defineConfig({ plugins: [planwire({ config: { projects: [{ id: 1, name: 'House' }] } })] })
 */
export function planwire(options: PlanwirePluginOptions = {}): Plugin {
  const attach = async (server: ViteDevServer | PreviewServer): Promise<void> => {
    if (options.server !== false && process.env['VITEST'] === undefined) await serve(server, options)
  }
  return {
    name: 'planwire',
    // The optimizer of Vite 5 to 7 would move the code away from the worker that lies beside it.
    config: () => ({
      optimizeDeps: { exclude: ['planwire'], include: LATE.map((name) => `planwire > ${name}`) },
    }),
    configureServer: attach,
    configurePreviewServer: attach,
  }
}

/** Attaches the backend of this root to a server, until the server is closed. */
async function serve(server: ViteDevServer | PreviewServer, options: PlanwirePluginOptions): Promise<void> {
  const { root, logger } = server.config
  const origins = options.allowOrigins === undefined ? 'local' : originsOf(options.allowOrigins)
  const key = JSON.stringify([root, options.data])
  const say = (text: string): void => logger.info(`planwire: ${text}`, { timestamp: true })
  const complain = (text: string): void => logger.error(`planwire: ${text}`, { timestamp: true })
  const file = (): string | undefined => configFileOf(root, options)

  const log: Logger = (level, message, details) => {
    if (level === 'warn' || level === 'error')
      logger.warn(`planwire: ${withCause(message, details)}`, { timestamp: true })
  }
  const shared = backends.get(key) ?? { backend: backendIn(root, options, log, say), users: 0 }
  backends.set(key, shared)
  shared.users += 1
  const release = async (): Promise<void> => {
    if (released) return
    released = true
    shared.users -= 1
    if (shared.users > 0) return
    if (backends.get(key) === shared) backends.delete(key)
    await (await shared.backend).close()
  }
  let released = false
  const backend = await shared.backend.catch(async (error: unknown) => {
    backends.delete(key)
    throw error
  })

  /** Files whose change is one of the configuration. */
  let sources: ReadonlySet<string> = new Set()
  const load = async (): Promise<readonly string[]> => {
    const path = file()
    const config = options.config ?? (path === undefined ? demoConfig() : await readConfigFile(path))
    sources = new Set((config.projects ?? []).flatMap((project) => (project.file ? [resolve(project.file)] : [])))
    if ('watcher' in server) server.watcher.add([...sources])
    warnOfOpenDoors(config, server, origins, log)
    return backend.use(config, origins)
  }
  try {
    tellWhatIsKept(await load(), say)
  } catch (error) {
    // A dev server whose mock is misconfigured still serves the app; the file is read again when it changes.
    complain(messageOf(error))
  }

  server.middlewares.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
    const asked = options.lab === false ? undefined : labOfPage(request)
    if (asked !== undefined) backend.joinLab(asked).catch((error: unknown) => complain(messageOf(error)))
    if (backend.takesRequest(request)) void backend.answer(request, response)
    else next()
  })
  const http = httpServerOf(server)
  if (http === undefined) {
    log('warn', 'Vite runs without a server of its own: requests are answered, sockets are not; start `planwire serve`')
  }
  http?.on('upgrade', (request: IncomingMessage, stream: Duplex, head: Buffer) => {
    if (backend.takesSocket(request)) void backend.upgrade(request, stream, head)
    // Nobody else would ever answer; a dev server has listeners of its own.
    else if (http.listenerCount('upgrade') === 1) stream.destroy()
  })
  // Not a hook: a restart calls those of the new server's plugins, which may be the same objects, before it ends the old one.
  const close = server.close
  server.close = async () => {
    await release()
    await close()
  }

  if ('watcher' in server) {
    if (options.configFile !== undefined) server.watcher.add(resolve(root, options.configFile))
    server.watcher.on('all', (_event: string, changed: string) => {
      const path = isAbsolute(changed) ? changed : join(root, changed)
      if (released || !(sources.has(path) || isConfigFile(path, root, options))) return
      load().then(
        (kept) => {
          say(`${relative(root, path)} was read anew; clients connect again`)
          tellWhatIsKept(kept, say)
        },
        (error: unknown) => complain(`${messageOf(error)}; the configuration before it stays`),
      )
    })
  }

  const printUrls = server.printUrls
  server.printUrls = () => {
    printUrls()
    const { sockets, requests } = backend.paths
    logger.info(`  ➜  planwire: sockets at ${sockets.join(', ')}; requests at ${requests.join(', ')}`)
  }
}

async function backendIn(
  root: string,
  options: PlanwirePluginOptions,
  logger: Logger,
  say: (text: string) => void,
): Promise<DevBackend> {
  const { data, lab, labSeed } = options
  // Refused before anything is opened.
  const script = lab === undefined || lab === false ? undefined : scriptOf(lab)
  const disk = data === undefined ? undefined : await openLog({ data: resolve(root, data), logger }, HISTORY)
  return new DevBackend({
    kept: keptLog(disk),
    kind: disk === undefined ? 'memory' : 'disk',
    logger,
    ...(script && { lab: { script, ...(labSeed !== undefined && { seed: labSeed }) } }),
    tellLab: (line) => say(line.replace(/^planwire /, '')),
  })
}

/** What the address of a page asks for: requests of other kinds carry no address of a page. */
function labOfPage({ method, url = '', headers }: IncomingMessage): LabRun | undefined {
  if (method !== 'GET' || !url.includes('planwire-lab=') || !headers.accept?.includes('text/html')) return undefined
  const { searchParams } = new URL(url, 'http://page')
  const script = searchParams.get('planwire-lab')
  const seed = Number(searchParams.get('seed') ?? Number.NaN)
  if (script === null || script === '') return undefined
  return { script, ...(Number.isSafeInteger(seed) && seed >= 0 && { seed }) }
}

/** Commits kept for catch-up. */
const HISTORY = 10_000

function configFileOf(root: string, { config, configFile }: PlanwirePluginOptions): string | undefined {
  if (config !== undefined) return undefined
  return configFile === undefined ? findConfigFile(root) : resolve(root, configFile)
}

function isConfigFile(path: string, root: string, { config, configFile }: PlanwirePluginOptions): boolean {
  if (config !== undefined) return false
  if (configFile !== undefined) return path === resolve(root, configFile)
  return CONFIG_FILES.includes(basename(path)) && path === join(root, basename(path))
}

function tellWhatIsKept(kept: readonly string[], say: (text: string) => void): void {
  if (kept.length > 0) say(`changed in the configuration, but kept as edited: ${kept.join(', ')}; reset to begin anew`)
}

/** Where Vite's sockets arrive: its own server, or the one that it was given in middleware mode. */
function httpServerOf(server: ViteDevServer | PreviewServer): NonNullable<PreviewServer['httpServer']> | undefined {
  const { middlewareMode } = server.config.server
  return server.httpServer ?? (typeof middlewareMode === 'object' ? middlewareMode.server : undefined)
}

function warnOfOpenDoors(
  config: MockServerConfig,
  server: ViteDevServer | PreviewServer,
  origins: Origins,
  log: Logger,
): void {
  const { host } = 'watcher' in server ? server.config.server : server.config.preview
  const bound = host === true ? '0.0.0.0' : host || 'localhost'
  const open = openDoors(config, bound, origins)
  if (open.length > 0) log('warn', `The mock server is open to everybody who reaches ${bound}: ${open.join('; ')}`)
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
