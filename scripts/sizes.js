/**
 * Measures what importing each entry of the built package costs an app, and what an app pays that takes from `planwire` what
 * it needs and no more: bundled, minified, gzipped. Fails above the limits of `sizes.json`. `--write` lowers limits that are
 * no longer needed, and sets missing ones; it never raises one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { bundled } from './bundled.js'
import { root } from './entries.js'

const { exports, name: packageName } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
const limitsFile = `${root}scripts/sizes.json`
/** Room above a measured size when a limit is lowered, so that a fix of a few lines does not need a new limit. */
const ROOM = 1.01

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
 * @param {string} file a built entry
 * @param {boolean} plain true for what starts no worker: bundled without Vite's helper for late chunks, which an app has once
 * @param {string[]} [names] what is taken of it; default: everything
 * @returns {Promise<Size>}
 */
async function measure(file, plain, names) {
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

/** @param {number} bytes */
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** @type {Record<string, Size>} */
const limits = JSON.parse(readFileSync(limitsFile, 'utf8'))
const write = process.argv.includes('--write')
let failed = false

console.log(
  `${'entry'.padEnd(28)}${'import'.padStart(10)}${'limit'.padStart(10)}${'on demand'.padStart(12)}${'limit'.padStart(10)}`,
)
/** @type {[what: string, file: string, plain: boolean, names?: string[]][]} */
const measured = []
for (const [path, conditions] of Object.entries(exports)) {
  if (typeof conditions === 'string') continue
  const entry = packageName + path.slice(1)
  const file = root + conditions.default
  const plain = !/^planwire\/(mock-server|panel.*)$/.test(entry)
  measured.push([entry, file, plain])
  for (const [use, names] of Object.entries(USES[entry] ?? {})) measured.push([use, file, plain, names])
}
for (const [what, file, plain, names] of measured) {
  const size = await measure(file, plain, names)
  const limit = limits[what]
  const over = !limit || size.own > limit.own || size.later > limit.later
  failed ||= over
  const columns = [size.own, limit?.own ?? 0].map((n) => kB(n).padStart(10))
  const later = [kB(size.later).padStart(12), kB(limit?.later ?? 0).padStart(10)]
  console.log(what.padEnd(28) + columns.join('') + later.join('') + (over ? '  over its limit' : ''))
  if (write) {
    limits[what] = {
      own: Math.min(limit?.own ?? Infinity, Math.ceil(size.own * ROOM)),
      later: Math.min(limit?.later ?? Infinity, Math.ceil(size.later * ROOM)),
    }
  }
}
if (write) writeFileSync(limitsFile, `${JSON.stringify(limits, null, 2)}\n`)
if (failed) {
  console.error('sizes: something grew over its limit in scripts/sizes.json. Find out why before raising it.')
  process.exitCode = 1
}
