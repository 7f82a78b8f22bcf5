/**
 * `npm run docs`: the reference of every public entry, with its docstrings, as pages in `dist-docs/`, and the AsyncAPI document
 * through its own parser. Both tools live in the private package `docs/tools`, which is installed if it is missing. Works on `dist/`:
 * build first.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { root } from './entries.js'

const tools = `${root}docs/tools/`
if (!existsSync(`${tools}node_modules/typedoc`)) {
  console.log('installing docs/tools')
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: tools,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(1)
}

/** The AsyncAPI document must have no errors in the eyes of its parser; what it merely advises is not printed. */
async function validate() {
  const { Parser } = createRequire(tools)('@asyncapi/parser')
  const { diagnostics } = await new Parser().parse(readFileSync(`${root}docs/asyncapi.yaml`, 'utf8'))
  /** @type {{ severity: number, message: string, path: string[] }[]} */
  const errors = diagnostics.filter((/** @type {{ severity: number }} */ { severity }) => severity === 0)
  for (const { message, path } of errors) console.error(`docs/asyncapi.yaml: ${path.join('.')}: ${message}`)
  return errors.length === 0
}

/** @returns {boolean} */
function reference() {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const entries = Object.values(exports).flatMap(({ types }) => (types ? [root + types.slice(2)] : []))
  const tsconfig = {
    compilerOptions: {
      target: 'ES2022',
      module: 'ESNext',
      moduleResolution: 'bundler',
      lib: ['ES2022', 'DOM'],
      types: ['node'],
      typeRoots: [`${root}node_modules/@types`],
      strict: true,
      skipLibCheck: true,
      noEmit: true,
    },
    files: entries,
  }
  mkdirSync(`${root}.cache`, { recursive: true })
  writeFileSync(`${root}.cache/tsconfig.docs.json`, JSON.stringify(tsconfig))
  const options = [
    ...['--tsconfig', `${root}.cache/tsconfig.docs.json`, '--out', `${root}dist-docs`, '--name', 'planwire'],
    ...['--readme', `${root}README.md`, '--basePath', `${root}dist`, '--displayBasePath', `${root}dist`],
    ...['--disableSources', '--excludePrivate', '--excludeInternal', '--skipErrorChecking', '--logLevel', 'Warn'],
    ...['--validation.notExported', 'false', '--validation.invalidLink', 'false'],
    ...new Set(entries),
  ]
  const typedoc = `${tools}node_modules/typedoc/bin/typedoc`
  return spawnSync(process.execPath, [typedoc, ...options], { stdio: 'inherit' }).status === 0
}

const valid = await validate()
if (valid) console.log('docs/asyncapi.yaml is valid')
if (!reference() || !valid) process.exitCode = 1
else console.log('wrote dist-docs/index.html')
