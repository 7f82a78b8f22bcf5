/**
 * Sends hostile bytes to the port of the Node host: request lines and headers that are none, handshakes with odd keys and
 * versions, WebSocket frames with wrong masks, lengths, opcodes and UTF-8, cut anywhere. Checks after each batch:
 *
 *   B1  the server reports no error, and nothing reaches the process
 *   B2  what it says in return holds no stack and no path
 *   B3  somebody who works with a project hears their own edit and nothing else but who comes and goes
 *   B4  `/health` answers, and counts no connection that is gone
 *   B5  memory does not grow with the number of connections
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import fc from 'fast-check'
import { WebSocket } from 'ws'
import { startMockServer } from '../../mock-server/node/index.ts'
import { heapMb } from './fuzz-watch.ts'

/** What a run came to. */
export interface ByteFuzzReport {
  readonly connections: number
  /** Connections whose handshake was taken, so that the bytes were WebSocket frames. */
  readonly upgraded: number
  /** Connections that were told a status from 400 on. */
  readonly refused: number
  readonly heapMb: readonly [first: number, last: number]
  readonly ms: number
}

const LEAK = /mock-server\/|node_modules|\.ts:\d|Internal error|\bat \w+ \(/
const HANDSHAKE =
  'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'
const AT_ONCE = 25
/** How long a connection that the server leaves open is looked at. */
const PATIENCE_MS = 50

const odd = fc.oneof(
  fc.constantFrom('', '\0', '\r', '\n', ' ', '%', '../..', '__proto__', '💣', '\u00ff', 'a'.repeat(20_000)),
  fc.string({ unit: 'binary', maxLength: 12 }),
)
const line = fc
  .tuple(
    fc.oneof(fc.constantFrom('GET', 'POST', 'PUT', 'OPTIONS', 'CONNECT', 'PRI'), odd),
    fc.oneof(fc.constantFrom('/', '/events', '/api/v1?token=token', '*', 'http://a/', '/data/task/1', '//'), odd),
    fc.oneof(fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9.9'), odd),
  )
  .map((parts) => parts.join(' '))
const header = fc
  .tuple(
    fc.oneof(
      fc.constantFrom('Host', 'Content-Length', 'Transfer-Encoding', 'Upgrade', 'Connection', 'Expect', 'Origin'),
      fc.constantFrom('Sec-WebSocket-Key', 'Sec-WebSocket-Version', 'Sec-WebSocket-Extensions', 'Remote-Token'),
      odd,
    ),
    fc.oneof(fc.constantFrom('a', '-1', '5', '99999999999', 'chunked', 'websocket', 'Upgrade', '13', '7'), odd),
  )
  .map((parts) => parts.join(': '))
const request = fc
  .tuple(line, fc.array(header, { maxLength: 5 }), odd)
  .map(([first, headers, body]) => Buffer.from([first, ...headers, '', body].join('\r\n'), 'latin1'))

/** A WebSocket frame: any opcode and reserved bits, a length that may lie, masked or not, payload of any bytes. */
const frame = fc
  .tuple(
    fc.oneof(fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x88, 0x89, 0x8a, 0xc1, 0x83), fc.nat(255)),
    fc.boolean(),
    fc.oneof(
      fc.constantFrom('{"command":"login","login":"a"}', '{"command":', '{}').map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.option(fc.constantFrom(0, 1, 125, 126, 127)),
  )
  .map(([first, masked, payload, lie]) => {
    const length = lie ?? payload.length
    const head = Buffer.from([first, (masked ? 0x80 : 0) | length, ...(masked ? [0, 0, 0, 0] : [])])
    return Buffer.concat([head, payload])
  })
const frames = fc
  .array(frame, { minLength: 1, maxLength: 6 })
  .map((all) => Buffer.concat([Buffer.from(HANDSHAKE), ...all]))
const hostile = fc
  .tuple(
    fc.oneof(
      { weight: 4, arbitrary: request },
      { weight: 5, arbitrary: frames },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.double({ min: 0.1, max: 1, noNaN: true }) },
    ),
  )
  .map(([bytes, part]) => bytes.subarray(0, Math.max(1, Math.ceil(bytes.length * part))))

/** Opens so many connections, 25 at a time. Throws with the seed and the batch that breaks a rule. */
export async function fuzzBytes(
  connections: number,
  seed: number,
  progress: (report: ByteFuzzReport) => void = () => {},
): Promise<ByteFuzzReport> {
  const since = performance.now()
  const errors: string[] = []
  const server = await startMockServer(
    { projects: [{ id: 1, name: 'Ours', tasksData: [{ id: 1 }] }] },
    {
      logger: (level, message, details) => {
        if (level === 'error') errors.push(`${message}: ${String(details?.['cause'])}`)
      },
    },
  )
  const bystander = new WebSocket(server.url)
  const heard: string[] = []
  bystander.on('message', (data) => heard.push(String(data)))
  let report: ByteFuzzReport = { connections: 0, upgraded: 0, refused: 0, heapMb: [heapMb(), 0], ms: 0 }
  try {
    await once(bystander, 'open')
    bystander.send('{"command":"login","login":"admin","password":"admin"}')
    bystander.send('{"command":"dataset","project":1}')
    while (report.connections < connections) {
      const batch = report.connections / AT_ONCE
      const size = Math.min(AT_ONCE, connections - report.connections)
      const said = await Promise.all(
        fc.sample(hostile, { seed: seed + batch, numRuns: size }).map((bytes) => answerTo(server.port, bytes)),
      )
      const check = (rule: string, holds: boolean, seen: unknown): void => {
        if (!holds) throw new Error(`seed ${seed + batch}: ${rule}: ${String(seen).slice(0, 500)}`)
      }
      check('B1', errors.length === 0, errors.join('\n'))
      for (const text of said) check('B2', !LEAK.test(text), text)
      heard.length = 0
      const edit = `edit ${batch}`
      bystander.send(
        JSON.stringify({
          command: 'projectChange',
          project: 1,
          changes: { tasks: { updated: [{ id: 1, name: edit }] } },
        }),
      )
      bystander.send('{"command":"dataset","project":1}')
      while (!heard.some((text) => text.startsWith('{"command":"dataset"'))) await once(bystander, 'message')
      const told = heard.filter((text) => !/^\{"command":"(login|logout|users)"/.test(text))
      check('B3', told.length === 1 && told[0]?.includes(edit) === true, told)
      const health = await (await fetch(`${server.httpUrl}/health`)).text()
      check('B4', /"status":"ok".*"connections":\d{1,2}\b/.test(health), health)
      report = {
        connections: report.connections + size,
        upgraded: report.upgraded + said.filter((text) => text.startsWith('HTTP/1.1 101')).length,
        refused: report.refused + said.filter((text) => /^HTTP\/1\.1 [45]/.test(text)).length,
        heapMb: [batch === 0 ? heapMb() : report.heapMb[0], report.heapMb[1]],
        ms: performance.now() - since,
      }
      progress(report)
    }
  } finally {
    bystander.terminate()
    await server.close()
  }
  const [first] = report.heapMb
  const last = heapMb()
  if (last > first + 50) throw new Error(`B5: the heap grew from ${first.toFixed()} to ${last.toFixed()} MB`)
  return { ...report, heapMb: [first, last] }
}

/**
 * What the server says to bytes until it closes the connection, or has said nothing for a while and answered somebody else
 * since: on a busy machine a while alone says nothing.
 */
function answerTo(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    const socket: Socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes))
    const leave = (): void => {
      socket.destroy()
    }
    socket.setTimeout(PATIENCE_MS, () => void fetch(`http://127.0.0.1:${port}/health`).then(leave, leave))
    socket.on('data', (part) => parts.push(part))
    socket.on('error', () => {})
    socket.on('close', () => resolve(Buffer.concat(parts).toString('latin1')))
  })
}
