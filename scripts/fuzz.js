/**
 * `npm run fuzz -- --frames 1000000 --seed 1`: hostile frames against the mock server's core (e2e/sim/frame-fuzz.ts).
 * Prints how far it is and what came of it; exits with 1, the seed and the batch when a rule is broken.
 */
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { root } from './entries.js'

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
})
const frames = Number(values.frames)
const seed = Number(values.seed)
if (!Number.isSafeInteger(frames) || frames < 1 || !Number.isSafeInteger(seed)) {
  console.error('usage: npm run fuzz -- --frames N --seed S')
  process.exit(2)
}

/** @typedef {typeof import('../e2e/sim/frame-fuzz.ts')} Fuzz */
/** @type {{ module: Fuzz }} */
const { module } = await runnerImport(`${root}e2e/sim/frame-fuzz.ts`, { configFile: false, root, logLevel: 'error' })
try {
  const report = await module.fuzzFrames(frames, seed, ({ frames: done, ms }) =>
    process.stderr.write(`\r${done} of ${frames} frames, ${(ms / 1000).toFixed()} s `),
  )
  process.stderr.write('\n')
  const { texts, batches, servers, heard, refused, changed, slowestMs, heapMb, ms } = report
  console.log(
    [
      `${report.frames} frames (${texts} texts) in ${batches} batches against ${servers} servers from seed ${seed}, ${(ms / 1000).toFixed()} s`,
      `heard ${heard} frames, ${refused} of them refusals, ${changed} tell of changes`,
      `slowest frame ${slowestMs.toFixed()} ms, heap ${heapMb.map((mb) => mb.toFixed(1)).join(' -> ')} MB`,
      'no rule broken',
    ].join('\n'),
  )
} catch (error) {
  process.stderr.write('\n')
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
