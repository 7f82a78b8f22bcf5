/** The built demo on a host that only serves files, somewhere below its root. */
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from './support/test.ts'

const BASE = '/tools/planwire/demo/'
const FOLDER = fileURLToPath(new URL('../dist-demo', import.meta.url))
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Serves files, and notes what it had no file for. */
async function serveFiles(missed: string[]): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://host')
    const inside = pathname.startsWith(BASE) ? pathname.slice(BASE.length) || 'index.html' : '..'
    const file = join(FOLDER, normalize(inside))
    const read = file.startsWith(FOLDER) ? readFile(file) : Promise.reject(new Error('outside'))
    read.then(
      (body) => response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body),
      () => {
        missed.push(pathname)
        response.writeHead(404).end()
      },
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}${BASE}`, server }
}

test('every page works there, with its backend, and asks nobody else for anything', async ({ page, backend }) => {
  const missed: string[] = []
  const { url, server } = await serveFiles(missed)
  const elsewhere: string[] = []
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:'))
      elsewhere.push(request.url())
  })
  await page.goto(`${url}?name=${backend}&guide=off`)
  await expect(page.getByTestId('convergence')).toHaveText(/^Equal: [1-9]/)
  const pages = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').all()
  const names = await Promise.all(pages.map((link) => link.textContent()))
  for (const name of names.slice(1)) {
    await page.getByRole('link', { name: name ?? '', exact: true }).click()
    await expect(page.getByTestId('ready'), `the page ${name}`).toBeVisible()
  }
  expect({ missed, elsewhere }).toEqual({ missed: [], elsewhere: [] })
  await page.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
