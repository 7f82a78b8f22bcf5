/** The command `planwire`: what it prints, and how it ends. Owns no process, so that tests can run it. */
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { relative } from 'node:path'
import { systemClock } from '../../client/adapters/system.ts'
import type { Cancel } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from '../core/config.ts'
import { demoConfig } from '../fixtures/demo-config.ts'
import { aboutFile, findConfigFile, readConfigFile } from './config-file.ts'
import { readLabScript, tellLab } from './lab-script.ts'
import { createLog, type LogOutput } from './log-format.ts'
import {
  misunderstood,
  nearest,
  optionHelp,
  parseServe,
  type ServeOptions,
  UsageError,
  withOptions,
} from './serve-options.ts'
import { type NodeMockServer, startMockServer } from './start.ts'
import type { TlsOptions } from './tls-options.ts'

/** What the command needs from its process. `out` is for what was asked for, `err` for what went wrong. */
export interface Terminal extends LogOutput {
  /** Where `planwire.config.json` is looked for. */
  readonly directory: string
  /** Calls back when the process is asked to end. */
  onEnd(run: () => void): Cancel
  /** Whether `out` shows colours. Default false. */
  readonly color?: boolean
  /** Environment variables. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** 0: done. 1: it could not be done. 2: the command was not understood. 3: the server to verify cannot be reached. */
export type ExitCode = 0 | 1 | 2 | 3

const HELP = `planwire: a mock server for live Gantt and scheduler apps

Usage
  planwire serve [options]     start the server; Ctrl+C ends it
  planwire serve --help        its options, with examples
  planwire verify URL          hold somebody's server to its protocol
  planwire verify --help       its options, with examples
  planwire replay FILE         play a recording against a fresh server, and compare
  planwire minimise FILE       cut a recording down to what a failing check needs
  planwire --version           the version

Begin with
  planwire serve
      then, in an app:  new WebSocket('ws://127.0.0.1:8080')
      or look at it:    curl http://127.0.0.1:8080/events`

const SERVE_HELP = `planwire serve: runs the mock server on one port, for sockets and requests alike

Usage
  planwire serve [options]
${optionHelp()}

Examples
  planwire serve
      two real plans and a calendar; in an app: new WebSocket('ws://127.0.0.1:8080')
  planwire serve --port 9000 --config plan.json
      where plan.json holds, for example
      { "projects": [{ "id": 1, "name": "House", "tasksData": [{ "id": 1, "name": "Dig" }] }],
        "collections": { "events": [] } }
  planwire serve --data ./plans
      the plans go on where they were when it is started again, after a crash too
  planwire serve --host 0.0.0.0 --allow-origin http://192.168.1.7:5173
      other machines may connect; a warning says what stands open to them
  planwire serve --lab train-tunnel --seed 7
      the network fails as in a tunnel, in the same way each time; it tells what it does
  planwire serve --record today.json
      what crosses the wire until it ends, for planwire replay, the panel and tests
  planwire serve --log json --reset-delay 0
      in a container: logs for programs, and no project is ever put back

The project socket is at / and /ws, live updates at /api/v1, collections at /events, /data,
/data/task and /data/link, the state of the server at /health.
Log in as admin/admin, as user/user or under any other name; the token is "token".
A second Ctrl+C ends it at once, without waiting for its clients.`

/**
 * Runs the command until it is done; `serve` is done when the terminal asks for the end.
 * @example
 * process.exitCode = await runCommand(['serve', '--port', '0'], terminal)
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const [command, ...rest] = args
    switch (command) {
      case '--help':
      case '-h':
      case 'help':
        terminal.out(rest[0] === 'serve' ? SERVE_HELP : HELP)
        return 0
      case '--version':
      case '-v':
        terminal.out(packageVersion())
        return 0
      case 'serve': {
        const options = parseServe(rest)
        if (options === 'help') terminal.out(SERVE_HELP)
        else await serve(options, terminal)
        return 0
      }
      case 'verify':
        // Loaded when it is asked for: who serves does not wait for it.
        return await (await import('./verify-command.ts')).runVerify(rest, terminal)
      case 'replay':
        return await (await import('./replay-command.ts')).runReplay(rest, terminal)
      case 'minimise':
        return await (await import('./replay-command.ts')).runMinimise(rest, terminal)
      case undefined:
        throw misunderstood('no command given')
      default:
        throw unknownCommand(command)
    }
  } catch (error) {
    terminal.err(`planwire: ${messageOf(error)}`)
    return error instanceof UsageError ? error.exitCode : 1
  }
}

function unknownCommand(command: string): UsageError {
  if (command.startsWith('-')) return misunderstood(`the command comes first: planwire serve ${command}`)
  const close = nearest(command, ['serve', 'verify', 'replay', 'minimise', 'help'])
  return misunderstood(
    `there is no command "${command}"${close === undefined ? '' : `; did you mean "${close}"?`}`,
    close,
  )
}

async function serve(options: ServeOptions, terminal: Terminal): Promise<void> {
  const logger = createLog(options.log, terminal, systemClock)
  // From the beginning: who asks for the end while the server is starting must not be overheard.
  let end = (): void => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const cancel = terminal.onEnd(() => {
    cancel()
    end()
  })
  try {
    const { file, config } = await configOf(options, terminal)
    const { host, port, data, fsync, allowOrigins, maxConnections, seed } = options
    const lab = options.lab === undefined ? undefined : await readLabScript(options.lab)
    const tls = await certificate(options.tls)
    const record = await recordFile(options.record)
    const server = await startMockServer(config, {
      host,
      port,
      fsync,
      logger,
      ...(data !== undefined && { data }),
      ...(tls !== undefined && { tls }),
      ...(allowOrigins !== undefined && { allowOrigins }),
      ...(maxConnections !== undefined && { connections: maxConnections }),
      ...(lab !== undefined && { lab }),
      ...(seed !== undefined && { labSeed: seed }),
    }).catch((error: unknown) => {
      // A refusal with a path is about a value of the configuration, and the file is where to put it right.
      const ofConfig = error instanceof PlanwireError && error.details['path'] !== undefined
      throw file !== undefined && ofConfig ? aboutFile(file, error) : error
    })
    const url = `${tls === undefined ? 'ws' : 'wss'}://${host.includes(':') ? `[${host}]` : host}:${server.port}`
    const listening = `planwire listening on ${url}`
    if (options.log === 'text') {
      terminal.out(listening)
      if (options.config === undefined && file !== undefined) terminal.out(`planwire uses ${file}`)
    } else {
      logger('info', 'Listening', { text: listening, url, config: file })
    }
    if (lab !== undefined)
      tellLab(server.lab, options.log === 'text' ? (line) => terminal.out(line) : undefined, logger)
    if (record !== undefined) server.recorder.start({ name: options.record ?? '' })
    await ended
    // Before it closes: that everybody was sent away is no part of it.
    if (record !== undefined) await writeRecording(record, server, (text) => logger('info', text))
    logger('info', 'Closing: what was committed is written, then every client is told')
    await server.close()
    logger('info', 'Closed')
  } finally {
    cancel()
  }
}

/** Before anybody connects: nobody wants to hear after an hour that the recording has no place. */
async function recordFile(name: string | undefined): Promise<FileHandle | undefined> {
  if (name === undefined) return undefined
  return open(name, 'w').catch((error: unknown) => {
    throw new UsageError(`--record ${name} cannot be written: ${messageOf(error)}`, 1)
  })
}

async function writeRecording(
  file: FileHandle,
  { recorder }: NodeMockServer,
  say: (text: string) => void,
): Promise<void> {
  try {
    const recording = recorder.stop()
    await file.writeFile(`${JSON.stringify(recording)}\n`)
    say(`Recorded: ${recording.entries.length} entries`)
  } finally {
    await file.close()
  }
}

/** The configuration, and the file that it is from. */
async function configOf(
  options: ServeOptions,
  { directory }: Terminal,
): Promise<{ readonly file: string | undefined; readonly config: MockServerConfig }> {
  const found = options.config ?? findConfigFile(directory)
  if (found === undefined) return { file: undefined, config: withOptions(demoConfig(), options) }
  // As short as it can be said in this directory.
  const file = options.config ?? relative(directory, found)
  const config = await readConfigFile(found).catch((error: unknown) => {
    throw new UsageError(messageOf(error).replace(found, file), 1)
  })
  return { file, config: withOptions(config, options) }
}

async function certificate(files: ServeOptions['tls']): Promise<TlsOptions | undefined> {
  if (files === undefined) return undefined
  const read = (option: string, file: string): Promise<string> =>
    readFile(file, 'utf8').catch((error: unknown) => {
      throw new UsageError(`--${option} ${file} cannot be read: ${messageOf(error)}`, 1)
    })
  return { cert: await read('tls-cert', files.certFile), key: await read('tls-key', files.keyFile) }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function packageVersion(): string {
  // By its own name, because the sources and the build lie at different depths.
  const manifest: unknown = createRequire(import.meta.url)('planwire/package.json')
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version)
  throw new PlanwireError('not-found', 'package.json has no version', 'fatal')
}
