/** What live updates need of the outside world. */
import { fetchHttp } from '../adapters/fetch-http.ts'
import { consoleLogger, systemClock, systemRandom } from '../adapters/system.ts'
import { browserWakeups } from '../adapters/wakeups.ts'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { Cancel, Clock, HttpPort, Logger, Random, Transport } from '../ports/ports.ts'
import type { ConnectionState } from '../sync/connection.ts'
import type { LiveOffers } from './handshake.ts'

/** Sockets, HTTP, time, randomness, a log, and when to look again. */
export interface LivePorts {
  readonly transport: Transport
  readonly http: HttpPort
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Calls back when the network is back or the tab is looked at again. */
  readonly wakeups: (woken: () => void) => Cancel
}

/** One for all, so that everything on a page that asks for the same connection shares it. */
let pageTransport: Transport | undefined

/** The platform's own ports where none are given. */
export function livePorts(given: Partial<LivePorts> = {}): LivePorts {
  return {
    transport: given.transport ?? (pageTransport ??= webSocketTransport()),
    http: given.http ?? fetchHttp(),
    clock: given.clock ?? systemClock,
    random: given.random ?? systemRandom,
    logger: given.logger ?? consoleLogger,
    wakeups: given.wakeups ?? browserWakeups,
  }
}

/** A token, or where to get one: asked again for each connection, so that it may expire. */
export type TokenSource = string | (() => string | Promise<string>)

/** What a store needs of the connection that brings its frames. */
export interface LiveLink {
  readonly connection: ConnectionState
  /** Frames arrive. A server may also be reached without a socket. */
  readonly live: boolean
  /** What the server offers for saves; undefined before its handshake was answered. */
  readonly offers: LiveOffers | undefined
  /** Nothing of these entities is missed by a lost connection. */
  resumes(names: readonly string[]): boolean
  /** The token of today, another than the one that the server refused; undefined when there is none. */
  token(refused?: string): Promise<string | undefined>
}

/** Longest wait for the answer to a request, in milliseconds. */
export const REQUEST_TIMEOUT_MS = 30_000
/** Longest wait for the handshake, and then for `start` on the socket, in milliseconds. */
export const HANDSHAKE_TIMEOUT_MS = 20_000
/** A socket that was silent for longer than this may be dead without a word, in milliseconds. */
export const QUIET_MS = 25_000
/** How long a socket of a server that answers no questions may be silent before it is replaced, in milliseconds. */
export const SILENCE_MS = 300_000
