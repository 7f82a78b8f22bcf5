/**
 * Chromium by its own protocol, without a driver: a driver switches off what makes hidden tabs hidden. Owns one browser and
 * the tabs in its one window, of which only the last activated can be seen.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'
import { chromiumArguments, findChromium } from '../../scripts/chromium.js'

/** @typedef {Record<string, unknown>} Values */

/** A browser. */
export class DevTools {
  #child
  #profile
  /** @type {WebSocket | undefined} */
  #socket
  #calls = 0
  /** @type {Map<number, { resolve: (result: Values) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()

  constructor() {
    this.#profile = mkdtempSync(join(tmpdir(), 'planwire-tabs-'))
    const options = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${this.#profile}`, 'about:blank']
    const executable = findChromium()
    if (executable === undefined) throw new Error('there is no Chromium: PLANWIRE_CHROMIUM=/path/to/chromium')
    this.#child = spawn(executable, [...chromiumArguments, ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  }

  /** Resolves when it can be talked to. */
  async connect() {
    for await (const line of createInterface(this.#child.stderr)) {
      const url = /DevTools listening on (\S+)/.exec(line)?.[1]
      if (url === undefined) continue
      this.#socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: 1 << 28 })
      break
    }
    const socket = this.#socket
    if (!socket) throw new Error('Chromium ended before it could be talked to')
    this.#child.stderr.resume()
    socket.on('message', (data) => {
      const { id, result, error } = JSON.parse(String(data))
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error) waiting?.reject(new Error(error.message))
      else waiting?.resolve(result)
    })
    await once(socket, 'open')
  }

  /** @param {string} method @param {Values} [params] @param {string} [sessionId] @returns {Promise<Values>} */
  send(method, params = {}, sessionId) {
    const id = ++this.#calls
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#socket?.send(JSON.stringify({ id, method, params, ...(sessionId === undefined ? {} : { sessionId }) }))
    })
  }

  /** A new tab, in front of all others. @param {string} url @returns {Promise<RawTab>} */
  async open(url) {
    const { targetId } = await this.send('Target.createTarget', { url })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    return new RawTab(this, String(targetId), String(sessionId))
  }

  async close() {
    // Asked to, it ends its own processes, which write into the profile to the last.
    const ended = once(this.#child, 'exit')
    if (this.#socket) await this.send('Browser.close')
    else this.#child.kill()
    await ended
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** One tab. */
export class RawTab {
  #tools
  #target
  #session

  /** @param {DevTools} tools @param {string} target @param {string} session */
  constructor(tools, target, session) {
    this.#tools = tools
    this.#target = target
    this.#session = session
  }

  /** What an expression, or its promise, comes to. @param {string} expression @returns {Promise<unknown>} */
  async evaluate(expression) {
    const params = { expression, awaitPromise: true, returnByValue: true }
    const { result, exceptionDetails } = await this.#tools.send('Runtime.evaluate', params, this.#session)
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails))
    return /** @type {{ value?: unknown }} */ (result).value
  }

  async close() {
    await this.#tools.send('Target.closeTarget', { targetId: this.#target })
  }

  /** Comes to the front, which hides the others. */
  async activate() {
    await this.#tools.send('Target.activateTarget', { targetId: this.#target })
  }
}
