/** Starts the mock server as a user would: the built command line, as a process of its own. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

/** A running `planwire serve`. */
export interface NodeHost {
  /** `ws://127.0.0.1:PORT`, as the process printed it. */
  readonly url: string
  close(): Promise<void>
  /** Ends the process in the middle of whatever it does. */
  kill(): Promise<void>
}

/** How a host is started. */
export interface NodeHostOptions {
  /** Default: any free port. */
  readonly port?: string
  /** Directory that keeps what was committed. Default: none, everything is in memory. */
  readonly data?: string
}

const cli = fileURLToPath(new URL('../../dist/mock-server/node/cli.js', import.meta.url))

/** Resolves when the process says where it listens; rejects with what it printed when it ends before. */
export async function startNodeHost({ port = '0', data }: NodeHostOptions = {}): Promise<NodeHost> {
  if (!existsSync(cli)) throw new Error('The package is not built: npm run build')
  const args = [cli, 'serve', '--port', port, ...(data === undefined ? [] : ['--data', data])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'exit')
  const printed: string[] = []
  child.stderr.on('data', (chunk: Buffer) => printed.push(String(chunk)))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      printed.push(line)
      const found = /planwire listening on (ws:\/\/\S+)/.exec(line)?.[1]
      if (found) resolve(found)
    })
    ended.then(() => reject(new Error(`planwire serve ended:\n${printed.join('\n')}`)), reject)
  })
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal)
    await ended
  }
  return { url, close: () => end('SIGTERM'), kill: () => end('SIGKILL') }
}
