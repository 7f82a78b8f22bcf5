/** What every Transport promises, whatever carries its frames. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SocketListener, Transport } from '../ports/ports.ts'

/** The server's end of a connection, as a test drives it. */
export interface FarEnd {
  /** What arrived. */
  readonly heard: readonly string[]
  /** Resolves when `count` frames have arrived. */
  until(count: number): Promise<void>
  send(frame: string): void
  close(code: number, reason: string): void
}

/** A transport and the server that its sockets reach. */
export interface TransportUnderTest {
  readonly transport: Transport
  /** Where a server listens. */
  readonly url: string
  /** Where none does. */
  readonly deadUrl: string
  /** The far end of the next connection. */
  nextConnection(): Promise<FarEnd>
  close(): Promise<void>
}

/** Holds a transport to the contract; `start` is called for each test. */
export function transportContract(name: string, start: () => Promise<TransportUnderTest>): void {
  describe(`${name}, as every transport:`, () => {
    let carrier: TransportUnderTest
    beforeEach(async () => {
      carrier = await start()
    })
    afterEach(() => carrier.close())

    /** An open connection and both its ends. */
    async function open() {
      const client = new Recorder()
      const connection = carrier.nextConnection()
      const socket = carrier.transport.open(carrier.url, client)
      await client.until('opened')
      return { client, socket, far: await connection }
    }

    test('opening calls nobody before it returns', async () => {
      const client = new Recorder()
      const socket = carrier.transport.open(carrier.url, client)
      expect(client.said).toEqual([])
      await client.until('opened')
      socket.close()
    })

    test('frames arrive whole and in order, both ways', async () => {
      const { client, socket, far } = await open()
      const frames = ['', 'plain', 'ü 🚀 \u2028', '{"a":[1]}', 'x'.repeat(100_000)]
      for (const frame of frames) socket.send(frame)
      await far.until(frames.length)
      expect(far.heard).toEqual(frames)
      for (const frame of frames) far.send(frame)
      far.send('last')
      await client.until('frame last')
      expect(client.said).toEqual(['opened', ...frames.map((frame) => `frame ${frame}`), 'frame last'])
    })

    test('a closure by the server follows the frames sent before it, and nothing follows the closure', async () => {
      const { client, socket, far } = await open()
      far.send('farewell')
      far.close(4002, 'enough')
      await client.until('closed 4002 enough')
      socket.send('too late')
      socket.close()
      socket.close()
      await Promise.resolve()
      expect(client.said).toEqual(['opened', 'frame farewell', 'closed 4002 enough'])
    })

    test('an own closure is told once, after the call, and the frames sent before it arrive', async () => {
      const { client, socket, far } = await open()
      socket.send('farewell')
      socket.close()
      expect(client.said).toEqual(['opened'])
      socket.close()
      socket.send('too late')
      await client.until('closed 1005 ')
      await far.until(1)
      expect([client.said, far.heard]).toEqual([['opened', 'closed 1005 '], ['farewell']])
    })

    test('a socket closed before it opened tells of the closure alone', async () => {
      const client = new Recorder()
      carrier.transport.open(carrier.url, client).close()
      await client.until('closed 1005 ')
      expect(client.said).toEqual(['closed 1005 '])
    })

    test('where no server is, the socket closes without having opened', async () => {
      const client = new Recorder()
      carrier.transport.open(carrier.deadUrl, client)
      await client.untilClosed()
      expect(client.said).toEqual([expect.stringMatching(/^closed /)])
    })

    test('connections do not hear each other', async () => {
      const [one, two] = [await open(), await open()]
      one.far.send('for one')
      two.far.send('for two')
      await one.client.until('frame for one')
      await two.client.until('frame for two')
      expect(one.client.said).not.toContain('frame for two')
      expect(two.client.said).not.toContain('frame for one')
    })
  })
}

/** A listener that writes down what it hears. */
export class Recorder implements SocketListener {
  readonly said: string[] = []
  #wake: () => void = () => {}

  opened(): void {
    this.#say('opened')
  }

  frame(text: string): void {
    this.#say(`frame ${text}`)
  }

  closed(code: number, reason: string): void {
    this.#say(`closed ${code} ${reason}`)
  }

  until(line: string): Promise<void> {
    return this.#untilSome((said) => said === line)
  }

  untilClosed(): Promise<void> {
    return this.#untilSome((said) => said.startsWith('closed '))
  }

  async #untilSome(matches: (line: string) => boolean): Promise<void> {
    while (!this.said.some(matches)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #say(line: string): void {
    this.said.push(line)
    this.#wake()
  }
}
