/**
 * Proves the package as users get it: packs `dist/`, installs the tarball into a fresh Vite app outside the repository,
 * checks its types and the README's snippets, runs those that are tests in a plain Vitest project, lets two tabs edit one plan through the packed mock server, in dev and in the built site,
 * and runs the tests of docs/testing.md by the packed kit.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumLaunchOptions } from './chromium.js'
import { documents, modulesOf } from './documents.js'
import { root, sourceEntries } from './entries.js'
import { tryExamples } from './examples-test.js'
import { run, serve, twoTabs } from './packed-app.js'

const app = mkdtempSync(join(tmpdir(), 'planwire-package-'))

/** Vitest of the app. Fits Node 20. */
const VITEST = 'vitest@4.1.12'

/** Writes the snippets of the README into the app as modules, and all that are tests where Vitest finds them. */
function addSnippets() {
  const snippets = modulesOf(['README.md'])
  const tests = modulesOf(documents()).filter(({ kind }) => kind === 'test')
  if (snippets.length === 0 || tests.length === 0)
    throw new Error('the documents have no snippets, or none that is a test')
  for (const folder of ['readme', 'vitest']) mkdirSync(join(app, folder))
  for (const { name, code } of snippets) writeFileSync(join(app, 'readme', name), code)
  for (const { name, code } of tests) writeFileSync(join(app, 'vitest', name.replace(/\.ts$/, '.test.ts')), code)
  return { snippets: snippets.length, tests: tests.length }
}

/**
 * Imports entries in one process of Node: none may start something, touch a global or change a prototype. Left out are the
 * panel, which is for pages and puts itself there, and the kit for Playwright, which belongs into its test runner.
 */
function importAll() {
  const entries = sourceEntries().flatMap(([entry]) => (/\/(panel|playwright)(\/|$)/.test(entry) ? [] : [entry]))
  const program = `
    const shape = () =>
      JSON.stringify([globalThis, Object.prototype, Array.prototype, Promise.prototype].map((at) => Reflect.ownKeys(at).map(String)))
    // Node puts its own dispatcher there when fetch is first looked at.
    new Response()
    const before = shape()
    ${entries.map((entry) => `await import('${entry}')`).join('\n')}
    const running = process.getActiveResourcesInfo().filter((name) => /^(Timeout|Immediate|TCP|UDP|MessagePort|Worker|FSEvent|Stat)/.test(name))
    if (shape() !== before) throw new Error('an import changes a global')
    if (running.length > 0) throw new Error('an import starts something: ' + running)`
  run(app, process.execPath, ['--input-type=module', '-e', program])
  return entries.length
}

/**
 * Runs the app's own tests, which the guide shows, by the packed kit.
 * @param {string} url where the app is served
 */
function testWithKit(url) {
  const use = { baseURL: url, launchOptions: chromiumLaunchOptions() }
  const config = { testDir: 'tests', workers: 2, reporter: 'line', use }
  writeFileSync(join(app, 'playwright.config.js'), `export default ${JSON.stringify(config)}\n`)
  run(app, 'npx', ['playwright', 'test'])
}

try {
  const [{ filename, size, entryCount }] = JSON.parse(
    run(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app]),
  )
  console.log(`packed ${entryCount} files, ${(size / 1000).toFixed(0)} kB`)
  cpSync(join(root, 'e2e/package-app'), app, { recursive: true })
  run(root, 'npm', ['run', '--silent', 'lint:types', '--', join(app, filename)])
  console.log('its types are right for bundlers and for Node (attw)')
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', VITEST, `./${filename}`])
  console.log('installed outside the repository')
  const { snippets, tests } = addSnippets()
  run(app, 'npx', ['tsc'])
  console.log(`types resolve, in the app and in ${snippets} snippets of the README`)
  run(app, 'npx', ['vitest', 'run', '--dir', 'vitest'])
  console.log(`${tests} snippets that are tests pass in a plain Vitest project`)
  console.log(`importing ${importAll()} entries in Node starts nothing`)
  run(app, 'npx', ['planwire', '--help'])
  console.log('the command runs')
  await tryExamples(app)
  console.log('the examples compile, start and sync')
  await serve(app, [], twoTabs)
  console.log('vite dev: two tabs sync')
  run(app, 'npx', ['vite', 'build', '--logLevel', 'error'])
  await serve(app, ['preview'], async (url) => {
    await twoTabs(url)
    console.log('vite build + preview: two tabs sync')
    testWithKit(url)
    console.log('planwire/playwright: the tests of the guide pass')
  })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(app, { recursive: true, force: true })
}
