import { expect, it } from 'vitest'
import { runSteps } from './test.js'

const node = `"${process.execPath}"`
/** A test runner that writes that report where it is asked to, and exits. */
function runner(report: object, code: number): string {
  const source = `fs.writeFileSync(process.env.PLAYWRIGHT_JSON_OUTPUT_NAME, atob('${btoa(JSON.stringify(report))}'))`
  return `${node} -e "${source}; process.exit(${code})" --`
}
const vitest = (passed: number, failed: number): string =>
  runner({ numPassedTests: passed, numFailedTests: failed, numPendingTests: 0 }, failed > 0 ? 1 : 0)
const playwright = (expected: number, flaky: number): string =>
  runner({ stats: { expected, unexpected: 0, flaky, skipped: 2 } }, 0)

async function run(steps: Parameters<typeof runSteps>[0]): Promise<{ ok: boolean; lines: string[] }> {
  const lines: string[] = []
  const ok = await runSteps(steps, (line) => lines.push(...line.split('\n')))
  return { ok, lines }
}

it('closes with the number of tests that all runners executed', async () => {
  const { ok, lines } = await run([
    { name: 'lint', command: `${node} -e ""` },
    { name: 'unit', command: vitest(7, 0), report: 'vitest' },
    { name: 'e2e', command: playwright(3, 0), report: 'playwright' },
  ])
  expect(lines.at(-1)).toBe('10 passed, 0 failed, 2 skipped')
  expect(ok).toBe(true)
})

it('stops at the first step that fails and names the command that repeats it', async () => {
  const command = `${node} -e "process.exit(3)"`
  const { ok, lines } = await run([
    { name: 'unit', command: vitest(7, 0), report: 'vitest' },
    { name: 'build', command },
    { name: 'e2e', command: playwright(3, 0), report: 'playwright' },
  ])
  expect(lines.slice(-2)).toEqual([`build failed. Repeat it with: ${command}`, '7 passed, 1 failed'])
  expect(lines.join()).not.toContain('e2e')
  expect(ok).toBe(false)
})

it('counts failed tests', async () => {
  const { ok, lines } = await run([{ name: 'unit', command: vitest(5, 2), report: 'vitest' }])
  expect(lines.at(-1)).toBe('5 passed, 2 failed')
  expect(ok).toBe(false)
})
