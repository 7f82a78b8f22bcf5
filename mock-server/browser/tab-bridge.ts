/**
 * A tab's end of the port to the authority: joins, opens sockets, makes requests. It takes the lock `tab:<id>` before it
 * says hello, so that the authority sees it die whatever happens, and says bye when the page goes.
 *
 * If the authority dies (a worker can be ended by the browser, a leading tab can crash), its sockets close with 1006, its
 * requests fail but for reads, and the bridge joins the next one, which is asked the reads again.
 */

import { systemRandom } from '../../client/adapters/system.ts'
import type { Cancel, Logger, Socket, SocketListener } from '../../client/ports/ports.ts'
import { assertNever, PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { RestAnswer, RestRequest } from '../core/contract.ts'
import type { ServerState } from '../core/state-file.ts'
import { wordsOf } from './config-notice.ts'
import { PendingCalls } from './pending-calls.ts'
import {
  type AuthorityMessage,
  type ConfigNotice,
  decodeAuthorityMessage,
  encodePortMessage,
  PORT_VERSION,
  type Storage,
  type TabMessage,
  type TabPort,
} from './port-messages.ts'
import { TabLab } from './tab-lab.ts'
import { TabRecorder } from './tab-recorder.ts'
import { type Free, holdLock, lockNames, originLocks, whenFreed } from './web-locks.ts'

export interface TabBridgeOptions {
  /** Name of the server. */
  readonly name: string
  /** The configuration as JSON. */
  readonly config: string
  readonly logger: Logger
  /** A new port to the authority; `failed` is called if it turns out to lead nowhere. */
  connect(failed: (error: PlanwireError) => void): TabPort
}

/** A socket of a page, which may say why it closes: `closed` of the listener follows with that. */
export interface BridgeSocket extends Socket {
  close(code?: number, reason?: string): void
}

/** The way from a page to the backend. */
export interface TabBridge {
  /** Id of this tab, as the network lab and the recorder name it. */
  readonly tab: string
  readonly storage: Storage
  /** Opens a socket at a path and query. */
  open(url: string, listener: SocketListener): BridgeSocket
  /**
   * Resolves to undefined when the path is not the server's. Rejects with `connection-lost` when the backend died; a GET
   * or HEAD is asked of the next backend first.
   */
  request(request: RestRequest): Promise<RestAnswer | undefined>
  reset(project?: ProjectId): Promise<void>
  /** Sends a custom message to the subscribers of an entity, in all tabs. */
  publish(entity: string, action: string, value?: unknown): Promise<void>
  /** The records of the whole server. */
  export(): Promise<ServerState>
  readonly lab: TabLab
  readonly recorder: TabRecorder
  /** Puts exported records back. */
  import(state: unknown): Promise<void>
  /** The configuration that the next reset goes by. */
  offer(config: string): void
  /** Idempotent: closes sockets (1001), frees the port, and resolves when the lock is free too. */
  close(): Promise<void>
}

type State =
  | { readonly type: 'joining'; joined(): void; failed(error: PlanwireError): void }
  | { readonly type: 'joined' }
  /** The authority died and the next one could not be joined: what is asked next tries again. */
  | { readonly type: 'lost' }
  | { readonly type: 'closed' }

/** How long a backend may be silent when a tab joins before the console is told. */
const PATIENCE_MS = 10_000
const READS: readonly string[] = ['GET', 'HEAD']
const SILENT =
  'The backend of the mock server does not answer. If another tab of this site hangs, close it; if it sleeps in the background, show it.'

/** Joins the authority; rejects if the backend cannot start. */
export async function openTabBridge(options: TabBridgeOptions): Promise<TabBridge> {
  const { name, logger } = options
  const names = lockNames(name)
  const locks = await originLocks()
  const id = systemRandom.id()
  const freeLock: Free = locks === undefined ? async () => {} : await holdLock(locks, names.tab(id))

  const sockets = new Map<number, SocketListener>()
  const calls = new PendingCalls()
  /** What waits for the authority while the bridge joins. */
  let waiting: TabMessage[] = []
  let state: State = { type: 'lost' }
  let config = options.config
  let storage: Storage = 'memory'
  let port: TabPort | undefined
  let unwatch: Cancel = () => {}
  let lastNumber = 0
  let impatience: ReturnType<typeof setTimeout> | undefined

  const post = (message: TabMessage): void => port?.postMessage(encodePortMessage(message))
  const send = (message: TabMessage): void => {
    if (state.type === 'closed') return
    if (state.type === 'joined') post(message)
    else waiting.push(message)
    if (state.type === 'lost') rejoin()
  }

  function join(): Promise<void> {
    return new Promise((joined, failed) => {
      state = { type: 'joining', joined, failed }
      const current = options.connect((error) => {
        if (port === current && state.type === 'joining') state.failed(error)
      })
      port = current
      clearTimeout(impatience)
      impatience = setTimeout(() => logger('warn', SILENT, { server: name }), PATIENCE_MS)
      port.onmessage = ({ data }: MessageEvent) => {
        const message = decodeAuthorityMessage(data)
        if (message === undefined || port !== current) return
        clearTimeout(impatience)
        receive(message)
      }
      post({ type: 'hello', version: PORT_VERSION, tab: id, locked: locks !== undefined, text: config })
    })
  }

  /** The authority is gone: everything that went through it ends, then the next one is joined. */
  function lost(): void {
    if (state.type !== 'joined') return
    logger('warn', 'The backend of the mock server died; starting it again.')
    port?.close()
    rejoin()
    fail(1006, 'connection lost')
  }

  function rejoin(): void {
    join().catch((error: unknown) => {
      if (state.type === 'closed') return
      logger('error', 'The mock server did not come back.', { error })
      port?.close()
      state = { type: 'lost' }
      fail(1006, 'connection lost')
    })
  }

  /** Ends every socket and call. */
  function fail(code: number, why: string): void {
    const ended = [...sockets.values()]
    sockets.clear()
    waiting = []
    calls.allFailed(new PlanwireError('connection-lost', `Mock server: ${why}`, 'retry'))
    for (const listener of ended) listener.closed(code, code === 1006 ? '' : why)
  }

  const notice = (found: ConfigNotice): void => {
    const words = wordsOf(found)
    if (words !== undefined) logger('warn', words, { server: name })
  }

  function receive(message: AuthorityMessage): void {
    switch (message.type) {
      case 'waiting':
        logger(
          'warn',
          'Another version of this site is open in another tab and has the mock server; waiting until its tabs are closed.',
          { server: name },
        )
        return
      case 'ready': {
        const joining = state
        state = { type: 'joined' }
        storage = message.storage
        if (locks !== undefined && message.worker !== '') unwatch = whenFreed(locks, message.worker, lost)
        notice(message.notice)
        recorder.rejoined()
        const held = waiting
        waiting = []
        for (const one of held) post(one)
        if (joining.type === 'joining') joining.joined()
        return
      }
      case 'failed': {
        const words = `The mock server cannot start: ${message.text}`
        if (state.type === 'joining') state.failed(new PlanwireError(message.code, words, 'fatal', { server: name }))
        return
      }
      case 'notice':
        notice(message.notice)
        return
      case 'opened':
        sockets.get(message.socket)?.opened()
        return
      case 'frame':
        sockets.get(message.socket)?.frame(message.text)
        return
      case 'refused':
        endSocket(message.socket, 1006, '')
        return
      case 'closed':
        endSocket(message.socket, message.code, message.reason)
        return
      case 'answer': {
        const { status, headers, text } = message
        calls.answered(message.call, { status, headers, body: text })
        return
      }
      case 'passed':
        calls.answered(message.call, undefined)
        return
      case 'done':
        calls.done(message.call)
        return
      case 'lab-stands':
        lab.stands(JSON.parse(message.text))
        return
      case 'lab-events':
        lab.told(JSON.parse(message.text))
        return
      case 'wire':
        recorder.told(message.text)
        return
      case 'told':
        calls.told(message.call, message.text)
        return
      case 'undone': {
        const words = `The mock server refused: ${message.text}`
        calls.failed(message.call, new PlanwireError(message.code, words, 'fatal', { server: name }))
        return
      }
      case 'log':
        logger(message.level, message.message, JSON.parse(message.text))
        return
      default:
        assertNever(message)
    }
  }

  function endSocket(socket: number, code: number, why: string): void {
    const listener = sockets.get(socket)
    sockets.delete(socket)
    listener?.closed(code, why)
  }

  /** Asks for something that is done or fails. */
  function command(message: (call: number) => TabMessage): Promise<void> {
    if (state.type === 'closed') return Promise.reject(closedError())
    const call = ++lastNumber
    const done = calls.command(call)
    send(message(call))
    return done
  }

  const ask = (message: (call: number) => TabMessage): Promise<string> => {
    if (state.type === 'closed') return Promise.reject(closedError())
    const call = ++lastNumber
    const told = calls.question(call)
    send(message(call))
    return told
  }

  function request({ method, url, headers, body }: RestRequest): Promise<RestAnswer | undefined> {
    if (state.type === 'closed') return Promise.reject(closedError())
    const call = ++lastNumber
    const answered = calls.request(call)
    send({ type: 'request', call, method, url, headers, text: body })
    return answered
  }

  const lab = new TabLab((call) => ask((number) => ({ type: 'lab', call: number, text: JSON.stringify(call) })), logger)

  const recorder = new TabRecorder({
    ask: (asked) => ask((call) => ({ type: 'recorder', call, text: JSON.stringify(asked) })),
    // Whoever joins says by itself that it listens.
    listen: (on) => {
      if (state.type === 'joined') post({ type: 'listen', on })
    },
    read: () => post({ type: 'wire-read' }),
    logger,
  })

  async function close(): Promise<void> {
    if (state.type === 'closed') return freeLock()
    post({ type: 'bye' })
    state = { type: 'closed' }
    clearTimeout(impatience)
    removeEventListener('pagehide', onPageHide)
    removeEventListener('pageshow', onPageShow)
    unwatch()
    port?.close()
    port = undefined
    fail(1001, 'server closed')
    await freeLock()
  }

  /** A page that goes into the back/forward cache says bye like any other: frozen, it could not be a client. */
  const onPageHide = (): void => {
    post({ type: 'bye' })
    unwatch()
    void freeLock()
  }
  /** Back from that cache: everything on the page believes in sockets that are gone. */
  const onPageShow = (event: PageTransitionEvent): void => {
    if (event.persisted) location.reload()
  }
  addEventListener('pagehide', onPageHide)
  addEventListener('pageshow', onPageShow)

  try {
    await join()
  } catch (error) {
    await close()
    throw error
  }

  return {
    tab: id,
    get storage() {
      return storage
    },
    open(url, listener) {
      const socket = ++lastNumber
      if (state.type === 'closed') {
        queueMicrotask(() => listener.closed(1006, ''))
      } else {
        sockets.set(socket, listener)
        send({ type: 'open', socket, url })
      }
      return {
        send(text) {
          if (sockets.has(socket)) send({ type: 'frame', socket, text })
        },
        close(code = 1000, why = '') {
          if (!sockets.has(socket)) return
          send({ type: 'close', socket })
          endSocket(socket, code, why)
        },
      }
    },
    // The death of another tab or of the worker is no fault of a reader here, and to read twice changes nothing.
    request: (wanted) =>
      request(wanted).catch((error: unknown) => {
        if (state.type === 'joining' && READS.includes(wanted.method)) return request(wanted)
        throw error
      }),
    reset: (project) => command((call) => ({ type: 'reset', call, ...(project === undefined ? {} : { project }) })),
    publish: (entity, action, value) =>
      command((call) => ({ type: 'publish', call, entity, action, text: JSON.stringify(value) ?? '' })),
    export: async () => JSON.parse(await ask((call) => ({ type: 'export', call }))),
    import: (saved) => command((call) => ({ type: 'import', call, text: JSON.stringify(saved) ?? 'null' })),
    lab,
    recorder,
    offer(next) {
      config = next
      send({ type: 'config', text: next })
    },
    close,
  }
}

const closedError = (): PlanwireError => new PlanwireError('closed', 'The mock server is closed', 'fatal')
