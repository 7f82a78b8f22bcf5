/**
 * Takes the pictures of the README: every page of the built demo (`vite build` first), light and dark, wide and narrow, into
 * `docs/images/PAGE-SCHEME-WIDTH.png`. `node scripts/screenshots.js gantt split` takes those of some pages.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { chromium } from 'playwright'
import { preview } from 'vite'
import { chromiumLaunchOptions } from './chromium.js'
import { root } from './entries.js'

const images = `${root}docs/images`
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

const all = readdirSync(`${root}demo`).flatMap((file) =>
  file.endsWith('.html') ? [file.slice(0, -'.html'.length)] : [],
)
const wanted = process.argv.slice(2)
const pages = wanted.length > 0 ? all.filter((name) => wanted.includes(name)) : all
mkdirSync(images, { recursive: true })

const server = await preview({ root: `${root}demo`, configFile: `${root}vite.config.ts`, preview: { port: 0 } })
const browser = await chromium.launch(chromiumLaunchOptions())
try {
  const base = server.resolvedUrls?.local[0]
  for (const name of pages) {
    for (const colorScheme of SCHEMES) {
      for (const [width, viewport] of Object.entries(WIDTHS)) {
        const context = await browser.newContext({ colorScheme, viewport, reducedMotion: 'reduce' })
        const page = await context.newPage()
        const problems = /** @type {string[]} */ ([])
        page.on('pageerror', (error) => problems.push(String(error)))
        await page.goto(`${base}${name}.html`)
        writeFileSync(`${images}/${name}-${colorScheme}-${width}.png`, await still(page))
        if (problems.length > 0) throw new Error(`${name}: ${problems.join('\n')}`)
        console.log(`docs/images/${name}-${colorScheme}-${width}.png`)
        await context.close()
      }
    }
  }
} finally {
  await browser.close()
  await server.close()
}
