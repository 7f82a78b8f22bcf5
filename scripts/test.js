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
const allSteps = [
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'types', command: 'npm run --silent check' },
  { name: 'arrows', command: 'node scripts/check-arrows.js' },
  { name: 'unused', command: 'npx knip' },
  { name: 'unit', command: 'npx vitest run --project unit', report: 'vitest' },
  { name: 'vendor', command: 'node scripts/vendor.js' },
  { name: 'browser', command: 'npx vitest run --project browser', report: 'vitest' },
  { name: 'build', command: 'npm run --silent build' },
  { name: 'publint', command: 'npm run --silent lint:package' },
  { name: 'sizes', command: 'node scripts/sizes.js' },
  { name: 'package', command: 'node scripts/package-test.js' },
  { name: 'vite', command: 'node scripts/vite-test.js 5 8' },
  { name: 'e2e', command: 'npx playwright test -c e2e', report: 'playwright' },
  { name: 'bench', command: 'npm run --silent bench -- --smoke' },
]

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Runs a step with its output shown as it comes.
 * @param {Step} step
 * @param {string} reports folder for the report
 * @returns {Promise<{ ok: boolean, counts: Counts }>}
 */
async function run({ name, command, report }, reports) {
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

/**
 * Runs steps one after another up to the first that fails. The last line it prints is `N passed, N failed`: the tests that
 * the runners executed; a step that fails without a failed test counts as one.
 * @param {readonly Step[]} steps
 * @param {(line: string) => void} print
 * @returns {Promise<boolean>} whether all passed
 */
export async function runSteps(steps, print) {
  const reports = mkdtempSync(join(tmpdir(), 'planwire-test-'))
  const total = { passed: 0, failed: 0, skipped: 0 }
  const start = Date.now()
  const times = []
  /** @type {Step | undefined} */
  let broken
  for (const step of steps) {
    print(`\n== ${step.name}: ${step.command}`)
    const since = Date.now()
    const { ok, counts } = await run(step, reports)
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key]
    times.push(`${step.name} ${seconds(since)}`)
    print(`== ${step.name} ${ok ? 'ok' : 'FAILED'} in ${seconds(since)}`)
    if (ok) continue
    broken = step
    break
  }
  rmSync(reports, { recursive: true })
  print(`\n${times.join(' · ')} · all ${seconds(start)}`)
  if (broken) print(`${broken.name} failed. Repeat it with: ${broken.command}`)
  const failed = Math.max(total.failed, broken ? 1 : 0)
  print(`${total.passed} passed, ${failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
  return !broken
}

/** @param {readonly string[]} names of steps; none means all @returns {Promise<boolean>} */
async function main(names) {
  const unknown = names.filter((name) => !allSteps.some((step) => step.name === name))
  if (unknown.length > 0) {
    console.error(`No step ${unknown.join(', ')}. Steps: ${allSteps.map(({ name }) => name).join(', ')}`)
    return false
  }
  const chromium = ensureChromium()
  if (!chromium) return false
  process.env['PLANWIRE_CHROMIUM'] = chromium
  return runSteps(names.length > 0 ? allSteps.filter(({ name }) => names.includes(name)) : allSteps, console.log)
}

if (process.argv[1] === import.meta.filename) {
  const ok = await main(process.argv.slice(2))
  if (!ok) process.exitCode = 1
}
