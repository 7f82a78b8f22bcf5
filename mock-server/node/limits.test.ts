import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { afterEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { RevisionLog } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { createMockCore } from '../core/mock-core.ts'
import { Peer } from '../peer.contract.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { TurnWriter } from './server-socket.ts'
import { TLS_PAIR } from './tls-pair.contract.ts'

interface LogLine {
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
}

let listening: Listening | undefined
let logged: LogLine[] = []
const clock = new ManualClock()

afterEach(async () => {
  await listening?.close()
  listening = undefined
})

/** A real core behind a port with these limits. */
async function serve(more: Partial<ListenOptions> = {}, log: RevisionLog = createMemoryLog()): Promise<void> {
  logged = []
  const logger: ListenOptions['logger'] = (_level, message, details = {}) => logged.push({ message, details })
  const projects = [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }]
  const ports = { clock, random: seededRandom(1), log, logger }
  listening = await listen(await createMockCore({ projects }, ports), {
    host: '127.0.0.1',
    port: 0,
    frameLength: 1_000_000,
    connections: 100,
    bufferedBytes: 1_000_000,
    pingMs: 30_000,
    origins: 'any',
    clock,
    logger,
    writer: new TurnWriter(),
    ...more,
  })
}

const port = (): number => listening?.port ?? 0
const url = (): string => `ws://127.0.0.1:${port()}`

/** A client that is logged in and has loaded the project. */
async function planner(): Promise<Peer> {
  const peer = await new Peer(url(), WebSocket).opened
  peer.send({ command: 'login', login: 'ada', planwire: { version: 1, client: crypto.randomUUID() } })
  peer.send({ command: 'dataset', project: 1 })
  await peer.next({ command: 'dataset' })
  return peer
}

function rename(peer: Peer, name: string): void {
  peer.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name }] } } })
}

/** The status line that a socket with this origin is answered with. */
async function upgradeStatus(origin?: string): Promise<number> {
  const socket = new WebSocket(url(), origin === undefined ? {} : { origin })
  socket.on('error', () => {})
  const opened = once(socket, 'open').then(() => 101)
  const refused = once(socket, 'unexpected-response').then(([request, response]) => {
    request.destroy()
    return response.statusCode
  })
  const status = await Promise.race([opened, refused])
  socket.terminate()
  return status
}

describe('a client that does not read', () => {
  test('is cut off once more waits for it than it may leave unread; the others miss nothing, and the log tells', async () => {
    await serve()
    const writer = await planner()
    const reader = await planner()
    const deaf = new WebSocket(url())
    await once(deaf, 'open')
    deaf.send('{"command":"login","login":"bob"}')
    deaf.send('{"command":"dataset","project":1}')
    await new Promise<void>((resolve) => deaf.on('message', (data) => String(data).includes('tasksData') && resolve()))
    deaf.pause()
    const name = 'x'.repeat(100_000)
    let sent = 0
    // The operating system holds some megabytes for the deaf client before anything waits in the server.
    while (!logged.some(({ message }) => message.includes('reads too slowly')) && sent < 1_000) {
      sent += 1
      rename(writer, `${sent} ${name}`)
      await reader.next({ command: 'projectChange' })
    }
    const [line] = logged.filter(({ message }) => message === 'A client that reads too slowly was cut off')
    expect(line?.details).toMatchObject({ connection: 3, url: '/', allowed: 1_000_000 })
    expect(Number(line?.details['waiting'])).toBeGreaterThan(1_000_000)
    // One turn more than the bound is what can wait at most.
    expect(Number(line?.details['waiting'])).toBeLessThan(1_500_000)
    rename(writer, 'the end')
    expect(JSON.stringify(await reader.next({ command: 'projectChange' }))).toContain('the end')
    const names = reader
      .heard({ command: 'projectChange' })
      .map((frame) => Number.parseInt(/"name":"(\d+) /.exec(JSON.stringify(frame))?.[1] ?? '0', 10))
    expect(names.slice(0, sent)).toEqual(Array.from({ length: sent }, (_, at) => at + 1))
    const closed = once(deaf, 'close')
    deaf.resume()
    expect((await closed)[0]).toBe(1006)
  })
})

describe('clients that are gone without a word', () => {
  test('are cut off after an interval in which nothing was seen of them; who answers stays', async () => {
    await serve()
    const there = new WebSocket(url())
    await once(there, 'open')
    const gone = new WebSocket(url(), { autoPong: false })
    await once(gone, 'open')
    const closed = once(gone, 'close')
    const asked = Promise.all([once(there, 'ping'), once(gone, 'ping')])
    clock.advance(30_000)
    await asked
    // The answer has arrived before what is sent behind it is answered.
    there.send('{"command":"version"}')
    await once(there, 'message')
    clock.advance(30_000)
    expect((await closed)[0]).toBe(1006)
    expect(there.readyState).toBe(WebSocket.OPEN)
    expect(logged.filter(({ message }) => message.includes('no sign of life'))).toHaveLength(1)
    there.terminate()
  })

  test('nobody is asked while nobody is there', async () => {
    await serve()
    const socket = new WebSocket(url())
    await once(socket, 'open')
    socket.close()
    await once(socket, 'close')
    clock.runAll()
    expect(clock.waiting).toBe(0)
  })
})

test('more sockets than allowed are refused with 503, and there is room again when one has left', async () => {
  await serve({ connections: 2 })
  const first = new WebSocket(url())
  const second = new WebSocket(url())
  await Promise.all([once(first, 'open'), once(second, 'open')])
  expect(await upgradeStatus()).toBe(503)
  expect((await fetch(`http://127.0.0.1:${port()}/events`)).status).toBe(200)
  first.close()
  await once(first, 'close')
  expect(await upgradeStatus()).toBe(101)
  second.terminate()
})

test('a request that never ends is answered with 408 and cut off, before and after its headers', async () => {
  await serve({ patience: { headersMs: 100, requestMs: 200 } })
  const dripping = await Promise.all([
    raw('GET /events HTTP/1.1\r\nHost: x\r\nX-Slow: '),
    raw('POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf'),
  ])
  for (const answer of dripping) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
})

async function raw(text: string): Promise<string> {
  const socket: Socket = connect(port(), '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

describe('pages', () => {
  const PAGE = 'https://plans.example.com'

  test('of any origin may use the server unless it is told which', async () => {
    await serve()
    expect(await upgradeStatus('https://elsewhere.example.com')).toBe(101)
    const answer = await fetch(`http://127.0.0.1:${port()}/events`, { headers: { origin: PAGE } })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('of a listed origin may, others may not, and programs that are no browser name none', async () => {
    await serve({ origins: [PAGE] })
    expect(await upgradeStatus(PAGE)).toBe(101)
    expect(await upgradeStatus('https://elsewhere.example.com')).toBe(403)
    expect(await upgradeStatus()).toBe(101)
    const ask = (origin: string, method = 'GET'): Promise<Response> =>
      fetch(`http://127.0.0.1:${port()}/events`, { method, headers: { origin } })
    for (const method of ['GET', 'OPTIONS']) {
      const { headers } = await ask(PAGE, method)
      expect([headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([PAGE, 'Origin'])
    }
    const refused = await ask('https://elsewhere.example.com')
    expect([refused.status, await refused.text()]).toEqual([403, '{"error":"Forbidden"}'])
    expect(logged.filter(({ message }) => message.includes('not allowed'))).toHaveLength(2)
  })

  test('of the server’s own address and of this machine may, where only local ones may', async () => {
    await serve({ origins: 'local' })
    for (const [origin, status] of [
      [`http://127.0.0.1:${port()}`, 101],
      ['http://localhost:5173', 101],
      ['https://elsewhere.example.com', 403],
      ['http://localhost.example.com', 403],
      ['null', 403],
    ] as const) {
      expect([origin, await upgradeStatus(origin)]).toEqual([origin, status])
    }
  })
})

describe('with a certificate', () => {
  test('sockets are wss and requests https; a client that speaks neither disturbs nobody', async () => {
    await serve({ tls: TLS_PAIR })
    const plain = connect(port(), '127.0.0.1')
    await once(plain, 'connect')
    plain.on('error', () => {})
    plain.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\n')
    plain.resume()
    await once(plain, 'close')
    const socket = new WebSocket(`wss://127.0.0.1:${port()}`, { ca: TLS_PAIR.cert })
    await once(socket, 'open')
    socket.send('{"command":"version"}')
    const [data] = await once(socket, 'message')
    expect(String(data)).toContain('"command":"version"')
    const secure = connectSecurely({ port: port(), host: '127.0.0.1', ca: TLS_PAIR.cert })
    secure.write('GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    let answer = ''
    for await (const chunk of secure) answer += chunk
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    const closed = once(socket, 'close')
    await listening?.close()
    expect((await closed)[0]).toBe(1001)
  })

  test('a certificate that is none is refused in words that say what to give', async () => {
    await expect(serve({ tls: { cert: 'none', key: TLS_PAIR.key } })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(
        /^The TLS certificate and key cannot be used \(.+\): give a certificate and its own key/,
      ),
    })
  })
})

describe('/health', () => {
  test('answers what the host knows, 503 when something fails, and 404 where nobody asked for it', async () => {
    let healthy = true
    await serve({ health: (connections) => ({ healthy, body: { status: healthy ? 'ok' : 'failing', connections } }) })
    const peer = await planner()
    const ask = async (): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${port()}/health`)
      return [answer.status, await answer.json()]
    }
    expect(await ask()).toEqual([200, { status: 'ok', connections: 1 }])
    healthy = false
    expect(await ask()).toEqual([503, { status: 'failing', connections: 1 }])
    peer.close()
    await listening?.close()
    await serve()
    expect((await fetch(`http://127.0.0.1:${port()}/health`)).status).toBe(404)
  })
})

describe('the end', () => {
  test('acknowledges what was committed, then tells every client 1001 and that the server restarts', async () => {
    const memory = createMemoryLog()
    let write = (): void => {}
    const append: RevisionLog['append'] = (...entry) =>
      new Promise((resolve) => {
        write = () => resolve(memory.append(...entry))
      })
    await serve({}, { ...memory, append })
    const peer = await planner()
    const idle = new WebSocket(url())
    await once(idle, 'open')
    const told = once(idle, 'close')
    rename(peer, 'last')
    await peer.next({ command: 'projectChange' })
    const closing = listening?.close()
    expect(peer.heard({ command: 'ack' })).toEqual([])
    write()
    await closing
    const [code, reason] = await told
    expect([code, String(reason), await peer.closed]).toEqual([1001, 'Server restarts', 1001])
    expect(peer.heard({ command: 'ack' })).toHaveLength(1)
  })

  test('answers a request that is on its way, and one that comes late on a kept connection with 503', async () => {
    const memory = createMemoryLog()
    let write = (): void => {}
    const append: RevisionLog['append'] = (...entry) =>
      new Promise((resolve) => {
        write = () => resolve(memory.append(...entry))
        appended()
      })
    let appended = (): void => {}
    const reached = new Promise<void>((resolve) => (appended = resolve))
    await serve({}, { ...memory, append })
    const kept = connect(port(), '127.0.0.1')
    kept.write('GET /events HTTP/1.1\r\nHost: x\r\n\r\nGET /events HTTP/1.1\r\nHost: x\r\nX-Half: ')
    await once(kept, 'data')
    const answer = fetch(`http://127.0.0.1:${port()}/events`, { method: 'POST', body: '{"text":"late"}' })
    await reached
    const closing = listening?.close()
    const late = once(kept, 'data')
    kept.write('done\r\n\r\n')
    expect(String((await late)[0])).toMatch(/^HTTP\/1\.1 503 .*\r\nconnection: close/is)
    write()
    expect((await answer).status).toBe(200)
    await closing
  })
})
