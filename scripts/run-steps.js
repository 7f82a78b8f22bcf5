/**
 * Runs the checks of `npm test`: side by side where a step needs nothing of another, told one after another. Owns their order, their
 * output and their end.
 */
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './entries.js'

/**
 * A check: a command, and for test runners the kind of report that says how many tests ran.
 * @typedef {object} Step
 * @property {string} name
 * @property {string} command
 * @property {'vitest' | 'playwright'} [report]
 * @property {readonly string[]} [after] steps that have to be done, if they run at all
 * @property {boolean} [early] true: started before others that may start as well, since much waits for it or it lasts long
 */

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ ok: boolean, counts: Counts, output: string, ms: number }} Outcome */

const NONE = { passed: 0, failed: 0, skipped: 0 }

/** Steps that run at a time: tests wait for browsers and servers half of their time. */
const SIDE_BY_SIDE = Math.max(2, Math.min(4, availableParallelism()))

/**
 * Starts a step. Its output is kept, or shown as it comes where nothing else could be mixed into it.
 * @param {Step} step
 * @param {string} folder for its output and its report
 * @param {boolean} alone
 */
function start({ name, command, report }, folder, alone) {
  const since = Date.now()
  const reportFile = join(folder, `${name}.json`)
  const outputFile = join(folder, `${name}.txt`)
  const reporters = {
    none: '',
    vitest: ` --reporter=default --reporter=json --outputFile.json=${reportFile}`,
    playwright: ' --reporter=list,json',
  }
  const output = openSync(outputFile, 'a')
  const child = spawn(command + reporters[report ?? 'none'], {
    cwd: root,
    shell: true,
    // A group of its own, so that it ends with everything that it started.
    detached: true,
    stdio: alone ? 'inherit' : ['ignore', output, output],
    env: {
      ...process.env,
      ...(process.stdout.isTTY && !alone ? { FORCE_COLOR: '1' } : {}),
      PLAYWRIGHT_JSON_OUTPUT_NAME: reportFile,
    },
  })
  closeSync(output)
  /** @type {Promise<Outcome>} */
  const ended = new Promise((resolve) => {
    const end = (/** @type {number | null} */ code) =>
      resolve({
        ok: code === 0,
        counts: report ? counted(report, reportFile) : NONE,
        output: readFileSync(outputFile, 'utf8'),
        ms: Date.now() - since,
      })
    child.once('error', () => end(1))
    child.once('exit', end)
  })
  // Playwright ends its servers, which are groups of their own, at this signal alone.
  const signal = report === 'playwright' ? 'SIGINT' : 'SIGTERM'
  const stop = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal)
    } catch {
      // It is gone already.
    }
  }
  return { ended, stop }
}

/**
 * How many tests a runner executed; nothing if it died before it could say.
 * @param {'vitest' | 'playwright'} report
 * @param {string} file
 * @returns {Counts}
 */
function counted(report, file) {
  try {
    const json = JSON.parse(readFileSync(file, 'utf8'))
    return report === 'vitest'
      ? { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests }
      : { passed: json.stats.expected, failed: json.stats.unexpected + json.stats.flaky, skipped: json.stats.skipped }
  } catch {
    return NONE
  }
}

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/**
 * Runs steps until all are done or one fails, which ends those under way. Each is told as a whole, in the order of the list.
 * The last line it prints is `N passed, N failed`: the tests that the runners executed; a step that fails without a failed
 * test counts as one.
 * @param {readonly Step[]} steps
 * @param {(line: string) => void} print
 * @returns {Promise<boolean>} whether all passed
 */
export async function runSteps(steps, print) {
  const folder = mkdtempSync(join(tmpdir(), 'planwire-test-'))
  const since = Date.now()
  const alone = steps.length === 1
  /** @type {Map<Step, ReturnType<typeof start>>} */
  const running = new Map()
  /** @type {Map<Step, Outcome>} */
  const done = new Map()
  /** @type {Step | undefined} */
  let broken
  let told = 0

  const isReady = (/** @type {Step} */ step) =>
    !running.has(step) &&
    !done.has(step) &&
    steps.every((other) => !step.after?.includes(other.name) || done.get(other)?.ok)
  const tell = (/** @type {Step} */ { name, command }, /** @type {Outcome} */ { ok, output, ms }) => {
    if (alone) print(`== ${name} ${ok ? 'ok' : 'FAILED'} in ${seconds(ms)}`)
    else {
      const said = output.trim() === '' ? '' : `${output.trimEnd()}\n`
      print(`\n== ${name}: ${command}\n${said}== ${name} ${ok ? 'ok' : 'FAILED'} in ${seconds(ms)}`)
    }
  }
  const interrupted = (/** @type {NodeJS.Signals} */ signal) => {
    for (const { stop } of running.values()) stop()
    rmSync(folder, { recursive: true, force: true })
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM'])
  for (const signal of signals) process.on(signal, interrupted)

  while (true) {
    const ready = broken ? [] : steps.filter(isReady)
    ready.sort((a, b) => Number(b.early ?? false) - Number(a.early ?? false))
    for (const step of ready.slice(0, SIDE_BY_SIDE - running.size)) {
      if (alone) print(`\n== ${step.name}: ${step.command}`)
      running.set(step, start(step, folder, alone))
    }
    if (running.size === 0) break
    const [step, outcome] = await Promise.race(
      [...running].map(async ([step, { ended }]) => /** @type {const} */ ([step, await ended])),
    )
    running.delete(step)
    done.set(step, outcome)
    if (!outcome.ok) {
      broken = step
      break
    }
    for (let next = steps[told]; next && done.has(next); next = steps[told]) {
      tell(next, /** @type {Outcome} */ (done.get(next)))
      told += 1
    }
  }

  for (const { stop } of running.values()) stop()
  await Promise.all([...running.values()].map(({ ended }) => ended))
  // What was done out of turn; what failed comes last.
  for (const step of steps.slice(told)) {
    const outcome = done.get(step)
    if (outcome && step !== broken) tell(step, outcome)
  }
  const failure = broken && done.get(broken)
  if (broken && failure) tell(broken, failure)
  for (const signal of signals) process.off(signal, interrupted)
  rmSync(folder, { recursive: true })

  const times = steps.flatMap((step) => {
    const outcome = done.get(step)
    return outcome ? `${step.name} ${seconds(outcome.ms)}` : []
  })
  const total = { ...NONE }
  for (const { counts } of done.values())
    for (const key of /** @type {const} */ (['passed', 'failed', 'skipped'])) total[key] += counts[key]
  print(`\n${times.join(' · ')} · all ${seconds(Date.now() - since)}`)
  if (broken) print(`${broken.name} failed. Repeat it with: ${broken.command}`)
  const failed = Math.max(total.failed, broken ? 1 : 0)
  print(`${total.passed} passed, ${failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`)
  return !broken
}
