import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { NodeServerSocket, TurnWriter } from './server-socket.ts'

/** A stream that writes down each write of the operating system that it would take. */
function stream(): { stream: Duplex; writes: string[] } {
  const writes: string[] = []
  return {
    writes,
    stream: new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        writes.push(String(chunk))
        done()
      },
      writev(chunks, done) {
        writes.push(chunks.map(({ chunk }) => String(chunk)).join(''))
        done()
      },
    }),
  }
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('all that is sent to a socket in one turn of the event loop leaves in one write', async () => {
  const writer = new TurnWriter()
  const one = stream()
  const two = stream()
  for (const text of ['a', 'b', 'c']) {
    writer.cork(one.stream)
    one.stream.write(text)
  }
  writer.cork(two.stream)
  two.stream.write('x')
  await Promise.resolve()
  writer.cork(one.stream)
  one.stream.write('d')
  expect(one.writes).toEqual([])
  await turnEnds()
  expect([one.writes, two.writes]).toEqual([['abcd'], ['x']])
})

test('the next turn is another write', async () => {
  const writer = new TurnWriter()
  const { stream: out, writes } = stream()
  for (const text of ['a', 'b']) {
    writer.cork(out)
    out.write(text)
    await turnEnds()
  }
  expect(writes).toEqual(['a', 'b'])
})

test('who cannot wait for the end of the turn flushes', () => {
  const writer = new TurnWriter()
  const { stream: out, writes } = stream()
  writer.cork(out)
  out.write('a')
  writer.flush()
  expect(writes).toEqual(['a'])
})

test('what must be stored first is stored before bytes leave, at the end of a turn and for who cannot wait', async () => {
  const steps: string[] = []
  const writer = new TurnWriter(() => steps.push('stored'))
  const { stream: out, writes } = stream()
  const write = (text: string): void => {
    writer.cork(out)
    out.write(text, () => steps.push(`left ${writes.at(-1)}`))
  }
  write('a')
  await turnEnds()
  write('b')
  writer.flush()
  await turnEnds()
  expect(steps).toEqual(['stored', 'left a', 'stored', 'left b'])
})

test('a socket sends what was said before its upgrade first, and each turn in one write', async () => {
  const { stream: out, writes } = stream()
  const near = new NodeServerSocket('/', new TurnWriter())
  near.send('early,')
  near.upgraded({ send: (frame) => out.write(String(frame)), close: () => out.write('closed'), terminate() {} }, out)
  near.send('now,')
  near.send('and more')
  expect(writes).toEqual([])
  await turnEnds()
  near.close()
  expect(writes).toEqual(['early,now,and more', 'closed'])
})

test('a client may leave unread one turn of any size and the bound on top of it; more cuts it off, once', async () => {
  const out = new Duplex({ read() {}, write() {}, highWaterMark: 1 })
  const exceeded: number[] = []
  let terminated = 0
  const near = new NodeServerSocket('/', new TurnWriter(), { bytes: 10, exceeded: (waiting) => exceeded.push(waiting) })
  near.upgraded({ send: (frame) => out.write(String(frame)), close() {}, terminate: () => (terminated += 1) }, out)
  near.send('x'.repeat(500))
  near.send('x'.repeat(500))
  await turnEnds()
  for (const text of ['12345', '67890']) {
    near.send(text)
    await turnEnds()
  }
  near.send('one more, after 1010 bytes')
  expect(exceeded).toEqual([])
  await turnEnds()
  near.send('too much')
  expect([exceeded, terminated]).toEqual([[1036], 1])
})

test('a frame that goes to many is turned into bytes once', async () => {
  const writer = new TurnWriter()
  const bytes = writer.bytesOf('frame')
  expect(writer.bytesOf(['fra', 'me'].join(''))).toBe(bytes)
  expect(String(writer.bytesOf('other'))).toBe('other')
})
