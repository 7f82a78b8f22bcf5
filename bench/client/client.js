/** `npm run bench -- client`: what it costs a page to hold a project and to follow it, each store in a page of its own. */
import { fasterThan, medians } from '../report.js'
import { isInstalled, NOT_INSTALLED, openBrowser, serveSite } from '../site.js'
import { interleaved } from '../statistics.js'

/** Peers and the packages they come in. */
const PEERS = {
  tldraw: '@tldraw/store',
  tanstack: '@tanstack/db',
  yjs: 'yjs',
  'dhtmlx-gantt': 'dhtmlx-gantt',
  'dhtmlx-scheduler': 'dhtmlx-scheduler',
}
const LIMIT = 'map'
/** What the limit leaves out and no client can: no target, it tells how much of the way is left. */
const FLOOR = 'checked-map'
/** Rows that the limit and all peers have, with what planwire may cost of the limit. */
const ROWS = /** @type {const} */ ({
  load: { name: 'load', unit: 'ms', most: 1.5 },
  heap: { name: 'heap', unit: 'MB', most: 1.3 },
  firstUs: { name: 'a remote update of one field, the first 10,000 of a page', unit: 'us', most: undefined },
  updateUs: { name: 'a remote update of one field', unit: 'us', most: 1.5 },
  changeset: { name: 'a remote changeset of 10,000 records', unit: 'ms', most: 1.5 },
  edits: { name: '10,000 own edits in a transaction, and their frame', unit: 'ms', most: undefined },
})
/** What only planwire does. */
const OWN_ROWS = /** @type {const} */ ({
  rebase: { name: '1,000 remote edits under 1,000 own ones that wait', unit: 'ms' },
  undo: { name: 'undo of 1,000 edits', unit: 'ms' },
})

/** How often updates and the large changeset are made; the last time counts. */
const TURNS = 4

/** @typedef {import('../report.js').Row} Row */
/** @typedef {import('./page.js').Pages} Pages */

/** @type {import('../bench.js').Benchmark} */
export async function run({ rounds, smoke }) {
  // What a smoke run has to show is that the benchmark works, not that its peers do.
  const peers = Object.entries(PEERS).flatMap(([name, entry]) => (!smoke && isInstalled(entry) ? [name] : []))
  const subjects = [LIMIT, FLOOR, 'planwire', ...peers]
  const site = await serveSite(Object.fromEntries(subjects.map((name) => [name, `client/subjects/${name}.js`])))
  const browser = await openBrowser()
  try {
    const tables = []
    const updates = new Map()
    for (const count of smoke ? [200] : [10_000, 100_000]) {
      const extent = { count, updates: smoke ? 100 : 10_000, records: Math.min(count, 10_000) }
      const results = await interleaved(subjects, rounds, (name) =>
        measured(browser, `${site.url}${name}.html`, extent),
      )
      updates.set(count, medians(results, 'updateUs')['planwire'])
      const rows = /** @type {(keyof typeof ROWS)[]} */ (Object.keys(ROWS)).map((key) => row(key, results))
      const own = new Map([...results].filter(([name]) => name === 'planwire'))
      const more = /** @type {(keyof typeof OWN_ROWS)[]} */ (Object.keys(OWN_ROWS)).map(
        (key) => /** @type {Row} */ ({ ...OWN_ROWS[key], better: 'less', figures: medians(own, key) }),
      )
      tables.push({ title: `Client: ${count.toLocaleString('en')} tasks in a page`, rows: [...rows, ...more] })
    }
    if (!smoke) {
      const figures = { planwire: (updates.get(100_000) ?? Number.NaN) / (updates.get(10_000) ?? Number.NaN) }
      const targets = [{ most: 1.5 }]
      tables.push({
        title: 'Client: the cost of an update, 100,000 tasks against 10,000',
        rows: /** @type {Row[]} */ ([{ name: 'ratio', unit: '', better: 'less', figures, targets }]),
      })
    }
    return tables
  } finally {
    await browser.close()
    await site.close()
  }
}

/** @param {keyof typeof ROWS} key @param {Map<string, Record<string, number>[]>} results @returns {Row} */
function row(key, results) {
  const { name, unit, most } = ROWS[key]
  const measuredFor = new Map([...results].filter(([, rounds]) => rounds.some((round) => key in round)))
  const missing = Object.keys(PEERS).filter((peer) => !results.has(peer))
  return {
    name,
    unit,
    better: 'less',
    figures: { ...medians(measuredFor, key), ...Object.fromEntries(missing.map((peer) => [peer, NOT_INSTALLED])) },
    targets: [
      ...(most === undefined ? [] : [{ of: LIMIT, most }]),
      ...fasterThan(
        Object.keys(PEERS).filter((peer) => measuredFor.has(peer)),
        'less',
      ),
    ],
  }
}

/**
 * A new page for each round.
 * @param {import('playwright').Browser} browser @param {string} url
 * @param {{ count: number, updates: number, records: number }} extent
 */
async function measured(browser, url, { count, updates, records }) {
  const page = await browser.newPage()
  try {
    await page.goto(url)
    await page.waitForFunction(() => 'pages' in globalThis)
    const pages = await page.evaluateHandle(
      () => /** @type {{ pages: Pages }} */ (/** @type {unknown} */ (globalThis)).pages,
    )
    const devTools = await page.context().newCDPSession(page)
    /** What a row leaves behind is not charged to the next. */
    const collectGarbage = () => devTools.send('HeapProfiler.collectGarbage')
    const heap = async () => {
      await collectGarbage()
      return (await devTools.send('Runtime.getHeapUsage')).usedSize / 1e6
    }
    // The first project of a page meets code that was never run: a small one makes every store start alike.
    await pages.evaluate(async (it) => {
      await it.open()
      await it.prepare(100)
      await it.load()
      await it.updates(100)
    })
    const frame = await pages.evaluate((it, tasks) => it.prepare(tasks), count)
    // Without the frame on both sides: a store that hands it to the browser moves it out of the heap.
    const before = (await heap()) - frame / 1e6
    const load = await pages.evaluate((it) => it.load())
    await pages.evaluate((it) => it.drop())
    const after = await heap()
    // A page that follows a project has compiled what it does all day: most of it by the third time.
    const first = await pages.evaluate((it, edits) => it.updates(edits), updates)
    for (let turn = 2; turn < TURNS; turn++) await pages.evaluate((it, edits) => it.updates(edits), updates)
    await collectGarbage()
    const update = await pages.evaluate((it, edits) => it.updates(edits), updates)
    const changesets = (/** @type {number} */ turn) =>
      pages.evaluate((it, [all = 0, round = 0]) => it.changeset(all, round), [records, turn])
    for (let turn = 1; turn < TURNS; turn++) await changesets(turn)
    await collectGarbage()
    const changeset = await changesets(TURNS)
    /** @type {Record<string, number>} */
    const figures = {
      load: load.ms,
      heap: after - before,
      firstUs: (first.ms * 1000) / updates,
      updateUs: (update.ms * 1000) / updates,
      changeset: changeset.ms,
    }
    const can = await pages.evaluate((it) => it.can())
    const anew = async () => {
      await pages.evaluate(async (it, tasks) => {
        await it.open()
        await it.prepare(tasks)
        await it.load()
        it.drop()
      }, count)
      await collectGarbage()
    }
    // In a store of its own each time: edits wait for a server that does not answer.
    for (const _ of can.edit ? ['unmeasured', 'measured'] : []) {
      await anew()
      figures['edits'] = (await pages.evaluate((it, all) => it.edits(all), records)).ms
    }
    const some = Math.min(1_000, count)
    if (can.rebase) {
      await anew()
      figures['rebase'] = (await pages.evaluate((it, n) => it.rebase(n), some)).ms
    }
    if (can.undo) {
      await anew()
      figures['undo'] = (await pages.evaluate((it, n) => it.undo(n), some)).ms
    }
    return figures
  } finally {
    await page.close()
  }
}
