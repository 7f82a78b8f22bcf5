/** Owns the load on a server: clients that join, edit as fast as they are answered or one by one, and what that took. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { percentile } from '../statistics.js'
import { Client, clientFrame } from './clients.js'

/** Clients that edit; the others only listen. */
const AUTHORS = 10
/** Edits on their way at once when a server is to show how many it can take. */
const IN_FLIGHT = 512

/** A server under test. @typedef {{ url: string, usage(): Promise<import('./subject.js').Usage>, close(): Promise<void> }} Server */

/** @param {import('./subject.js').SubjectOptions} options @returns {Promise<Server>} */
export async function startSubject(options) {
  const child = fork(new URL('subject.js', import.meta.url), [JSON.stringify(options)])
  const [{ url }] = await once(child, 'message')
  return {
    url,
    async usage() {
      child.send('usage')
      const [usage] = await once(child, 'message')
      return usage
    },
    async close() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}

/** A server of someone's own: what its process costs is not known. @param {string} url @returns {Server} */
export const foreignServer = (url) => ({
  url,
  usage: async () => ({ cpuMs: Number.NaN, rssBytes: Number.NaN }),
  close: async () => {},
})

/** @param {string} url @param {number} count @returns {Promise<Client[]>} clients that have loaded the project */
export async function crowd(url, count) {
  /** @type {Client[]} */
  const clients = []
  while (clients.length < count) {
    const some = Array.from({ length: Math.min(50, count - clients.length) }, () => new Client(url))
    clients.push(...some)
    await Promise.all(some.map((client) => client.join()))
  }
  return clients
}

/**
 * @typedef {object} Throughput
 * @property {number} commitsPerSecond until the last client heard of the last one
 * @property {number} deliveriesPerSecond
 * @property {number} cpuUs processor time of the server per commit
 * @property {number} loadUs that of the load, which shares the machine
 */

/**
 * Ten clients edit as fast as everybody hears of it.
 * @param {Server} server
 * @param {readonly Client[]} clients
 * @param {readonly string[]} frames one per commit
 * @param {{ inFlight?: number, heardByAuthor?: boolean }} [options] `heardByAuthor`: these changes come back to their author, too
 * @returns {Promise<Throughput>}
 */
export async function throughput(server, clients, frames, { inFlight = IN_FLIGHT, heardByAuthor = false } = {}) {
  const authors = clients.slice(0, Math.min(AUTHORS, Math.max(1, clients.length - 1)))
  const listeners = heardByAuthor ? clients.length : clients.length - 1
  const bytes = frames.map(clientFrame)
  for (const client of clients) client.changes = 0
  const before = await server.usage()
  const loadBefore = process.cpuUsage()
  const start = performance.now()
  let heard = 0
  let sent = 0
  await new Promise((resolve, reject) => {
    const write = () => {
      // Half of what may be under way at once, in turn to each author: a server meets bursts, as from people who drag.
      const free = Math.min(frames.length - sent, inFlight - (sent - Math.floor(heard / listeners)))
      if (free < Math.min(inFlight / 2, frames.length - sent) || free === 0) return
      const share = Math.ceil(free / authors.length)
      for (const author of authors) {
        const own = bytes.slice(sent, Math.min(sent + share, sent + free, frames.length))
        if (own.length === 0) break
        sent += own.length
        author.send(Buffer.concat(own))
      }
    }
    for (const client of clients) {
      client.lost.catch(reject)
      let counted = 0
      client.arrived = () => {
        heard += client.changes - counted
        counted = client.changes
        if (heard >= frames.length * listeners) resolve(undefined)
        else write()
      }
    }
    write()
  })
  const ms = performance.now() - start
  const load = process.cpuUsage(loadBefore)
  const after = await server.usage()
  for (const client of clients) client.arrived = () => {}
  return {
    commitsPerSecond: frames.length / (ms / 1000),
    deliveriesPerSecond: heard / (ms / 1000),
    cpuUs: ((after.cpuMs - before.cpuMs) * 1000) / frames.length,
    loadUs: (load.user + load.system) / frames.length,
  }
}

/** @typedef {{ p50Ms: number, p99Ms: number, cpuUs: number }} Latency from sending an edit until the last client has it */

/**
 * One edit on its way at a time.
 * @param {Server} server
 * @param {readonly Client[]} clients the first one edits
 * @param {readonly string[]} frames
 * @returns {Promise<Latency>}
 */
export async function latency(server, clients, frames) {
  const [author, ...listeners] = clients
  if (!author) throw new Error('there is nobody to edit')
  /** @type {number[]} */
  const delays = []
  const before = await server.usage()
  for (const frame of frames.map(clientFrame)) {
    for (const client of listeners) client.changes = 0
    const start = performance.now()
    await new Promise((resolve) => {
      let waiting = listeners.length
      for (const client of listeners) {
        client.arrived = () => {
          if (client.changes === 0) return
          client.arrived = () => {}
          waiting -= 1
          if (waiting === 0) resolve(undefined)
        }
      }
      author.send(frame)
    })
    delays.push(performance.now() - start)
  }
  const after = await server.usage()
  const cpuUs = ((after.cpuMs - before.cpuMs) * 1000) / frames.length
  return { p50Ms: percentile(delays, 0.5), p99Ms: percentile(delays, 0.99), cpuUs }
}

/** Milliseconds from asking for the project until the whole of it is here. @param {Server} server @returns {Promise<number>} */
export async function joinMs({ url }) {
  const client = new Client(url)
  await client.join()
  const start = performance.now()
  const heard = client.hears('dataset')
  client.send(clientFrame(JSON.stringify({ command: 'dataset', project: 1 })))
  await heard
  const ms = performance.now() - start
  client.close()
  return ms
}
