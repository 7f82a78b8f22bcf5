/**
 * `node scripts/browsers.js firefox webkit`: the built demo (`npm run build` first) in browsers that Playwright does not bring:
 * Firefox and WebKitGTK of the system, each driven by its own WebDriver. Two windows share one plan, one is reloaded, the page's
 * requests are answered without a network, and nothing is said on the console. Not part of `npm test`. On Debian:
 * `apt-get install firefox-esr webkit2gtk-driver xvfb xauth`, then `xvfb-run -a node scripts/browsers.js firefox webkit`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { preview } from 'vite'
import { root } from './entries.js'
import { firefox, until, webkit } from './web-drivers.js'

/** @typedef {import('./web-drivers.js').Page} Page @typedef {import('./web-drivers.js').Browser} Browser */

/** In the address of a page that is to find no SharedWorker. */
const WITHOUT_WORKER = 'without-worker'

const PLATFORM = `(async () => ({
  browser: navigator.userAgent,
  sharedWorker: typeof SharedWorker, locks: typeof navigator.locks, indexedDB: typeof indexedDB,
  broadcastChannel: typeof BroadcastChannel, randomUUID: typeof crypto.randomUUID,
  held: (await navigator.locks.query()).held.map(({ name }) => name),
}))()`

/** @param {Page} page */
const ready = (page) =>
  until('the chart is there', () =>
    page.evaluate('window.demo?.client?.tasks.size > 0 && document.querySelector(".gantt_row") !== null'),
  )

/** @param {Page} page @param {string} name */
const shows = (page, name) =>
  until(`a window shows ${name}`, () =>
    page.evaluate(`[...window.demo.client.tasks.all()].some((task) => task.name === ${JSON.stringify(name)})`),
  )

/**
 * Two windows share a plan; one of them, which may be the one that leads, is reloaded in the turn of an edit.
 * @param {readonly [Page, Page]} pages @param {string} url
 */
async function share([left, right], url) {
  for (const page of [left, right]) {
    await page.go(url)
    await ready(page)
  }
  await left.evaluate('void window.demo.client.tasks.add({ name: "From the left" })')
  await shows(right, 'From the left')
  await right.evaluate('void window.demo.client.tasks.add({ name: "From the right" })')
  await shows(left, 'From the right')
  // What was not stored yet comes back from the outbox.
  await left.evaluate('void (window.demo.client.tasks.add({ name: "At the last moment" }), location.reload())')
  await shows(right, 'At the last moment')
  await ready(left)
  for (const name of ['From the left', 'From the right', 'At the last moment']) await shows(left, name)
}

/** Nothing was said on any console. @param {Page} page @param {RegExp} [expected] */
async function silent(page, expected) {
  const said = String(await page.evaluate('localStorage.complaints ?? ""')).split('\n')
  const complaints = said.filter((line) => line !== '' && !expected?.test(line))
  if (complaints.length > 0) throw new Error(`on the console: ${complaints.join('; ')}`)
}

/** @param {Browser} browser @param {string} base */
async function walk(browser, base) {
  const [left, right] = [await browser.open(), await browser.open()]
  await share([left, right], `${base}gantt.html?login=Ada&name=browsers`)
  console.log(await left.evaluate(PLATFORM))
  console.log('two windows share a plan, and a reload loses nothing')

  await left.go(`${base}vendor.html?name=browsers`)
  await until('the vendor’s widget is there', () => left.evaluate('document.querySelector(".gantt_row") !== null'))
  const task = '{ text: "By the vendor", start_date: new Date(2025, 0, 6), duration: 2 }'
  await left.evaluate(`void window.demo.gantt.addTask(${task}, 0)`)
  await shows(right, 'By the vendor')
  console.log('requests of the vendor’s own widget are answered in the page, and others hear of them')

  await left.go(`${base}calendar.html?name=browsers`)
  await until('the calendar is there', () => left.evaluate('window.demo?.scheduler?.getEvents().length > 0'))
  await silent(right)
  console.log('the calendar loads, and nothing was said on the console')

  await share([left, right], `${base}gantt.html?login=Ada&name=alone&${WITHOUT_WORKER}`)
  if ((await left.evaluate('typeof SharedWorker')) !== 'undefined') throw new Error('there is a SharedWorker')
  // The other window says that it takes over from the one that was reloaded.
  await silent(right, /The backend of the mock server died; starting it again/)
  console.log('the same without SharedWorker: one window leads the others')
}

/** Keeps what the console of any window says, over reloads. */
const NOTES = `<script>{
  const note = (...words) => { localStorage.complaints = (localStorage.complaints ?? '') + words.map(String).join(' ') + '\\n' }
  for (const level of ['warn', 'error']) console[level] = note
  addEventListener('error', ({ message }) => note(message))
  addEventListener('unhandledrejection', ({ reason }) => note('unhandled', reason))
}</script>`

/** The demo's pages, with notes of what goes wrong in them, and where they ask for it without SharedWorker. @type {import('vite').Plugin} */
const watched = {
  name: 'watched-pages',
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://localhost')
      if (!pathname.endsWith('.html')) return next()
      const html = readFileSync(join(root, 'dist-demo', pathname), 'utf8')
      const without = search.includes(WITHOUT_WORKER) ? '<script>delete window.SharedWorker</script>' : ''
      response.setHeader('content-type', 'text/html')
      response.end(html.replace('<head>', `<head>${NOTES}${without}`))
    })
  },
}

const drivers = { firefox, webkit }
const server = await preview({
  root: `${root}demo`,
  configFile: `${root}vite.config.ts`,
  plugins: [watched],
  preview: { port: 0 },
})
try {
  for (const name of process.argv.slice(2)) {
    const start = drivers[/** @type {keyof typeof drivers} */ (name)]
    if (!start) throw new Error(`no such browser: ${name}; there are ${Object.keys(drivers)}`)
    const browser = await start()
    try {
      await walk(browser, String(server.resolvedUrls?.local[0]))
    } finally {
      await browser.close()
    }
  }
} finally {
  await server.close()
}
