import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runCommand, type Terminal } from './command-line.ts'
import { startMockServer } from './start.ts'

/** Waits that suit a server on the same machine. */
const SHORT = ['--timeout', '3000', '--quiet', '40', '--settle', '400']

let folder: string
let server: Awaited<ReturnType<typeof startMockServer>>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planwire-'))
  server = await startMockServer({
    anonymous: false,
    users: [{ name: 'admin', password: 'a-long-password' }],
    projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
    collections: { events: [] },
  })
})
afterEach(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

interface Ran {
  readonly exitCode: number
  readonly out: string
  readonly err: string
}

/** Runs `planwire verify`; `printed` is called with each line and a way to ask for the end. */
async function run(
  args: readonly string[],
  more: Partial<Pick<Terminal, 'color' | 'environment'>> = {},
  printed: (line: string, end: () => void) => void = () => {},
): Promise<Ran> {
  const [out, err] = [[] as string[], [] as string[]]
  let end = (): void => {}
  const exitCode = await runCommand(['verify', ...args], {
    out(line) {
      out.push(line)
      printed(line, end)
    },
    err: (line) => err.push(line),
    directory: folder,
    onEnd(run) {
      end = run
      return () => {}
    },
    ...more,
  })
  return { exitCode, out: out.join('\n'), err: err.join('\n') }
}

const flat = (...args: readonly string[]): readonly string[] => [
  server.url,
  '--dialect',
  'bryntum-flat',
  ...SHORT,
  ...args,
]
const PASSWORD = ['--login', 'admin', '--password', 'a-long-password']

describe('what it prints', () => {
  test('a line for each clause, the sum, no escape sequences, and nothing of the password', async () => {
    const { exitCode, out, err } = await run(flat(...PASSWORD, '--verbose', '--only', 'login,projects'))
    expect([exitCode, err]).toEqual([0, ''])
    expect(out).toMatch(/^pass {3}login\.answered /m)
    expect(out).toMatch(/^PASSED ws:\S+ bryntum-flat: \d+ passed/m)
    expect(out).not.toContain('\u001b')
    expect(out).toContain('"password":"***"')
    expect(out).not.toContain('a-long-password')
  })

  test('colours where the terminal shows them', async () => {
    const { out } = await run(flat(...PASSWORD, '--only', 'login.answered'), { color: true })
    expect(out).toContain('\u001b[32mpass')
  })

  test('with --report json nothing but the report', async () => {
    const { exitCode, out } = await run(flat(...PASSWORD, '--report', 'json', '--write'))
    const report: unknown = JSON.parse(out)
    expect(exitCode).toBe(0)
    expect(report).toMatchObject({ format: 1, dialect: 'bryntum-flat', passed: true, summary: { failed: 0 } })
  })

  test('with --output the report goes to the file, and progress here', async () => {
    const output = join(folder, 'report.xml')
    const { exitCode, out } = await run(flat(...PASSWORD, '--report', 'junit', '--output', output, '--only', 'login'))
    expect(exitCode).toBe(0)
    expect(out).toMatch(/^pass {3}login\.answered /m)
    const xml = await readFile(output, 'utf8')
    expect(xml).toMatch(/^<\?xml version="1\.0"/)
    expect(xml).toMatch(/<testcase classname="planwire\.verify\.bryntum-flat" name="login\.answered: /)
  })

  test('--help explains every option and exit code', async () => {
    const { exitCode, out } = await run(['--help'])
    expect(exitCode).toBe(0)
    for (const part of ['--dialect', '--write', '--reset', '--report', 'PLANWIRE_VERIFY_TOKEN', '3  the server']) {
      expect(out).toContain(part)
    }
  })
})

describe('how it ends', () => {
  test('1 when a clause failed that must hold, with what was seen and what to do', async () => {
    const { exitCode, out } = await run(flat('--login', 'admin', '--password', 'wrong', '--only', 'login.answered'))
    expect(exitCode).toBe(1)
    expect(out).toMatch(/^FAIL {3}login\.answered /m)
    expect(out).toContain('the login was refused: Wrong username/password')
    expect(out).toMatch(/^ +do: +Answer "login"/m)
  })

  test('a failed "should" is advice, and fails the run with --strict', async () => {
    const open = await startMockServer({ projects: [{ id: 1, name: 'House' }] })
    try {
      const args = [open.url, '--dialect', 'bryntum-flat', ...SHORT, '--only', 'login.unknown-name']
      const advice = await run(args)
      expect([advice.exitCode, advice.out]).toEqual([0, expect.stringMatching(/^advice login\.unknown-name/m)])
      expect((await run([...args, '--strict'])).exitCode).toBe(1)
      expect((await run([...args, '--strict', '--anonymous'])).exitCode).toBe(0)
    } finally {
      await open.close()
    }
  })

  test('2 for what cannot be understood, with what to write instead', async () => {
    const cases: readonly (readonly [args: readonly string[], told: string])[] = [
      [[], 'needs the URL'],
      [[server.url], '--dialect is missing: use bryntum-flat, bryntum-revisions, dhtmlx'],
      [[server.url, '--dialect', 'flat'], '--dialect flat: use'],
      [flat('--report', 'html'), '--report html: use text, json, junit'],
      [flat('--dialekt', 'x'), 'did you mean --dialect?'],
      [flat('--timeout', 'soon'), '--timeout soon: use whole milliseconds'],
      [flat('--output'), '--output needs a value'],
      [flat('--output', join(folder, 'no', 'such', 'folder')), 'cannot be written'],
      [['not a url', '--dialect', 'dhtmlx'], 'url must begin with'],
      [flat(...PASSWORD, '--only', 'no-such-clause'), 'no clause is left'],
    ]
    for (const [args, told] of cases) {
      const { exitCode, err } = await run(args)
      expect([args, exitCode, err]).toEqual([args, 2, expect.stringContaining(told)])
    }
  })

  test('3 when nobody answers at the address', async () => {
    // A port that was free a moment ago.
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const address = probe.address()
    await new Promise((resolve) => probe.close(resolve))
    const port = typeof address === 'object' ? address?.port : undefined
    for (const dialect of ['bryntum-revisions', 'dhtmlx']) {
      const { exitCode, err } = await run([`ws://127.0.0.1:${port}`, '--dialect', dialect, ...SHORT])
      expect([exitCode, err]).toEqual([3, expect.stringContaining('cannot be reached')])
      expect(err).not.toContain('certificate')
    }
    const { exitCode, err } = await run([`wss://127.0.0.1:${port}`, '--dialect', 'dhtmlx', ...SHORT])
    expect([exitCode, err]).toEqual([3, expect.stringMatching(/cannot be reached.*NODE_EXTRA_CA_CERTS/)])
  })

  test('1 when it is stopped: the clause under way takes its records away, the others are skipped', async () => {
    const { exitCode, out, err } = await run(flat(...PASSWORD, '--write', '--only', 'add'), {}, (line, end) => {
      if (line.startsWith('pass   add.real-ids')) end()
    })
    expect([exitCode, err]).toEqual([1, expect.stringContaining('stops after this clause')])
    expect(out).toMatch(/^skip {3}add\.new-parent .*\n +the run was stopped$/m)
    const { out: after } = await run(flat(...PASSWORD, '--report', 'json', '--verbose', '--only', 'dataset.answered'))
    expect(after).not.toMatch(/verify-\w{8} new/)
  })
})

test('secrets may come from the environment', async () => {
  const environment = { PLANWIRE_VERIFY_PASSWORD: 'a-long-password', PLANWIRE_VERIFY_TOKEN: 'token' }
  expect((await run(flat('--only', 'login'), { environment })).exitCode).toBe(0)
  const live = [server.url, '--dialect', 'dhtmlx', ...SHORT, '--only', 'handshake']
  expect((await run(live, { environment })).exitCode).toBe(0)
  expect((await run(live, { environment: { PLANWIRE_VERIFY_TOKEN: 'other' } })).exitCode).toBe(1)
})
