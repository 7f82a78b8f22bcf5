/**
 * Clients of the project socket that cost next to nothing: TCP sockets that count WebSocket frames by their headers. The load
 * generator has to be faster than the fastest server, and `ws` itself is not.
 */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const TEXT = 0x81
/** Where a frame names its command: `{"command":"projectChange"`. */
const CHANGE = Buffer.from('{"command":"projectChange"')

/**
 * A client's text frame. The mask is zero, which RFC 6455 allows a test to choose: masking is then no work.
 * @param {string} text
 * @returns {Buffer}
 */
export function clientFrame(text) {
  const payload = Buffer.from(text)
  const { length } = payload
  const long = length > 0xffff
  const head = Buffer.alloc(length < 126 ? 6 : long ? 14 : 8)
  head[0] = TEXT
  if (length < 126) head[1] = 0x80 | length
  else {
    head[1] = 0x80 | (long ? 127 : 126)
    if (long) head.writeBigUInt64BE(BigInt(length), 2)
    else head.writeUInt16BE(length, 2)
  }
  return Buffer.concat([head, payload])
}

/** One client. */
export class Client {
  /** Changes that arrived. */
  changes = 0
  /** Bytes that arrived. */
  bytes = 0
  /** Called after every piece that arrived. */
  arrived = () => {}
  #socket
  /** @type {Buffer} */
  #rest = Buffer.alloc(0)
  /** Bytes of the frame under way that are not here yet and need not be kept. */
  #skip = 0
  #handshake = true
  #opened = () => {}
  /** The answer that is waited for: how it begins, whether its beginning is here, and who waits. */
  #wanted = ''
  #passing = false
  #heard = () => {}

  /** @param {string} url */
  constructor(url) {
    const { hostname, port, pathname, host, search } = new URL(url)
    this.#socket = connect({ host: hostname, port: Number(port) })
    this.#socket.setNoDelay(true)
    const key = randomBytes(16).toString('base64')
    this.#socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    )
    /** @type {Promise<void>} */
    this.open = new Promise((resolve, reject) => {
      this.#opened = resolve
      this.#socket.once('error', reject)
      this.#socket.once('close', () => reject(new Error('the server refused or closed a socket')))
    })
    // A benchmark that waits for frames of a socket that is gone would wait for ever: it is told by `lost`.
    /** @type {Promise<never>} */
    this.lost = new Promise((_, reject) =>
      this.open.then(() => this.#socket.once('close', () => reject(new Error('a socket closed')))),
    )
    this.lost.catch(() => {})
    this.open.catch(() => {})
    this.#socket.on('data', (data) => this.#take(data))
  }

  /** Sends one frame or several. @param {Buffer} frames made by {@link clientFrame} */
  send(frames) {
    this.#socket.write(frames)
  }

  /** Resolves when a frame with this command has arrived whole. @param {string} command @returns {Promise<void>} */
  hears(command) {
    this.#wanted = `"command":"${command}"`
    const heard = new Promise((/** @type {(value: void) => void} */ resolve) => {
      this.#heard = resolve
    })
    return Promise.race([heard, this.lost])
  }

  /** Logs in and loads the project. @param {string} [user] */
  async join(user = 'bench') {
    await this.open
    const loaded = this.hears('dataset')
    this.send(clientFrame(JSON.stringify({ command: 'login', login: user })))
    this.send(clientFrame(JSON.stringify({ command: 'dataset', project: 1 })))
    await loaded
  }

  close() {
    this.#socket.removeAllListeners('close')
    this.#socket.destroy()
  }

  /** @param {Buffer} data */
  #take(data) {
    this.bytes += data.length
    let piece = data
    if (this.#handshake) {
      this.#rest = Buffer.concat([this.#rest, data])
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return
      if (!this.#rest.toString('latin1', 0, end).startsWith('HTTP/1.1 101'))
        throw new Error('the handshake was refused')
      this.#handshake = false
      this.#opened()
      piece = this.#rest.subarray(end + 4)
      this.#rest = Buffer.alloc(0)
    }
    this.#frames(piece)
    this.arrived()
  }

  #passed() {
    this.#passing = false
    this.#heard()
  }

  /** @param {Buffer} data */
  #frames(data) {
    let piece = data
    let at = 0
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, piece.length)
      this.#skip -= skipped
      at = skipped
      if (this.#passing && this.#skip === 0) this.#passed()
    }
    if (this.#rest.length > 0) {
      piece = Buffer.concat([this.#rest, piece.subarray(at)])
      at = 0
      this.#rest = Buffer.alloc(0)
    }
    while (at < piece.length) {
      // Enough of a frame to see its length and its command.
      const left = piece.length - at
      if (left < 2) break
      const short = (piece[at + 1] ?? 0) & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (left < head) break
      const length =
        short < 126 ? short : short === 126 ? piece.readUInt16BE(at + 2) : Number(piece.readBigUInt64BE(at + 2))
      if (left < head + Math.min(length, CHANGE.length)) break
      const from = at + head
      const isText = piece[at] === TEXT
      if (isText && this.#isChange(piece, from, length)) this.changes += 1
      else if (isText && this.#wanted !== '') {
        if (piece.toString('latin1', from, Math.min(from + length, from + 64)).includes(this.#wanted)) {
          this.#wanted = ''
          this.#passing = true
        }
      }
      at = from + length
      if (this.#passing && at <= piece.length) this.#passed()
    }
    if (at > piece.length) this.#skip = at - piece.length
    else if (at < piece.length) this.#rest = Buffer.from(piece.subarray(at))
  }

  /** @param {Buffer} piece @param {number} from @param {number} length */
  #isChange(piece, from, length) {
    // Two bytes tell it from every other message of the protocol; comparing all of them would cost more than the frame.
    return length > CHANGE.length && piece[from + 12] === CHANGE[12] && piece[from + 19] === CHANGE[19]
  }
}
