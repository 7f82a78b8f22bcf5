/**
 * Pictures of the built demo (`vite build` first). Without arguments: those that the README shows, into `docs/images`. With
 * names of pages (`gantt calendar`, or `all`): light and dark, wide and narrow, into `test-results/pictures`, to look at.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chromium } from 'playwright'
import { preview } from 'vite'
import { chromiumLaunchOptions } from './chromium.js'
import { root } from './entries.js'

const SCHEMES = /** @type {const} */ (['light', 'dark'])
const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } }
/** How long a page may take until it stands still. */
const LONGEST_MS = 20_000
/** So many equal pictures in a row count as standing still. */
const SAME_PICTURES = 15

/**
 * The page's picture once it no longer changes: loaded, laid out, no transition under way.
 * @param {import('playwright').Page} page
 * @returns {Promise<Buffer>}
 */
async function still(page) {
  const deadline = Date.now() + LONGEST_MS
  let picture = await page.screenshot()
  for (let same = 0; same < SAME_PICTURES; ) {
    if (Date.now() > deadline) throw new Error(`${page.url()} does not come to rest`)
    await page.evaluate('new Promise(requestAnimationFrame)')
    const next = await page.screenshot()
    same = next.equals(picture) ? same + 1 : 0
    picture = next
  }
  return picture
}

const asked = process.argv.slice(2)
const readme = readFileSync(`${root}README.md`, 'utf8')
const folder = asked.length > 0 ? 'test-results/pictures' : 'docs/images'
const pictures = readdirSync(`${root}demo`)
  .flatMap((file) => (file.endsWith('.html') ? [file.slice(0, -'.html'.length)] : []))
  .flatMap((page) => SCHEMES.map((scheme) => ({ page, scheme })))
  .flatMap((view) => Object.entries(WIDTHS).map(([width, viewport]) => ({ ...view, width, viewport })))
  .map((view) => ({ ...view, file: `${folder}/${view.page}-${view.scheme}-${view.width}.png` }))
  .filter(({ page, file }) =>
    asked.length > 0 ? asked.includes('all') || asked.includes(page) : readme.includes(file),
  )
mkdirSync(root + folder, { recursive: true })

const server = await preview({ root: `${root}demo`, configFile: `${root}vite.config.ts`, preview: { port: 0 } })
const browser = await chromium.launch(chromiumLaunchOptions())
try {
  const base = server.resolvedUrls?.local[0]
  for (const { page: name, scheme, viewport, file } of pictures) {
    const context = await browser.newContext({ colorScheme: scheme, viewport, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const problems = /** @type {string[]} */ ([])
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`${base}${name}.html`)
    writeFileSync(root + file, await still(page))
    if (problems.length > 0) throw new Error(`${name}: ${problems.join('\n')}`)
    console.log(file)
    await context.close()
  }
} finally {
  await browser.close()
  await server.close()
}
