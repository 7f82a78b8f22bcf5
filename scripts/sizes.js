/**
 * Measures what importing each entry of the built package costs an app, and what an app pays that takes from `planwire` what
 * it needs and no more: bundled, minified, gzipped. Fails above the limits of `sizes.json`. `--write` lowers limits that are
 * no longer needed, and sets missing ones; it never raises one.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { root } from './entries.js'
import { importSizes } from './import-sizes.js'

const limitsFile = `${root}scripts/sizes.json`
/** Room above a measured size when a limit is lowered, so that a fix of a few lines does not need a new limit. */
const ROOM = 1.01

/** @param {number} bytes */
const kB = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

/** @type {Record<string, import('./import-sizes.js').Size>} */
const limits = JSON.parse(readFileSync(limitsFile, 'utf8'))
const write = process.argv.includes('--write')
let failed = false

console.log(
  `${'entry'.padEnd(28)}${'import'.padStart(10)}${'limit'.padStart(10)}${'on demand'.padStart(12)}${'limit'.padStart(10)}`,
)
for await (const { what, size } of importSizes()) {
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
