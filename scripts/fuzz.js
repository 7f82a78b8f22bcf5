/**
 * `npm run fuzz -- --frames 1000000 --requests 200000 --connections 10000 --seed 1`: hostile frames and requests against the
 * mock server's core, and hostile bytes against its port (e2e/sim/*-fuzz.ts). Prints how far it is and what came of it;
 * exits with 1, the seed and the batch when a rule is broken.
 */
import { parseArgs } from 'node:util'
import { runnerImport } from 'vite'
import { root } from './entries.js'

const { values } = parseArgs({
  options: {
    frames: { type: 'string' },
    requests: { type: 'string' },
    connections: { type: 'string' },
    seed: { type: 'string', default: '1' },
  },
})
const nothing = !(values.frames ?? values.requests ?? values.connections)
const [frames, requests, connections, seed] = [
  values.frames ?? (nothing ? '100000' : '0'),
  values.requests ?? '0',
  values.connections ?? '0',
  values.seed,
].map(Number)
if (![frames, requests, connections, seed].every((number) => Number.isSafeInteger(number) && Number(number) >= 0)) {
  console.error('usage: npm run fuzz -- [--frames N] [--requests N] [--connections N] [--seed S]')
  process.exit(2)
}

/**
 * @template T
 * @param {string} file
 * @returns {Promise<T>}
 */
async function load(file) {
  const options = { configFile: /** @type {const} */ (false), root, logLevel: /** @type {const} */ ('error') }
  return (await runnerImport(`${root}e2e/sim/${file}`, options)).module
}

/** @param {string} what @param {number} of @returns {(done: number, ms: number) => void} */
const progress = (what, of) => (done, ms) =>
  process.stderr.write(`\r${done} of ${of} ${what}, ${(ms / 1000).toFixed()} s `)

/** @param {readonly [number, number]} heap */
const grown = (heap) => heap.map((mb) => mb.toFixed(1)).join(' -> ')

async function fuzzFrames() {
  /** @type {typeof import('../e2e/sim/frame-fuzz.ts')} */
  const module = await load('frame-fuzz.ts')
  const tell = progress('frames', Number(frames))
  const report = await module.fuzzFrames(Number(frames), Number(seed), (now) => tell(now.frames, now.ms))
  const { texts, batches, servers, heard, refused, changed, slowestMs, heapMb, ms } = report
  return [
    `${report.frames} frames (${texts} texts) in ${batches} batches against ${servers} servers from seed ${seed}, ${(ms / 1000).toFixed()} s`,
    `heard ${heard} frames, ${refused} of them refusals, ${changed} tell of changes`,
    `slowest frame ${slowestMs.toFixed()} ms, heap ${grown(heapMb)} MB`,
  ]
}

async function fuzzRequests() {
  /** @type {typeof import('../e2e/sim/request-fuzz.ts')} */
  const module = await load('request-fuzz.ts')
  const tell = progress('requests', Number(requests))
  const report = await module.fuzzRequests(Number(requests), Number(seed), (now) => tell(now.requests, now.ms))
  const { servers, statuses, slowestMs, heapMb, ms } = report
  const answers = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status || 'no path'}: ${count}`)
  return [
    `${report.requests} requests against ${servers} servers from seed ${seed}, ${(ms / 1000).toFixed()} s`,
    `answered ${answers.join(', ')}`,
    `slowest answer ${slowestMs.toFixed()} ms, heap ${grown(heapMb)} MB`,
  ]
}

async function fuzzConnections() {
  /** @type {typeof import('../e2e/sim/byte-fuzz.ts')} */
  const module = await load('byte-fuzz.ts')
  const tell = progress('connections', Number(connections))
  const report = await module.fuzzBytes(Number(connections), Number(seed), (now) => tell(now.connections, now.ms))
  const { upgraded, refused, heapMb, ms } = report
  return [
    `${report.connections} connections with hostile bytes from seed ${seed}, ${(ms / 1000).toFixed()} s`,
    `${upgraded} became sockets first, ${refused} were answered with a refusal; heap ${grown(heapMb)} MB`,
  ]
}

try {
  const runs = [frames && fuzzFrames, requests && fuzzRequests, connections && fuzzConnections]
  for (const run of runs) {
    if (!run) continue
    const lines = await run()
    process.stderr.write('\n')
    console.log([...lines, 'no rule broken'].join('\n'))
  }
} catch (error) {
  process.stderr.write('\n')
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
