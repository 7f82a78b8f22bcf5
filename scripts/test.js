/**
 * `npm test`: every check of the project, one after another, each with its time. Stops at the first that fails and
 * prints the command that repeats it. `npm test -- unit e2e` runs only the steps it names.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './entries.js'
import { ensureChromium } from './install-chromium.js'

/**
 * A check: a command, and for test runners the kind of report that says how many tests ran.
 * @typedef {{ name: string, command: string, report?: 'vitest' | 'playwright' }} Step
 */

/** @type {readonly Step[]} */
const steps = [
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'types', command: 'npm run --silent check' },
  { name: 'arrows', command: 'node scripts/check-arrows.js' },
  { name: 'unused', command: 'npx knip' },
  { name: 'unit', command: 'npx vitest run --project unit', report: 'vitest' },
  { name: 'browser', command: 'npx vitest run --project browser', report: 'vitest' },
  { name: 'build', command: 'npm run --silent build' },
  { name: 'publint', command: 'npx publint --strict' },
  { name: 'sizes', command: 'node scripts/sizes.js' },
  { name: 'package', command: 'node scripts/package-test.js' },
  { name: 'e2e', command: 'npx playwright test -c e2e', report: 'playwright' },
  { name: 'bench', command: 'npm run --silent bench -- --smoke' },
]

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

const reports = mkdtempSync(join(tmpdir(), 'planwire-test-'))

/**
 * Runs a step with its output shown as it comes.
 * @param {Step} step
 * @returns {Promise<{ ok: boolean, counts: Counts }>}
 */
async function run({ name, command, report }) {
  const file = join(reports, `${name}.json`)
  const reporters = {
    none: '',
    vitest: ` --reporter=default --reporter=json --outputFile.json=${file}`,
    playwright: ' --reporter=list,json',
  }
  const child = spawn(command + reporters[report ?? 'none'], {
    cwd: root,
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  })
  const ok = await new Promise((resolve) => child.on('exit', (code) => resolve(code === 0)))
  return { ok, counts: report ? read(report, file) : { passed: 0, failed: 0, skipped: 0 } }
}

/**
 * How many tests a runner executed; nothing if it died before it could say.
 * @param {'vitest' | 'playwright'} report
 * @param {string} file
 * @returns {Counts}
 */
function read(report, file) {
  try {
    const json = JSON.parse(readFileSync(file, 'utf8'))
    return report === 'vitest'
      ? { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests }
      : { passed: json.stats.expected, failed: json.stats.unexpected + json.stats.flaky, skipped: json.stats.skipped }
  } catch {
    return { passed: 0, failed: 0, skipped: 0 }
  }
}

/** @param {number} since */
const seconds = (since) => `${((Date.now() - since) / 1000).toFixed(1)} s`

/** @param {readonly Step[]} chosen @returns {Promise<boolean>} whether all passed */
async function runAll(chosen) {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const start = Date.now()
  const times = []
  let broken
  for (const step of chosen) {
    console.log(`\n== ${step.name}: ${step.command}`)
    const since = Date.now()
    const { ok, counts } = await run(step)
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key]
    times.push(`${step.name} ${seconds(since)}`)
    console.log(`== ${step.name} ${ok ? 'ok' : 'FAILED'} in ${seconds(since)}`)
    if (ok) continue
    broken = step
    break
  }
  console.log(`\n${times.join(' · ')} · all ${seconds(start)}`)
  if (broken) console.log(`${broken.name} failed. Repeat it with: ${broken.command}`)
  const failed = Math.max(total.failed, broken ? 1 : 0)
  console.log(`${total.passed} passed, ${failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
  return !broken
}

const names = process.argv.slice(2)
const unknown = names.filter((name) => !steps.some((step) => step.name === name))
const chromium = unknown.length === 0 ? ensureChromium() : undefined
if (unknown.length > 0) {
  console.error(`No step ${unknown.join(', ')}. Steps: ${steps.map(({ name }) => name).join(', ')}`)
  process.exitCode = 1
} else if (!chromium) {
  process.exitCode = 1
} else {
  process.env['PLANWIRE_CHROMIUM'] = chromium
  const ok = await runAll(names.length > 0 ? steps.filter(({ name }) => names.includes(name)) : steps)
  if (!ok) process.exitCode = 1
}
rmSync(reports, { recursive: true })
