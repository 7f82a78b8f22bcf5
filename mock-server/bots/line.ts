/** Owns the network plug of a bot: its sockets and requests, and what happens to them while it is off the network. */
import { browserWakeups } from '../../client/adapters/wakeups.ts'
import type { Cancel, HttpPort, Socket, Transport } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'

/** The close code of a line that broke (RFC 6455, 7.1.5). */
const ABNORMAL = 1006

/** A plug that can be pulled. */
export class Line {
  readonly transport: Transport
  readonly #sockets = new Set<Socket>()
  readonly #woken = new Set<() => void>()
  #online = true

  constructor(inner: Transport) {
    this.transport = {
      open: (url, listener) => {
        if (!this.#online) {
          queueMicrotask(() => listener.closed(ABNORMAL, 'offline'))
          return { send() {}, close() {} }
        }
        const socket = inner.open(url, {
          opened: () => listener.opened(),
          frame: (text) => listener.frame(text),
          closed: (code, reason) => {
            this.#sockets.delete(socket)
            listener.closed(code, reason)
          },
        })
        this.#sockets.add(socket)
        return socket
      },
    }
  }

  /** Requests over this line. */
  http(inner: HttpPort): HttpPort {
    return {
      request: (options) => {
        if (this.#online) return inner.request(options)
        return Promise.reject(new PlanwireError('connection-lost', `${options.url}: offline`, 'retry', { sent: false }))
      },
    }
  }

  /** Tells a client when it is back on the network. */
  readonly wakeups = (woken: () => void): Cancel => {
    this.#woken.add(woken)
    const stop = browserWakeups(woken)
    return () => {
      this.#woken.delete(woken)
      stop()
    }
  }

  /** Pulls the plug, or puts it back. */
  setOnline(online: boolean): void {
    if (this.#online === online) return
    this.#online = online
    if (online) for (const woken of this.#woken) woken()
    else for (const socket of [...this.#sockets]) socket.close()
  }
}
