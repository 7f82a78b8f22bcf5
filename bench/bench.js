/**
 * `npm run bench`: measures the built package (`npm run build` first) and prints each figure beside the limit measured in
 * the same run. `-- --smoke` runs little and only checks that the figures are sane. `-- widgets` measures DHTMLX Gantt with
 * the vendor's live updates and with ours in Chromium (`npm test -- vendor build` first).
 */
import { spawnSync } from 'node:child_process'
import { cpus } from 'node:os'
import { coreCommits } from './core-commits.js'

if (process.argv.includes('widgets')) {
  const env = { ...process.env, PLANWIRE_PACE: '1' }
  const run = spawnSync('npx playwright test -c e2e widget-pace', { shell: true, stdio: 'inherit', env })
  process.exit(run.status ?? 1)
}

const smoke = process.argv.includes('--smoke')
const { commitsPerSecond, limitPerSecond, ratio } = await coreCommits(
  smoke ? { rounds: 1, commits: 200 } : { rounds: 7, commits: 20_000 },
)

const rounded = (/** @type {number} */ perSecond) => Math.round(perSecond).toLocaleString('en')
console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}`)
console.log('core, 20 clients in memory, one field per commit:')
console.log(
  `  ${rounded(commitsPerSecond)} commits/s; parse + serialise + hand over alone: ${rounded(limitPerSecond)}/s`,
)
console.log(`  ratio ${ratio.toFixed(3)}${smoke ? ' (smoke run: too short to mean anything)' : ''}`)
const sane = [commitsPerSecond, limitPerSecond, ratio].every((figure) => Number.isFinite(figure) && figure > 0)
if (!sane) {
  console.error('bench: a figure is no positive number')
  process.exitCode = 1
}
