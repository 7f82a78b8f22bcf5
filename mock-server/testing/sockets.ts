/**
 * Puts a core behind the global WebSocket by means of mock-socket. Owns what mock-socket leaves open: sockets of other
 * servers pass through where the platform has a WebSocket, frames never arrive within the call that sends them, nothing
 * is heard of a closed socket, and the end needs no timers.
 */
import { type Client, WebSocket as MockWebSocket, Server } from 'mock-socket'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockCore, ServerSocket, ServerSocketListener } from '../core/contract.ts'
import type { Addresses } from './addresses.ts'

/** Takes over the sockets of `addresses`, until the returned function closes them with 1001 and restores the global. */
export function takeSockets(core: MockCore, addresses: Addresses, logger: Logger): Cancel {
  const servers: Server[] = []
  try {
    for (const url of addresses.sockets) servers.push(new Server(url, { mock: false }))
  } catch (error) {
    for (const server of servers) server.stop()
    const message = `There is a mock server at ${addresses.sockets[0]} already: close it first, or start this one with another url`
    throw new PlanwireError('invalid-argument', message, 'fatal', {}, { cause: error })
  }
  for (const server of servers) server.on('connection', (client) => connect(core, client, logger))
  const restore = replaceWebSocket(addresses)
  return () => {
    restore()
    for (const server of servers) closeServer(server)
  }
}

/** The client's end of a socket that a core takes. */
export interface NearClient {
  /** Path and query. */
  readonly url: string
  send(frame: string): void
  close(code: number, reason: string): void
  /** Breaks the line. Default: `close(1006)`. */
  cut?(): void
}

/** Hands a client to the core; nothing is heard of it once either end has closed it. */
export function acceptClient(core: MockCore, client: NearClient, logger: Logger): ServerSocketListener {
  let state: 'open' | 'closing' | 'closed' = 'open'
  let refused = false
  const cut = (): void => {
    if (state !== 'open') return
    state = 'closing'
    queueMicrotask(() => {
      if (state === 'closed') return
      if (client.cut) client.cut()
      else client.close(1006, '')
    })
  }
  const near: ServerSocket = {
    url: client.url,
    cut,
    // It is open by now: a refused handshake shows as a line that breaks at once.
    refuse: () => void (refused = true),
    send(frame) {
      if (state !== 'open') return
      // mock-socket would call the client's listeners from within this call, in the middle of a commit.
      queueMicrotask(() => {
        if (state !== 'closed') client.send(frame)
      })
    },
    close(code = 1005, reason = '') {
      if (state !== 'open') return
      state = 'closing'
      queueMicrotask(() => {
        if (state !== 'closed') client.close(code, reason)
      })
    },
  }
  const guard = <T>(what: string, run: () => T): T | undefined => {
    try {
      return run()
    } catch (error) {
      logger('error', `The mock server failed at: ${what}`, { cause: error })
      return undefined
    }
  }
  const listener = guard('accept', () => core.accept(near))
  if (listener === undefined && refused) cut()
  else if (listener === undefined) near.close(1011, 'Internal Server Error')
  return {
    frame(text) {
      if (state === 'open') guard('frame', () => listener?.frame(text))
    },
    closed() {
      if (state === 'closed') return
      state = 'closed'
      guard('closed', () => listener?.closed())
    },
  }
}

function connect(core: MockCore, client: Client, logger: Logger): void {
  const { pathname, search } = new URL(client.url)
  const near: NearClient = {
    url: pathname + search,
    send: (frame) => client.send(frame),
    close: (code, reason) => client.close({ code, reason, wasClean: true }),
    cut: () => client.close({ code: 1006, reason: '', wasClean: false }),
  }
  const listener = acceptClient(core, near, logger)
  client.on('message', (data) => listener.frame(textOf(data)))
  client.on('close', () => listener.closed())
}

function textOf(data: string | Blob | ArrayBuffer | ArrayBufferView): string {
  return data instanceof ArrayBuffer ? new TextDecoder().decode(data) : String(data)
}

/** Tells every client of a server at once: its own timers might stand still in a test with a fake clock. */
function closeServer(server: Server): void {
  try {
    server.close({ code: 1001, reason: 'Going away', wasClean: true })
  } catch (error) {
    // A client's own listener threw. It belongs to the client, as on a real socket, and must not keep this server from closing.
    queueMicrotask(() => {
      throw error
    })
  }
}

/** Puts a WebSocket in the place of the platform's that is mock-socket's for our addresses and the platform's for all others. */
function replaceWebSocket(addresses: Addresses): Cancel {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  // Undefined in Node 20, which has none.
  const platform: typeof globalThis.WebSocket | undefined = globalThis.WebSocket
  let active = true
  const replacement = new Proxy(MockWebSocket, {
    construct(mock, [url, ...rest]: [string | URL, ...unknown[]], newTarget): object {
      const ours = active ? addresses.socket(String(url)) : undefined
      if (ours === undefined && platform !== undefined) return Reflect.construct(platform, [url, ...rest])
      return Reflect.construct(mock, [ours ?? String(url), ...rest], newTarget)
    },
  })
  Object.defineProperty(globalThis, 'WebSocket', {
    value: replacement,
    configurable: true,
    writable: true,
    enumerable: false,
  })
  return () => {
    active = false
    // Somebody who replaced the global after us holds on to ours: from now on it lets everything pass.
    if (Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')?.value !== replacement) return
    if (before === undefined) Reflect.deleteProperty(globalThis, 'WebSocket')
    else Object.defineProperty(globalThis, 'WebSocket', before)
  }
}
