import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

const root = fileURLToPath(new URL('../../', import.meta.url))
let folder: string
let bin: string
let running: ChildProcess[] = []

// The bin as one file that Node can run. It lies in the repository, where its packages can be found.
beforeAll(async () => {
  await mkdir(join(root, '.cache'), { recursive: true })
  folder = await mkdtemp(join(root, '.cache/cli-'))
  bin = join(folder, 'cli.js')
  await build({
    configFile: false,
    root,
    logLevel: 'silent',
    build: { ssr: join(root, 'mock-server/node/cli.ts'), outDir: folder, target: 'node20' },
  })
}, 60_000)
afterAll(() => rm(folder, { recursive: true }))

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running = []
})

function planwire(...args: string[]): ChildProcess & { exited: Promise<unknown> } {
  const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  return Object.assign(child, { exited: once(child, 'exit').then(([code, signal]) => code ?? signal) })
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output')
  const [line] = await once(createInterface(child.stdout), 'line')
  return line
}

test.each(['SIGINT', 'SIGTERM'] as const)('%s ends a serving process with 0, its clients told 1001', async (signal) => {
  const child = planwire('serve', '--port', '0')
  const line = await firstLine(child)
  expect(line).toMatch(/^planwire listening on ws:\/\/127\.0\.0\.1:\d+$/)
  const socket = new WebSocket(line.replace('planwire listening on ', ''))
  await once(socket, 'open')
  const closed = once(socket, 'close')
  child.kill(signal)
  expect((await closed)[0]).toBe(1001)
  expect(await child.exited).toBe(0)
})

test('a second signal ends a process at once that waits for a client', async () => {
  const child = planwire('serve', '--port', '0')
  const socket = new WebSocket((await firstLine(child)).replace('planwire listening on ', ''))
  await once(socket, 'open')
  // A client that reads nothing never answers the closing handshake.
  socket.pause()
  child.kill('SIGINT')
  await untilRefused(socket.url)
  child.kill('SIGINT')
  expect(await child.exited).toBe('SIGINT')
})

test('a mistake ends the process with its exit code', async () => {
  expect(await planwire('serve', '--prot', '1').exited).toBe(2)
  expect(await planwire('serve', '--config', '/no/such/file.json').exited).toBe(1)
  expect(await planwire('--version').exited).toBe(0)
})

/** Resolves when nobody listens at `url` any more: the process has begun to end. */
async function untilRefused(url: string): Promise<void> {
  for (;;) {
    const probe = new WebSocket(url)
    const outcome = await Promise.race([
      once(probe, 'open').then(
        () => 'open',
        () => 'refused',
      ),
      once(probe, 'error').then(() => 'refused'),
    ])
    probe.terminate()
    if (outcome === 'refused') return
  }
}
