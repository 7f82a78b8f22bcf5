/**
 * The outside world as planwire sees it: a few small interfaces. Adapters implement them for browsers,
 * tests implement them with a manual clock and a simulated network, so that whole fleets run in one process.
 */

/** Ends a timer or a listener; calling it twice is harmless. */
export type Cancel = () => void

/** Time. `now` in milliseconds since the epoch. */
export interface Clock {
  now(): number
  /** Calls `run` once after at least `delayMs`. */
  after(delayMs: number, run: () => void): Cancel
}

/** What a socket tells its owner. After `closed` nothing follows. */
export interface SocketListener {
  opened(): void
  frame(text: string): void
  closed(code: number, reason: string): void
}

/** A socket that moves frames. */
export interface Socket {
  send(frame: string): void
  /** Idempotent. `closed` of the listener follows. */
  close(code?: number, reason?: string): void
}

/** Opens sockets. Never throws: a URL that cannot be opened is reported through `closed`. */
export interface Transport {
  open(url: string, listener: SocketListener): Socket
}

/** An HTTP answer, body read. `header` looks names up without regard to case. */
export interface HttpAnswer {
  readonly status: number
  readonly body: string
  header(name: string): string | null
}

/** Makes HTTP requests. Rejects (with code `connection-lost` or `timeout`) only when no answer arrived. */
export interface HttpPort {
  request(options: {
    readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
    readonly url: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
    readonly timeoutMs?: number
  }): Promise<HttpAnswer>
}

/** Random numbers in [0, 1), and random ids. */
export interface Random {
  next(): number
  /** A new id of at least 96 random bits, for example a UUID. */
  id(): string
}

/** Where planwire reports what is worth knowing but no event. */
export interface Logger {
  (level: 'debug' | 'info' | 'warn' | 'error', message: string, details?: Readonly<Record<string, unknown>>): void
}
