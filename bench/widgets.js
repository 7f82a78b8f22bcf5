/**
 * `npm run bench -- widgets`: DHTMLX Gantt in Chromium, 1,000 rows that others edit 100 times a second, with our client and
 * with the vendor's (`e2e/widget-pace.spec.ts`; `npm test -- vendor` installs and builds what it opens).
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const root = new URL('..', import.meta.url).pathname

/** @type {import('./bench.js').Benchmark} */
export async function run({ smoke }) {
  const missing = !existsSync(`${root}e2e/vendor/dist`)
  // The end-to-end tests open the same page: a smoke run would only repeat them.
  if (smoke || missing) {
    const why = missing ? 'not built: npm test -- vendor' : 'left out of a smoke run'
    return [table({ 'longest task': { planwire: why }, 'first edit shown': { planwire: why } })]
  }
  const env = { ...process.env, PLANWIRE_PACE: '1' }
  const { stdout, status } = spawnSync('npx playwright test -c e2e widget-pace', {
    shell: true,
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = (/** @type {string} */ who) =>
    new RegExp(`^\\s*${who}\\s+([\\d.]+)\\s+([\\d.]+)\\s*$`, 'm').exec(stdout) ?? []
  const [, vendorLongest, vendorFirst] = line('vendor')
  const [, longest, first] = line('ours')
  if (status !== 0 || first === undefined) throw new Error(`the widgets could not be measured:\n${stdout}`)
  return [
    table({
      'longest task': { vendor: Number(vendorLongest), planwire: Number(longest) },
      'first edit shown': { vendor: Number(vendorFirst), planwire: Number(first) },
    }),
  ]
}

/** @param {Record<string, Record<string, number | string>>} rows @returns {import('./report.js').Table} */
const table = (rows) => ({
  title: 'Widgets: a Gantt chart of 1,000 rows, 100 remote edits a second',
  note: 'A browser tells of tasks from 50 ms on: 0 is none of them.',
  rows: Object.entries(rows).map(([name, figures]) => ({
    name,
    unit: 'ms',
    better: 'less',
    figures,
    targets: [{ of: 'vendor', most: 1 }],
  })),
})
