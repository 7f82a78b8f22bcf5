/** A site on this machine that serves the pages of `e2e/browser-host`: every first folder of a path is a deployment of its own. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, createServer as createDevServer } from 'vite'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
}
/** Before the scripts of the deployment `storage-refused`: a browser that gives no storage to workers. */
const REFUSED = `Object.defineProperty(self, 'indexedDB', { value: { open() { throw new DOMException('refused', 'SecurityError') } } });`
const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

export interface HostSite {
  readonly port: number
  close(): Promise<void>
}

/** Builds the pages and serves them. */
export async function openHostSite(): Promise<HostSite> {
  const folder = await mkdtemp(join(tmpdir(), 'planwire-host-'))
  process.env['VITE_OUT'] = folder
  await build({ configFile: path('../browser-host/vite.config.ts') })
  const files = new Map([['/mockServiceWorker.js', path('../../node_modules/msw/lib/mockServiceWorker.js')]])
  const plan = JSON.stringify({ tasks: { rows: [{ id: 5, name: 'From a file' }] } })
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site')
    const inside = pathname.replace(/^\/[^/]+\//, '')
    const answer = async (): Promise<[type: string, body: string]> => {
      if (pathname === '/elsewhere') return ['text/html', '<!doctype html><title>elsewhere</title>']
      if (inside === 'plan.json') return ['application/json', plan]
      const file = files.get(pathname) ?? join(folder, inside.includes('..') ? '' : inside || 'index.html')
      const before = pathname.startsWith('/storage-refused/') && inside.includes('worker') ? REFUSED : ''
      return [TYPES[extname(file)] ?? 'text/plain', before + (await readFile(file, 'utf8'))]
    }
    answer().then(
      ([type, body]) => response.writeHead(200, { 'content-type': type }).end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    port: address.port,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(folder, { recursive: true })
    },
  }
}

/** The same pages on Vite's dev server. */
export interface HostDevSite {
  readonly url: string
  /** Replaces the code of `hot.ts`, as an edit of the file does. */
  replace(): void
  close(): Promise<void>
}

/** Serves the pages as a developer has them, with hot replacement. */
export async function openHostDevSite(): Promise<HostDevSite> {
  const file = path('../browser-host/hot.ts')
  let edits = 0
  const server = await createDevServer({
    configFile: path('../browser-host/vite.config.ts'),
    cacheDir: await mkdtemp(join(tmpdir(), 'planwire-host-dev-')),
    server: { host: '127.0.0.1', port: 0, fs: { allow: [path('../..')] } },
    optimizeDeps: { include: ['idb'] },
    plugins: [
      {
        name: 'edits',
        transform: (code, id) => (id.startsWith(file) && edits > 0 ? `${code}\n// edit ${edits}` : undefined),
      },
    ],
  })
  await server.listen()
  return {
    url: server.resolvedUrls?.local[0] ?? '',
    replace() {
      edits += 1
      server.watcher.emit('change', file)
    },
    async close() {
      await server.close()
      await rm(server.config.cacheDir, { recursive: true })
    },
  }
}
