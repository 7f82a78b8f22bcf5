/**
 * A world of live-updates clients around the mock core, in one process: sockets and HTTP travel by the same manual clock,
 * each with a latency of its own, so that answers and frames overtake each other as on a real network.
 */

import type { LivePorts } from '../../client/live-updates/live-ports.ts'
import { liveSaving } from '../../client/live-updates/live-runner.ts'
import { remoteCalls } from '../../client/live-updates/remote-events.ts'
import type { HttpAnswer, HttpPort, Random } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { MemoryNetwork } from '../../client/testing/memory-network.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import type { MockCore, RevisionLog } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'

// Fleets move time themselves: what is loaded later has to be there from the start.
await Promise.all([liveSaving.load(), remoteCalls.load()])

/** What becomes of an HTTP request. */
export type HttpFate =
  | 'arrives'
  | 'request lost'
  | 'answer lost'
  | 'refused with 500'
  | 'refused with 400'
  | 'refused with 401'

/** How the world behaves. */
export interface LiveWorldOptions {
  readonly seed: number
  readonly config?: MockServerConfig
  /** Longest latency of each hop, in milliseconds; 0 by default. */
  readonly latencyMs?: number
  /** False: a server that offers nothing beyond the vendor's protocol. */
  readonly offers?: boolean
  /** Longest time that the log takes for an entry, in milliseconds; 0 by default. */
  readonly writeMs?: number
  /** Decides each request's fate. Default: all arrive. */
  readonly fate?: (request: { readonly method: string; readonly url: string }) => HttpFate
}

/** The tab that ports belong to: once it is gone, nothing reaches it, and it does nothing more. */
export interface TabLife {
  alive: boolean
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
  ports(tab?: TabLife): LivePorts
  /** Lets `ms` pass, one event after the other. */
  pass(ms: number): Promise<void>
  /** What the server answers to a GET, parsed. */
  read(url: string, token?: string): Promise<unknown>
  /** Breaks every live connection. */
  dropSockets(): void
  /** Kills every live connection without a word to either end. */
  stallSockets(): void
  /** Kills the server; a new one takes over from what it had logged. What was on its way to the log is lost, and so are answers. */
  restart(): Promise<void>
  /** Entries that a restart lost so far, although everybody had heard of them. */
  readonly lostEntries: () => number
}

/** One server process. */
interface Life {
  alive: boolean
  /** End the writes that are under way. */
  readonly ends: (() => void)[]
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
  const log = createMemoryLog()
  let lostEntries = 0
  /** A log that takes its time, and that a killed server writes nothing more to. */
  const slowLog = (mine: Life): RevisionLog => {
    let writtenAt = 0
    return {
      ...log,
      append: async (room, expected, entry) => {
        const takesMs = Math.floor(random.next() * ((options.writeMs ?? 0) + 1))
        writtenAt = Math.max(writtenAt, clock.now() + takesMs)
        await new Promise<void>((resolve) => {
          const stop = clock.after(writtenAt - clock.now(), resolve)
          mine.ends.push(() => {
            stop()
            resolve()
          })
        })
        if (mine.alive) return log.append(room, expected, entry)
        lostEntries += 1
        return 'ok'
      },
      close: async () => {},
    }
  }
  let life: Life = { alive: true, ends: [] }
  const start = (): Promise<MockCore> =>
    createMockCore(options.config ?? {}, {
      ...{ clock, random: seededRandom(random.id()), logger },
      log: options.writeMs === undefined ? log : slowLog(life),
    })
  let core = await start()
  const latency = (): number => Math.floor(random.next() * ((options.latencyMs ?? 0) + 1))
  const network = new MemoryNetwork((socket) => core.accept(socket), { mode: 'clock', clock, latencyMs: latency })
  const requests: SentRequest[] = []
  let refused = 0

  const hop = (): Promise<void> => new Promise((resolve) => clock.after(latency(), resolve))
  const httpOf = (tab: TabLife): HttpPort => ({
    async request({ method, url, headers = {}, body }): Promise<HttpAnswer> {
      requests.push({ method, url, headers, body })
      if (!tab.alive) return new Promise(() => {})
      const fate = options.fate?.({ method, url }) ?? 'arrives'
      await hop()
      const lost = (): PlanwireError => new PlanwireError('connection-lost', 'No answer', 'retry', { method, url })
      // A request on its way arrives also from a tab that is gone by then; nothing comes back to it.
      if (!tab.alive && fate !== 'arrives' && fate !== 'answer lost') return new Promise(() => {})
      if (fate === 'request lost') throw lost()
      if (fate === 'refused with 500') return answerOf(500, '{"error":"down"}')
      if (fate === 'refused with 401') return answerOf(401, '{"error":"who?"}')
      if (fate === 'refused with 400') return answerOf(400, '{"error":"no"}')
      const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
      const serving = life
      const answer = await core.http({ method, url, headers: lower, body: body ?? '' })
      if (!tab.alive) return new Promise(() => {})
      if (!serving.alive) throw lost()
      // A link to what is gone is answered as inserted and at once deleted.
      const leftOut =
        method === 'POST' && answer?.body.startsWith('{"action":"deleted"') && !body?.includes('"deleted":true')
      if (!answer || answer.status >= 400 || leftOut) refused++
      await hop()
      if (!tab.alive) return new Promise(() => {})
      if (fate === 'answer lost') throw lost()
      if (options.offers === false && answer) return answerOf(answer.status, withoutOffers(answer.body))
      return answer ? answerOf(answer.status, answer.body) : answerOf(404, '<!doctype html>')
    },
  })
  const ports = (tab: TabLife = { alive: true }): LivePorts => ({
    // A transport object of its own, so that clients of one world do not share a connection by accident.
    transport: {
      open: (url, listener) =>
        network.transport.open(url, {
          opened: () => tab.alive && listener.opened(),
          frame: (text) => tab.alive && listener.frame(text),
          closed: (code, reason) => tab.alive && listener.closed(code, reason),
        }),
    },
    http: httpOf(tab),
    clock: { now: () => clock.now(), after: (ms, run) => clock.after(ms, () => tab.alive && run()) },
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
    get core() {
      return core
    },
    clock,
    network,
    requests,
    refused: () => refused,
    random,
    ports,
    pass,
    async read(url, token = 'token') {
      const answer = await core.http({ method: 'GET', url, headers: { 'remote-token': token }, body: '' })
      return JSON.parse(answer?.body ?? 'null')
    },
    dropSockets() {
      for (const connection of network.connections) connection.drop()
    },
    stallSockets() {
      for (const connection of network.connections) connection.stall()
    },
    async restart() {
      const dying = life
      dying.alive = false
      for (const connection of network.connections) connection.drop()
      for (const end of dying.ends) end()
      await core.close()
      life = { alive: true, ends: [] }
      core = await start()
    },
    lostEntries: () => lostEntries,
  }
}

function answerOf(status: number, body: string): HttpAnswer {
  return { status, body, header: () => null }
}

/** A handshake as a server writes it that knows the document alone. */
function withoutOffers(body: string): string {
  return body.replace(/,"planwire":\{[^}]*\}/, '')
}
