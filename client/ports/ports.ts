/**
 * The outside world as planwire sees it: a few small interfaces. Adapters implement them for browsers,
 * tests implement them with a manual clock and a simulated network, so that whole fleets run in one process.
 */

import type { ProjectChanges } from '../protocol/changeset.ts'
import type { ChangesetId, ClientId, RecordId } from '../protocol/ids.ts'

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
  /** Idempotent. `closed` of the listener follows, with code 1005 (none was given). */
  close(): void
}

/** Opens sockets. Throws only where there never can be one; a URL that cannot be opened is reported through `closed`. May call back from within a call. */
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

/** A changeset as the outbox keeps it; `format` tells what later versions may meet. */
export interface StoredChangeset {
  readonly format: number
  /** Client id + counter: the idempotency key, kept through reloads and adoption. */
  readonly id: ChangesetId
  /** Server, user and project that it belongs to, as one key. */
  readonly box: string
  /** As it travels: new records with `$PhantomId`. */
  readonly changes: ProjectChanges
  /** It may have reached the server. */
  readonly sent: boolean
  /** Grows with each changeset that waits in the box, whoever made it: what builds on another has the higher rank. */
  readonly rank: number
  /** The client that keeps it now, where that is another than the one that made it. The life of its tab decides who may take it over. */
  readonly keeper?: ClientId
  /** Filed before it was known who works here: who did so last, on this device. */
  readonly lastUser?: string
  /** Live updates, of a new record: ids of records that said the same before it could have been stored. None of them is it. */
  readonly twins?: readonly RecordId[]
  /** Live updates, of a new record: the key under which a server that offers keys may know its request. */
  readonly key?: string
}

/** Where changesets wait for their ack, beyond the life of a tab. Writes may be gathered; reads see all earlier writes. */
export interface OutboxStorage {
  /** Everything filed in a box, by whatever client, in the order of client and counter. Rejects when storage is refused. */
  read(box: string): Promise<readonly StoredChangeset[]>
  /** Stores or replaces changesets and forgets others, in one step. */
  write(kept: readonly StoredChangeset[], forgotten: readonly ChangesetId[]): Promise<void>
  close(): void
}

/** Which clients live: each holds a lock of its own id until its tab is gone. And who works here. */
export interface ClientLocks {
  /** True if this tab slept for so long that its lock may be another's. The next `take` of one that is lost is refused once, so that its owner looks what others took over. */
  lapsed?(client: ClientId): boolean
  /** Takes the lock of a client; false when another tab holds it. Held until it is given back, or the end of the tab. */
  take(client: ClientId): Promise<boolean>
  /** Gives one lock back. */
  release(client: ClientId): void
  /** True if nobody else holds the lock of a client. */
  isFree(client: ClientId): Promise<boolean>
  /** Ids that this tab had before it was reloaded, most recent last; remembers `current` as one of them. */
  formerIds(current: ClientId): readonly ClientId[]
  /** Who logged in last at a server, in any tab; remembers `now`, if somebody just did. */
  lastUser(server: string, now?: string): string | undefined
  /** Who logged in last at a server in this tab, also before a reload; `null`: logged out. */
  tabUser?(server: string, now?: string | null): string | undefined
  /** Calls back when the page may be about to go: what is begun in that moment is still done. */
  leaving?(run: () => void): Cancel
  releaseAll(): void
}

/** Where planwire reports what is worth knowing but no event. */
export type Logger = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  details?: Readonly<Record<string, unknown>>,
) => void
