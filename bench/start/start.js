/** `npm run bench -- start`: how long until something can be seen, after a start, a restart and a break. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { editFrame, plan } from '../plan.js'
import { medians } from '../report.js'
import { crowd, foreignServer, throughput } from '../server/load.js'
import { openBrowser, serveSite } from '../site.js'
import { interleaved } from '../statistics.js'

/** @typedef {import('../report.js').Row} Row */
/** @typedef {{ readyMs: number, shownMs: number, storage: string }} Shown */

const dist = (/** @type {string} */ file) => new URL(`../../dist/${file}`, import.meta.url).href
/** @type {typeof import('../../mock-server/node/index.ts')} */
const { startMockServer } = await import(dist('mock-server/node/index.js'))
/** @type {typeof import('../../client/index.ts')} */
const { ProjectClient } = await import(dist('client/index.js'))

/** @type {import('../bench.js').Benchmark} */
export async function run({ rounds, smoke }) {
  const tasks = smoke ? 100 : 10_000
  // Fewer than what the server keeps for those who come back.
  const commits = smoke ? 50 : 9_900
  return [
    { title: `Start: ${tasks} tasks on the screen, mock server in the browser`, rows: await screens(tasks, rounds) },
    {
      title: `Start: server on disk, ${tasks} tasks, ${commits} commits in its log`,
      rows: await replay(tasks, commits, rounds),
    },
    {
      title: `Start: back after a break of ${commits} commits, ${tasks} tasks`,
      rows: await comeBack(tasks, commits, rounds),
    },
  ]
}

/** @param {number} tasks @param {number} rounds @returns {Promise<Row[]>} */
async function screens(tasks, rounds) {
  const site = await serveSite({ start: 'start/page.js' })
  const browser = await openBrowser()
  try {
    const results = await interleaved(['planwire'], rounds, async () => {
      const context = await browser.newContext()
      const shown = async () => {
        const page = await context.newPage()
        await page.goto(`${site.url}start.html?tasks=${tasks}`)
        const found = await page.evaluate(
          () => /** @type {{ shown: Promise<Shown> }} */ (/** @type {unknown} */ (globalThis)).shown,
        )
        return { page, found }
      }
      const cold = await shown()
      const second = await shown()
      await cold.page.close()
      await second.page.close()
      const again = await shown()
      await context.close()
      return {
        coldReady: cold.found.readyMs,
        cold: cold.found.shownMs,
        second: second.found.shownMs,
        again: again.found.shownMs,
      }
    })
    /** @param {string} name @param {string} key @returns {Row} */
    const row = (name, key) => ({ name, unit: 'ms', better: 'less', figures: medians(results, key) })
    return [
      row('cold: the mock is ready', 'coldReady'),
      row('cold: shown', 'cold'),
      row('a second tab: shown', 'second'),
      row('after all tabs were closed: shown', 'again'),
    ]
  } finally {
    await browser.close()
    await site.close()
  }
}

/** @param {number} tasks @param {number} commits @param {number} rounds @returns {Promise<Row[]>} */
async function replay(tasks, commits, rounds) {
  const results = await interleaved(['planwire'], rounds, async () => {
    const data = mkdtempSync(join(tmpdir(), 'planwire-bench-'))
    const timed = async () => {
      const start = performance.now()
      const server = await startMockServer(plan(tasks), { data })
      return { server, ms: performance.now() - start }
    }
    try {
      const fresh = await timed()
      await commit(fresh.server.url, tasks, commits)
      await fresh.server.close()
      const restarted = await timed()
      await restarted.server.close()
      return { fresh: fresh.ms, restarted: restarted.ms }
    } finally {
      rmSync(data, { recursive: true })
    }
  })
  return [
    { name: 'first start', unit: 'ms', better: 'less', figures: medians(results, 'fresh') },
    { name: 'restart', unit: 'ms', better: 'less', figures: medians(results, 'restarted') },
  ]
}

/** @param {string} url @param {number} tasks @param {number} commits */
async function commit(url, tasks, commits) {
  const clients = await crowd(url, 2)
  const frames = Array.from({ length: commits }, (_, n) => editFrame(n, tasks))
  await throughput(foreignServer(url), clients, frames)
  for (const client of clients) client.close()
}

/**
 * A client whose line breaks, commits of others meanwhile, and its return; beside a client that reads everything anew.
 * @param {number} tasks @param {number} commits @param {number} rounds @returns {Promise<Row[]>}
 */
async function comeBack(tasks, commits, rounds) {
  const server = await startMockServer(plan(tasks))
  try {
    const results = await interleaved(['catch-up', 'full resync'], rounds, async (how) => {
      const line = new Line()
      let client = connect(server.url, line)
      await client.whenSynced()
      line.cut()
      const before = client.revision ?? 0
      await commit(server.url, tasks, commits)
      let start = 0
      if (how === 'catch-up') start = line.mend()
      else {
        client.close()
        line.clear()
        start = performance.now()
        client = connect(server.url, line)
      }
      while ((client.revision ?? 0) < before + commits) await line.heard()
      const ms = performance.now() - start
      client.close()
      return { ms, kB: line.characters / 1000 }
    })
    return [
      { name: 'until everything is there', unit: 'ms', better: 'less', figures: medians(results, 'ms') },
      { name: 'sent by the server', unit: 'kB', better: 'less', figures: medians(results, 'kB') },
    ]
  } finally {
    await server.close()
  }
}

/** @param {string} url @param {Line} line */
const connect = (url, line) =>
  new ProjectClient({
    wsAddress: url,
    wsProjectId: 1,
    credentials: { login: 'admin', password: 'admin' },
    outbox: false,
    logger: () => {},
    transport: line,
    // A break is waited for by hand, not by the clock.
    clock: { now: () => Date.now(), after: (_, run) => line.later(run) },
  })

/** A line to cut and to mend. */
class Line {
  characters = 0
  /** @type {WebSocket | undefined} */
  #socket
  /** @type {Set<() => void>} */
  #timers = new Set()
  #hear = () => {}

  /** @param {string} url @param {import('../../client/ports/ports.ts').SocketListener} listener */
  open(url, listener) {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    this.#socket = socket
    socket.on('open', () => listener.opened())
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const text = String(data)
      this.characters += text.length
      listener.frame(text)
      this.#hear()
    })
    socket.on('close', (code) => listener.closed(code, ''))
    return {
      send: (/** @type {string} */ frame) => socket.readyState === WebSocket.OPEN && socket.send(frame),
      close: () => socket.close(),
    }
  }

  /** Timers run when the line is mended; while it holds, none of them matters. @param {() => void} run */
  later(run) {
    this.#timers.add(run)
    return () => this.#timers.delete(run)
  }

  cut() {
    this.#socket?.terminate()
  }

  /** Lets the client try again at once. Answers the time when it did. */
  mend() {
    const due = [...this.#timers]
    this.clear()
    const start = performance.now()
    for (const run of due) run()
    return start
  }

  clear() {
    this.characters = 0
    this.#timers.clear()
  }

  /** Resolves with the next frame. @returns {Promise<void>} */
  heard() {
    return new Promise((resolve) => {
      this.#hear = resolve
    })
  }
}
