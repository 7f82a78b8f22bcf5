import { Duplex, type Writable } from 'node:stream'
import { expect, test } from 'vitest'
import * as ws from 'ws'
import { type Backlog, NodeServerSocket, TurnWriter } from './server-socket.ts'

/** What `ws` reads frames with; its types do not tell of it. */
const Receiver: new () => Writable = Reflect.get(ws, 'Receiver')

/** A stream that writes down each write of the operating system that it would take. */
function stream(): { stream: Duplex; writes: string[] } {
  const writes: string[] = []
  return {
    writes,
    stream: new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        writes.push(said(chunk))
        done()
      },
      writev(chunks, done) {
        writes.push(chunks.map(({ chunk }) => said(chunk)).join(''))
        done()
      },
    }),
  }
}

/** The texts of short frames, as a client reads them. */
function said(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 2 + (bytes[at + 1] ?? 0)) {
    expect(bytes[at]).toBe(0x81)
    text += bytes.toString('utf8', at + 2, at + 2 + (bytes[at + 1] ?? 0))
  }
  return text
}

/** A socket on a stream, upgraded. */
function open(writer: TurnWriter, out: Duplex, backlog?: Backlog): { near: NodeServerSocket; done: string[] } {
  const near = new NodeServerSocket('/', writer, backlog)
  const done: string[] = []
  near.upgraded({ readyState: 1, close: () => done.push('closed'), terminate: () => done.push('cut off') }, out)
  return { near, done }
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('all that is sent to a socket in one turn of the event loop leaves in one write', async () => {
  const writer = new TurnWriter()
  const [one, two] = [stream(), stream()]
  const [first, second] = [open(writer, one.stream).near, open(writer, two.stream).near]
  for (const text of ['a', 'b', 'c']) first.send(text)
  second.send('x')
  await Promise.resolve()
  first.send('d')
  expect(one.writes).toEqual([])
  await turnEnds()
  expect([one.writes, two.writes]).toEqual([['abcd'], ['x']])
})

test('who hears the same in a turn is sent the same, who hears more or less is not', async () => {
  const writer = new TurnWriter()
  const streams = [stream(), stream(), stream(), stream()]
  const sockets = streams.map((out) => open(writer, out.stream).near)
  const heard = [['a', 'b'], ['a', 'b'], ['b'], ['b', 'a']]
  for (const text of ['a', 'b', 'a']) {
    for (const [at, near] of sockets.entries()) if (heard[at]?.[0] === text) near.send(heard[at].shift() ?? '')
  }
  await turnEnds()
  expect(streams.map(({ writes }) => writes)).toEqual([['ab'], ['ab'], ['b'], ['ba']])
})

test('a list of frames leaves as its frames would, in order with what is sent one by one, before the upgrade too', async () => {
  const writer = new TurnWriter()
  const [one, two] = [stream(), stream()]
  const [first, second] = [open(writer, one.stream).near, open(writer, two.stream).near]
  const list = ['b', 'c']
  for (const near of [first, second]) near.send('a')
  for (const near of [first, second]) near.sendAll(list)
  first.send('d')
  const early = new NodeServerSocket('/', writer)
  early.sendAll(list)
  const late = stream()
  early.upgraded({ readyState: 1, close: () => {}, terminate: () => {} }, late.stream)
  await turnEnds()
  expect([one.writes, two.writes, late.writes]).toEqual([['abcd'], ['abc'], ['bc']])
})

test('what the end of a turn brings leaves with it, stored before', async () => {
  const steps: string[] = []
  const writer = new TurnWriter(() => steps.push('stored'))
  const { stream: out, writes } = stream()
  const { near } = open(writer, out)
  near.send('a')
  writer.atTurnEnd(() => {
    steps.push('said')
    near.sendAll(['b'])
  })
  await turnEnds()
  expect(steps).toEqual(['said', 'stored'])
  expect(writes).toEqual(['ab'])
})

test('the next turn is another write', async () => {
  const { stream: out, writes } = stream()
  const { near } = open(new TurnWriter(), out)
  for (const text of ['a', 'b']) {
    near.send(text)
    await turnEnds()
  }
  expect(writes).toEqual(['a', 'b'])
})

test('who cannot wait for the end of the turn flushes', () => {
  const writer = new TurnWriter()
  const { stream: out, writes } = stream()
  open(writer, out).near.send('a')
  writer.flush()
  expect(writes).toEqual(['a'])
})

test('what must be stored first is stored before bytes leave, at the end of a turn and for who cannot wait', async () => {
  const steps: string[] = []
  const writer = new TurnWriter(() => steps.push('stored'))
  const out = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      steps.push(`left ${said(chunk)}`)
      done()
    },
  })
  const { near } = open(writer, out)
  near.send('a')
  await turnEnds()
  near.send('b')
  writer.flush()
  await turnEnds()
  expect(steps).toEqual(['stored', 'left a', 'stored', 'left b'])
})

test('a socket sends what was said before its upgrade first, and each turn in one write', async () => {
  const { stream: out, writes } = stream()
  const near = new NodeServerSocket('/', new TurnWriter())
  near.send('early,')
  near.upgraded({ readyState: 1, close() {}, terminate() {} }, out)
  near.send('now,')
  near.send('and more')
  expect(writes).toEqual([])
  await turnEnds()
  expect(writes).toEqual(['early,now,and more'])
})

test('a socket that is closed has sent what was said before; one that the client closed says nothing more', async () => {
  const { stream: out, writes } = stream()
  const { near, done } = open(new TurnWriter(), out)
  near.send('last')
  near.close(1000)
  near.send('never')
  expect(done).toEqual([])
  await turnEnds()
  expect([writes, done]).toEqual([['last'], ['closed']])
  near.close(1000)
  expect(done).toEqual(['closed', 'closed'])

  const gone = new NodeServerSocket('/', new TurnWriter())
  gone.upgraded({ readyState: 2, close() {}, terminate() {} }, out)
  gone.send('too late')
  await turnEnds()
  expect(writes).toEqual(['last'])
})

test('a client may leave unread one turn of any size and the bound on top of it; more cuts it off, once', async () => {
  const out = new Duplex({ read() {}, write() {}, highWaterMark: 1 })
  const exceeded: number[] = []
  const backlog = { bytes: 14, exceeded: (waiting: number) => exceeded.push(waiting) }
  const { near, done } = open(new TurnWriter(), out, backlog)
  near.send('x'.repeat(500))
  near.send('x'.repeat(500))
  await turnEnds()
  for (const text of ['12345', '67890']) {
    near.send(text)
    await turnEnds()
  }
  near.send('one more, after 1022 bytes')
  expect(exceeded).toEqual([])
  await turnEnds()
  near.send('too much')
  // Two heads of four bytes, three of two.
  expect([exceeded, done]).toEqual([[1050], ['cut off']])
})

test.each([0, 125, 126, 65_535, 65_536, 100_000])('a frame of %i bytes has the head of its length', (length) => {
  const heard: string[] = []
  const receiver = new Receiver()
  receiver.on('message', (data: Buffer) => heard.push(String(data)))
  receiver.write(new TurnWriter().bytesOf('ö'.repeat(length >> 1) + 'x'.repeat(length & 1)))
  expect(heard.map((text) => Buffer.byteLength(text))).toEqual([length])
})

test('a frame that goes to many is turned into bytes once', async () => {
  const writer = new TurnWriter()
  const bytes = writer.bytesOf('frame')
  expect(writer.bytesOf(['fra', 'me'].join(''))).toBe(bytes)
  expect(said(writer.bytesOf('other'))).toBe('other')
})
