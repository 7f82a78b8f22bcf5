/**
 * Pictures of the built demo (`vite build` first). Without arguments: those that the documents show, into `docs/images`. With
 * names of views (`gantt versions`, or `all`): light and dark, wide and narrow, into `test-results/pictures`, to look at.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { chromium } from 'playwright'
import { preview } from 'vite'
import { chromiumLaunchOptions } from './chromium.js'
import { documents } from './documents.js'
import { root } from './entries.js'

const SCHEMES = /** @type {const} */ (['light', 'dark'])
const WIDTHS = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 780 } }
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

/** The page's picture as WebP: half of what PNG takes. @param {import('playwright').Page} page @returns {Promise<Buffer>} */
async function small(page) {
  const browser = await page.context().newCDPSession(page)
  const { data } = await browser.send('Page.captureScreenshot', { format: 'webp', quality: 80 })
  return Buffer.from(data, 'base64')
}

/** @typedef {{ at: string, act?: (page: import('playwright').Page) => Promise<void> }} View a page, and what is done on it first */

/** @type {{ readonly [name: string]: View }} */
const VIEWS = {
  // The guided minute in its middle: one side has no network, the others plan on.
  index: {
    at: 'index.html?guide=on',
    async act(page) {
      const minute = page.getByRole('region', { name: 'Guided minute' })
      for (const title of ['A bot joins', 'Ada’s network drops', 'The others carry on']) {
        await minute.and(page.locator('[data-state="reading"]')).waitFor()
        await minute.getByRole('button', { name: 'Next' }).click()
        await minute.getByRole('heading', { name: title }).waitFor()
      }
      await minute.and(page.locator('[data-state="reading"]')).waitFor()
    },
  },
  tabs: { at: 'index.html?guide=off' },
  versions: {
    at: 'gantt.html?login=Ada',
    async act(page) {
      await page.getByTestId('ready').waitFor()
      if ((page.viewportSize()?.width ?? 0) < 640) await page.getByRole('button', { name: 'More', exact: true }).click()
      await page.getByRole('button', { name: 'Versions' }).click()
      await page.getByRole('button', { name: 'Save the plan of now' }).click()
      await page.getByRole('button', { name: /^Version of/ }).click()
    },
  },
  signs: {
    at: 'gantt.html?login=Ada',
    async act(page) {
      await page.getByTestId('ready').waitFor()
      await page.getByTestId('pending').click()
    },
  },
  server: {
    at: 'gantt.html?login=Ada',
    async act(page) {
      await page.getByTestId('ready').waitFor()
      await page.getByTitle('Choose the server').click()
    },
  },
  refused: { at: 'calendar.html?token=wrong' },
  nowhere: { at: 'gantt.html?project=99&login=Ada' },
  ...Object.fromEntries(
    ['gantt', 'calendar', 'both', 'vendor', 'dropped'].map((name) => [name, { at: `${name}.html` }]),
  ),
}

const asked = process.argv.slice(2)
const shown = documents()
  .map((name) => readFileSync(root + name, 'utf8'))
  .join('\n')
const [folder, format] = asked.length > 0 ? ['test-results/pictures', 'png'] : ['docs/images', 'webp']
const pictures = Object.entries(VIEWS)
  .flatMap(([name, view]) => SCHEMES.map((scheme) => ({ name, view, scheme })))
  .flatMap((picture) => Object.entries(WIDTHS).map(([width, viewport]) => ({ ...picture, width, viewport })))
  .map((picture) => ({ ...picture, file: `${folder}/${picture.name}-${picture.scheme}-${picture.width}.${format}` }))
  .filter(({ name, file }) =>
    asked.length > 0 ? asked.includes('all') || asked.includes(name) : shown.includes(file.replace('docs/', '')),
  )
mkdirSync(root + folder, { recursive: true })

const server = await preview({ root: `${root}demo`, configFile: `${root}vite.config.ts`, preview: { port: 0 } })
const browser = await chromium.launch(chromiumLaunchOptions())
try {
  const base = server.resolvedUrls?.local[0]
  for (const { name, view, scheme, viewport, file } of pictures) {
    const context = await browser.newContext({ colorScheme: scheme, viewport, reducedMotion: 'reduce' })
    const page = await context.newPage()
    const problems = /** @type {string[]} */ ([])
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(`${base}${view.at}`)
    await view.act?.(page)
    const picture = await still(page)
    writeFileSync(root + file, format === 'png' ? picture : await small(page))
    if (problems.length > 0) throw new Error(`${name}: ${problems.join('\n')}`)
    console.log(file)
    await context.close()
  }
} finally {
  await browser.close()
  await server.close()
}
