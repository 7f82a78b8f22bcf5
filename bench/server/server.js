/** `npm run bench -- server`: the built server over real sockets, beside the least that a server can do. */
import { addFrame, changesetFrame, editFrame } from '../plan.js'
import { medians } from '../report.js'
import { interleaved, median } from '../statistics.js'
import { crowd, foreignServer, joinMs, latency, startSubject, throughput } from './load.js'

/** @typedef {import('../report.js').Row} Row */
/** @typedef {import('./subject.js').SubjectName} SubjectName */

const LIMIT = 'ws coalescing'
const PLAIN = 'ws plain'
const OWN = 'own server'
const PER_COMMIT = 'us of processor per commit'
/** Subjects that keep what they are told. @type {readonly SubjectName[]} */
const ON_DISK = ['planwire on disk', 'planwire with fsync']
/**
 * Edits before the clock starts: as many as a server needs until no more of its code is compiled anew and its heap has grown.
 * What is asked is how long an edit takes in a server that runs, not in one that has just started.
 */
const WARM_UP = 10_000
/** The same where a thousand hear of each. */
const WARM_UP_CROWD = 500
/** Edits one at a time: what comes before the clock starts, until nothing of that way is compiled any more, and what it times. */
const ONE_BY_ONE = { warmUp: 3_000, timed: 2_000 }
/** The share of the edits that the plain limit gets, which would take longer than all others together. */
const PLAIN_SHARE = 0.25

/** @param {number} count @param {(n: number) => string} make */
const frames = (count, make) => Array.from({ length: count }, (_, n) => make(n))

/**
 * Each subject in a process of its own, new in every round.
 * @template {Record<string, number>} Figures
 * @param {readonly string[]} subjects
 * @param {{ tasks: number, clients: number, url?: string | undefined }} scene
 * @param {number} rounds
 * @param {(server: import('./load.js').Server, clients: import('./clients.js').Client[], name: string) => Promise<Figures>} measure
 */
function rounded(subjects, { tasks, clients, url }, rounds, measure) {
  const all = url === undefined ? subjects : [...subjects, OWN]
  return interleaved(all, rounds, async (name) => {
    const server =
      name === OWN ? foreignServer(url ?? '') : await startSubject({ name: /** @type {SubjectName} */ (name), tasks })
    const joined = await crowd(server.url, clients)
    try {
      return await measure(server, joined, name)
    } finally {
      for (const client of joined) client.close()
      await server.close()
    }
  })
}

/** @type {import('../bench.js').Benchmark} */
export async function* run({ rounds, smoke, url }) {
  /** @param {number} full */
  const some = (full) => (smoke ? Math.max(10, Math.ceil(full / 1000)) : full)
  const tasks = smoke ? 100 : 10_000
  const many = smoke ? 200 : 100_000
  yield { title: 'Server: one-field edits as fast as they go', rows: await edits() }
  yield { title: 'Server: one edit at a time, until the last client has it', rows: await oneByOne() }
  yield { title: 'Server: large things, many things', rows: await large() }

  async function edits() {
    /** @type {Row[]} */
    const rows = []
    /** @type {{ clients: number, commits: number, warm?: number, size?: number }[]} */
    const crowds = smoke
      ? [{ clients: 2, commits: 5_000 }]
      : [
          { clients: 2, commits: 20_000 },
          { clients: 20, commits: 20_000 },
          { clients: 100, commits: 8_000 },
          // With ten thousand tasks for each of them they would be two gigabytes before the first edit.
          { clients: 1000, commits: 800, warm: WARM_UP_CROWD, size: 100 },
        ]
    for (const { clients, commits, warm = WARM_UP, size = tasks } of crowds) {
      const plan = url === undefined ? size : 100
      const all = frames(some(commits), (n) => editFrame(n, plan))
      const warmUp = frames(some(warm), (n) => editFrame(n, plan))
      const subjects = [LIMIT, 'planwire', ...(clients === 20 ? ON_DISK : []), PLAIN]
      const scene = { tasks: size, clients, url }
      const results = await rounded(subjects, scene, rounds, async (server, joined, name) => {
        const share = name === PLAIN ? PLAIN_SHARE : 1
        await throughput(server, joined, warmUp.slice(0, Math.ceil(warmUp.length * share)))
        return throughput(server, joined, all.slice(0, Math.ceil(all.length * share)))
      })
      const targets = clients === 20 || clients === 100 ? [{ of: LIMIT, least: 0.7 }] : []
      const name = `${clients} clients`
      rows.push(
        { name, unit: 'commits/s', better: 'more', figures: medians(results, 'commitsPerSecond'), targets },
        { name, unit: 'deliveries/s', better: 'more', figures: medians(results, 'deliveriesPerSecond') },
        ...(url === undefined ? [cpuRow(name, results)] : []),
        { name: `${name}, the load itself`, unit: PER_COMMIT, better: 'less', figures: medians(results, 'loadUs') },
      )
    }
    const adds = frames(some(15_000), addFrame)
    const results = await rounded(['planwire'], { tasks, clients: 20, url }, rounds, async (server, joined) => {
      const warm = Math.ceil(adds.length / 3)
      await throughput(server, joined, adds.slice(0, warm), { heardByAuthor: true })
      return throughput(server, joined, adds.slice(warm), { heardByAuthor: true })
    })
    rows.push({
      name: '20 clients, adds with phantom ids',
      unit: 'commits/s',
      better: 'more',
      figures: medians(results, 'commitsPerSecond'),
    })
    return rows
  }

  async function oneByOne() {
    /** @type {Row[]} */
    const rows = []
    for (const clients of smoke ? [2] : [2, 20, 100]) {
      const plan = url === undefined ? tasks : 100
      const all = frames(some(ONE_BY_ONE.timed), (n) => editFrame(n, plan))
      const subjects = [PLAIN, 'planwire', ...ON_DISK]
      const results = await rounded(subjects, { tasks, clients, url }, rounds, async (server, joined) => {
        // Many at a time first, which is quicker; then one by one as they will come.
        const warmUp = frames(some(WARM_UP / 2), (n) => editFrame(n, plan))
        await throughput(server, joined, warmUp, { inFlight: 64 })
        await throughput(server, joined, warmUp.slice(0, some(ONE_BY_ONE.warmUp)), { inFlight: 1 })
        return latency(server, joined, all)
      })
      const targets = [
        { of: PLAIN, most: 1.1 },
        { subject: 'planwire on disk', of: PLAIN, most: 1.2 },
      ]
      rows.push(
        { name: `${clients} clients, p50`, unit: 'ms', better: 'less', figures: medians(results, 'p50Ms'), targets },
        { name: `${clients} clients, p99`, unit: 'ms', better: 'less', figures: medians(results, 'p99Ms') },
      )
    }
    return rows
  }

  async function large() {
    const records = smoke ? 20 : 1_000
    const sets = frames(some(150) + 10, (n) => changesetFrame(n, records, many))
    const big = await rounded([LIMIT, 'planwire'], { tasks: many, clients: 2 }, rounds, async (server, joined) => {
      await throughput(server, joined, sets.slice(0, Math.ceil(sets.length / 3)), { inFlight: 1 })
      const { cpuUs } = await throughput(server, joined, sets, { inFlight: 1 })
      const times = []
      for (let n = 0; n < 5; n++) times.push(await joinMs(server))
      return { cpuUs, joinMs: median(times) }
    })
    const commits = frames(some(100_000), (n) => editFrame(n, tasks))
    const memory = await rounded(['planwire'], { tasks, clients: 2 }, rounds, async (server, joined) => {
      // Between two collections of garbage the memory rises by half and falls again: single looks would tell when they were
      // taken. Its highest of each half does not.
      const tenth = Math.ceil(commits.length / 10)
      const looks = []
      for (let at = 0; at < commits.length; at += tenth) {
        await throughput(server, joined, commits.slice(at, at + tenth))
        looks.push((await server.usage()).rssBytes / 1e6)
      }
      const half = looks.length / 2
      const [warmMB, endMB] = [Math.max(...looks.slice(0, half)), Math.max(...looks.slice(half))]
      return { warmMB, endMB, growth: endMB / warmMB }
    })
    return /** @type {Row[]} */ ([
      {
        name: `a changeset of ${records} records, ${many} tasks`,
        unit: 'us of processor',
        better: 'less',
        figures: medians(big, 'cpuUs'),
        // The limit parses it and serialises it, and that is all it does.
        targets: [{ of: LIMIT, most: 1 }],
      },
      {
        name: `joining ${many} tasks`,
        unit: 'ms',
        better: 'less',
        figures: medians(big, 'joinMs'),
        // The limit sends a buffer that it made once.
        targets: [{ of: LIMIT, most: 2 }],
      },
      {
        name: `memory, highest in the first half of ${commits.length} commits`,
        unit: 'MB',
        better: 'less',
        figures: medians(memory, 'warmMB'),
      },
      {
        name: 'memory, highest in the second half',
        unit: 'MB',
        better: 'less',
        figures: medians(memory, 'endMB'),
      },
      {
        name: 'the one by the other',
        unit: '',
        better: 'less',
        figures: medians(memory, 'growth'),
        targets: [{ most: 1.1 }],
      },
    ])
  }
}

/** @param {string} name @param {Map<string, import('./load.js').Throughput[]>} results @returns {Row} */
const cpuRow = (name, results) => ({
  name,
  unit: PER_COMMIT,
  better: 'less',
  figures: medians(results, 'cpuUs'),
})
