/** `npm run bench -- growth`: whether a commit costs more in a larger plan, in a larger crowd, or after an hour. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { editFrame } from '../plan.js'
import { medians } from '../report.js'
import { crowd, startSubject, throughput } from '../server/load.js'
import { growthExponent, interleaved } from '../statistics.js'

/** @typedef {import('../report.js').Row} Row */

/** @type {import('../bench.js').Benchmark} */
export async function* run({ rounds, smoke }) {
  const plans = smoke ? [100, 200] : [100, 1_000, 10_000, 100_000]
  const crowds = smoke ? [2, 4] : [2, 20, 100, 1_000]
  /**
   * Warm in every size: a server that has just started costs more, and least where the fewest edits are measured. With 100,000
   * tasks the first snapshot comes after 10,000 edits, and has what commits compiled anew: some 30 ms, once.
   * @param {number} tasks @param {number} clients @param {number} commits
   */
  const cpuUs = async (tasks, clients, commits) => {
    const server = await startSubject({ name: 'planwire', tasks })
    const joined = await crowd(server.url, clients)
    const frames = Array.from({ length: smoke ? 20 : commits }, (_, n) => editFrame(n, tasks))
    const warmUp = smoke ? 10 : Math.min(40_000, Math.ceil(200_000 / clients))
    await throughput(
      server,
      joined,
      Array.from({ length: warmUp }, (_, n) => editFrame(n, tasks)),
    )
    const figures = await throughput(server, joined, frames)
    for (const client of joined) client.close()
    await server.close()
    return figures
  }
  const byTasks = await interleaved(plans.map(String), rounds, (tasks) => cpuUs(Number(tasks), 2, 20_000))
  const byClients = await interleaved(crowds.map(String), rounds, (clients) =>
    cpuUs(1_000, Number(clients), Math.ceil(60_000 / Number(clients))),
  )
  const perCommit = medians(byTasks, 'cpuUs')
  const perDelivery = Object.fromEntries(
    Object.entries(medians(byClients, 'cpuUs')).map(([clients, us]) => [clients, us / (Number(clients) - 1)]),
  )
  const [least = '', most = ''] = [plans.at(0), plans.at(-1)].map(String)
  /** @type {Row[]} */
  const processor = [
    grown('tasks, time per commit', perCommit),
    {
      name: `${most} tasks against ${least}, time per commit`,
      unit: '',
      better: 'less',
      figures: { planwire: (perCommit[most] ?? Number.NaN) / (perCommit[least] ?? Number.NaN) },
      targets: smoke ? [] : [{ most: 1.1 }],
    },
    grown('clients, time per delivery', perDelivery),
  ]
  yield {
    title: 'Growth: processor time of the server',
    note: 'The exponent b of the best fitting cost = a * n^b: 0 does not grow, 1 grows in proportion.',
    rows: processor,
  }
  const hour = await hourOfWork(smoke ? 1 : 60)
  /** @type {Row[]} */
  const heap = [
    { name: 'after half of it', unit: 'MB', better: 'less', figures: { planwire: hour.warmMB } },
    { name: 'at the end', unit: 'MB', better: 'less', figures: { planwire: hour.endMB } },
    {
      name: 'the one by the other',
      unit: '',
      better: 'less',
      figures: { planwire: hour.endMB / hour.warmMB },
      targets: smoke ? [] : [{ most: 1.1 }],
    },
  ]
  const time = smoke ? 'a minute' : 'an hour'
  yield { title: `Growth: heap of the core over ${time} of ten people's work (${hour.commits} edits)`, rows: heap }
}

/** @param {string} name @param {Record<string, number>} figures by size @returns {Row} */
const grown = (name, figures) => ({
  name: `${name} (${Object.entries(figures)
    .map(([size, us]) => `${size}: ${us.toFixed(1)} us`)
    .join(', ')})`,
  unit: 'exponent',
  better: 'less',
  figures: { planwire: growthExponent(Object.entries(figures).map(([size, us]) => [Number(size), us])) },
})

/** @param {number} minutes @returns {Promise<{ warmMB: number, endMB: number, commits: number }>} */
async function hourOfWork(minutes) {
  const child = fork(new URL('hour.js', import.meta.url), [String(minutes)], { execArgv: ['--expose-gc'] })
  const [found] = await once(child, 'message')
  return found
}
