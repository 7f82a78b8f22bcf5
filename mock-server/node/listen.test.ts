import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import type { MockCore, RestRequest, ServerSocket } from '../core/contract.ts'
import { type Listening, type ListenOptions, listen } from './listen.ts'
import { TurnWriter } from './server-socket.ts'

const FRAME_LENGTH = 1_000

/** A core that does as its tests say and writes down what it hears. */
function scriptedCore() {
  const heard: string[] = []
  const sockets: ServerSocket[] = []
  const script = {
    accepted: (_socket: ServerSocket): void => {},
    frame: (text: string, socket: ServerSocket): void => socket.send(`echo ${text}`),
    http: async (request: RestRequest) => ({ status: 200, headers: {}, body: `${request.method} ${request.url}` }),
  }
  const core: MockCore = {
    accept(socket) {
      if (!socket.url.startsWith('/ws')) return undefined
      sockets.push(socket)
      heard.push(`accept ${socket.url}`)
      script.accepted(socket)
      return {
        frame(text) {
          heard.push(`frame of ${text.length}`)
          script.frame(text, socket)
        },
        closed: () => heard.push('closed'),
      }
    },
    http: (request) => (request.url.startsWith('/events') ? script.http(request) : undefined),
    reset: async () => {},
    publish: () => {},
    export: () => ({ format: 'planwire-state', version: 1, at: '', projects: [], collections: {} }),
    import: async () => {},
    snapshots: () => new Map(),
    flushed: async () => {},
    async close() {
      heard.push('core closed')
      for (const socket of sockets) socket.close(1001, 'Going away')
    },
  }
  /** How many of the things heard were stored before something was sent. */
  const stored = 0
  return { core, heard, script, sockets, stored }
}

let scripted: ReturnType<typeof scriptedCore>
let listening: Listening
let logged: string[]
let clock: ManualClock

function options(more: Partial<ListenOptions> = {}): ListenOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    frameLength: FRAME_LENGTH,
    connections: 5,
    bufferedBytes: 1_000_000,
    pingMs: 30_000,
    origins: 'any',
    clock,
    logger(level, message) {
      if (level === 'warn' || level === 'error') logged.push(`${level}: ${message}`)
    },
    writer: new TurnWriter(() => (scripted.stored = scripted.heard.length)),
    ...more,
  }
}

beforeEach(async () => {
  scripted = scriptedCore()
  logged = []
  clock = new ManualClock()
  listening = await listen(scripted.core, options())
})

afterEach(() => listening.close())

const url = (path: string): string => `http://127.0.0.1:${listening.port}${path}`

async function open(path = '/ws'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${listening.port}${path}`)
  await once(socket, 'open')
  return socket
}

async function nextFrame(socket: WebSocket): Promise<string> {
  const [data] = await once(socket, 'message')
  return String(data)
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, 'close')
  return code
}

/** Writes bytes to the port and reads until the server ends the connection. */
async function raw(text: string): Promise<string> {
  const socket = await rawSocket(text)
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

async function rawSocket(text: string): Promise<Socket> {
  const socket = connect(listening.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(text)
  return socket
}

const UPGRADE = 'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'

test('whoever reads a frame or an answer reads of nothing that was not stored before it was sent', async () => {
  const socket = await open()
  const frame = nextFrame(socket)
  socket.send('change')
  await frame
  expect(scripted.heard.slice(0, scripted.stored)).toContain('frame of 6')
  scripted.stored = 0
  await fetch(url('/events'))
  expect(scripted.stored).toBe(scripted.heard.length)
  socket.close()
})

describe('sockets', () => {
  test('a path of the core takes a socket, its query included; frames travel both ways, bytes as text', async () => {
    const socket = await open('/ws?token=t&ws=1')
    socket.send('hello')
    expect(await nextFrame(socket)).toBe('echo hello')
    socket.send(Buffer.from('bytes'))
    expect(await nextFrame(socket)).toBe('echo bytes')
    expect(scripted.heard[0]).toBe('accept /ws?token=t&ws=1')
  })

  test('any other path is refused with 404, without the socket ever opening', async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${listening.port}/elsewhere`)
    socket.on('error', () => {})
    const [, response] = await once(socket, 'unexpected-response')
    expect(response.statusCode).toBe(404)
    response.destroy()
  })

  test('what the core says or does while it accepts reaches the client after the upgrade', async () => {
    scripted.script.accepted = (near) => {
      near.send('start')
      near.close(1008, 'Unauthorized')
      near.send('never')
    }
    const socket = new WebSocket(`ws://127.0.0.1:${listening.port}/ws`)
    const frames: string[] = []
    socket.on('message', (data) => frames.push(String(data)))
    const [code, reason] = await once(socket, 'close')
    expect([frames, code, String(reason)]).toEqual([['start'], 1008, 'Unauthorized'])
  })

  test('a malformed handshake is refused with 400, and the core hears that this socket is gone', async () => {
    expect(await raw(`GET /ws HTTP/1.1\r\n${UPGRADE}\r\n`)).toMatch(/^HTTP\/1.1 400 /)
    expect(scripted.heard).toEqual(['accept /ws', 'closed'])
  })

  test('a client that vanishes without a word is told to the core as closed', async () => {
    const socket = await open()
    const told = new Promise<void>((resolve) => {
      scripted.heard.push = (line) => {
        if (line === 'closed') resolve()
        return 0
      }
    })
    socket.terminate()
    await told
  })

  test('a frame somewhat too long reaches the core, which answers it; an absurd one closes that socket with 1009', async () => {
    const socket = await open()
    const other = await open()
    socket.send('x'.repeat(FRAME_LENGTH * 3))
    await nextFrame(socket)
    socket.send('ü'.repeat(FRAME_LENGTH * 2))
    expect(await closeCode(socket)).toBe(1009)
    expect(scripted.heard).toContain(`frame of ${FRAME_LENGTH * 3}`)
    expect(scripted.heard).not.toContain(`frame of ${FRAME_LENGTH * 2}`)
    other.send('still here')
    expect(await nextFrame(other)).toBe('echo still here')
  })

  test('bytes that are no WebSocket frame end that socket alone', async () => {
    const other = await open()
    const vandal = await rawSocket(`GET /ws HTTP/1.1\r\n${UPGRADE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
    await once(vandal, 'data')
    vandal.on('data', () => {})
    vandal.write(Buffer.from([0xff, 0xff, 0xff, 0xff]))
    await once(vandal, 'end')
    vandal.destroy()
    other.send('unharmed')
    expect(await nextFrame(other)).toBe('echo unharmed')
  })

  test('an error that one frame provokes in the core is logged and hurts nobody', async () => {
    scripted.script.frame = (text, near) => {
      if (text === 'bad') throw new Error('boom')
      near.send(text)
    }
    const socket = await open()
    socket.send('bad')
    socket.send('good')
    expect(await nextFrame(socket)).toBe('good')
    expect(logged).toEqual(['error: The mock server failed at: frame'])
  })
})

describe('requests', () => {
  test('a request of the core gets its answer, with the headers and the body as text', async () => {
    scripted.script.http = async (request) => ({
      status: 201,
      headers: { 'X-Seen': String(request.headers['remote-token']) },
      body: `${request.method} ${request.url} ${request.body}`,
    })
    const answer = await fetch(url('/events/ID:1?timeshift=-60'), {
      method: 'PUT',
      body: 'ü',
      headers: { 'Remote-Token': 'token' },
    })
    expect([answer.status, answer.headers.get('x-seen')]).toEqual([201, 'token'])
    expect(await answer.text()).toBe('PUT /events/ID:1?timeshift=-60 ü')
  })

  test('a request line in absolute form, as proxies send it, means the same path', async () => {
    const answer = await raw('GET http://planwire.test/events?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer).toMatch(/GET \/events\?x=1$/)
  })

  test('any other path is 404 as JSON', async () => {
    const answer = await fetch(url('/elsewhere'))
    expect([answer.status, await answer.json()]).toEqual([404, { error: 'Not Found' }])
  })

  test('a body that is too long is 413 at once, whether its length was announced or not', async () => {
    const long = 'x'.repeat(FRAME_LENGTH * 4)
    const announced = await raw(
      `POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${long.length}\r\n\r\n`,
    )
    const chunked = await raw(
      `POST /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${long.length.toString(16)}\r\n${long}\r\n`,
    )
    const justTooLong = await fetch(url('/events'), { method: 'POST', body: 'x'.repeat(FRAME_LENGTH + 1) })
    const longest = await fetch(url('/events'), { method: 'POST', body: 'ü'.repeat(FRAME_LENGTH) })
    expect(announced).toMatch(/^HTTP\/1.1 413 /)
    expect(chunked).toMatch(/^HTTP\/1.1 413 /)
    expect([justTooLong.status, await justTooLong.json()]).toEqual([413, { error: 'Payload Too Large' }])
    expect(longest.status).toBe(200)
  })

  test('a client that sends far too much still gets to read the answer, and can go on', async () => {
    const body = 'x'.repeat(10_000_000)
    for (const again of [1, 2, 3]) {
      const answer = await fetch(url(`/events?${again}`), { method: 'POST', body })
      expect(answer.status).toBe(413)
      await answer.text()
    }
    expect((await fetch(url('/events'))).status).toBe(200)
  })

  test('an error in the core is 500 without a stack trace or a word of its cause', async () => {
    scripted.script.http = async () => Promise.reject(new Error('secret path'))
    const answer = await fetch(url('/events'))
    expect([answer.status, await answer.text()]).toEqual([500, '{"error":"Internal Server Error"}'])
    expect(logged).toEqual(['error: A request failed'])
  })

  test('a client that goes away in the middle of its body leaves the server unharmed', async () => {
    const socket = await rawSocket('POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    socket.destroy()
    expect((await fetch(url('/events'))).status).toBe(200)
    expect(logged).toEqual([])
  })

  test('frames of a change are written before the answer to the request that made it', async () => {
    const near = await open()
    const order: string[] = []
    scripted.script.http = async () => {
      for (const socket of scripted.sockets) socket.send('frame')
      return { status: 200, headers: {}, body: '' }
    }
    near.on('message', () => order.push('frame'))
    for (let round = 0; round < 20; round += 1) {
      await fetch(url('/events'), { method: 'POST', body: '{}' })
      order.push('answer')
    }
    expect(order).toEqual(Array.from({ length: 20 }, () => ['frame', 'answer']).flat())
  })
})

describe('the end', () => {
  test('close tells every client 1001, frees the port, and may be called again', async () => {
    const codes = [await open(), await open()].map(closeCode)
    const address = url('/events')
    await Promise.all([listening.close(), listening.close()])
    await listening.close()
    expect(await Promise.all(codes)).toEqual([1001, 1001])
    expect(scripted.heard.filter((line) => line === 'core closed')).toHaveLength(1)
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })

  test('a client that does not answer the closing handshake is cut off', async () => {
    const deaf = await rawSocket(`GET /ws HTTP/1.1\r\n${UPGRADE}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
    await once(deaf, 'data')
    const cut = new Promise((resolve) => deaf.once('close', resolve))
    deaf.on('error', () => {})
    await listening.close()
    deaf.resume()
    await cut
    expect(scripted.heard.at(-1)).toBe('closed')
  })

  test('a connection that is kept alive, or sent half a request, does not hold the end up', async () => {
    await fetch(url('/events'))
    const half = await rawSocket('POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf')
    half.on('error', () => {})
    const ended = new Promise((resolve) => half.once('close', resolve))
    await listening.close()
    half.resume()
    await ended
  })

  test('an address that is taken is reported by the promise', async () => {
    const again = listen(scriptedCore().core, options({ port: listening.port }))
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' })
  })
})
