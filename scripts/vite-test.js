/**
 * Proves `planwire/vite` with the Vite versions that it supports: packs `dist/`, installs it beside each version in an app
 * outside the repository, and lets tabs work together through the dev server's own port, over a hot replacement and a new
 * configuration, through the server in the browser, and through `vite preview`. `node scripts/vite-test.js 5 6 7 8`.
 * Apps stay in the temporary directory, so that a second run is quicker.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright'
import { chromiumLaunchOptions } from './chromium.js'
import { root } from './entries.js'
import { run, serve, twoTabs } from './packed-app.js'

/** The newest of each, pinned. */
const VERSIONS = { 5: '5.4.21', 6: '6.4.6', 7: '7.3.8', 8: '8.3.8' }

/** @typedef {import('playwright').Page} Page */
/** @typedef {import('playwright').Browser} Browser */

/**
 * An app with this Vite and the packed planwire.
 * @param {string} version @param {string} tarball
 */
function appWith(version, tarball) {
  const app = join(tmpdir(), `planwire-vite-app-${version}`)
  mkdirSync(app, { recursive: true })
  cpSync(join(root, 'e2e/vite-app'), app, { recursive: true })
  const packages = [`vite@${version}`, tarball]
  run(app, 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--no-save', '--force', ...packages])
  rmSync(join(app, 'node_modules/.vite'), { recursive: true, force: true })
  rmSync(join(app, 'dist'), { recursive: true, force: true })
  return app
}

/** @param {Page} page @param {string} name */
const shows = (page, name) =>
  page.getByRole('list', { name: 'Tasks' }).getByRole('listitem').filter({ hasText: name }).waitFor({ timeout: 20_000 })

/**
 * A module is replaced and the configuration changes: the page is not loaded again, and what it shows stays.
 * @param {string} app @param {Page} page
 */
async function hotChanges(app, page) {
  let loads = 0
  page.on('load', () => (loads += 1))
  const change = (/** @type {string} */ file, /** @type {string} */ from, /** @type {string} */ to) =>
    writeFileSync(join(app, file), readFileSync(join(app, file), 'utf8').replace(from, to))
  change('headline.ts', "'Plan'", "'Replaced'")
  await page.getByText('Replaced').waitFor({ timeout: 20_000 })
  await shows(page, 'From tab B')
  // A project that is not shown, so that what the configuration says of the one that is, edited, need not count.
  change('planwire.config.json', '"projects": [', '"projects": [{ "id": 2, "name": "Other" }, ')
  await page.getByLabel('New task').fill('After the change')
  await page.getByRole('button', { name: 'Add' }).click()
  await shows(page, 'After the change')
  const later = await page.context().newPage()
  await later.goto(page.url())
  for (const name of ['From tab A', 'From tab B', 'After the change']) await shows(later, name)
  if (loads > 0) throw new Error(`the page was loaded ${loads} times again`)
}

/**
 * The server in the browser: the worker is found, and no late discovery of a dependency reloads the page.
 * @param {string} url @param {Browser} browser
 */
async function inBrowser(url, browser) {
  const page = await browser.newPage()
  let loads = 0
  page.on('load', () => (loads += 1))
  await page.goto(url)
  await shows(page, 'First task')
  if (loads > 1) throw new Error(`${url} was loaded ${loads} times`)
  await page.context().close()
  await twoTabs(url, undefined, browser)
}

/** @param {string} version @param {string} tarball @param {Browser} browser */
async function test(version, tarball, browser) {
  const since = Date.now()
  const app = appWith(version, tarball)
  await serve(app, [], async (url) => {
    await twoTabs(url, (page) => hotChanges(app, page), browser)
    await inBrowser(`${url}browser.html`, browser)
  })
  run(app, 'npx', ['vite', 'build', '--logLevel', 'error'])
  await serve(app, ['preview'], async (url) => {
    await twoTabs(url, undefined, browser)
    await inBrowser(`${url}browser.html`, browser)
  })
  console.log(
    `vite ${version}: dev, hot replacement, new configuration, browser host, preview (${((Date.now() - since) / 1000).toFixed(1)} s)`,
  )
}

const packed = mkdtempSync(join(tmpdir(), 'planwire-vite-pack-'))
const browser = await chromium.launch(chromiumLaunchOptions())
try {
  const wanted = process.argv.slice(2)
  const [{ filename }] = JSON.parse(
    run(root, 'npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', packed]),
  )
  for (const [major, version] of Object.entries(VERSIONS)) {
    if (wanted.length === 0 || wanted.includes(major)) await test(version, join(packed, filename), browser)
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await browser.close()
  rmSync(packed, { recursive: true, force: true })
}
