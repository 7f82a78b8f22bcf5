/** `npm run bench -- size`: what importing each entry, and each peer, adds to an app: bundled, minified, gzipped. */
import { importSize, importSizes } from '../scripts/import-sizes.js'
import { isInstalled, NOT_INSTALLED } from './site.js'

const bench = new URL('.', import.meta.url).pathname

/** Peers by the module and what is taken of it. @type {Record<string, [module: string, ...names: string[]]>} */
const PEERS = {
  '@tldraw/store': ['@tldraw/store', 'Store', 'StoreSchema', 'createRecordType'],
  '@tanstack/db': ['@tanstack/db', 'createCollection'],
  yjs: ['yjs', 'Doc', 'applyUpdate'],
  'y-protocols': ['y-protocols/sync.js', 'readSyncMessage', 'writeSyncStep1'],
}

/** What may load with the app, in kB. @type {Record<string, number>} */
const BUDGETS = {
  'connection only': 2.5,
  'RemoteEvents alone': 3,
  'live updates with engine': 9,
  'project client with engine': 9,
  both: 11,
  'mock in a page': 12,
}

const FIRST = 'with the app'

/** @type {import('./bench.js').Benchmark} */
export async function run({ smoke }) {
  /** @type {import('./report.js').Row[]} */
  const rows = []
  /** @param {string} name @param {import('../scripts/import-sizes.js').Size | string} size */
  const add = (name, size) => {
    const figures =
      typeof size === 'string' ? { [FIRST]: size } : { [FIRST]: size.own / 1000, later: size.later / 1000 }
    const most = BUDGETS[name]
    rows.push({
      name,
      unit: 'kB',
      better: 'less',
      figures,
      targets: most === undefined ? [] : [{ subject: FIRST, most }],
    })
  }
  for await (const { what, size } of importSizes()) {
    add(what, size)
    if (smoke) break
  }
  for (const [name, [module, ...names]] of smoke ? [] : Object.entries(PEERS)) {
    add(name, isInstalled(name) ? await importSize(`${bench}node_modules/${module}`, false, names) : NOT_INSTALLED)
  }
  const note =
    'Minified and gzipped, with all that it needs: what loads with the app, and what loads when it is asked for. Planwire without ' +
    "Vite's helper for what loads later (0.7 kB), which an app has once; peers as a browser takes them."
  return [{ title: 'Size of an import', note, rows }]
}
