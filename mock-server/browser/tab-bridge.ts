/**
 * A tab's end of the port to the authority: joins, opens sockets, makes requests. It takes the lock `tab:<id>` before it
 * says hello, so that the authority sees it die whatever happens, and says bye when the page goes.
 *
 * If the authority dies (a worker can be ended by the browser), its sockets close with 1006, its requests fail, and the
 * bridge joins the next one.
 */

import type { Cancel, Logger, Socket, SocketListener } from '../../client/ports/ports.ts'
import { assertNever, PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { RestAnswer } from '../core/contract.ts'
import {
  type AuthorityMessage,
  type ConfigNotice,
  decodeAuthorityMessage,
  encodePortMessage,
  PORT_VERSION,
  type Storage,
  type TabMessage,
} from './port-messages.ts'
import { systemRandom } from './system-ports.ts'
import { type Free, holdLock, lockNames, webLocks, whenFreed } from './web-locks.ts'

/** A request as the page made it. */
export interface PageRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface TabBridgeOptions {
  /** Name of the server. */
  readonly name: string
  /** The configuration as JSON. */
  readonly config: string
  readonly logger: Logger
  /** A new port to the authority; `failed` is called if it turns out to lead nowhere. */
  connect(failed: (error: PlanwireError) => void): MessagePort
}

/** The way from a page to the backend. */
export interface TabBridge {
  readonly storage: Storage
  /** Opens a socket at a path and query. */
  open(url: string, listener: SocketListener): Socket
  /** Resolves to undefined when the path is not the server's. Rejects with `connection-lost` when the backend died. */
  request(request: PageRequest): Promise<RestAnswer | undefined>
  reset(project?: ProjectId): Promise<void>
  /** The configuration that the next reset goes by. */
  offer(config: string): void
  /** Idempotent: closes sockets (1001), frees the port, and resolves when the lock is free too. */
  close(): Promise<void>
}

type Call =
  | { readonly type: 'request'; resolve(answer: RestAnswer | undefined): void; reject(error: unknown): void }
  | { readonly type: 'reset'; resolve(): void; reject(error: unknown): void }

type State = { readonly type: 'joining' } | { readonly type: 'joined' } | { readonly type: 'closed' }

/** Joins the authority; rejects if the backend cannot start. */
export async function openTabBridge(options: TabBridgeOptions): Promise<TabBridge> {
  const { name, logger } = options
  const names = lockNames(name)
  const locks = webLocks()
  const id = systemRandom.id()
  const freeLock: Free = locks === undefined ? async () => {} : await holdLock(locks, names.tab(id))

  const sockets = new Map<number, SocketListener>()
  const calls = new Map<number, Call>()
  /** What waits for the authority while the bridge joins. */
  let waiting: TabMessage[] = []
  let state: State = { type: 'joining' }
  let config = options.config
  let storage: Storage = 'memory'
  let port: MessagePort | undefined
  let unwatch: Cancel = () => {}
  let lastNumber = 0
  let joined: { resolve(): void; reject(error: unknown): void } | undefined

  const post = (message: TabMessage): void => port?.postMessage(encodePortMessage(message))
  const send = (message: TabMessage): void => {
    if (state.type === 'joined') post(message)
    else if (state.type === 'joining') waiting.push(message)
  }

  function join(): void {
    state = { type: 'joining' }
    const current = options.connect((error) => {
      if (port === current) joined?.reject(error)
    })
    port = current
    port.onmessage = ({ data }: MessageEvent) => {
      const message = decodeAuthorityMessage(data)
      if (message !== undefined && port === current) receive(message)
    }
    post({ type: 'hello', version: PORT_VERSION, tab: id, text: config })
  }

  /** The authority is gone: everything that went through it ends, then the next one is joined. */
  function lost(): void {
    if (state.type !== 'joined') return
    logger('warn', 'The backend of the mock server died; starting it again.')
    port?.close()
    fail(1006, 'connection lost')
    joined = { resolve: () => {}, reject: (error) => logger('error', 'The mock server did not come back.', { error }) }
    join()
  }

  /** Ends every socket and call. */
  function fail(code: number, why: string): void {
    const ended = [...sockets.values()]
    const failed = [...calls.values()]
    sockets.clear()
    calls.clear()
    waiting = []
    for (const call of failed) call.reject(new PlanwireError('connection-lost', `Mock server: ${why}`, 'retry'))
    for (const listener of ended) listener.closed(code, code === 1006 ? '' : why)
  }

  const notice = (found: ConfigNotice): void => {
    const words = configNotice(found)
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
        state = { type: 'joined' }
        storage = message.storage
        if (locks !== undefined && message.worker !== '') unwatch = whenFreed(locks, message.worker, lost)
        notice(message.notice)
        const held = waiting
        waiting = []
        for (const one of held) post(one)
        joined?.resolve()
        return
      }
      case 'failed':
        joined?.reject(
          new PlanwireError(message.code, `The mock server cannot start: ${message.text}`, 'fatal', { server: name }),
        )
        return
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
        const call = takeCall(message.call)
        if (call?.type === 'request') call.resolve({ status, headers, body: text })
        return
      }
      case 'passed': {
        const call = takeCall(message.call)
        if (call?.type === 'request') call.resolve(undefined)
        return
      }
      case 'done': {
        const call = takeCall(message.call)
        if (call?.type === 'reset') call.resolve()
        return
      }
      case 'undone':
        takeCall(message.call)?.reject(
          new PlanwireError(message.code, `The mock server did not reset: ${message.text}`, 'fatal', {
            server: name,
          }),
        )
        return
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

  function takeCall(call: number): Call | undefined {
    const found = calls.get(call)
    calls.delete(call)
    return found
  }

  async function close(): Promise<void> {
    if (state.type === 'closed') return freeLock()
    post({ type: 'bye' })
    state = { type: 'closed' }
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
    await new Promise<void>((resolve, reject) => {
      joined = { resolve, reject }
      join()
    })
  } catch (error) {
    await close()
    throw error
  }

  return {
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
    request({ method, url, headers, body }) {
      return new Promise((resolve, reject) => {
        if (state.type === 'closed') return reject(new PlanwireError('closed', 'The mock server is closed', 'fatal'))
        const call = ++lastNumber
        calls.set(call, { type: 'request', resolve, reject })
        send({ type: 'request', call, method, url, headers, text: body })
      })
    },
    reset(project) {
      return new Promise((resolve, reject) => {
        if (state.type === 'closed') return reject(new PlanwireError('closed', 'The mock server is closed', 'fatal'))
        const call = ++lastNumber
        calls.set(call, { type: 'reset', resolve, reject })
        send({ type: 'reset', call, ...(project === undefined ? {} : { project }) })
      })
    },
    offer(next) {
      config = next
      send({ type: 'config', text: next })
    },
    close,
  }
}

/** What a notice means for whoever reads the console. */
function configNotice(notice: ConfigNotice): string | undefined {
  switch (notice) {
    case 'current':
      return undefined
    case 'other-config-running':
      return 'The mock server runs on another configuration than this page brought, and keeps its state and users. Call reset() to start from this one.'
    case 'other-config-stored':
      return 'The stored state was made from another configuration and is kept. Call reset() to start from this one.'
    default:
      return assertNever(notice)
  }
}
