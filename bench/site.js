/** Builds pages into memory and serves them, each module as a page of its own, with a Chromium to look at them. */

import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { chromium } from 'playwright'
import { build } from 'vite'
import { chromiumArguments, findChromium } from '../scripts/chromium.js'

const bench = new URL('.', import.meta.url).pathname
const root = new URL('..', import.meta.url).pathname

/** True if a peer is in bench's own node_modules. @param {string} name */
export const isInstalled = (name) => existsSync(`${bench}node_modules/${name}/package.json`)

/** What a table says of a peer that is not there. */
export const NOT_INSTALLED = 'not installed: npm ci --prefix bench'

/**
 * @typedef {object} Site
 * @property {string} url of its pages: `${url}name.html`
 * @property {() => Promise<void>} close
 */

/** @param {Record<string, string>} modules names of pages and their modules, relative to bench @returns {Promise<Site>} */
export async function serveSite(modules) {
  const built = await build({
    configFile: false,
    root: bench,
    base: './',
    logLevel: 'error',
    // The built package: what users run.
    resolve: {
      alias: [
        { find: /^planwire$/, replacement: `${root}dist/client/index.js` },
        { find: /^planwire\/mock-server$/, replacement: `${root}dist/mock-server/browser/index.js` },
        { find: /^planwire\/dhtmlx$/, replacement: `${root}dist/client/bindings/dhtmlx/index.js` },
      ],
    },
    worker: { format: 'es' },
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      chunkSizeWarningLimit: 5_000,
      rolldownOptions: {
        checks: { pluginTimings: false },
        input: Object.fromEntries(Object.entries(modules).map(([name, file]) => [name, bench + file])),
        output: { entryFileNames: '[name].js' },
      },
    },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error('unexpected result of a build')
  const files = new Map(built.output.map((part) => [part.fileName, part.type === 'chunk' ? part.code : part.source]))
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1).replace(/\?.*/, '')
    const page = /^([\w-]+)\.html$/.exec(path)?.[1]
    const body = page
      ? `<!doctype html><meta charset="utf-8"><title>${page}</title><div id="view" style="width:1000px;height:600px"></div><script type="module" src="./${page}.js"></script>`
      : files.get(path)
    const type = page ? 'text/html' : path.endsWith('.css') ? 'text/css' : 'text/javascript'
    // Clocks of an isolated page count in 5 us, those of any other in 100 us.
    const headers = {
      'content-type': `${type}; charset=utf-8`,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    }
    response.writeHead(body === undefined ? 404 : 200, headers).end(body)
  })
  await new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0 }, () => resolve(undefined)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the site listens on no port')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** @param {readonly string[]} [flags] @returns {Promise<import('playwright').Browser>} */
export function openBrowser(flags = []) {
  const executablePath = findChromium()
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), args: [...chromiumArguments, ...flags] })
}
