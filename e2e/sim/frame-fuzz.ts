/**
 * Sends hostile frames to the mock server's core from every kind of session at once, and checks after each batch:
 *
 *   F1  nothing throws, nothing is logged as an error, no frame takes five seconds
 *   F2  no answer holds a stack, a path, or `Internal error`; each is JSON
 *   F3  people in another project hear nothing of it but who comes and goes, and work on as before
 *   F4  their project is what they made of it
 *   F5  no prototype has a new property
 *   F6  memory does not grow with the number of frames
 */
import fc from 'fast-check'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import type { MockServerConfig } from '../../mock-server/core/config.ts'
import { createMemoryLog } from '../../mock-server/core/memory-log.ts'
import { createMockCore } from '../../mock-server/core/mock-core.ts'
import { heapMb, watchPrototypes } from './fuzz-watch.ts'
import { hostileFrame } from './hostile-frames.ts'

/** What a run came to. */
export interface FuzzReport {
  /** Different texts that were made, each sent by every kind of session. */
  readonly texts: number
  readonly frames: number
  readonly batches: number
  /** Answers and broadcasts that the hostile sessions heard. */
  readonly heard: number
  /** Refusals among them. */
  readonly refused: number
  /** Frames among them that tell of a change. */
  readonly changed: number
  readonly servers: number
  readonly slowestMs: number
  /** Heap after garbage collection, in megabytes: after the first server, and at the end. */
  readonly heapMb: readonly [first: number, last: number]
  readonly ms: number
}

const CONFIG: MockServerConfig = {
  users: [
    { name: 'victim', password: 'not to be guessed', groups: ['victims'] },
    { name: 'hostile', groups: ['hostiles'] },
  ],
  groups: { victims: { write: [2] }, hostiles: { write: [1] }, anonymous: { write: [1] }, nobodies: {} },
  tokens: [{ token: 'hostile', groups: ['nobodies'] }],
  projects: [
    { id: 1, name: 'Theirs', tasksData: [{ id: 1, children: [{ id: 2 }] }, { id: 3 }], resourcesData: [{ id: 1 }] },
    { id: 2, name: 'Ours', tasksData: [{ id: 1, name: 'ours' }] },
  ],
  commands: {
    nudge: (payload, { reply, broadcast }) => {
      reply(payload)
      broadcast(payload)
    },
  },
  limits: { frameLength: 100_000, history: 100 },
}
/** Texts of a batch. Each is sent by every kind of session. */
const BATCH = fc.array(hostileFrame, { minLength: 8, maxLength: 12, size: 'max' })
const KINDS = 6
/** Batches that one server lives through. */
const BATCHES = 100
const LEAK = /mock-server\/|node_modules|\.ts:\d|Internal error|\bat \w+ \(|not to be guessed|Ours/
const CHANGE = /^\{"command":"project_?[cC]hange"/
/** What people hear of others who come and go. */
const COMING_AND_GOING = /^\{"command":"(login|logout|users)"[,}]/
/** A socket of the core, and what it heard. */
interface Line {
  readonly heard: string[]
  readonly closed: boolean
  say(text: string): void
}

/** Runs batches until `frames` were sent. Throws with the seed and the shortest batch that breaks a rule. */
export async function fuzzFrames(
  frames: number,
  seed: number,
  progress: (report: FuzzReport) => void = () => {},
): Promise<FuzzReport> {
  const since = performance.now()
  const checkPrototypes = watchPrototypes('F5')
  let report: FuzzReport = {
    texts: 0,
    frames: 0,
    batches: 0,
    heard: 0,
    refused: 0,
    changed: 0,
    servers: 0,
    slowestMs: 0,
    heapMb: [0, 0],
    ms: 0,
  }
  while (report.frames < frames) {
    const world = await openWorld(seed + report.servers)
    const generated = fc.sample(BATCH, { seed: seed + report.servers, numRuns: BATCHES })
    for (const batch of generated) {
      const left = Math.ceil((frames - report.frames) / KINDS)
      if (left <= 0) break
      const sent = batch.slice(0, left)
      try {
        const told = await world.attack(sent)
        checkPrototypes()
        report = {
          ...report,
          texts: report.texts + sent.length,
          frames: report.frames + sent.length * KINDS,
          batches: report.batches + 1,
          heard: report.heard + told.heard,
          refused: report.refused + told.refused,
          slowestMs: Math.max(report.slowestMs, told.slowestMs),
        }
      } catch (cause) {
        const where = `seed ${seed + report.servers}, batch ${report.batches % BATCHES}`
        throw new Error(`${where}: ${cause instanceof Error ? cause.message : cause}`, { cause })
      }
    }
    report = { ...report, changed: report.changed + world.changed(), servers: report.servers + 1 }
    await world.close()
    const heap = heapMb()
    report = {
      ...report,
      heapMb: report.servers === 1 ? [heap, heap] : [report.heapMb[0], heap],
      ms: performance.now() - since,
    }
    progress(report)
  }
  if (report.heapMb[1] > report.heapMb[0] + 50)
    throw new Error(`F6: the heap grew from ${report.heapMb[0].toFixed()} to ${report.heapMb[1].toFixed()} MB`)
  return report
}

interface Attacked {
  readonly heard: number
  readonly refused: number
  readonly slowestMs: number
}

interface World {
  attack(texts: readonly string[]): Promise<Attacked>
  changed(): number
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
  const open = (url: string, ...frames: readonly object[]): Line => {
    const heard: string[] = []
    const state = { closed: false }
    const listener = core.accept({
      url,
      send: (frame) => heard.push(frame),
      close: () => {
        state.closed = true
      },
    })
    const line: Line = {
      heard,
      get closed() {
        return state.closed
      },
      say: (text) => listener?.frame(text),
    }
    for (const frame of frames) line.say(JSON.stringify(frame))
    return line
  }
  const victim = (): Line =>
    open('/', { command: 'login', login: 'victim', password: 'not to be guessed' }, { command: 'dataset', project: 2 })
  const login = { login: 'hostile' }
  /** One of each kind: documented, with the extension, of the 2025 server, not logged in, live updates, in nobody's project. */
  const kinds: readonly (() => Line)[] = [
    () => open('/', { command: 'login', ...login }, { command: 'dataset', project: 1 }),
    () =>
      open(
        '/',
        { command: 'login', ...login, planwire: { version: 1, client: 'h' } },
        { command: 'dataset', project: 1 },
      ),
    () => open('/', { command: 'login', data: login }, { command: 'dataset', data: { project: 1 } }),
    () => open('/'),
    () => open('/api/v1?token=hostile&ws=1', { action: 'subscribe', name: 'tasks' }),
    () => open('/ws', { command: 'login', ...login }),
  ]
  const hostiles = kinds.map((kind) => kind())
  const [author, watcher] = [victim(), victim()]
  let edits = 0
  let commits = 0

  const settle = (): string[] => {
    const said = [...author.heard.splice(0), ...watcher.heard.splice(0)]
    return said.filter((frame) => !COMING_AND_GOING.test(frame))
  }
  settle()

  return {
    async attack(texts) {
      let slowestMs = 0
      for (const text of texts) {
        for (const [who, kind] of kinds.entries()) {
          const line = hostiles[who]
          const began = performance.now()
          line?.say(text)
          slowestMs = Math.max(slowestMs, performance.now() - began)
          if (line?.closed) hostiles[who] = kind()
        }
      }
      if (slowestMs > 5000) throw new Error(`F1: a frame took ${slowestMs.toFixed()} ms`)
      if (errors.length > 0) throw new Error(`F1: logged as an error: ${errors.join('\n')}`)
      const answers = hostiles.flatMap(({ heard }) => heard.splice(0))
      for (const answer of answers) {
        JSON.parse(answer)
        // What was sent may come back; what is told beside it may not be of the inside.
        if (LEAK.test(answer)) throw new Error(`F2: ${answer.slice(0, 500)}`)
      }
      const overheard = settle()
      if (overheard.length > 0) throw new Error(`F3: somebody else heard ${overheard[0]?.slice(0, 500)}`)
      edits += 1
      const name = `edit ${edits}`
      author.say(
        JSON.stringify({ command: 'projectChange', project: 2, changes: { tasks: { updated: [{ id: 1, name }] } } }),
      )
      author.say('{"command":"dataset","project":2}')
      const seen = settle()
      if (seen.length !== 2 || !seen.every((frame) => frame.includes(name)))
        throw new Error(`F3: an edit of somebody else was told as ${seen.join('\n').slice(0, 500)}`)
      const dataset = `{"command":"dataset","project":2,"dataset":{"tasksData":[{"id":1,"name":"${name}","parentId":null,"parentIndex":0}],`
      if (!seen.some((frame) => frame.startsWith(dataset))) throw new Error(`F4: the project of others is ${seen[0]}`)
      commits += answers.filter((answer) => CHANGE.test(answer) && !answer.includes('"error":')).length
      // Their own project would grow with what they add.
      await core.reset(1)
      for (const { heard } of hostiles) heard.length = 0
      clock.advance(1000)
      const refused = answers.filter((answer) => answer.includes('"error":') || answer.includes('"command":"error"'))
      return { heard: answers.length, refused: refused.length, slowestMs }
    },
    changed: () => commits,
    close: () => core.close(),
  }
}
