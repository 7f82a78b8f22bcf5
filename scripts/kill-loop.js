/**
 * `node scripts/kill-loop.js --kills 200`: kills a serving process again and again while clients write, starts it again on the
 * same directory, and counts what was acknowledged and what is there (`npm run build` first). Owns what "no acknowledged
 * change is lost" means: every acknowledged change is there, every change is there at most once, revisions never go back,
 * ids are never given twice, and the epoch goes on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { root } from './entries.js'

/** Changes that a client has on their way at once. */
const IN_FLIGHT = 8
const PROJECT = 1
const CONFIG = ['--port', '0']

/**
 * @typedef {object} Options
 * @property {string} bin the command as one file for Node
 * @property {string} directory where the server keeps its log
 * @property {number} kills
 * @property {number} seed
 * @property {number} [clients] on the project socket, beside one that writes over REST; default 3
 * @property {boolean} [fsync]
 */

/**
 * @typedef {object} Figures
 * @property {number} kills
 * @property {number} acknowledged changes that clients were told are stored
 * @property {number} recovered of these, found after the last start
 * @property {number} twice changes found more than once
 * @property {number} unacknowledged changes that were on their way when the process was killed, summed over the kills
 * @property {number} resent of these, sent again under their own changeset id after a start
 * @property {number} surviving of these, already stored
 * @property {number} torn starts that had to cut off an unfinished write
 * @property {readonly string[]} broken promises, in words; empty when all were kept
 */

/** One server process. */
class Server {
  /** @param {import('node:child_process').ChildProcess} child @param {string} url @param {string[]} reports */
  constructor(child, url, reports) {
    this.child = child
    this.url = url
    this.reports = reports
  }

  /** @param {Options} options @returns {Promise<Server>} */
  static async start({ bin, directory, fsync = false }) {
    const args = [bin, 'serve', ...CONFIG, '--data', directory, ...(fsync ? ['--fsync'] : [])]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    /** @type {string[]} */
    const reports = []
    createInterface({ input: child.stderr }).on('line', (line) => reports.push(line))
    const line = await new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).once('line', resolve)
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}: ${reports.join(' ')}`)))
    })
    return new Server(child, String(line).replace('planwire listening on ', ''), reports)
  }

  /** Ends it as a power switch would. */
  async kill() {
    const exit = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exit
  }
}

/** Everything that all writers know together. */
class Book {
  /** @type {Set<string>} names of acknowledged records */
  acknowledged = new Set()
  /** @type {Map<string, number | string>} the id that a name was given */
  ids = new Map()
  /** @type {string[]} */
  broken = []
  /** @type {string | undefined} */
  epoch
  /** Highest revision that anybody heard of, acknowledged or not. */
  revision = 0
  unacknowledged = 0
  resent = 0
  surviving = 0
  /** Called at each acknowledgement. */
  onAcknowledged = () => {}

  /** @param {string} epoch @param {number} revision */
  position(epoch, revision) {
    this.epoch ??= epoch
    if (epoch !== this.epoch) this.broken.push(`the epoch ${this.epoch} became ${epoch} at revision ${revision}`)
    this.revision = Math.max(this.revision, revision)
  }

  /** @param {string} name @param {number | string} id */
  given(name, id) {
    const known = this.ids.get(name)
    if (known !== undefined && String(known) !== String(id)) this.broken.push(`${name} was given ${known} and ${id}`)
    this.ids.set(name, id)
  }

  /** @param {string} name */
  acknowledge(name) {
    this.acknowledged.add(name)
    this.onAcknowledged()
  }
}

/** @typedef {(project: { tasks: readonly { name: string }[], revision: number }) => void} Loaded */

/** A client of the project socket that adds tasks, and sends what was not acknowledged again after a start. */
class Planner {
  /** @type {Map<number, { name: string, revision?: number }>} by counter, oldest first */
  #open = new Map()
  #counter = 0
  /** @type {WebSocket | undefined} */
  #socket

  /** @param {string} client @param {Book} book */
  constructor(client, book) {
    this.client = client
    this.book = book
  }

  /** Logs in and loads. @param {string} url @returns {Promise<{ tasks: readonly { name: string }[], revision: number }>} */
  async connect(url) {
    const socket = new WebSocket(url)
    this.#socket = socket
    socket.on('error', () => {})
    /** @type {Loaded} */
    let loaded = () => {}
    const project = new Promise((resolve) => {
      loaded = resolve
    })
    socket.on('message', (data) => this.#heard(JSON.parse(String(data)), loaded))
    await once(socket, 'open')
    const planwire = { version: 1, client: this.client }
    this.#say({ command: 'login', login: 'admin', password: 'admin', planwire })
    this.#say({ command: 'dataset', project: PROJECT })
    return project
  }

  /** Sends what is open, and then new changes for as long as the server answers. */
  write() {
    this.book.resent += this.#open.size
    for (const [counter, { name }] of this.#open) this.#change(counter, name)
    this.#fill()
  }

  /** The process was killed. */
  cutOff() {
    this.book.unacknowledged += this.#open.size
    for (const open of this.#open.values()) delete open.revision
    this.#socket?.terminate()
    this.#socket = undefined
  }

  /** @param {ReadonlySet<string>} stored names found after a start */
  countSurviving(stored) {
    for (const { name } of this.#open.values()) if (stored.has(name)) this.book.surviving += 1
  }

  #fill() {
    while (this.#open.size < IN_FLIGHT) {
      const counter = (this.#counter += 1)
      const name = `${this.client}:${counter}`
      this.#open.set(counter, { name })
      this.#change(counter, name)
    }
  }

  /** @param {number} counter @param {string} name */
  #change(counter, name) {
    const changes = { tasks: { added: [{ $PhantomId: `_${name}`, name }] } }
    this.#say({ command: 'projectChange', project: PROJECT, changes, planwire: { counter } })
  }

  /** @param {object} message */
  #say(message) {
    this.#socket?.send(JSON.stringify(message))
  }

  /** @param {any} frame @param {Loaded} loaded */
  #heard(frame, loaded) {
    const { command, planwire } = frame
    if (command === 'dataset') {
      this.book.position(planwire.epoch, planwire.revision)
      loaded({ tasks: frame.dataset.tasksData, revision: planwire.revision })
    } else if (command === 'projectChange') {
      this.book.position(planwire.epoch, planwire.revision)
      for (const { name, id } of frame.changes.tasks?.added ?? []) this.book.given(name, id)
      const [client, counter] = String(planwire.changeset).split(':')
      const open = client === this.client ? this.#open.get(Number(counter)) : undefined
      if (open) open.revision = planwire.revision
    } else if (command === 'ack') this.#acknowledged(planwire.revision)
    else if (frame.error !== undefined) this.book.broken.push(`${command} was refused: ${frame.error}`)
  }

  /** @param {number} revision everything of this client up to here is stored */
  #acknowledged(revision) {
    for (const [counter, open] of this.#open) {
      if (open.revision === undefined || open.revision > revision) continue
      this.#open.delete(counter)
      this.book.acknowledge(open.name)
    }
    if (this.#socket) this.#fill()
  }
}

/** A client of the live updates' REST calls: a write that was not answered is not tried again. */
class Caller {
  #count = 0
  #stopped = false
  /** @type {Promise<void>} */
  #done = Promise.resolve()

  /** @param {Book} book */
  constructor(book) {
    this.book = book
  }

  /** @param {string} url */
  write(url) {
    this.#stopped = false
    this.#done = this.#writeAll(url)
  }

  async cutOff() {
    this.#stopped = true
    await this.#done
  }

  /** @param {string} url */
  async #writeAll(url) {
    while (!this.#stopped) {
      const text = `rest:${(this.#count += 1)}`
      try {
        const answer = await fetch(`${url}/events`, { method: 'POST', body: JSON.stringify({ text }) })
        const { id } = JSON.parse(await answer.text())
        if (answer.status !== 200 && answer.status !== 201) this.book.broken.push(`POST answered ${answer.status}`)
        this.book.given(text, id)
        this.book.acknowledge(text)
      } catch {
        this.book.unacknowledged += 1
        return
      }
    }
  }
}

/** @param {Options} options @returns {Promise<Figures>} */
export async function killLoop(options) {
  const book = new Book()
  const random = randomFrom(options.seed)
  const planners = Array.from({ length: options.clients ?? 3 }, (_, index) => new Planner(`k-${index}`, book))
  const caller = new Caller(book)
  let torn = 0
  let server = await Server.start(options)
  try {
    for (let kill = 0; ; kill += 1) {
      const heard = book.revision
      const { names: stored, revision } = await storedNames(server.url, planners)
      if (revision < heard) book.broken.push(`revision ${heard} was heard of, and the server is at ${revision}`)
      check(stored, book)
      for (const planner of planners) planner.countSurviving(new Set(stored))
      torn += server.reports.filter((line) => line.includes('cut off')).length
      if (kill === options.kills) return figures(options.kills, stored, book, torn)
      const enough = untilAcknowledged(book, 1 + Math.floor(random() * 120))
      for (const planner of planners) planner.write()
      caller.write(server.url)
      const ended = once(server.child, 'exit').then(() => 'ended')
      if ((await Promise.race([enough, ended])) === 'ended') throw new Error(server.reports.join(' '))
      await server.kill()
      for (const planner of planners) planner.cutOff()
      await caller.cutOff()
      server = await Server.start(options)
    }
  } finally {
    server.child.kill('SIGKILL')
    for (const planner of planners) planner.cutOff()
    await caller.cutOff()
  }
}

/**
 * Connects the planners; the names of everything that the server holds, and the project's revision.
 * @param {string} url @param {readonly Planner[]} planners
 */
async function storedNames(url, planners) {
  const [project] = await Promise.all(planners.map((planner) => planner.connect(url)))
  if (!project) throw new Error('at least one client has to read')
  const answer = await fetch(`${url.replace('ws:', 'http:')}/events`)
  /** @type {readonly { text: string }[]} */
  const events = JSON.parse(await answer.text())
  const names = [...project.tasks.map(({ name }) => name), ...events.map(({ text }) => text)]
  return { names: names.filter((name) => /^(k-\d+|rest):\d+$/.test(name)), revision: project.revision }
}

/** @param {readonly string[]} stored @param {Book} book */
function check(stored, book) {
  const there = new Set(stored)
  const lost = [...book.acknowledged].filter((name) => !there.has(name))
  if (lost.length > 0) book.broken.push(`acknowledged and lost: ${lost.join(', ')}`)
  if (there.size < stored.length) book.broken.push(`there twice: ${twice(stored).join(', ')}`)
  const ids = new Set([...book.ids.values()].map(String))
  if (ids.size < book.ids.size) book.broken.push('an id was given twice')
}

/** @param {readonly string[]} names */
function twice(names) {
  return names.filter((name, at) => names.indexOf(name) !== at)
}

/** @param {number} kills @param {readonly string[]} stored @param {Book} book @param {number} torn @returns {Figures} */
function figures(kills, stored, book, torn) {
  const there = new Set(stored)
  const { acknowledged, unacknowledged, resent, surviving, broken } = book
  const recovered = [...acknowledged].filter((name) => there.has(name)).length
  const counts = { unacknowledged, resent, surviving, torn }
  return { kills, acknowledged: acknowledged.size, recovered, twice: twice(stored).length, ...counts, broken }
}

/** @param {Book} book @param {number} count @returns {Promise<void>} */
function untilAcknowledged(book, count) {
  let left = count
  return new Promise((resolve) => {
    book.onAcknowledged = () => {
      left -= 1
      if (left === 0) resolve()
    }
  })
}

/** Numbers in [0, 1), the same for the same seed (a Weyl sequence, mixed). @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: '1' },
      fsync: { type: 'boolean', default: false },
    },
  })
  const directory = await mkdtemp(join(tmpdir(), 'planwire-kill-'))
  const bin = `${root}dist/mock-server/node/cli.js`
  const start = Date.now()
  const { kills, seed, fsync } = values
  const result = await killLoop({ bin, directory, kills: Number(kills), seed: Number(seed), fsync })
  await rm(directory, { recursive: true })
  const { broken, ...counts } = result
  console.log(`kill loop, seed ${seed}${fsync ? ', fsync' : ''}, ${((Date.now() - start) / 1000).toFixed(0)} s`)
  for (const [name, count] of Object.entries(counts)) console.log(`  ${name.padEnd(15)} ${count}`)
  for (const promise of broken) console.error(`broken: ${promise}`)
  process.exitCode = broken.length === 0 && result.acknowledged === result.recovered ? 0 : 1
}

if (process.argv[1] === import.meta.filename) await main()
