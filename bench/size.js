/** `npm run bench -- size`: what importing each entry, and each peer, adds to an app: bundled, minified, gzipped. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { isInstalled } from './site.js'

const bench = new URL('.', import.meta.url).pathname
const root = new URL('..', import.meta.url).pathname

/** Peers by what is taken of them. @type {Record<string, { package: string, take: string }>} */
const PEERS = {
  '@tldraw/store': { package: '@tldraw/store', take: 'Store, StoreSchema, createRecordType' },
  '@tanstack/db': { package: '@tanstack/db', take: 'createCollection' },
  yjs: { package: 'yjs', take: 'Doc, applyUpdate' },
  'y-protocols/sync': { package: 'y-protocols', take: 'readSyncMessage, writeSyncStep1' },
}

/** @type {import('./bench.js').Benchmark} */
export async function run({ smoke }) {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  /** @type {[name: string, source: string][]} */
  const wanted = [
    ['planwire: ProjectClient', `export { ProjectClient } from ${JSON.stringify(root + exports['.'].default)}`],
    ['planwire: createScheduler', `export { createScheduler } from ${JSON.stringify(root + exports['.'].default)}`],
    ['planwire: everything', `export * from ${JSON.stringify(root + exports['.'].default)}`],
    ['planwire/dhtmlx', `export * from ${JSON.stringify(root + exports['./dhtmlx'].default)}`],
    ['planwire/bryntum', `export * from ${JSON.stringify(root + exports['./bryntum'].default)}`],
    ...Object.entries(PEERS).flatMap(([name, { package: found, take }]) =>
      isInstalled(found) ? [/** @type {[string, string]} */ ([name, `export { ${take} } from '${name}'`])] : [],
    ),
  ]
  const rows = []
  for (const [name, source] of smoke ? wanted.slice(0, 1) : wanted) {
    const figures = { 'kB, gzipped': (await gzipped(source)) / 1000 }
    rows.push(/** @type {import('./report.js').Row} */ ({ name, unit: 'kB', better: 'less', figures }))
  }
  const note = 'One import each, with all that it needs. The budgets of the entries stand in scripts/sizes.json.'
  return [{ title: 'Size of an import', note, rows }]
}

/** @param {string} source @returns {Promise<number>} bytes */
async function gzipped(source) {
  // In bench, so that peers are found in its own node_modules.
  const entry = `${bench}virtual-entry.js`
  const built = await build({
    configFile: false,
    root: bench,
    logLevel: 'error',
    plugins: [
      {
        name: 'virtual-entry',
        resolveId: (id) => (id === entry ? id : undefined),
        load: (id) => (id === entry ? source : undefined),
      },
    ],
    build: {
      write: false,
      target: 'es2022',
      minify: true,
      modulePreload: false,
      rolldownOptions: { input: entry, preserveEntrySignatures: 'strict' },
    },
  })
  if (Array.isArray(built) || !('output' in built)) throw new Error('unexpected result of a build')
  return built.output.reduce(
    (sum, part) => (part.type === 'chunk' ? sum + gzipSync(part.code, { level: 9 }).length : sum),
    0,
  )
}
