/**
 * What a commit costs in the core of the mock server, without a network: 20 clients in memory, one of them edits one
 * field of a task, the others are told. Beside it, in the same run, the least that any server has to do: parse the frame,
 * serialise it once, hand it to the 19 others.
 */
import { medians } from './report.js'
import { interleaved } from './statistics.js'

/**
 * The built core: what users run.
 * @type {Pick<typeof import('../mock-server/core/mock-core.ts'), 'createMockCore'>}
 */
const { createMockCore } = await import(new URL('../dist/mock-server/core/mock-core.js', import.meta.url).href)
/** @type {Pick<typeof import('../mock-server/core/memory-log.ts'), 'createMemoryLog'>} */
const { createMemoryLog } = await import(new URL('../dist/mock-server/core/memory-log.js', import.meta.url).href)

const CLIENTS = 20
const TASKS = 100

/** @type {import('./bench.js').Benchmark} */
export async function run({ rounds, smoke }) {
  const commits = smoke ? 200 : 20_000
  const results = await interleaved(['parse and serialise alone', 'planwire'], rounds, async (name) => ({
    perSecond: name === 'planwire' ? await timeCore(commits) : timeBareLoop(commits),
  }))
  const figures = medians(results, 'perSecond')
  return [
    {
      title: 'Core: one-field edits, no network',
      rows: [{ name: `${CLIENTS} clients in memory`, unit: 'commits/s', better: 'more', figures }],
    },
  ]
}

/** The frame of the `n`-th edit. @param {number} n */
const edit = (n) =>
  JSON.stringify({
    command: 'projectChange',
    project: 1,
    changes: { tasks: { updated: [{ id: 1 + (n % TASKS), name: `Task, edit ${n}` }] } },
  })

/** @param {number} commits @returns {Promise<number>} commits per second */
async function timeCore(commits) {
  const tasksData = Array.from({ length: TASKS }, (_, index) => ({ id: 1 + index, name: `Task ${index}` }))
  const core = await createMockCore(
    { projects: [{ id: 1, name: 'Plan', tasksData }] },
    {
      clock: { now: () => Date.now(), after: () => () => {} },
      random: { next: () => 0.5, id: () => crypto.randomUUID() },
      log: createMemoryLog(),
      logger: () => {},
    },
  )
  const author = join(core)
  const others = Array.from({ length: CLIENTS - 1 }, () => join(core))
  await Promise.all([author, ...others].map(({ loaded }) => loaded))

  const told = Promise.all(others.map((client) => client.changes(commits)))
  const start = performance.now()
  for (let n = 0; n < commits; n++) author.listener.frame(edit(n))
  const lastFrames = await told
  const perSecond = commits / ((performance.now() - start) / 1000)

  const name = `"Task, edit ${commits - 1}"`
  if (!lastFrames.every((frame) => frame.includes(name))) throw new Error('a client was not told the last edit last')
  await core.close()
  return perSecond
}

/**
 * Joins the project as one more client in memory, logged in and loading.
 * @param {Awaited<ReturnType<typeof createMockCore>>} core
 */
function join(core) {
  let count = 0
  let wanted = Number.POSITIVE_INFINITY
  let isLoaded = () => {}
  /** @type {(frame: string) => void} */
  let isReached = () => {}
  /** @type {(error: Error) => void} */
  let isRefused = () => {}
  const loaded = new Promise((resolve, reject) => {
    isLoaded = () => resolve(undefined)
    isRefused = reject
  })
  const listener = core.accept({
    url: '/',
    send(frame) {
      if (frame.startsWith('{"command":"projectChange"')) {
        if (++count === wanted) isReached(frame)
      } else if (frame.includes('"tasksData"')) isLoaded()
      else if (frame.includes('"error"')) isRefused(new Error(`refused: ${frame}`))
    },
    close() {},
  })
  if (!listener) throw new Error('the core takes no socket at /')
  listener.frame(JSON.stringify({ command: 'login', login: 'bench' }))
  listener.frame(JSON.stringify({ command: 'dataset', project: 1 }))
  return {
    loaded,
    listener,
    /** Resolves with the last frame of that many changes. @param {number} changes @returns {Promise<string>} */
    changes: (changes) =>
      new Promise((resolve) => {
        wanted = changes
        isReached = resolve
      }),
  }
}

/** @param {number} commits @returns {number} commits per second */
function timeBareLoop(commits) {
  const frames = Array.from({ length: CLIENTS - 1 }, () => '')
  const start = performance.now()
  for (let n = 0; n < commits; n++) {
    const frame = JSON.stringify(JSON.parse(edit(n)))
    for (let client = 0; client < frames.length; client++) frames[client] = frame
  }
  return commits / ((performance.now() - start) / 1000)
}
