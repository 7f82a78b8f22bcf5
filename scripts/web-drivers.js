/**
 * Firefox and WebKitGTK of the system, as much of each as `browsers.js` needs: windows, and expressions that run in them. Each
 * is spoken to in its own WebDriver protocol: W3C WebDriver BiDi over a socket, W3C WebDriver over HTTP.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { WebSocket } from 'ws'

/** How long a page may take for one thing. */
const LONGEST_MS = 60_000
/** Between two questions: a page that loads anew forgets who waits in it, and a driver says nothing before it listens. */
const PAUSE_MS = 200

/**
 * A window of a browser. `evaluate` runs an expression in it, which may be a promise, and gives its value.
 * @typedef {{ go(url: string): Promise<void>, evaluate(expression: string): Promise<unknown> }} Page
 */

/** @typedef {{ open(): Promise<Page>, close(): Promise<void> }} Browser */

/**
 * Starts a program and waits for a line that says where it listens.
 * @param {string} command @param {string[]} args @param {RegExp} line
 */
async function started(command, args, line) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const gone = new Promise((resolve) => child.once('exit', resolve))
  const found = await new Promise((resolve, reject) => {
    child.once('error', reject)
    void gone.then(() => reject(new Error(`${command} ended before it listened`)))
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (text) => {
        const match = line.exec(text)
        if (match) resolve(match[1])
      })
  })
  const stop = async () => {
    child.kill()
    await gone
  }
  return { found: String(found), stop }
}

/** Firefox speaks WebDriver BiDi itself. @returns {Promise<Browser>} */
export async function firefox() {
  const profile = mkdtempSync(join(tmpdir(), 'planwire-firefox-'))
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0']
  const { found, stop } = await started('firefox-esr', args, /BiDi listening on (ws:\S+)/)
  const socket = new WebSocket(`${found}/session`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  /** @type {Map<number, (answer: any) => void>} */
  const waiting = new Map()
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data))
    waiting.get(frame.id)?.(frame)
    waiting.delete(frame.id)
  })
  let last = 0
  /** @param {string} method @param {object} params @returns {Promise<any>} */
  const say = (method, params) =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, ({ result, error, message }) =>
        error ? reject(new Error(`${method}: ${message}`)) : resolve(result),
      )
      socket.send(JSON.stringify({ id, method, params }))
    })
  await say('session.new', { capabilities: {} })
  return {
    async open() {
      const { context } = await say('browsingContext.create', { type: 'tab' })
      return {
        go: (url) => say('browsingContext.navigate', { context, url, wait: 'complete' }),
        async evaluate(expression) {
          const text = `(async () => JSON.stringify(await (${expression})))()`
          const { result, exceptionDetails } = await say('script.evaluate', {
            expression: text,
            target: { context },
            awaitPromise: true,
          })
          if (exceptionDetails) throw new Error(exceptionDetails.text)
          return result.value === undefined ? undefined : JSON.parse(result.value)
        },
      }
    },
    async close() {
      await say('browser.close', {})
      await stop()
      rmSync(profile, { recursive: true, force: true })
    },
  }
}

/** WebKitGTK's browser of tests, by the classic WebDriver. @returns {Promise<Browser>} */
export async function webkit() {
  const port = 20_000 + (process.pid % 10_000)
  const driver = spawn('WebKitWebDriver', [`--port=${port}`], { stdio: 'inherit' })
  const gone = new Promise((resolve) => driver.once('exit', resolve))
  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  const say = async (method, path, body) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    const { value } = /** @type {any} */ (await answer.json())
    if (!answer.ok) throw new Error(`${method} ${path}: ${value?.message}`)
    return value
  }
  await until('the driver listens', () =>
    say('GET', '/status').then(
      () => true,
      () => false,
    ),
  )
  const binary = process.env['PLANWIRE_WEBKIT'] ?? '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser'
  const { sessionId } = await say('POST', '/session', {
    capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } },
  })
  const session = `/session/${sessionId}`
  await say('POST', `${session}/timeouts`, { script: LONGEST_MS, pageLoad: LONGEST_MS })
  return {
    async open() {
      const { handle } = await say('POST', `${session}/window/new`, { type: 'window' })
      const here = () => say('POST', `${session}/window`, { handle })
      return {
        async go(url) {
          await here()
          await say('POST', `${session}/url`, { url })
        },
        async evaluate(expression) {
          await here()
          const script = `const done = arguments[0]; (async () => JSON.stringify(await (${expression})))().then(done, (error) => done('!' + error))`
          const text = await say('POST', `${session}/execute/async`, { script, args: [] })
          if (typeof text === 'string' && text.startsWith('!')) throw new Error(text.slice(1))
          return text === null ? undefined : JSON.parse(text)
        },
      }
    },
    async close() {
      await say('DELETE', session)
      driver.kill()
      await gone
    },
  }
}

/** Waits until something is true. @param {string} what @param {() => Promise<unknown>} holds */
export async function until(what, holds) {
  const deadline = Date.now() + LONGEST_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
