/**
 * `node scripts/soak.js --sockets 1000 --changes 200`: many sockets on one project, one of them changing it (`npm run build`
 * first). Owns what "each sees every change in order" means: every socket hears of every revision, each once, one after
 * another from the one that its dataset had. Prints connections, deliveries, times and the memory of the server process.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { root } from './entries.js'

const PROJECT = 1
/** Sockets that connect and load at once; as many as that also queue at the server's port. */
const AT_ONCE = 50
/** Different people: everybody who comes or goes is told to all, by name. */
const NAMES = 20
/** Changes on their way at once. */
const IN_FLIGHT = 8

/**
 * @typedef {object} Figures
 * @property {number} sockets
 * @property {number} changes
 * @property {number} deliveries changes that arrived, over all sockets
 * @property {number} disordered changes that were missing, came twice or out of order
 * @property {number} connectMs until every socket had loaded the project
 * @property {number} changeMs from the first change until the last socket heard of the last one
 * @property {number} p50Ms of the time from sending a change to its arrival, over all deliveries
 * @property {number} p99Ms
 */

/** One socket that checks what it hears. */
class Listener {
  disordered = 0
  deliveries = 0
  /** @type {WebSocket} */
  socket
  #revision = -1
  #heard

  /** @param {string} url @param {number} index @param {(revision: number) => void} heard */
  constructor(url, index, heard) {
    this.#heard = heard
    this.socket = new WebSocket(url)
    /** @type {Promise<void>} */
    this.loaded = new Promise((resolve, reject) => {
      this.socket.on('error', reject)
      this.socket.on('close', (code) => reject(new Error(`a socket closed with ${code}`)))
      this.socket.on('open', () => {
        const planwire = { version: 1, client: `soak-${index}` }
        this.send({ command: 'login', login: `user ${index % NAMES}`, planwire })
        this.send({ command: 'dataset', project: PROJECT })
      })
      this.socket.on('message', (data) => this.#take(String(data), resolve))
    })
  }

  /** @param {object} message */
  send(message) {
    this.socket.send(JSON.stringify(message))
  }

  /** @param {string} text @param {() => void} loaded */
  #take(text, loaded) {
    // Who comes and goes is of no interest here, and there is much of it.
    if (!text.includes('"dataset"') && !text.includes('"projectChange"')) return
    const { command, planwire } = JSON.parse(text)
    if (command === 'dataset') {
      this.#revision = planwire.revision
      loaded()
    } else if (command === 'projectChange') {
      this.deliveries += 1
      if (planwire.revision !== this.#revision + 1) this.disordered += 1
      this.#revision = planwire.revision
      this.#heard(planwire.revision)
    }
  }
}

/**
 * @param {{ url: string, sockets: number, changes: number }} options
 * @returns {Promise<Figures>}
 */
export async function soak({ url, sockets, changes }) {
  const began = performance.now()
  /** @type {Float64Array} when each change was sent, by its number */
  const sentAt = new Float64Array(changes)
  /** @type {number[]} */
  const delays = []
  let first = 0
  let left = sockets * changes
  let onEnd = () => {}
  const heard = (/** @type {number} */ revision) => {
    const sent = sentAt[revision - first]
    if (sent !== undefined) delays.push(performance.now() - sent)
    left -= 1
    if (left === 0) onEnd()
  }
  /** @type {Listener[]} */
  const all = []
  while (all.length < sockets) {
    const some = Array.from(
      { length: Math.min(AT_ONCE, sockets - all.length) },
      (_, at) => new Listener(url, all.length + at, heard),
    )
    all.push(...some)
    await Promise.all(some.map(({ loaded }) => loaded))
  }
  const connectMs = performance.now() - began
  try {
    const [writer] = all
    if (!writer) throw new Error('there is nobody to make changes')
    first = (await revisionOf(writer)) + 1
    const start = performance.now()
    const done = new Promise((resolve) => (onEnd = () => resolve(undefined)))
    const broken = new Promise((_, reject) => {
      for (const { socket } of all) socket.on('close', (code) => reject(new Error(`a socket closed with ${code}`)))
    })
    let next = 0
    const write = () => {
      if (next >= changes) return
      sentAt[next] = performance.now()
      const changed = { tasks: { updated: [{ id: 1, name: `change ${next}` }] } }
      next += 1
      writer.send({ command: 'projectChange', project: PROJECT, changes: changed })
    }
    writer.socket.on('message', (data) => String(data).includes('"projectChange"') && write())
    for (let at = 0; at < IN_FLIGHT; at += 1) write()
    await Promise.race([done, broken])
    delays.sort((a, b) => a - b)
    const total = (/** @type {'deliveries' | 'disordered'} */ key) => all.reduce((sum, one) => sum + one[key], 0)
    return {
      sockets,
      changes,
      deliveries: total('deliveries'),
      disordered: total('disordered'),
      connectMs,
      changeMs: performance.now() - start,
      p50Ms: delays[Math.floor(delays.length * 0.5)] ?? 0,
      p99Ms: delays[Math.floor(delays.length * 0.99)] ?? 0,
    }
  } finally {
    for (const { socket } of all) socket.removeAllListeners('close').terminate()
  }
}

/** The revision of the project now. @param {Listener} listener @returns {Promise<number>} */
function revisionOf({ socket }) {
  return new Promise((resolve) => {
    socket.on('message', function read(data) {
      const { command, planwire } = JSON.parse(String(data))
      if (command !== 'dataset') return
      socket.off('message', read)
      resolve(planwire.revision)
    })
    socket.send(JSON.stringify({ command: 'dataset', project: PROJECT }))
  })
}

/** Resident memory of a process in MB, where the system tells (Linux). @param {number | undefined} pid @param {'VmRSS' | 'VmHWM'} line */
function memory(pid, line) {
  try {
    const [, kB = '0'] = new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return `${(Number(kB) / 1024).toFixed(0)} MB`
  } catch {
    return 'unknown'
  }
}

async function main() {
  const { values } = parseArgs({
    options: { sockets: { type: 'string', default: '1000' }, changes: { type: 'string', default: '200' } },
  })
  const cli = `${root}dist/mock-server/node/cli.js`
  const child = spawn(process.execPath, [cli, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(createInterface(child.stdout), 'line')
    const idle = memory(child.pid, 'VmRSS')
    const url = String(line).replace('planwire listening on ', '')
    const figures = await soak({ url, sockets: Number(values.sockets), changes: Number(values.changes) })
    const { sockets, changes, deliveries, disordered, connectMs, changeMs, p50Ms, p99Ms } = figures
    console.log(`${sockets} sockets connected, logged in and loaded in ${(connectMs / 1000).toFixed(1)} s`)
    console.log(
      `${changes} changes, ${deliveries} deliveries in ${(changeMs / 1000).toFixed(2)} s: ${Math.round(deliveries / (changeMs / 1000))} a second`,
    )
    console.log(
      `from sending to arrival: p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms (server and all sockets on one machine)`,
    )
    console.log(
      `memory of the server: ${idle} idle, ${memory(child.pid, 'VmRSS')} at the end, ${memory(child.pid, 'VmHWM')} at most`,
    )
    console.log(`missing, twice or out of order: ${disordered + sockets * changes - deliveries}`)
    if (disordered > 0 || deliveries !== sockets * changes) process.exitCode = 1
  } finally {
    child.kill()
  }
}

if (process.argv[1] === import.meta.filename) await main()
