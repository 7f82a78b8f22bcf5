/**
 * The backend behind all tabs: joins them, starts the core for the first, stops it after the last, and carries sockets,
 * requests and resets between their ports and the core. The SharedWorker runs one, or else the leading tab.
 *
 * Starting, stopping and resetting go through one queue, so that they never overlap. Sockets and requests do not wait
 * unless the core is away for a moment (it is rebuilt when a reset brings a new configuration).
 */

import { systemClock, systemRandom } from '../../client/adapters/system.ts'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { assertNever, type ErrorCode, PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { MockServerConfig } from '../core/config.ts'
import type { CorePorts, MockCore, RevisionLog } from '../core/contract.ts'
import { routesOf } from '../core/routes.ts'
import { createRecordedCore, type RecordedCore } from '../recorder/recorded-core.ts'
import { WireRecorder } from '../recorder/recorder.ts'
import { doInLab, labStanding } from './authority-lab.ts'
import { askRecorder } from './authority-recorder.ts'
import { fingerprintOf } from './fingerprint.ts'
import {
  type AuthorityMessage,
  type ConfigNotice,
  decodeTabMessage,
  encodePortMessage,
  PORT_VERSION,
  type Storage,
  type TabMessage,
  type TabPort,
} from './port-messages.ts'
import { TabSockets } from './tab-sockets.ts'
import { TabWire } from './tab-wire.ts'

/** A log that this authority alone writes, until it lets it go. */
export interface OwnedLog {
  readonly log: RevisionLog
  readonly storage: Storage
  /** Fingerprint of the configuration that the stored state was made from; undefined for a new log. */
  seed(): Promise<string | undefined>
  setSeed(fingerprint: string): Promise<void>
}

/** What the place where the authority runs provides. */
export interface AuthorityHost {
  /** Name of the lock that is held as long as this authority lives; empty where there are no locks. */
  readonly lifeLock: string
  /** Becomes the only writer of the log; resolves to what gives that up. Calls `busy` when it has to wait. */
  own(busy: () => void): Promise<() => Promise<void>>
  openLog(config: MockServerConfig, logger: Logger): Promise<OwnedLog>
  /** Calls `gone` once the tab is dead. */
  watchTab(tab: string, gone: () => void): Cancel
  /** The configuration with what lies elsewhere: contents of projects, functions. Gives up when `signal` says so. */
  wholeConfig(config: MockServerConfig, signal: AbortSignal): Promise<MockServerConfig>
  createCore(config: MockServerConfig, ports: CorePorts): Promise<MockCore>
}

interface Tab {
  readonly id: string
  readonly port: TabPort
  readonly config: string
  readonly sockets: TabSockets
  /** What it hears of the wire. */
  readonly wire: TabWire
  /** Aborted when it leaves: nobody waits any more for what is being read for it. */
  readonly left: AbortController
  unwatch: Cancel
}

interface Backend {
  readonly core: RecordedCore
  readonly config: string
  readonly storage: Storage
  /** What the state was made from. */
  seed: string
  setSeed(fingerprint: string): Promise<void>
}

/** Joins tabs that come with a port. */
export interface Authority {
  connect(port: TabPort): void
  /** Leaves every tab and stops; resolves when the log is free for another authority. */
  close(): Promise<void>
}

export function createAuthority(host: AuthorityHost): Authority {
  const tabs = new Map<string, Tab>()
  /** The configuration that a tab brought last: the one a reset goes by. */
  let newest = '{}'
  let backend: Backend | undefined
  let disown: (() => Promise<void>) | undefined
  /** Whether somebody else has the log and this authority waits for it. */
  let busy = false
  let closed = false
  let queue: Promise<void> = Promise.resolve()
  /** Goes on when the core is built anew. */
  let recorder: WireRecorder | undefined

  /** Whose message is carried out, and what it is told meanwhile. */
  let teller: { readonly port: TabPort; readonly held: string[] } | undefined

  const post = ({ port }: Pick<Tab, 'port'>, message: AuthorityMessage): void => {
    const text = encodePortMessage(message)
    if (port === teller?.port) teller.held.push(text)
    else port.postMessage(text)
  }

  /**
   * Runs what a tab's message asks for. What the tab itself is told leaves last: a post wakes a process, which takes up to
   * 0.3 ms, and those who wait for an edit are the others.
   */
  function lastToTeller(port: TabPort, run: () => void): void {
    const held: string[] = []
    teller = { port, held }
    try {
      run()
    } finally {
      teller = undefined
      for (const text of held) port.postMessage(text)
    }
  }

  const logger: Logger = (level, message, details) => {
    if (level === 'debug') return
    const text = JSON.stringify(details ?? {}, (_key, value) => (value instanceof Error ? value.message : value))
    for (const tab of tabs.values()) post(tab, { type: 'log', level, message, text })
  }

  function enqueue(task: () => Promise<void>): void {
    queue = queue
      .then(task)
      .catch((error: unknown) => logger('error', 'The mock server failed.', { why: reason(error) }))
  }

  /** Runs at once if the core is there, else when the queue has brought it back. */
  function withBackend(run: (backend: Backend) => void, without: () => void): void {
    if (backend === undefined) enqueue(async () => (backend === undefined ? without() : run(backend)))
    else run(backend)
  }

  /** Rejects when it is given up while it reads what lies elsewhere, which may take for ever. */
  async function start(config: string, signal: AbortSignal): Promise<Backend> {
    const parsed: MockServerConfig = JSON.parse(config)
    const { log, storage, seed, setSeed } = await host.openLog(parsed, logger)
    try {
      const stored = await seed()
      const fingerprint = fingerprintOf(config)
      const whole = await host.wholeConfig(parsed, signal)
      recorder ??= new WireRecorder(systemClock, logger, whole)
      const core = await createRecordedCore({
        config: whole,
        recorder,
        clock: systemClock,
        logger,
        log,
        routes: routesOf(parsed),
        start: (rooms) => host.createCore(whole, { clock: systemClock, random: systemRandom, log: rooms, logger }),
      })
      core.lab.subscribe((event) => {
        const text = JSON.stringify([event])
        for (const tab of tabs.values()) post(tab, { type: 'lab-events', text })
      })
      const tellStanding = (): void => {
        const text = labStanding(core.lab)
        for (const tab of tabs.values()) post(tab, { type: 'lab-stands', text })
      }
      core.lab.watch(tellStanding)
      tellStanding()
      if (stored === undefined) await setSeed(fingerprint)
      return { core, config, storage, seed: stored ?? fingerprint, setSeed }
    } catch (error) {
      await log.close()
      throw error
    }
  }

  async function stop(): Promise<void> {
    const stopped = backend
    backend = undefined
    await stopped?.core.close()
  }

  function noticeFor(config: string, running: Backend): ConfigNotice {
    if (config !== running.config) return 'other-config-running'
    return fingerprintOf(config) === running.seed ? 'current' : 'other-config-stored'
  }

  function join(port: TabPort, hello: Extract<TabMessage, { type: 'hello' }>): Tab | undefined {
    const sockets = new TabSockets(hello.tab, (message) => post(tab, message))
    const wire = new TabWire(systemClock, (text) => post(tab, { type: 'wire', text }))
    const left = new AbortController()
    const tab: Tab = { id: hello.tab, port, config: hello.text, sockets, wire, left, unwatch: () => {} }
    if (hello.version !== PORT_VERSION) {
      const text = 'the running backend belongs to another version of planwire: close all tabs of this site'
      post(tab, { type: 'failed', code: 'server-error', text })
      return undefined
    }
    tabs.set(tab.id, tab)
    newest = hello.text
    if (busy) post(tab, { type: 'waiting' })
    if (hello.locked) tab.unwatch = host.watchTab(tab.id, () => leave(tab))
    enqueue(async () => {
      if (!tabs.has(tab.id)) return
      try {
        disown ??= await host.own(() => {
          busy = true
          for (const waiting of tabs.values()) post(waiting, { type: 'waiting' })
        })
        busy = false
        // It may have left meanwhile; what it began is undone by the task that its leaving queued.
        if (!tabs.has(tab.id)) return
        // Before it is ready: what it asks its lab first is answered as it stands.
        if (backend !== undefined) post(tab, { type: 'lab-stands', text: labStanding(backend.core.lab) })
        else backend = await start(tab.config, left.signal)
        post(tab, {
          type: 'ready',
          worker: host.lifeLock,
          storage: backend.storage,
          notice: noticeFor(tab.config, backend),
        })
        const { events } = backend.core.lab
        if (events.length > 0) post(tab, { type: 'lab-events', text: JSON.stringify(events) })
      } catch (error) {
        post(tab, { type: 'failed', code: codeOf(error), text: reason(error) })
        leave(tab)
      }
    })
    return tab
  }

  /** The tab said bye, died, or could not be served. Idempotent. */
  function leave(tab: Tab): void {
    if (tabs.get(tab.id) !== tab) return
    tabs.delete(tab.id)
    tab.unwatch()
    tab.left.abort()
    tab.wire.end()
    tab.sockets.end()
    tab.port.close()
    enqueue(async () => {
      if (tabs.size > 0) return
      await stop()
      recorder = undefined
      await disown?.()
      disown = undefined
    })
  }

  function receive(tab: Tab, message: TabMessage): void {
    switch (message.type) {
      case 'hello':
        return
      case 'config':
        newest = message.text
        withBackend(
          (running) => post(tab, { type: 'notice', notice: noticeFor(message.text, running) }),
          () => {},
        )
        return
      case 'open':
        tab.sockets.expect(message.socket)
        withBackend(
          ({ core }) => tab.sockets.open(core, message.socket, message.url),
          () => post(tab, { type: 'refused', socket: message.socket }),
        )
        return
      case 'frame':
        tab.sockets.frame(message.socket, message.text)
        return
      case 'close':
        tab.sockets.closed(message.socket)
        return
      case 'request':
        withBackend(
          ({ core }) => void answer(core, tab, message),
          () => post(tab, { type: 'passed', call: message.call }),
        )
        return
      case 'reset':
        enqueue(() => carryOut(tab, message.call, () => reset(message.project, tab.left.signal)))
        return
      case 'publish':
        enqueue(() => carryOut(tab, message.call, () => publish(message)))
        return
      case 'export':
        enqueue(() => carryOut(tab, message.call, () => JSON.stringify(running().core.export())))
        return
      case 'import':
        enqueue(() => carryOut(tab, message.call, () => running().core.import(JSON.parse(message.text))))
        return
      case 'lab':
        // At once: a script that is waited for must not keep others from stopping it.
        withBackend(
          ({ core }) => void carryOut(tab, message.call, () => doInLab(core.lab, JSON.parse(message.text))),
          () => void carryOut(tab, message.call, async () => void running()),
        )
        return
      case 'recorder':
        // Behind whatever builds the core anew, so that what was asked before is in it.
        enqueue(() => carryOut(tab, message.call, () => askRecorder(running().core.recorder, JSON.parse(message.text))))
        return
      case 'listen':
        withBackend(
          ({ core }) => (message.on && tabs.has(tab.id) ? tab.wire.listen(core.recorder) : tab.wire.end()),
          () => {},
        )
        return
      case 'wire-read':
        tab.wire.read()
        return
      case 'bye':
        leave(tab)
        return
      default:
        assertNever(message)
    }
  }

  async function answer(core: MockCore, tab: Tab, request: Extract<TabMessage, { type: 'request' }>): Promise<void> {
    const { call, method, url, headers, text } = request
    let message: AuthorityMessage
    try {
      const answered = await core.http({ method, url, headers, body: text, tab: tab.id })
      message =
        answered === undefined
          ? { type: 'passed', call }
          : { type: 'answer', call, status: answered.status, headers: answered.headers, text: answered.body }
    } catch (error) {
      if (codeOf(error) === 'connection-lost') {
        if (tabs.has(tab.id)) post(tab, { type: 'undone', call, code: 'connection-lost', text: reason(error) })
        return
      }
      logger('error', 'A request to the mock server failed.', { method, url, why: reason(error) })
      const headers = { 'content-type': 'application/json' }
      message = { type: 'answer', call, status: 500, headers, text: '{"error":"Internal server error"}' }
    }
    if (tabs.has(tab.id)) post(tab, message)
  }

  /** Does what a tab asked for, and tells it how that ended: with the text that `run` gives, if it gives one. */
  async function carryOut(tab: Tab, call: number, run: () => unknown): Promise<void> {
    try {
      const text = await run()
      if (tabs.has(tab.id)) post(tab, typeof text === 'string' ? { type: 'told', call, text } : { type: 'done', call })
    } catch (error) {
      if (tabs.has(tab.id)) post(tab, { type: 'undone', call, code: codeOf(error), text: reason(error) })
    }
  }

  function running(): Backend {
    if (backend === undefined) throw new PlanwireError('closed', 'the mock server is closed', 'fatal')
    return backend
  }

  async function publish({ entity, action, text }: Extract<TabMessage, { type: 'publish' }>): Promise<void> {
    running().core.publish(entity, action, text === '' ? undefined : JSON.parse(text))
  }

  /** Resets by the newest configuration: where that is another one, the core is built anew first (its sockets get 1001). */
  async function reset(project: ProjectId | undefined, signal: AbortSignal): Promise<void> {
    let now = running()
    if (now.config !== newest) now = backend = await rebuild(now, newest, signal)
    await now.core.reset(project)
    await now.core.flushed()
    if (project !== undefined || now.seed === fingerprintOf(now.config)) return
    now.seed = fingerprintOf(now.config)
    await now.setSeed(now.seed)
  }

  async function rebuild(old: Backend, config: string, signal: AbortSignal): Promise<Backend> {
    await stop()
    try {
      return await start(config, signal)
    } catch (error) {
      backend = await start(old.config, new AbortController().signal)
      throw error
    }
  }

  return {
    connect(port) {
      let tab: Tab | undefined
      port.onmessage = ({ data }: MessageEvent) => {
        const message = decodeTabMessage(data)
        if (message === undefined) return
        const joined = tab
        if (joined !== undefined) lastToTeller(port, () => receive(joined, message))
        // One that was on its way when the leader resigned: it asks the next one, which waits for what is held here.
        else if (message.type === 'hello' && !closed) tab = join(port, message)
      }
    },
    async close() {
      closed = true
      for (const tab of [...tabs.values()]) leave(tab)
      await queue
    },
  }
}

const codeOf = (error: unknown): ErrorCode => (error instanceof PlanwireError ? error.code : 'server-error')
const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error))
