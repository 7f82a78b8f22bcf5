/** Owns what an import costs an app: of each entry of the built package, and of what an app takes of one if it needs no more. */
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { bundled } from './bundled.js'
import { root } from './entries.js'

const { exports, name: packageName } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))

/** What apps take of an entry, by what for. The rest of it has to fall away. @type {Record<string, Record<string, string[]>>} */
const USES = {
  planwire: {
    'connection only': ['ReconnectingSocket'],
    'RemoteEvents alone': ['RemoteEvents'],
    'live updates with engine': ['createScheduler'],
    'project client with engine': ['ProjectClient'],
    both: ['ProjectClient', 'createScheduler'],
  },
  // Without the plans and the calendar that the demo shows.
  'planwire/mock-server': { 'mock in a page': ['startMockServer'] },
}

/**
 * Bytes of an entry, minified and gzipped: `own` is loaded with the import, `later` on demand (workers, dynamic imports).
 * @typedef {{ own: number, later: number }} Size
 */

/**
 * @param {string} file a built module
 * @param {boolean} plain as for {@link bundled}
 * @param {string[]} [names] what is taken of it; default: everything
 * @returns {Promise<Size>}
 */
export async function importSize(file, plain, names) {
  const output = await bundled(file, plain, names)
  const chunks = new Map(output.map((part) => [part.fileName, part]))
  const first = new Set()
  /** @param {string} name */
  const load = (name) => {
    const part = chunks.get(name)
    if (part?.type !== 'chunk' || first.has(part)) return
    first.add(part)
    part.imports.forEach(load)
  }
  for (const part of output) if (part.type === 'chunk' && part.isEntry) load(part.fileName)
  const size = { own: 0, later: 0 }
  for (const part of output) {
    const bytes = gzipSync(part.type === 'chunk' ? part.code : part.source, { level: 9 }).length
    size[first.has(part) ? 'own' : 'later'] += bytes
  }
  return size
}

/** Each entry by its name, and each use by what it is for. @returns {AsyncGenerator<{ what: string, size: Size }>} */
export async function* importSizes() {
  for (const [path, conditions] of Object.entries(exports)) {
    if (typeof conditions === 'string') continue
    const entry = packageName + path.slice(1)
    const file = root + conditions.default
    const plain = !/^planwire\/(mock-server|panel.*)$/.test(entry)
    yield { what: entry, size: await importSize(file, plain) }
    for (const [what, names] of Object.entries(USES[entry] ?? {})) {
      yield { what, size: await importSize(file, plain, names) }
    }
  }
}
