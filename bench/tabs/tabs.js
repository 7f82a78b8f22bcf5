/** `npm run bench -- tabs`: how long an edit takes from tab to tab, beside a SharedWorker that hands strings on. */
import { setTimeout } from 'node:timers/promises'
import { medians } from '../report.js'
import { openBrowser, serveSite } from '../site.js'
import { interleaved, percentile } from '../statistics.js'
import { DevTools } from './dev-tools.js'

/** @typedef {import('../report.js').Row} Row */
/** @typedef {import('./tab.js').Tabs} Tabs */
/** @typedef {import('./tab.js').Paced} Paced */
/** @typedef {import('playwright').Page} Page */

const LIMIT = 'relay'
/** The least that whoever keeps edits can do; measured with two tabs. */
const STORING = 'storing relay'
const SUBJECTS = [LIMIT, 'planwire']
/** A frame of a display at 60 Hz. */
const FRAME_MS = 16
/** While it is quiet one tab edits, as often as somebody who drags a task. */
const QUIET_PER_SECOND = 50
/** Tabs that edit at once, and how often each does. */
const EDITORS = 4
const EDITS_PER_SECOND = 250
/** The first edits of a page are a figure of their own. After 1,000 more, what runs often is compiled. */
const FIRST_MS = 1_000
const WARM_UP_MS = 2_000
const WARM_UP_PER_SECOND = 500

/** @type {import('../bench.js').Benchmark} */
export async function run({ rounds, smoke }) {
  const site = await serveSite({
    relay: 'tabs/relay.js',
    'storing-relay': 'tabs/storing-relay.js',
    planwire: 'tabs/planwire.js',
  })
  const browser = await openBrowser()
  const ms = smoke ? 200 : 4_000
  const pageOf = (/** @type {string} */ name) => `${site.url}${name.replace(' ', '-')}.html`
  try {
    /** @type {Row[]} */
    const quiet = []
    for (const count of smoke ? [2] : [2, 4, 10]) {
      const results = await interleaved(count === 2 ? [...SUBJECTS, STORING] : SUBJECTS, rounds, (name) =>
        inTabs(browser, pageOf(name), count, (tabs) => oneEdits(tabs, smoke, ms)),
      )
      if (count === 2)
        quiet.push({
          name: `${count} tabs, the first ${(QUIET_PER_SECOND * FIRST_MS) / 1000} edits, p50`,
          unit: 'ms',
          better: 'less',
          figures: medians(results, 'firstMs'),
        })
      quiet.push(...rowsOf(`${count} tabs`, results))
    }
    // A second browser takes longer to start than a smoke run may take in all.
    if (!smoke) quiet.push(...rowsOf('a hidden tab', await hidden(site.url, rounds, ms)))
    const paced = await interleaved(['planwire'], rounds, (name) =>
      inTabs(browser, pageOf(name), EDITORS, (tabs) => allEdit(tabs, smoke, ms)),
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
        title: `Tabs: an edit until the stores of the others have it, ${QUIET_PER_SECOND} edits a second`,
        note: 'One way, by clocks that were set by each other.',
        rows: quiet,
      },
      {
        title: `Tabs: ${EDITORS} tabs, ${EDITORS * EDITS_PER_SECOND} edits a second`,
        note: 'One way, as above.',
        rows: [
          row('edits a second, all tabs', '1/s', 'editsPerSecond', [{ least: EDITORS * EDITS_PER_SECOND * 0.98 }]),
          row('the first second, until another tab has it, p50', 'ms', 'firstMs'),
          row('the first second, until another tab has it, p99', 'ms', 'first99Ms'),
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

/** Asks a tab for something. @typedef {(name: keyof Tabs, ...values: number[]) => Promise<unknown>} Tab */

/**
 * Tabs of a profile of their own.
 * @template T
 * @param {import('playwright').Browser} browser @param {string} url @param {number} count
 * @param {(tabs: Tab[]) => Promise<T>} measure
 */
async function inTabs(browser, url, count, measure) {
  const context = await browser.newContext()
  try {
    const tabs = []
    for (let n = 0; n < count; n++) tabs.push(await openTab(await context.newPage(), url))
    await setClocks(tabs)
    return await measure(tabs)
  } finally {
    await context.close()
  }
}

/** @param {Page} page @param {string} url @returns {Promise<Tab>} */
async function openTab(page, url) {
  await page.goto(url)
  await page.waitForFunction(() => 'tabs' in globalThis)
  /** @type {Tab} */
  const tab = (name, ...values) =>
    page.evaluate(
      ([method, given]) => {
        const { tabs } = /** @type {{ tabs: Record<string, (...values: number[]) => unknown> }} */ (
          /** @type {unknown} */ (globalThis)
        )
        return tabs[method]?.(...given)
      },
      /** @type {const} */ ([name, values]),
    )
  await tab('open')
  return tab
}

/** By that of the first tab, one after another. @param {readonly Tab[]} tabs */
async function setClocks([first, ...others]) {
  await first?.('keepTime')
  for (const other of others) await other('setClock')
}

/** The first tab edits, the others listen. @param {readonly Tab[]} tabs @param {boolean} smoke @param {number} ms */
async function oneEdits([first, ...others], smoke, ms) {
  if (!first) throw new Error('two tabs at least')
  await first('pace', QUIET_PER_SECOND, smoke ? ms : FIRST_MS, 0)
  const firstMs = percentile(await takeDelays(others), 0.5)
  await first('pace', WARM_UP_PER_SECOND, smoke ? 0 : WARM_UP_MS, 0)
  await takeDelays(others)
  const { editsPerSecond } = /** @type {Paced} */ (await first('pace', QUIET_PER_SECOND, ms, 0))
  if (editsPerSecond < QUIET_PER_SECOND * 0.9) throw new Error(`only ${editsPerSecond} edits a second`)
  const delays = await takeDelays(others)
  // The last ones may be on their way.
  const least = (editsPerSecond * ms * others.length) / 1000 - 2 * others.length
  if (delays.length < least) throw new Error(`only ${delays.length} edits arrived, and not ${least}`)
  return { ...quantiles(delays), firstMs }
}

/** All tabs edit at once. The first second is a figure of its own, as of one that edits. @param {readonly Tab[]} tabs @param {boolean} smoke @param {number} ms */
async function allEdit(tabs, smoke, ms) {
  const pace = async (/** @type {number} */ time) =>
    /** @type {Paced[]} */ (await Promise.all(tabs.map((tab, who) => tab('pace', EDITS_PER_SECOND, time, who))))
  const first = await pace(smoke ? ms : FIRST_MS)
  const early = quantiles(await takeDelays(tabs))
  await pace(smoke ? 0 : WARM_UP_MS)
  await takeDelays(tabs)
  const paced = await pace(ms)
  const most = (/** @type {keyof Paced} */ key) => Math.max(...[...first, ...paced].map((one) => one[key]))
  return {
    ...quantiles(await takeDelays(tabs)),
    firstMs: early.p50Ms,
    first99Ms: early.p99Ms,
    editsPerSecond: paced.reduce((sum, one) => sum + one.editsPerSecond, 0),
    mostPending: most('mostPending'),
    lastPending: most('lastPending'),
    drainMs: most('drainMs'),
  }
}

/** @param {readonly Tab[]} tabs */
async function takeDelays(tabs) {
  return /** @type {number[][]} */ (await Promise.all(tabs.map((tab) => tab('takeDelays')))).flat()
}

/** The tab that listens is behind another one, as a browser without a driver has it. @param {string} url @param {number} rounds @param {number} ms */
async function hidden(url, rounds, ms) {
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
      const [listener, editor] = opened
      if (!listener || !editor) throw new Error('two tabs')
      /** @param {typeof editor} raw @returns {Tab} */
      const tab =
        (raw) =>
        (method, ...values) =>
          raw.evaluate(`tabs.${method}(${values})`)
      await setClocks([tab(editor), tab(listener)])
      await editor.activate()
      if ((await listener.evaluate('tabs.isHidden()')) !== true) throw new Error('the tab that listens can be seen')
      const found = await oneEdits([tab(editor), tab(listener)], false, ms)
      for (const each of opened) await each.close()
      return found
    })
  } finally {
    await tools.close()
  }
}
