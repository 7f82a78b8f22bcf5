/**
 * Owns the question whether clients are still there. A machine that sleeps or loses its network closes nothing: its socket
 * stays open at this end. So every client is asked now and then, by a ping that browsers answer by themselves.
 */
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { Cancel, Clock } from '../../client/ports/ports.ts'

interface Watched {
  readonly stream: Duplex
  /** Something came from the client since the last round. */
  heard: boolean
  /** What waited for the client at the last round, and what had left for it until then, in bytes. */
  waiting: number
  left: number
}

/** Asks every client once per interval, and cuts off those of whom nothing was seen for a whole one. */
export class KeepAlive {
  readonly #clock: Clock
  readonly #intervalMs: number
  readonly #gone: (socket: WebSocket) => void
  readonly #watched = new Map<WebSocket, Watched>()
  #cancel: Cancel | undefined

  /** `gone` is told of a client just before it is cut off. */
  constructor(clock: Clock, intervalMs: number, gone: (socket: WebSocket) => void) {
    this.#clock = clock
    this.#intervalMs = intervalMs
    this.#gone = gone
  }

  /** Watches a socket until it closes. The timer runs only while there is one. */
  watch(socket: WebSocket, stream: Duplex): void {
    const watched: Watched = { stream, heard: true, waiting: 0, left: 0 }
    const heard = (): void => {
      watched.heard = true
    }
    this.#watched.set(socket, watched)
    for (const sign of ['message', 'ping', 'pong'] as const) socket.on(sign, heard)
    socket.on('close', () => this.#watched.delete(socket))
    this.#cancel ??= this.#clock.after(this.#intervalMs, () => this.#round())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#watched.clear()
  }

  #round(): void {
    this.#cancel = undefined
    for (const [socket, watched] of this.#watched) {
      const left = bytesLeft(watched.stream)
      // A ping waits behind a large dataset: a line that is slow is not dead. Where nothing waited, the operating system
      // takes what is written whether or not anybody is there.
      const drains = watched.waiting > 0 && left > watched.left
      if (!watched.heard && !drains) {
        this.#gone(socket)
        socket.terminate()
        continue
      }
      watched.heard = false
      watched.waiting = watched.stream.writableLength
      watched.left = left
      socket.ping()
    }
    if (this.#watched.size > 0) this.#cancel = this.#clock.after(this.#intervalMs, () => this.#round())
  }
}

/** Bytes that the operating system took. Once its buffer is full, it takes more only when the client reads. */
function bytesLeft(stream: Duplex): number {
  return stream instanceof Socket ? stream.bytesWritten - stream.writableLength : 0
}
