/**
 * Proves the package as users get it: packs `dist/`, installs the tarball into a fresh Vite app outside the repository,
 * checks its types and the README's snippets, lets two tabs edit one plan through the packed mock server, in dev and in the built site,
 * and runs the tests of docs/testing.md by the packed kit.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromiumLaunchOptions } from './chromium.js'
import { root, sourceEntries } from './entries.js'
import { run, serve, twoTabs } from './packed-app.js'

const app = mkdtempSync(join(tmpdir(), 'planwire-package-'))

/** Writes every TypeScript snippet of the README into the app as a module of its own. */
function addSnippets() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const snippets = [...readme.matchAll(/```ts\n(.*?)```/gs)].map((match) => match[1] ?? '')
  if (snippets.length === 0) throw new Error('the README has no snippets')
  mkdirSync(join(app, 'readme'))
  for (const [index, snippet] of snippets.entries()) writeFileSync(join(app, 'readme', `${index + 1}.ts`), snippet)
  return snippets.length
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
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${filename}`])
  console.log('installed outside the repository')
  const snippets = addSnippets()
  run(app, 'npx', ['tsc'])
  console.log(`types resolve, in the app and in ${snippets} snippets of the README`)
  // The kit for Playwright takes its test runner from the app; this one has none.
  const entries = sourceEntries().filter(([entry]) => entry !== 'planwire/playwright')
  const imports = entries.map(([entry]) => `await import('${entry}')`)
  run(app, process.execPath, ['--input-type=module', '-e', imports.join('\n')])
  console.log(`importing ${imports.length} entries in Node starts nothing`)
  run(app, 'npx', ['planwire', '--help'])
  console.log('the command runs')
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
