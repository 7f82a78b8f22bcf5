import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Peer } from '../peer.contract.ts'
import { runCommand, type Terminal } from './command-line.ts'

/** A terminal that keeps what is printed and lets the test end the command. */
function terminal() {
  const out: string[] = []
  const err: string[] = []
  let end = (): void => {}
  let printed = (_line: string): void => {}
  const firstLine = new Promise<string>((resolve) => {
    printed = resolve
  })
  const value: Terminal = {
    out(line) {
      out.push(line)
      printed(line)
    },
    err: (line) => err.push(line),
    onEnd(run) {
      end = run
      return () => {}
    },
  }
  return { terminal: value, out, err, firstLine, end: () => end() }
}

async function run(...args: string[]) {
  const { terminal: value, out, err } = terminal()
  return { exitCode: await runCommand(args, value), out: out.join('\n'), err: err.join('\n') }
}

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planwire-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

describe('what it tells', () => {
  test('--help names the command, each option with its default, and examples to copy', async () => {
    for (const args of [['--help'], ['serve', '-h']]) {
      const { exitCode, out, err } = await run(...args)
      expect([exitCode, err]).toEqual([0, ''])
      for (const part of [
        'planwire serve',
        '--port',
        '8080',
        '--host',
        '127.0.0.1',
        '--config',
        '--data',
        '--fsync',
        'Examples',
        'new WebSocket(',
      ]) {
        expect(out).toContain(part)
      }
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
    }
  })

  test('the configuration shown by --help is one that works', async () => {
    const { out } = await run('--help')
    const example = /where plan\.json holds[^{]*(\{[\s\S]*?\})\n {2}planwire/.exec(out)?.[1]
    expect(await projectsOf(['--config', await file('plan.json', example ?? '')])).toEqual([{ id: 1, name: 'House' }])
  })

  test('--version prints the version of the package and nothing else', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await run('--version')).toEqual({ exitCode: 0, out: version, err: '' })
  })

  test.each([
    [[], 'planwire: no command given; try "planwire serve", or "planwire --help" for what there is'],
    [
      ['verify'],
      'planwire: there is no command "verify"; try "planwire serve", or "planwire --help" for what there is',
    ],
    [
      ['serve', '9000'],
      'planwire: serve does not take "9000"; try "planwire serve", or "planwire --help" for what there is',
    ],
    [
      ['serve', '--prot', '1'],
      `planwire: Unknown option '--prot'; try "planwire serve", or "planwire --help" for what there is`,
    ],
    [['serve', '--port', 'http'], 'planwire: --port http: use a number from 0 to 65535'],
    [['serve', '--fsync'], 'planwire: --fsync needs --data DIR: without it nothing is on the disk'],
    [['serve', '--data', ''], 'planwire: --data needs the path of a directory'],
    [['serve', '--port', '65536'], 'planwire: --port 65536: use a number from 0 to 65535'],
  ])('%j is not understood: one line says what to do, exit code 2', async (args, line) => {
    expect(await run(...args)).toEqual({ exitCode: 2, out: '', err: line })
  })
})

describe('serve', () => {
  test('prints exactly where it listens once it does, serves, and ends with 0 when asked to', async () => {
    const { terminal: value, out, err, firstLine, end } = terminal()
    const exit = runCommand(['serve', '--port', '0'], value)
    const line = await firstLine
    expect(line).toMatch(/^planwire listening on ws:\/\/127\.0\.0\.1:\d+$/)
    const socket = new WebSocket(line.replace('planwire listening on ', ''))
    await once(socket, 'open')
    const closed = once(socket, 'close')
    end()
    expect((await closed)[0]).toBe(1001)
    expect(await exit).toBe(0)
    expect([out, err]).toEqual([[line], []])
  })

  test('without --config it serves two real plans and a calendar', async () => {
    const projects = await projectsOf([])
    expect(projects).toHaveLength(2)
  })

  test('with --config it serves what the file says', async () => {
    const path = await file('house.json', JSON.stringify({ projects: [{ id: 'h', name: 'House', tasksData: [] }] }))
    expect(await projectsOf(['--config', path])).toEqual([{ id: 'h', name: 'House' }])
  })

  test('with --data a plan goes on where it was, and a second server is told who has it', async () => {
    const data = join(folder, 'data')
    expect(await projectsOf(['--data', data, '--fsync'])).toHaveLength(2)
    const { terminal: value, firstLine, end } = terminal()
    const exit = runCommand(['serve', '--port', '0', '--data', data], value)
    await firstLine
    const second = await run('serve', '--port', '0', '--data', data)
    expect([second.exitCode, second.err.split('\n')]).toEqual([
      1,
      [expect.stringMatching(/^planwire: .*data is in use \(process \d+ on /)],
    ])
    end()
    expect(await exit).toBe(0)
  })

  test('a port in use is reported in one line that says what to do, exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { exitCode, out, err } = await run('serve', '--port', String(port))
    taken.close()
    expect([exitCode, out]).toEqual([1, ''])
    expect(err).toBe(
      `planwire: Port ${port} on 127.0.0.1 is in use: stop what listens there, or choose another port (0 takes a free one)`,
    )
  })

  test('an address that is not this machine’s is reported in one line', async () => {
    const { exitCode, err } = await run('serve', '--host', '192.0.2.1', '--port', '0')
    expect([exitCode, err.split('\n')]).toEqual([
      1,
      [expect.stringMatching(/^planwire: 192\.0\.2\.1 is no address of this machine: use /)],
    ])
  })

  test('a configuration that is missing, no JSON or no object is reported in one line, exit code 1', async () => {
    const missing = join(folder, 'none.json')
    expect(await run('serve', '--config', missing)).toMatchObject({
      exitCode: 1,
      err: `planwire: there is no file ${missing}: give --config the path of a JSON file, or leave it out for the built-in plans`,
    })
    for (const [text, problem] of [
      ['{"projects":', 'is not JSON: '],
      ['[]', 'must hold a JSON object such as'],
      ['7', 'must hold'],
    ]) {
      const path = await file('bad.json', text ?? '')
      const { exitCode, err } = await run('serve', '--config', path)
      expect([exitCode, err.split('\n')]).toEqual([1, [expect.stringContaining(`planwire: ${path} ${problem}`)]])
    }
  })

  test('a configuration with a value that cannot be is reported in one line that names it, exit code 1', async () => {
    const path = await file('bad.json', '{"projects":[{"name":"House"}]}')
    expect(await run('serve', '--port', '0', '--config', path)).toEqual({
      exitCode: 1,
      out: '',
      err: `planwire: ${path}: Configuration: projects[0].id must be an id (a text that is not empty, or a finite number), not missing`,
    })
  })
})

/** What a server started with these options lists as its projects. */
async function projectsOf(options: readonly string[]): Promise<unknown> {
  const { terminal: value, firstLine, end } = terminal()
  const exit = runCommand(['serve', '--port', '0', ...options], value)
  const line = await Promise.race([firstLine, exit])
  const peer = await new Peer(String(line).replace('planwire listening on ', ''), WebSocket).opened
  peer.send({ command: 'login', login: 'admin', password: 'admin' })
  peer.send({ command: 'projects' })
  const { projects } = await peer.next({ command: 'projects' })
  end()
  await exit
  return projects
}
