import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { Peer } from '../peer.contract.ts'
import { runCommand, type Terminal } from './command-line.ts'
import { withOptions } from './serve-options.ts'
import { TLS_PAIR } from './tls-pair.contract.ts'

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
    directory: folder,
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

describe('the recorder', () => {
  test('--record writes what crossed the wire when the server ends; replay and minimise read it', async () => {
    const { terminal: value, firstLine, end } = terminal()
    const path = join(folder, 'today.json')
    const running = runCommand(['serve', '--port', '0', '--record', path], value)
    const url = (await firstLine).replace('planwire listening on ', '')
    const ann = await new Peer(url, WebSocket).opened
    ann.send({ command: 'login', login: 'admin', password: 'admin' })
    await ann.next({ command: 'login' })
    ann.send({ command: 'dance' })
    await ann.next({ command: 'dance' })
    end()
    expect(await running).toBe(0)
    const replayed = await run('replay', path)
    expect(replayed).toMatchObject({ exitCode: 0, err: '' })
    expect(replayed.out).toContain('warning unknown-command: The server does not know the command dance of admin.')
    expect(replayed.out).toContain('The replay is the same: 3 frames')
    const small = await run('minimise', path, '--check', 'unknown-command')
    expect(small.out).toMatch(/6 entries are \d now, after \d+ attempts: .*today.min.json/)
    const { entries } = JSON.parse(await readFile(join(folder, 'today.min.json'), 'utf8'))
    expect(entries.map(({ type, text }: { type: string; text?: string }) => text ?? type)).toEqual([
      'open',
      '{"command":"dance"}',
      '{"command":"dance","error":"Unknown command"}',
    ])
    const [, , answer] = entries
    await file(
      'other.json',
      JSON.stringify({
        ...JSON.parse(await readFile(join(folder, 'today.min.json'), 'utf8')),
        entries: [...entries.slice(0, 2), { ...answer, text: '{"command":"dance","error":"No"}' }],
      }),
    )
    const other = await run('replay', join(folder, 'other.json'))
    expect(other).toMatchObject({ exitCode: 1, out: expect.stringContaining('entry 3, for admin, error') })
  })

  test('a file that is none, and a check that is none, are told in one line', async () => {
    expect(await run('replay', join(folder, 'none.json'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cannot be read'),
    })
    expect(await run('replay', await file('x.json', '{}'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('no recording of planwire'),
    })
    expect(await run('replay')).toMatchObject({ exitCode: 2, err: expect.stringContaining('needs the file') })
    expect(await run('minimise', 'x.json')).toMatchObject({ exitCode: 2, err: expect.stringContaining('--check') })
    expect(await run('serve', '--record', join(folder, 'none', 'x.json'))).toMatchObject({
      exitCode: 1,
      err: expect.stringContaining('cannot be written'),
    })
  })
})

describe('the network lab', () => {
  test('--lab runs a preset from the start and tells what it does', async () => {
    const { terminal: value, firstLine, out, end } = terminal()
    const running = runCommand(['serve', '--port', '0', '--lab', 'train-tunnel', '--seed', '7'], value)
    await firstLine
    await expect.poll(() => out).toContain('planwire lab: fading (latency): everybody began 5000')
    end()
    expect(await running).toBe(0)
  })

  test('--lab runs a script from a file, logged as JSON where that is asked for', async () => {
    const script = await file(
      'lab.json',
      '{"format":"planwire-lab","version":1,"steps":[{"id":"slow","fault":"latency","ms":5}]}',
    )
    const { terminal: value, firstLine, out, end } = terminal()
    const running = runCommand(['serve', '--port', '0', '--log', 'json', '--lab', script], value)
    await firstLine
    await expect.poll(() => out.join('')).toContain('"fault":"latency","step":"slow","target":"everybody"')
    end()
    expect(await running).toBe(0)
  })

  test('what cannot be run is told with the file, the path and what there is', async () => {
    const broken = await file('broken.json', '{"format":"planwire-lab","version":1,"steps":[{"fault":"latency"}]}')
    for (const [args, words] of [
      [['--lab', broken], `${broken}: Lab script: steps[0].ms must be a number`],
      [['--lab', 'train'], 'There is no lab preset "train": use train-tunnel, hotel-wifi'],
      [['--lab', 'none.json'], '--lab none.json cannot be read'],
      [['--lab', await file('no.json', '{')], 'no.json is not JSON'],
      [['--seed', '1'], '--seed needs --lab SCRIPT'],
      [['--lab', 'hotel-wifi', '--seed', 'x'], '--seed x: use a whole number'],
    ] as const) {
      const { exitCode, err } = await run('serve', '--port', '0', ...args)
      expect([exitCode > 0, err]).toEqual([true, expect.stringContaining(words)])
    }
  })
})

describe('what it tells', () => {
  test('--help names the commands, and how to begin', async () => {
    for (const args of [['--help'], ['-h'], ['help']]) {
      const { exitCode, out, err } = await run(...args)
      expect([exitCode, err]).toEqual([0, ''])
      for (const part of ['planwire serve', '--version', 'new WebSocket(']) expect(out).toContain(part)
    }
  })

  test('serve --help tells of each option what it is for and its default, with examples to copy', async () => {
    for (const args of [
      ['serve', '--help'],
      ['serve', '--port', '1', '-h'],
      ['help', 'serve'],
    ]) {
      const { exitCode, out, err } = await run(...args)
      expect([exitCode, err]).toEqual([0, ''])
      for (const option of [
        '--port NUMBER',
        '--host ADDRESS',
        '--tls-cert FILE',
        '--tls-key FILE',
        '--allow-origin ORIGIN',
        '--max-connections NUMBER',
        '--config FILE',
        '--reset-delay SECONDS',
        '--auto-save-interval MINUTES',
        '--data DIR',
        '--fsync',
        '--log FORMAT',
      ]) {
        const from = out.indexOf(`  ${option} `)
        const told = out.slice(from, out.indexOf('\n  --', from + 1))
        expect([option, from > 0, told.includes('default') || option === '--tls-key FILE']).toEqual([
          option,
          true,
          true,
        ])
      }
      for (const part of ['Examples', 'new WebSocket(', '8080', '127.0.0.1', '1800']) expect(out).toContain(part)
      expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120)
    }
  })

  test('the configuration shown by --help is one that works', async () => {
    const { out } = await run('serve', '--help')
    const example = /where plan\.json holds[^{]*(\{[\s\S]*?\})\n {2}planwire/.exec(out)?.[1]
    expect(await projectsOf(['--config', await file('plan.json', example ?? '')])).toEqual([{ id: 1, name: 'House' }])
  })

  test('--version prints the version of the package and nothing else', async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await run('--version')).toEqual({ exitCode: 0, out: version, err: '' })
  })

  const hint = '; try "planwire serve", or "planwire --help" for what there is'
  test.each([
    [[], `planwire: no command given${hint}`],
    [['watch'], `planwire: there is no command "watch"${hint}`],
    [['sevre'], 'planwire: there is no command "sevre"; did you mean "serve"?'],
    [['--port', '1'], `planwire: the command comes first: planwire serve --port${hint}`],
    [['serve', '9000'], `planwire: serve does not take "9000"${hint}`],
    [['serve', '--prot', '1'], 'planwire: there is no option --prot; did you mean --port?'],
    [['serve', '--tls-crt=x'], 'planwire: there is no option --tls-crt; did you mean --tls-cert?'],
    [['serve', '--frobnicate'], `planwire: there is no option --frobnicate${hint}`],
    [['serve', '-x'], `planwire: there is no option -x${hint}`],
    [['serve', '--port', 'http'], 'planwire: --port http: use a number from 0 to 65535'],
    [['serve', '--port', '65536'], 'planwire: --port 65536: use a number from 0 to 65535'],
    [['serve', '--port'], 'planwire: --port needs a value: --port NUMBER'],
    [['serve', '--config', '--port', '1'], 'planwire: --config needs a value: --config FILE'],
    [['serve', '--fsync=yes'], 'planwire: --fsync takes no value, and was given "yes"'],
    [['serve', '--fsync'], 'planwire: --fsync needs --data DIR: without it nothing is on the disk'],
    [['serve', '--data', ''], 'planwire: --data needs the path of a directory'],
    [['serve', '--reset-delay', '1.5'], 'planwire: --reset-delay 1.5: use whole seconds, 0 for never'],
    [['serve', '--auto-save-interval', '1h'], 'planwire: --auto-save-interval 1h: use whole minutes'],
    [['serve', '--max-connections=many'], 'planwire: --max-connections many: use a whole number of sockets'],
    [['serve', '--tls-cert', 'c'], 'planwire: --tls-cert needs --tls-key FILE, the key of the certificate'],
    [['serve', '--tls-key', 'k'], 'planwire: --tls-key needs --tls-cert FILE, the certificate'],
    [['serve', '--log', 'xml'], 'planwire: --log xml: use text, json, quiet'],
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
      err: `planwire: there is no file ${missing}`,
    })
    for (const [text, problem] of [
      ['{"projects":', 'is not JSON: '],
      ['[]', 'must hold an object such as'],
      ['7', 'must hold'],
    ]) {
      const path = await file('bad.json', text ?? '')
      const { exitCode, err } = await run('serve', '--config', path)
      expect([exitCode, err.split('\n')]).toEqual([1, [expect.stringContaining(`planwire: ${path} ${problem}`)]])
    }
  })

  test('planwire.config.json of the working directory is used without being named, and the second line says so', async () => {
    await file('planwire.config.json', '{"projects":[{"id":"h","name":"House"}]}')
    expect(await projectsOf([])).toEqual([{ id: 'h', name: 'House' }])
    const { terminal: value, out, firstLine, end } = terminal()
    const exit = runCommand(['serve', '--port', '0'], value)
    await firstLine
    end()
    await exit
    expect(out[1]).toBe('planwire uses planwire.config.json')
    await file('planwire.config.json', '{"projects":[{"id":"h"}]}')
    expect((await run('serve')).err).toMatch(
      /^planwire: planwire\.config\.json: Configuration: projects\[0\]\.name must be/,
    )
  })

  test('a configuration with a value that cannot be is reported in one line that names it, exit code 1', async () => {
    const path = await file('bad.json', '{"projects":[{"name":"House"}]}')
    expect(await run('serve', '--port', '0', '--config', path)).toEqual({
      exitCode: 1,
      out: '',
      err: `planwire: ${path}: Configuration: projects[0].id must be an id (a text that is not empty, or a finite number), not missing`,
    })
  })

  test('options go before what the configuration says', () => {
    const config = { name: 'house', resetDelay: 5, autoSaveInterval: 6 }
    expect(withOptions(config, { resetDelay: 0, autoSaveInterval: undefined })).toEqual({ ...config, resetDelay: 0 })
    expect(withOptions(config, { resetDelay: undefined, autoSaveInterval: 9 })).toEqual({
      ...config,
      autoSaveInterval: 9,
    })
  })

  test('with a certificate it says wss, and serves it', async () => {
    const cert = await file('cert.pem', TLS_PAIR.cert)
    const key = await file('key.pem', TLS_PAIR.key)
    const { terminal: value, firstLine, end } = terminal()
    const exit = runCommand(['serve', '--port', '0', '--tls-cert', cert, '--tls-key', key], value)
    const line = await firstLine
    expect(line).toMatch(/^planwire listening on wss:\/\/127\.0\.0\.1:\d+$/)
    const socket = new WebSocket(line.replace('planwire listening on ', ''), { ca: TLS_PAIR.cert })
    await once(socket, 'open')
    end()
    expect(await exit).toBe(0)
    const missing = await run('serve', '--tls-cert', join(folder, 'none.pem'), '--tls-key', key)
    expect([missing.exitCode, missing.err]).toEqual([
      1,
      expect.stringMatching(/^planwire: --tls-cert .*none\.pem cannot be read: /),
    ])
    const swapped = await run('serve', '--port', '0', '--tls-cert', key, '--tls-key', cert)
    expect([swapped.exitCode, swapped.err]).toEqual([
      1,
      expect.stringMatching(/^planwire: The TLS certificate and key cannot be used/),
    ])
  })

  test('an origin that is none is reported in one line', async () => {
    expect((await run('serve', '--port', '0', '--allow-origin', 'localhost:5173')).err).toBe(
      'planwire: localhost:5173 is no origin: use one such as http://localhost:5173 (scheme, host and port, no path), or * for any',
    )
  })

  test('--log json prints an object per line, from where it listens to its end; --log quiet prints nothing', async () => {
    for (const [format, events] of [
      ['json', ['listening', 'a-socket-opened', 'a-frame-could-not-be-read', 'closing', 'a-socket-closed', 'closed']],
      ['quiet', []],
    ] as const) {
      const data = join(folder, format)
      const port = await freePort()
      const { terminal: value, out, err, end } = terminal()
      const exit = runCommand(['serve', '--port', String(port), '--log', format, '--data', data], value)
      const socket = await connected(`ws://127.0.0.1:${port}/ws?token=hidden`)
      const closed = once(socket, 'close')
      socket.send('{')
      await once(socket, 'message')
      end()
      await Promise.all([exit, closed])
      const lines = out.map((line) => JSON.parse(line))
      expect([lines.map(({ event }) => event), err]).toEqual([events, []])
      for (const line of lines)
        expect(line).toMatchObject({ time: expect.stringMatching(/Z$/), level: expect.any(String) })
      expect(out.join()).not.toContain('hidden')
    }
  })
})

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const address = taken.address()
  taken.close()
  await once(taken, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** A socket to a server that may still be starting. */
async function connected(url: string): Promise<WebSocket> {
  for (;;) {
    const socket = new WebSocket(url)
    const opened = await once(socket, 'open').then(
      () => true,
      () => false,
    )
    if (opened) return socket
  }
}

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
