/**
 * A world of live-updates clients around the mock core, in one process: sockets and HTTP travel by the same manual clock,
 * each with a latency of its own, so that answers and frames overtake each other as on a real network.
 */

import type { LivePorts } from '../../client/live-updates/live-ports.ts'
import type { HttpAnswer, HttpPort, Random } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import type { MockCore } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'

/** What becomes of an HTTP request. */
export type HttpFate = 'arrives' | 'request lost' | 'answer lost' | 'refused with 500' | 'refused with 400'

/** How the world behaves. */
export interface LiveWorldOptions {
  readonly seed: number
  readonly config?: MockServerConfig
  /** Longest latency of each hop, in milliseconds; 0 by default. */
  readonly latencyMs?: number
  /** Decides each request's fate. Default: all arrive. */
  readonly fate?: (request: { readonly method: string; readonly url: string }) => HttpFate
}

/** One request as it went out. */
export interface SentRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** The world. */
export interface LiveWorld {
  readonly core: MockCore
  readonly clock: ManualClock
  readonly network: MemoryNetwork
  readonly requests: readonly SentRequest[]
  /** Requests that the server answered with an error status so far. */
  readonly refused: () => number
  readonly random: Random
  /** Ports for one client. Each has a network of its own line, so nothing is shared unless the ports are. */
  ports(): LivePorts
  /** Lets `ms` pass, one event after the other. */
  pass(ms: number): Promise<void>
  /** What the server answers to a GET, parsed. */
  read(url: string): Promise<unknown>
  /** Breaks every live connection. */
  dropSockets(): void
}

/** Lets everything run that waits for no timer. */
async function turn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve))
}

/** Starts a world. */
export async function createLiveWorld(options: LiveWorldOptions): Promise<LiveWorld> {
  const clock = new ManualClock(Date.UTC(2025, 3, 20))
  const random = seededRandom(options.seed)
  const logger = (): void => {}
  const core = await createMockCore(options.config ?? {}, {
    clock,
    random: seededRandom(`core${options.seed}`),
    log: createMemoryLog(),
    logger,
  })
  const latency = (): number => Math.floor(random.next() * ((options.latencyMs ?? 0) + 1))
  const network = new MemoryNetwork((socket) => core.accept(socket), { mode: 'clock', clock, latencyMs: latency })
  const requests: SentRequest[] = []
  let refused = 0

  const hop = (): Promise<void> => new Promise((resolve) => clock.after(latency(), resolve))
  const http: HttpPort = {
    async request({ method, url, headers = {}, body }): Promise<HttpAnswer> {
      requests.push({ method, url, headers, body })
      const fate = options.fate?.({ method, url }) ?? 'arrives'
      await hop()
      const lost = (): PlanwireError => new PlanwireError('connection-lost', 'No answer', 'retry', { method, url })
      if (fate === 'request lost') throw lost()
      if (fate === 'refused with 500') return answerOf(500, '{"error":"down"}')
      if (fate === 'refused with 400') return answerOf(400, '{"error":"no"}')
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      const answer = await core.http({ method, url, headers: lower, body: body ?? '' })
      // A link to what is gone is answered as inserted and at once deleted.
      const leftOut =
        method === 'POST' && answer?.body.startsWith('{"action":"deleted"') && !body?.includes('"deleted":true')
      if (!answer || answer.status >= 400 || leftOut) refused++
      await hop()
      if (fate === 'answer lost') throw lost()
      return answer ? answerOf(answer.status, answer.body) : answerOf(404, '<!doctype html>')
    },
  }
  const ports = (): LivePorts => ({
    // A transport object of its own, so that clients of one world do not share a connection by accident.
    transport: { open: (url, listener) => network.transport.open(url, listener) },
    http,
    clock,
    random: seededRandom(random.id()),
    logger,
    wakeups: () => () => {},
  })

  const pass = async (ms: number): Promise<void> => {
    const until = clock.now() + ms
    await turn()
    for (let due = clock.nextDue; due !== undefined && due <= until; due = clock.nextDue) {
      clock.advance(Math.max(0, due - clock.now()))
      await turn()
    }
    clock.advance(until - clock.now())
    await turn()
  }
  return {
    core,
    clock,
    network,
    requests,
    refused: () => refused,
    random,
    ports,
    pass,
    async read(url) {
      const answer = await core.http({ method: 'GET', url, headers: { 'remote-token': 'token' }, body: '' })
      return JSON.parse(answer?.body ?? 'null')
    },
    dropSockets() {
      for (const connection of network.connections) connection.drop()
    },
  }
}

function answerOf(status: number, body: string): HttpAnswer {
  return { status, body, header: () => null }
}
