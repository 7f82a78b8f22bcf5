/**
 * `npm run sim -- --runs 20000 --seed 1`: fleets of clients at simulated servers (e2e/sim). Prints how far it is, a table
 * per kind, and each kind's first failure made short, with its frames on `--frames`. `--kind NAME` runs one kind.
 */
import { parseArgs } from 'node:util'
import { loadSimulation } from './simulation.js'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    frames: { type: 'boolean', default: false },
  },
})
const { campaign, report, HAPPENINGS, KINDS } = await loadSimulation()
const runs = Number(values.runs)
const seed = Number(values.seed)
const kinds = KINDS.filter((kind) => values.kind === undefined || kind === values.kind)
if (!Number.isInteger(runs) || !Number.isInteger(seed) || kinds.length === 0) {
  console.error(`usage: npm run sim -- --runs N --seed S [--kind NAME]   kinds: ${KINDS.join(', ')}`)
  process.exit(2)
}

const since = performance.now()
const seconds = () => `${((performance.now() - since) / 1000).toFixed(1)} s`
let failed = 0
let told = 0
const tallies = await campaign(runs, seed, kinds, (tally, done) => {
  failed += tally.failures.at(-1)?.seed === seed + Math.floor((done - 1) / kinds.length) ? 1 : 0
  if (performance.now() - told < 1_000 && done < runs) return
  told = performance.now()
  process.stderr.write(`\r${done} of ${runs} fleets, ${failed} failed, ${seconds()} `)
})
process.stderr.write('\n')
console.log(
  `\n${'kind'.padEnd(26)}${'fleets'.padStart(8)}${'steps'.padStart(9)}${'ms each'.padStart(9)}${'failed'.padStart(8)}`,
)
for (const { kind, runs: count, steps, ms, failures } of tallies) {
  const each = count ? (ms / count).toFixed(1) : '-'
  console.log(
    kind.padEnd(26) +
      String(count).padStart(8) +
      String(steps).padStart(9) +
      each.padStart(9) +
      String(failures.length).padStart(8),
  )
}
console.log(`\n${'what befell them'.padEnd(52)}${'times'.padStart(9)}   in kinds`)
for (const what of HAPPENINGS) {
  const times = tallies.map(({ happenings }) => happenings.get(what) ?? 0)
  const sum = times.reduce((all, some) => all + some, 0)
  console.log(
    `${what.padEnd(52)}${String(sum).padStart(9)}   ${times.filter((some) => some > 0).length} of ${kinds.length}`,
  )
}
console.log(`\n${runs} fleets from seed ${seed} in ${seconds()}: ${failed === 0 ? 'all equal' : `${failed} failed`}`)
for (const { kind, failures } of tallies) {
  const [first] = failures
  if (!first) continue
  console.log(`\n== ${kind}, seeds ${failures.slice(0, 10).map((failure) => failure.seed)}: ${first.problem}`)
  console.log(await report(kind, first.seed, values.frames))
}
process.exitCode = failed ? 1 : 0
