import { once } from 'node:events'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, createServer, type InlineConfig, preview, type ViteDevServer } from 'vite'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { Peer } from '../peer.contract.ts'
import { type PlanwirePluginOptions, planwire } from './vite-plugin.ts'

let root: string
let servers: { close(): Promise<unknown> }[] = []
let told: string[] = []

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'planwire-vite-')))
  told = []
  // These tests are the one place where Vitest runs a dev server on purpose.
  vi.stubEnv('VITEST', undefined)
  await file('index.html', '<!doctype html><title>App</title><script type="module" src="/main.js"></script>')
  await file('main.js', 'document.title = "App"')
})

afterEach(async () => {
  for (const server of servers) await server.close()
  servers = []
  vi.unstubAllEnvs()
  await rm(root, { recursive: true })
})

const file = (name: string, text: string): Promise<void> => writeFile(join(root, name), text)
const house = (name: string, ...tasks: readonly string[]): object => ({
  projects: [{ id: 1, name, tasksData: tasks.map((task, at) => ({ id: at + 1, name: task })) }],
  collections: { events: [] },
})

function viteConfig(options: PlanwirePluginOptions): InlineConfig {
  const customLogger = createLogger('info')
  for (const level of ['info', 'warn', 'error'] as const) customLogger[level] = (text) => void told.push(text)
  const server = { host: '127.0.0.1', port: 0 }
  return {
    root,
    configFile: false,
    customLogger,
    plugins: [planwire(options)],
    server,
    optimizeDeps: { noDiscovery: true },
  }
}

async function dev(options: PlanwirePluginOptions = {}): Promise<ViteDevServer> {
  const server = await createServer(viteConfig(options))
  servers.push(server)
  await server.listen()
  return server
}

function addressOf(server: { readonly httpServer: ViteDevServer['httpServer'] }): string {
  const address = server.httpServer?.address()
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen')
  return `127.0.0.1:${address.port}`
}

/** A client that is logged in and has loaded the project, and the names of the tasks in it. */
async function planner(address: string): Promise<{ peer: Peer; names: readonly string[] }> {
  const peer = await new Peer(`ws://${address}/`, WebSocket).opened
  peer.send({
    command: 'login',
    login: 'admin',
    password: 'admin',
    planwire: { version: 1, client: crypto.randomUUID() },
  })
  peer.send({ command: 'dataset', project: 1 })
  const frame = await peer.next({ command: 'dataset' })
  return { peer, names: [...JSON.stringify(frame).matchAll(/"name":"(task [^"]*)"/g)].map(([, name = '']) => name) }
}

async function rename(peer: Peer, name: string): Promise<void> {
  peer.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name }] } } })
  await peer.next({ command: 'projectChange' })
}

/** Resolves when Vite has told something that matches. */
async function untilTold(pattern: RegExp): Promise<string> {
  return vi.waitFor(() => {
    const line = told.find((text) => pattern.test(text))
    if (line === undefined) throw new Error(`not told: ${told.join('\n')}`)
    return line
  }, 10_000)
}

describe('a dev server with the plugin', () => {
  test('serves the app, the mock’s sockets and its requests on one port, and says where', async () => {
    const server = await dev({ config: house('House', 'task A') })
    const address = addressOf(server)
    expect(await (await fetch(`http://${address}/`)).text()).toContain('<title>App</title>')
    expect(await (await fetch(`http://${address}/events`)).json()).toEqual([])
    expect((await planner(address)).names).toEqual(['task A'])
    server.printUrls()
    expect(told.join('\n')).toContain('planwire: sockets at /, /ws, /api/v1; requests at /api/v1, /events, /data')
  })

  test('two clients on its port see each other’s edits', async () => {
    const address = addressOf(await dev({ config: house('House', 'task A') }))
    const [a, b] = [await planner(address), await planner(address)]
    await rename(a.peer, 'task of A')
    expect(JSON.stringify(await b.peer.next({ command: 'projectChange' }))).toContain('task of A')
  })

  test('breaks its network by option, again after a change of configuration, and tells what it does', async () => {
    const lab = { format: 'planwire-lab', version: 1, steps: [{ id: 'proxy', fault: 'status', status: 503 }] } as const
    const address = addressOf(await dev({ config: house('House'), lab }))
    expect((await fetch(`http://${address}/events`)).status).toBe(503)
    await untilTold(/planwire: lab: proxy \(status\): everybody began/)
  })

  test('breaks its network when the address of a page asks for it, unless it is told not to look', async () => {
    const page = '/?planwire-lab=train-tunnel&seed=7'
    const html = { headers: { accept: 'text/html' } }
    const deaf = addressOf(await dev({ config: house('House'), lab: false }))
    await fetch(`http://${deaf}${page}`, html)
    await servers.pop()?.close()
    expect(told.filter((line) => line.includes('lab:'))).toEqual([])
    const address = addressOf(await dev({ config: house('House') }))
    await fetch(`http://${address}${page}`, html)
    await untilTold(/planwire: lab: fading \(latency\): everybody began/)
    const other = addressOf(await dev({ config: house('House'), data: 'kept' }))
    await fetch(`http://${other}/?planwire-lab=earthquake`, html)
    await untilTold(/There is no lab preset "earthquake"/)
  })

  test('never takes Vite’s own sockets, though they live at the same path', async () => {
    const address = addressOf(await dev({ config: house('House') }))
    const hmr = new WebSocket(`ws://${address}/`, 'vite-hmr')
    const [data] = await once(hmr, 'message')
    expect(JSON.parse(String(data))).toEqual({ type: 'connected' })
    hmr.close()
    const ping = new WebSocket(`ws://${address}/`, 'vite-ping')
    await once(ping, 'open')
    expect(ping.protocol).toBe('vite-ping')
    ping.close()
  })

  test('lets pages of its own address and of this machine use the mock, and no others', async () => {
    const address = addressOf(await dev({ config: house('House') }))
    const status = async (origin: string): Promise<number> =>
      (await fetch(`http://${address}/events`, { headers: { origin } })).status
    expect([await status(`http://${address}`), await status('http://localhost:3000')]).toEqual([200, 200])
    expect(await status('https://elsewhere.example.com')).toBe(403)
  })

  test('keeps its plugin’s worker out of the optimizer, and serves nothing where only that is wanted', async () => {
    const server = await dev({ config: house('House'), server: false })
    expect(server.config.optimizeDeps.exclude).toContain('planwire')
    const { headers } = await fetch(`http://${addressOf(server)}/events`, { headers: { accept: 'text/html' } })
    expect(headers.get('content-type')).toContain('text/html')
  })

  test('in middleware mode takes sockets of the server that it is given', async () => {
    const parent = createHttpServer()
    const config = viteConfig({ config: house('House', 'task A') })
    const server = await createServer({ ...config, server: { middlewareMode: { server: parent } } })
    servers.push(server)
    parent.on('request', server.middlewares)
    parent.listen(0, '127.0.0.1')
    await once(parent, 'listening')
    expect((await planner(addressOf({ httpServer: parent }))).names).toEqual(['task A'])
    await server.close()
    parent.closeAllConnections()
    parent.close()
  })
})

describe('when planwire.config.json changes', () => {
  test('what nobody edited is as the file says; clients are told to come again', async () => {
    await file('planwire.config.json', JSON.stringify(house('House', 'task A')))
    const address = addressOf(await dev())
    const { peer, names } = await planner(address)
    await file('planwire.config.json', JSON.stringify(house('House', 'task B')))
    expect(await peer.closed).toBe(1001)
    expect([names, (await planner(address)).names]).toEqual([['task A'], ['task B']])
    expect(await untilTold(/planwire\.config\.json was read anew/)).toMatch(/^planwire: /)
  })

  test('what somebody edited keeps its records, and it is told how to begin anew', async () => {
    await file('planwire.config.json', JSON.stringify(house('House', 'task A')))
    const address = addressOf(await dev())
    const { peer } = await planner(address)
    await rename(peer, 'task edited')
    await file('planwire.config.json', JSON.stringify(house('House', 'task B')))
    expect(await peer.closed).toBe(1001)
    const again = await planner(address)
    expect(again.names).toEqual(['task edited'])
    await untilTold(/kept as edited: project 1; reset to begin anew/)
    again.peer.send({ command: 'reset', project: 1 })
    expect(JSON.stringify(await again.peer.next({ command: 'dataset' }))).toContain('task B')
  })

  test('one that cannot be is told with its path, and the server goes on as it was', async () => {
    await file('planwire.config.json', JSON.stringify(house('House', 'task A')))
    const address = addressOf(await dev())
    const { peer } = await planner(address)
    await file('planwire.config.json', '{"projects":[{"id":1}]}')
    await untilTold(
      /planwire\.config\.json: Configuration: projects\[0\]\.name must be .*the configuration before it stays/,
    )
    await rename(peer, 'task edited')
    await file('planwire.config.json', '{"projects":[{"id":1,"name":"House","tasksData":[{"id":{}}]}]}')
    await untilTold(/tasksData.*the configuration before it stays/)
    expect((await planner(address)).names).toEqual(['task edited'])
  })

  test('a file that a project is read from is watched as well', async () => {
    await file('plan.json', '{"tasksData":[{"id":1,"name":"task A"}]}')
    await file('planwire.config.json', '{"projects":[{"id":1,"name":"House","file":"plan.json"}]}')
    const address = addressOf(await dev())
    const { peer, names } = await planner(address)
    await file('plan.json', '{"tasksData":[{"id":1,"name":"task B"}]}')
    expect(await peer.closed).toBe(1001)
    expect([names, (await planner(address)).names]).toEqual([['task A'], ['task B']])
  })

  test('a server that began with a file that cannot be serves the app, and the mock once it is mended', async () => {
    await file('planwire.config.json', '{')
    const address = addressOf(await dev())
    expect((await fetch(`http://${address}/`)).status).toBe(200)
    expect(told.join('\n')).toContain('is not JSON')
    await file('planwire.config.json', JSON.stringify(house('House', 'task A')))
    await untilTold(/was read anew/)
    expect((await planner(address)).names).toEqual(['task A'])
  })
})

test('a restart of the dev server keeps what was edited, whatever the reason was', async () => {
  const server = await dev({ config: house('House', 'task A') })
  const { peer } = await planner(addressOf(server))
  await rename(peer, 'task edited')
  await server.restart()
  expect((await planner(addressOf(server))).names).toEqual(['task edited'])
})

test('a server that ended for good leaves nothing behind: the next one begins as configured', async () => {
  const server = await dev({ config: house('House', 'task A') })
  const { peer } = await planner(addressOf(server))
  await rename(peer, 'task edited')
  await server.close()
  expect((await planner(addressOf(await dev({ config: house('House', 'task A') })))).names).toEqual(['task A'])
})

test('with a directory for its data, edits outlive the process that serves', async () => {
  const options = { config: house('House', 'task A'), data: '.planwire' }
  const server = await dev(options)
  const { peer } = await planner(addressOf(server))
  await rename(peer, 'task edited')
  await server.close()
  expect((await planner(addressOf(await dev(options)))).names).toEqual(['task edited'])
})

test('vite preview serves the built app and the mock on one port, and refuses sockets that are nobody’s', async () => {
  await file('built.html', '<!doctype html><title>Built</title>')
  const server = await preview({
    ...viteConfig({ config: house('House', 'task A') }),
    build: { outDir: root },
    preview: { host: '127.0.0.1', port: 0 },
  })
  servers.push(server)
  const address = addressOf(server)
  expect(await (await fetch(`http://${address}/built.html`)).text()).toContain('Built')
  expect((await planner(address)).names).toEqual(['task A'])
  const nobodys = new WebSocket(`ws://${address}/elsewhere`)
  await expect(once(nobodys, 'open')).rejects.toThrow('socket hang up')
})

test('in Vitest it serves nothing: tests have a host of their own', async () => {
  vi.stubEnv('VITEST', 'true')
  const { headers } = await fetch(`http://${addressOf(await dev({ config: house('House') }))}/events`, {
    headers: { accept: 'text/html' },
  })
  expect(headers.get('content-type')).toContain('text/html')
})
