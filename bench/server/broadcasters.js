/**
 * The least that a server can do with `ws`: read a frame, serialise it once, hand it to everybody else. It checks nothing,
 * keeps nothing, numbers nothing and forgets everything. Owns the two limits that planwire is held against.
 */
import { once } from 'node:events'
import * as ws from 'ws'

/**
 * @typedef {import('ws').WebSocket & { _socket: import('node:net').Socket }} Socket the stream below it is no public part
 *   of `ws`; the coalescing limit writes to it directly, which is what makes it one
 */

const { WebSocketServer } = ws
/**
 * What gives a frame its head. The package exports it, its types do not tell.
 * @type {{ frame(data: Buffer, options: object): Buffer[] }}
 */
const Sender = Reflect.get(ws, 'Sender')

/**
 * Starts one and answers its URL. `coalesce`: frames are given their head once, and each client gets all frames of a turn
 * of the event loop in one write; else each client gets each frame in a write of its own.
 * @param {{ coalesce: boolean, tasks: readonly object[] }} options `tasks`: what a client that joins is sent, from a buffer
 * @returns {Promise<string>}
 */
export async function broadcaster({ coalesce, tasks }) {
  const dataset = Buffer.from(JSON.stringify({ command: 'dataset', project: 1, dataset: { tasksData: tasks } }))
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 1 << 28 })
  const turn = new Turn(server)
  server.on('connection', (/** @type {Socket} */ socket) => {
    socket.on('message', (data) => {
      const message = JSON.parse(data.toString())
      if (message.command === 'login') socket.send('{"command":"login","client":"1"}')
      else if (message.command === 'dataset') socket.send(dataset, { binary: false })
      else if (coalesce) turn.add(socket, JSON.stringify(message))
      else {
        const frame = JSON.stringify(message)
        for (const client of server.clients) if (client !== socket) client.send(frame)
      }
    })
  })
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new TypeError('the broadcaster listens on no port')
  return `ws://127.0.0.1:${address.port}`
}

/** What waits for each client until the end of the turn. */
class Turn {
  #server
  /** @type {Map<Socket, Buffer[]>} */
  #waiting = new Map()

  /** @param {import('ws').WebSocketServer} server */
  constructor(server) {
    this.#server = server
  }

  /** @param {Socket} author @param {string} text */
  add(author, text) {
    if (this.#waiting.size === 0) setImmediate(() => this.#flush())
    const options = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: false }
    const frame = Buffer.concat(Sender.frame(Buffer.from(text), options))
    for (const client of /** @type {Set<Socket>} */ (this.#server.clients)) {
      if (client === author) continue
      const frames = this.#waiting.get(client)
      if (frames) frames.push(frame)
      else this.#waiting.set(client, [frame])
    }
  }

  #flush() {
    for (const [client, frames] of this.#waiting) client._socket.write(Buffer.concat(frames))
    this.#waiting.clear()
  }
}
