/**
 * Sends hostile requests to the mock server's core, with the right token, a wrong one and none, and checks after each batch:
 *
 *   R1  nothing throws, nothing is logged as an error, every request is answered with a status that it may have
 *   R2  no answer holds a stack, a path, or `Internal error`; bodies are JSON
 *   R3  people with another collection hear nothing of it, and work on as before
 *   R4  their collection is what they made of it, and every list can still be loaded
 *   R5  no prototype has a new property
 *   R6  memory does not grow with the number of requests
 */
import fc from 'fast-check'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import type { RestAnswer, RestRequest } from '../../mock-server/core/contract.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { CALL_MS } from '../../mock-server/core/services.ts'
import { heapMb, watchPrototypes } from './fuzz-watch.ts'
import { hostileRequest } from './hostile-requests.ts'

/** What a run came to. */
export interface RequestFuzzReport {
  readonly requests: number
  readonly servers: number
  /** Answers by status; 0: no path of the mock. */
  readonly statuses: ReadonlyMap<number, number>
  readonly slowestMs: number
  /** Heap after garbage collection, in megabytes: after the first server, and at the end. */
  readonly heapMb: readonly [first: number, last: number]
  readonly ms: number
}

const SECRET = 'not to be guessed'
const CONFIG: MockServerConfig = {
  groups: {
    hostiles: { write: ['events', 'rooms', 1] },
    victims: { write: ['private'] },
    anonymous: { write: ['events', 1] },
  },
  tokens: [
    { token: 'token', groups: ['hostiles'] },
    { token: SECRET, groups: ['victims'] },
  ],
  projects: [{ id: 1, name: 'Theirs', tasksData: [{ id: 1, children: [{ id: 2 }] }, { id: 3 }] }],
  collections: { events: [{ id: 7, text: 'seven' }], rooms: [], private: [{ id: 1, text: 'Ours' }] },
  api: {
    svc: {
      add: (a: number, b: number) => a + b,
      never: () => new Promise(() => {}),
      boom: () => {
        throw new Error('boom\n at mock-server/core/x.ts:1')
      },
    },
  },
  limits: { frameLength: 100_000, history: 100 },
}
const STATUSES = new Set([200, 204, 400, 401, 403, 404, 405, 409, 413, 422])
const LEAK = /mock-server\/|node_modules|\.ts:\d|Internal error|Storage failed|"stack"|not to be guessed|Ours/
const BATCH = fc.array(hostileRequest, { minLength: 20, maxLength: 30, size: 'max' })
/** Batches that one server lives through. */
const BATCHES = 100

/** Runs batches until `requests` were sent. Throws with the seed and the batch that breaks a rule. */
export async function fuzzRequests(
  requests: number,
  seed: number,
  progress: (report: RequestFuzzReport) => void = () => {},
): Promise<RequestFuzzReport> {
  const since = performance.now()
  const checkPrototypes = watchPrototypes('R5')
  const statuses = new Map<number, number>()
  let report: RequestFuzzReport = { requests: 0, servers: 0, statuses, slowestMs: 0, heapMb: [0, 0], ms: 0 }
  while (report.requests < requests) {
    const world = await openWorld(seed + report.servers)
    const generated = fc.sample(BATCH, { seed: seed + report.servers, numRuns: BATCHES })
    for (const [at, batch] of generated.entries()) {
      const sent = batch.slice(0, requests - report.requests)
      if (sent.length === 0) break
      try {
        const slowestMs = await world.attack(sent, statuses)
        checkPrototypes()
        const slowest = Math.max(report.slowestMs, slowestMs)
        report = { ...report, requests: report.requests + sent.length, slowestMs: slowest }
      } catch (cause) {
        const where = `seed ${seed + report.servers}, batch ${at}`
        throw new Error(`${where}: ${cause instanceof Error ? cause.message : cause}`, { cause })
      }
    }
    await world.close()
    const [first] = report.heapMb
    const heap = heapMb()
    report = {
      ...report,
      servers: report.servers + 1,
      heapMb: [report.servers === 0 ? heap : first, heap],
      ms: performance.now() - since,
    }
    progress(report)
  }
  const [first, last] = report.heapMb
  if (last > first + 50) throw new Error(`R6: the heap grew from ${first.toFixed()} to ${last.toFixed()} MB`)
  return report
}

interface World {
  /** Resolves with the time of the slowest answer, in milliseconds. */
  attack(batch: readonly RestRequest[], statuses: Map<number, number>): Promise<number>
  close(): Promise<void>
}

async function openWorld(seed: number): Promise<World> {
  const errors: string[] = []
  const clock = new ManualClock(0)
  const core = await createMockCore(CONFIG, {
    clock,
    random: seededRandom(seed),
    log: createMemoryLog(),
    logger: (level, message, details) => {
      if (level === 'error') errors.push(`${message}: ${String(details?.['cause'])}`)
    },
  })
  const heard: string[] = []
  const victim = core.accept({ url: `/api/v1?token=${SECRET}`, send: (frame) => heard.push(frame), close: () => {} })
  victim?.frame('{"action":"subscribe","name":"private"}')
  heard.length = 0
  let edits = 0

  const ask = async (token: string, method: string, url: string, body: unknown = ''): Promise<RestAnswer> => {
    const text = body === '' ? '' : JSON.stringify(body)
    const answer = await core.http({ method, url, headers: { 'remote-token': token }, body: text })
    if (!answer) throw new Error(`R4: nothing at ${url}`)
    return answer
  }
  const list = async (token: string, url: string): Promise<unknown> => {
    const { status, body } = await ask(token, 'GET', url)
    if (status !== 200) throw new Error(`R4: ${url} is answered ${status}`)
    return JSON.parse(body)
  }

  return {
    async attack(batch, statuses) {
      let slowestMs = 0
      for (const request of batch) {
        const began = performance.now()
        const answering = core.http(request)
        // Functions that never answer run out of their time.
        clock.advance(CALL_MS)
        const answer = await answering
        slowestMs = Math.max(slowestMs, performance.now() - began)
        statuses.set(answer?.status ?? 0, (statuses.get(answer?.status ?? 0) ?? 0) + 1)
        if (!answer) continue
        if (!STATUSES.has(answer.status)) throw new Error(`R1: ${JSON.stringify(request)} is answered ${answer.status}`)
        const said = `${answer.body} ${JSON.stringify(answer.headers)}`
        if (LEAK.test(said)) throw new Error(`R2: ${said.slice(0, 500)}`)
        if (answer.body !== '') JSON.parse(answer.body)
      }
      if (slowestMs > 5000) throw new Error(`R1: an answer took ${slowestMs.toFixed()} ms`)
      if (errors.length > 0) throw new Error(`R1: logged as an error: ${errors.join('\n')}`)
      if (heard.length > 0) throw new Error(`R3: somebody else heard ${heard[0]?.slice(0, 500)}`)
      edits += 1
      const text = `Ours ${edits}`
      const { status } = await ask(SECRET, 'PUT', '/private/1', { text })
      const [told, ...more] = heard.splice(0)
      if (status !== 200 || more.length > 0 || !told?.includes(`"text":"${text}"`))
        throw new Error(`R3: an edit of somebody else was answered ${status} and told as ${told}`)
      const ours = JSON.stringify(await list(SECRET, '/private'))
      if (ours !== `[{"id":1,"text":"${text}"}]` && ours !== `[{"text":"${text}","id":1}]`)
        throw new Error(`R4: the collection of others is ${ours}`)
      for (const url of ['/events', '/rooms', '/data']) await list('token', url)
      // What they add would pile up.
      await core.reset()
      heard.length = 0
      return slowestMs
    },
    close: () => core.close(),
  }
}
