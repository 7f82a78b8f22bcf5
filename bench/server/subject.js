/**
 * A server to be measured, as a process of its own: `fork(subject.js, [JSON])`. Says `{ url }` when it listens, answers
 * `usage` with its processor time and memory, and ends with its parent.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plan, tasks } from '../plan.js'
import { broadcaster } from './broadcasters.js'

/**
 * What is measured: `planwire` is the built package; the others are the least that a server can do.
 * @typedef {'planwire' | 'planwire on disk' | 'planwire with fsync' | 'ws coalescing' | 'ws plain'} SubjectName
 */

/** @typedef {{ name: SubjectName, tasks: number }} SubjectOptions */
/** @typedef {{ cpuMs: number, rssBytes: number }} Usage */

/** @param {SubjectOptions} options @returns {Promise<{ url: string, close?(): Promise<void> }>} */
async function start({ name, tasks: count }) {
  if (name === 'ws coalescing' || name === 'ws plain') {
    return { url: await broadcaster({ coalesce: name === 'ws coalescing', tasks: tasks(count) }) }
  }
  /** @type {typeof import('../../mock-server/node/index.ts')} */
  const { startMockServer } = await import(new URL('../../dist/mock-server/node/index.js', import.meta.url).href)
  if (name === 'planwire') return startMockServer(plan(count))
  const data = mkdtempSync(join(tmpdir(), 'planwire-bench-'))
  process.once('exit', () => rmSync(data, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }))
  return startMockServer(plan(count), { data, fsync: name === 'planwire with fsync' })
}

/** @returns {Usage} */
function usage() {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, rssBytes: process.memoryUsage.rss() }
}

process.on('message', () => process.send?.(usage()))
const starting = start(JSON.parse(process.argv[2] ?? ''))
process.on('disconnect', async () => {
  // A snapshot that is still being written would come back after its directory was removed.
  await (await starting).close?.()
  process.exit()
})
process.send?.({ url: (await starting).url })
