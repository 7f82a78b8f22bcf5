/**
 * `npm test`: every check of the project, side by side where one needs nothing of another, each with its time. Stops at the
 * first that fails and prints the command that repeats it. `npm test -- unit e2e` runs only the steps it names.
 */
import { ensureChromium } from './install-chromium.js'
import { runSteps } from './run-steps.js'

/**
 * In the order in which they are told.
 * @type {readonly import('./run-steps.js').Step[]}
 */
const allSteps = [
  { name: 'lint', command: 'npm run --silent lint' },
  { name: 'types', command: 'npm run --silent check' },
  { name: 'arrows', command: 'node scripts/check-arrows.js' },
  { name: 'unused', command: 'npx knip' },
  { name: 'vendor', command: 'node scripts/vendor.js', early: true },
  { name: 'build', command: 'npm run --silent build', early: true },
  { name: 'publint', command: 'npm run --silent lint:package', after: ['build'] },
  { name: 'api', command: 'node scripts/api-report.js', after: ['build'] },
  { name: 'sizes', command: 'node scripts/sizes.js', after: ['build'] },
  { name: 'unit', command: 'npx vitest run --project unit', report: 'vitest' },
  { name: 'browser', command: 'npx vitest run --project browser', report: 'vitest', after: ['vendor'] },
  { name: 'package', command: 'node scripts/package-test.js', after: ['build'] },
  { name: 'vite', command: 'node scripts/vite-test.js 5 8', after: ['build'] },
  { name: 'bench', command: 'npm run --silent bench -- --smoke', after: ['build'] },
  // The longest: it begins as soon as it can, and most of its time is waiting.
  { name: 'e2e', command: 'npx playwright test -c e2e', report: 'playwright', after: ['vendor', 'build'], early: true },
]

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
