/**
 * Builds the package into `dist/`: one ES module and one declaration per source file, so that a bundler takes only
 * what an app imports and finds the worker as a module of its own.
 */
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './entries.js'
import { importsOf } from './imports.js'
import { compile, shippedPrograms } from './types.js'

const dist = `${root}dist`

/**
 * A module as it is shipped: relative `.ts` names become `.js`. tsc does so in imports of modules, but not in declarations
 * and not in `new URL('./worker.ts', import.meta.url)`.
 * @param {string} file decides the language by its ending
 * @param {string} source
 */
export function withShippedNames(file, source) {
  let text = source
  for (const { specifier, at } of importsOf(file, source).reverse()) {
    if (!/^\..*\.ts$/.test(specifier)) continue
    const end = at + 1 + specifier.length
    text = `${text.slice(0, end - '.ts'.length)}.js${text.slice(end)}`
  }
  return text
}

async function build() {
  rmSync(dist, { recursive: true, force: true })
  const failed = shippedPrograms.filter(
    (program) => !compile(program, ['--noEmit', 'false', '--outDir', dist, '--rootDir', root]),
  )
  if (failed.length > 0) {
    // Half a build looks like one.
    rmSync(dist, { recursive: true, force: true })
    return `types of ${failed.join(', ')}`
  }

  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(js|d\.ts)$/.test(name)) continue
    const file = join(dist, name)
    const source = readFileSync(file, 'utf8')
    const shipped = withShippedNames(file, source)
    if (shipped !== source) writeFileSync(file, shipped)
  }

  // Made from the shapes that the server checks, so that editors and the server never differ.
  const { configSchema } = await import(`${dist}/mock-server/core/config-schema.js`)
  writeFileSync(join(dist, 'config.schema.json'), `${JSON.stringify(configSchema(), undefined, 2)}\n`)

  const { bin, exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  for (const file of Object.values(bin)) if (existsSync(root + file)) chmodSync(root + file, 0o755)
  const named = [
    ...Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? [entry] : Object.values(entry))),
    ...Object.values(bin),
  ]
  const missing = named.filter((file) => !existsSync(root + file))
  return missing.length > 0 ? `package.json names files that were not built: ${missing.join(', ')}` : undefined
}

if (process.argv[1] === import.meta.filename) {
  const problem = await build()
  if (problem) {
    console.error(`build: ${problem}`)
    process.exitCode = 1
  }
}
