/** The command `planwire`: what it understands, what it prints, and how it ends. Owns no process, so that tests can run it. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from '../core/config.ts'
import { demoConfig } from '../fixtures/demo-config.ts'
import { withCause } from './log-line.ts'
import { startMockServer } from './start.ts'

/** What the command needs from its process. */
export interface Terminal {
  /** Prints a line for programs and people to read. */
  out(line: string): void
  /** Prints a line about what went wrong. */
  err(line: string): void
  /** Calls back when the process is asked to end. */
  onEnd(run: () => void): Cancel
}

/** 0: done. 1: it could not be done. 2: the command was not understood. */
export type ExitCode = 0 | 1 | 2

const HELP = `planwire: a mock server for live Gantt and scheduler apps

Usage
  planwire serve [options]     start the server; Ctrl+C ends it
  planwire --help              this text
  planwire --version           the version

Options of serve
  --port NUMBER    port to listen on; 0 takes any free one (default 8080)
  --host ADDRESS   address to bind (default 127.0.0.1: this machine only)
  --config FILE    JSON file with users, projects and collections
                   (default: two real plans and a release calendar)
  --data DIR       directory that keeps what was committed, over restarts and crashes;
                   it goes before --config, so delete it to begin anew (default: memory)
  --fsync          with --data: acknowledge a commit once it is on the disk, so that not
                   even a power cut loses it (default: once the operating system has it)

Examples
  planwire serve
      then, in an app:  new WebSocket('ws://127.0.0.1:8080')
      or look at it:    curl http://127.0.0.1:8080/events
  planwire serve --port 9000 --config plan.json
      where plan.json holds, for example
      { "projects": [{ "id": 1, "name": "House", "tasksData": [{ "id": 1, "name": "Dig" }] }],
        "collections": { "events": [] } }
  planwire serve --data ./plans
      the plans go on where they were when it is started again
  planwire serve --host 0.0.0.0
      other machines may connect; the warning says what stands open to them

One port serves all: the project socket at / and /ws, live updates at /api/v1,
collections at /events, /data, /data/task and /data/link.
Log in as admin/admin, as user/user or under any other name; the token is "token".
Without --data the plan lives in memory: a restart begins anew.`

/** Something that the user can put right; the message is one line that says how. */
class UsageError extends Error {
  readonly exitCode: ExitCode

  constructor(message: string, exitCode: ExitCode) {
    super(message)
    this.exitCode = exitCode
  }
}

/**
 * Runs the command until it is done; `serve` is done when the terminal asks for the end.
 * @example
 * process.exitCode = await runCommand(['serve', '--port', '0'], terminal)
 */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const command = parse(args)
    switch (command.type) {
      case 'help':
        terminal.out(HELP)
        return 0
      case 'version':
        terminal.out(packageVersion())
        return 0
      case 'serve':
        await serve(command, terminal)
        return 0
    }
  } catch (error) {
    terminal.err(`planwire: ${messageOf(error)}`)
    return error instanceof UsageError ? error.exitCode : 1
  }
}

interface Serve {
  readonly type: 'serve'
  readonly port: number
  readonly host: string
  readonly config: string | undefined
  readonly data: string | undefined
  readonly fsync: boolean
}
type Command = Serve | { readonly type: 'help' } | { readonly type: 'version' }

function parse(args: readonly string[]): Command {
  const { values, positionals } = parsed(args)
  if (values.help) return { type: 'help' }
  if (values.version) return { type: 'version' }
  const [command, surplus] = positionals
  if (command === undefined) throw misunderstood('no command given')
  if (command !== 'serve') throw misunderstood(`there is no command "${command}"`)
  if (surplus !== undefined) throw misunderstood(`serve does not take "${surplus}"`)
  const port = values.port ?? '8080'
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError(`--port ${port}: use a number from 0 to 65535`, 2)
  }
  const { host = '127.0.0.1', config, data, fsync = false } = values
  if (data === '') throw new UsageError('--data needs the path of a directory', 2)
  if (fsync && data === undefined)
    throw new UsageError('--fsync needs --data DIR: without it nothing is on the disk', 2)
  return { type: 'serve', port: Number(port), host, config, data, fsync }
}

interface Parsed {
  readonly values: {
    readonly port?: string | undefined
    readonly host?: string | undefined
    readonly config?: string | undefined
    readonly data?: string | undefined
    readonly fsync?: boolean | undefined
    readonly help?: boolean | undefined
    readonly version?: boolean | undefined
  }
  readonly positionals: readonly string[]
}

function parsed(args: readonly string[]): Parsed {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        config: { type: 'string' },
        data: { type: 'string' },
        fsync: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
      },
    })
  } catch (error) {
    // Node explains in several sentences; the first one says what is wrong.
    const [problem = ''] = messageOf(error).split(/\. |\n/)
    throw misunderstood(problem)
  }
}

function misunderstood(problem: string): UsageError {
  return new UsageError(`${problem}; try "planwire serve", or "planwire --help" for what there is`, 2)
}

async function serve({ port, host, config: file, data, fsync }: Serve, terminal: Terminal): Promise<void> {
  const config = file === undefined ? demoConfig() : await readConfig(file)
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
    const options = { port, host, fsync, logger: logTo(terminal), ...(data !== undefined && { data }) }
    const server = await startMockServer(config, options).catch((error: unknown) => {
      // A refusal with a path is about a value of the configuration, and the file is where to put it right.
      const about =
        error instanceof PlanwireError && error.code === 'invalid-argument' ? error.details['path'] : undefined
      throw file === undefined || about === undefined ? error : new UsageError(`${file}: ${messageOf(error)}`, 1)
    })
    terminal.out(`planwire listening on ws://${host.includes(':') ? `[${host}]` : host}:${server.port}`)
    await ended
    await server.close()
  } finally {
    cancel()
  }
}

function logTo(terminal: Terminal): Logger {
  return (level, message, details) => {
    if (level === 'warn' || level === 'error') terminal.err(`planwire: ${withCause(message, details)}`)
  }
}

async function readConfig(file: string): Promise<MockServerConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw new UsageError(
      missing
        ? `there is no file ${file}: give --config the path of a JSON file, or leave it out for the built-in plans`
        : `${file} cannot be read: ${messageOf(error)}`,
      1,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${messageOf(error)}`, 1)
  }
  if (!isConfig(value)) {
    throw new UsageError(`${file} must hold a JSON object such as { "projects": [] }; see "planwire --help"`, 1)
  }
  return value
}

/** An object: what it holds is the server's to judge. */
function isConfig(value: unknown): value is MockServerConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
