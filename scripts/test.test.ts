import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { runSteps } from './run-steps.js'

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
    { name: 'build', command, after: ['unit'] },
    { name: 'e2e', command: playwright(3, 0), report: 'playwright', after: ['build'] },
  ])
  expect(lines.slice(-2)).toEqual([`build failed. Repeat it with: ${command}`, '7 passed, 1 failed'])
  expect(lines.join()).not.toContain('e2e')
  expect(ok).toBe(false)
})

it('ends what runs beside a step that fails, with everything that it started, and shows the failure last', async () => {
  const forever = `${node} -e "setInterval(() => {}, 1000)"`
  const { ok, lines } = await run([
    { name: 'broken', command: `${node} -e "console.log('broken is why'); process.exit(3)"` },
    { name: 'endless', command: `${forever} && ${forever}` },
  ])
  expect(ok).toBe(false)
  expect(lines.join('\n')).toMatch(/broken is why\n== broken FAILED in .* s\n\nbroken .* s · all/)
})

it('ends Playwright by the one signal at which it takes its servers down', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'planwire-steps-'))
  const file = join(folder, 'said')
  const write = (word: string): string => `require('fs').writeFileSync('${file}', '${word}')`
  const goesOn = `process.on('SIGTERM', () => {}); process.on('SIGINT', () => { ${write('took down')}; process.exit() })`
  const { ok } = await run([
    {
      name: 'broken',
      command: `${node} -e "setInterval(() => require('fs').existsSync('${file}') && process.exit(3), 20)"`,
    },
    {
      name: 'e2e',
      // Ends by itself, so that a failure of this test leaves nothing behind.
      command: `${node} -e "${goesOn}; ${write('runs')}; setTimeout(() => {}, 20_000)" --`,
      report: 'playwright',
    },
  ])
  expect(ok).toBe(false)
  expect(readFileSync(file, 'utf8')).toBe('took down')
  rmSync(folder, { recursive: true })
})

it('runs steps side by side, early ones first, and tells each whole, in the order of the list', async () => {
  const says = (word: string): string => `${node} -e "console.log('${word} begins'); console.log('${word} ends')"`
  // Each waits for the other: one after another they would never end.
  const port = 20_000 + (process.pid % 20_000)
  const meets = `require('net').connect(${port}, '127.0.0.1')`
  const { ok, lines } = await run([
    {
      name: 'left',
      command: `${node} -e "const t = setInterval(() => ${meets}.on('connect', () => process.exit()).on('error', () => {}), 20)"`,
    },
    {
      name: 'right',
      command: `${node} -e "require('net').createServer(() => process.exit()).listen(${port}, '127.0.0.1')"`,
    },
    { name: 'last', command: says('last'), after: ['right'] },
    { name: 'other', command: says('other') },
  ])
  expect(ok).toBe(true)
  const told = lines.filter((line) => /^== \w+ ok|begins|ends$/.test(line) && !line.includes(': '))
  expect(told.map((line) => line.replace(/ in .*/, ''))).toEqual([
    ...['== left ok', '== right ok'],
    ...['last begins', 'last ends', '== last ok'],
    ...['other begins', 'other ends', '== other ok'],
  ])
})

it('counts failed tests', async () => {
  const { ok, lines } = await run([{ name: 'unit', command: vitest(5, 2), report: 'vitest' }])
  expect(lines.at(-1)).toBe('5 passed, 2 failed')
  expect(ok).toBe(false)
})
