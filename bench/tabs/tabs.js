/** `npm run bench -- tabs`: how long an edit takes from tab to tab, beside a SharedWorker that hands strings on. */
import { setTimeout } from 'node:timers/promises'
import { medians } from '../report.js'
import { openBrowser, serveSite } from '../site.js'
import { interleaved, percentile } from '../statistics.js'
import { DevTools } from './dev-tools.js'

/** @typedef {import('../report.js').Row} Row */
/** @typedef {import('./tab.js').Tabs} Tabs */
/** @typedef {import('playwright').Page} Page */

const LIMIT = 'relay'
const SUBJECTS = [LIMIT, 'planwire']
/** A frame of a display at 60 Hz. */
const FRAME_MS = 16
/** Tabs that edit at once, and how often each does. */
const EDITORS = 4
const EDITS_PER_SECOND = 250

/** @type {import('../bench.js').Benchmark} */
export async function run({ rounds, smoke }) {
  const site = await serveSite({ relay: 'tabs/relay.js', planwire: 'tabs/planwire.js' })
  const browser = await openBrowser()
  const calls = smoke ? 20 : 500
  try {
    /** @type {Row[]} */
    const quiet = []
    for (const count of smoke ? [2] : [2, 4, 10]) {
      const results = await interleaved(SUBJECTS, rounds, (name) =>
        inTabs(browser, `${site.url}${name}.html`, count, async ([caller, answerer]) => {
          await ask(answerer, 'answer')
          await ask(caller, 'call', Math.ceil(calls / 5))
          return quantiles(/** @type {number[]} */ (await ask(caller, 'call', calls)))
        }),
      )
      quiet.push(...rowsOf(`${count} tabs`, results))
    }
    // A second browser takes longer to start than a smoke run may take in all.
    if (!smoke) quiet.push(...rowsOf('a hidden tab answers', await hidden(site.url, rounds, calls)))
    const paced = await interleaved(['planwire'], rounds, (name) =>
      inTabs(browser, `${site.url}${name}.html`, EDITORS, (pages) => pace(pages, smoke ? 300 : 5_000)),
    )
    /** @param {string} name @param {string} unit @param {string} figure @param {import('../report.js').Target[]} [targets] @returns {Row} */
    const row = (name, unit, figure, targets = []) => ({
      name,
      unit,
      better: figure === 'editsPerSecond' ? 'more' : 'less',
      figures: medians(paced, figure),
      targets,
    })
    return [
      {
        title: 'Tabs: an edit until the store of another tab has it, and back',
        note: 'Milliseconds there and back: twice the way of an edit.',
        rows: quiet,
      },
      {
        title: `Tabs: ${EDITORS} tabs, ${EDITORS * EDITS_PER_SECOND} edits a second`,
        note: 'One way; the clocks of two tabs differ by a fraction of a millisecond.',
        rows: [
          row('edits a second, all tabs', '1/s', 'editsPerSecond', [{ least: EDITORS * EDITS_PER_SECOND * 0.98 }]),
          row('until another tab has it, p50', 'ms', 'p50Ms'),
          row('until another tab has it, p99', 'ms', 'p99Ms'),
          row('edits that wait for the server in a tab, at most', '', 'mostPending'),
          row('edits that wait at the end', '', 'lastPending', [{ most: EDITS_PER_SECOND / 5 }]),
          row('from the last edit until all are stored', 'ms', 'drainMs', [{ most: 200 }]),
        ],
      },
    ]
  } finally {
    await browser.close()
    await site.close()
  }
}

/** @param {string} name @param {Map<string, Record<string, number>[]>} results @returns {Row[]} */
function rowsOf(name, results) {
  return [
    {
      name: `${name}, p50`,
      unit: 'ms',
      better: 'less',
      figures: medians(results, 'p50Ms'),
      targets: [{ of: LIMIT, most: 1.5 }],
    },
    {
      name: `${name}, p99`,
      unit: 'ms',
      better: 'less',
      figures: medians(results, 'p99Ms'),
      targets: [{ most: FRAME_MS }],
    },
  ]
}

/** @param {readonly number[]} times */
const quantiles = (times) => ({ p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99) })

/**
 * Tabs of a profile of their own.
 * @template T
 * @param {import('playwright').Browser} browser @param {string} url @param {number} count
 * @param {(pages: [Page, Page, ...Page[]]) => Promise<T>} measure
 */
async function inTabs(browser, url, count, measure) {
  const context = await browser.newContext()
  try {
    const pages = []
    for (let n = 0; n < count; n++) pages.push(await openTab(await context.newPage(), url))
    const [first, second, ...more] = pages
    if (!first || !second) throw new Error('two tabs at least')
    return await measure([first, second, ...more])
  } finally {
    await context.close()
  }
}

/** @param {Page} page @param {string} url */
async function openTab(page, url) {
  await page.goto(url)
  await page.waitForFunction(() => 'tabs' in globalThis)
  await ask(page, 'open')
  return page
}

/** @param {Page} page @param {keyof Tabs} name @param {...number} values @returns {Promise<unknown>} */
const ask = (page, name, ...values) =>
  page.evaluate(
    ([method, given]) => {
      const { tabs } = /** @type {{ tabs: Record<string, (...values: number[]) => unknown> }} */ (
        /** @type {unknown} */ (globalThis)
      )
      return tabs[method]?.(...given)
    },
    /** @type {const} */ ([name, values]),
  )

/** All tabs edit at once. @param {readonly Page[]} pages @param {number} ms */
async function pace(pages, ms) {
  const paced = /** @type {import('./tab.js').Paced[]} */ (
    await Promise.all(pages.map((page, who) => ask(page, 'pace', EDITS_PER_SECOND, ms, who)))
  )
  const delays = /** @type {number[][]} */ (await Promise.all(pages.map((page) => ask(page, 'takeDelays')))).flat()
  const most = (/** @type {keyof import('./tab.js').Paced} */ key) => Math.max(...paced.map((one) => one[key]))
  return {
    ...quantiles(delays),
    editsPerSecond: paced.reduce((sum, one) => sum + one.editsPerSecond, 0),
    mostPending: most('mostPending'),
    lastPending: most('lastPending'),
    drainMs: most('drainMs'),
  }
}

/** The tab that answers is behind another one, as a browser without a driver has it. @param {string} url @param {number} rounds @param {number} calls */
async function hidden(url, rounds, calls) {
  const tools = new DevTools()
  await tools.connect()
  try {
    return await interleaved(SUBJECTS, rounds, async (name) => {
      const opened = []
      for (let n = 0; n < 2; n++) {
        const tab = await tools.open(`${url}${name}.html`)
        // A page that is on its way cannot be asked.
        while ((await tab.evaluate('"tabs" in globalThis').catch(() => false)) !== true) await setTimeout(10)
        await tab.evaluate('tabs.open()')
        opened.push(tab)
      }
      const [answerer, caller] = opened
      await answerer?.evaluate('tabs.answer()')
      await caller?.activate()
      if ((await answerer?.evaluate('tabs.isHidden()')) !== true) throw new Error('the tab that answers can be seen')
      await caller?.evaluate(`tabs.call(${Math.ceil(calls / 5)})`)
      const times = /** @type {number[]} */ (await caller?.evaluate(`tabs.call(${calls})`))
      for (const tab of opened) await tab.close()
      return quantiles(times)
    })
  } finally {
    await tools.close()
  }
}
