/**
 * The contract between the mock's core and its hosts. The core is pure: it is handed sockets, requests, time,
 * randomness and a log, and does no I/O of its own, so the same code runs in a SharedWorker, in Node and in a test.
 */

import type { Cancel, Clock, Logger, Random } from '../../client/ports/ports.ts'
import type { ProjectChanges } from '../../client/protocol/changeset.ts'
import type { ChangesetId, ClientId, Epoch, ProjectId } from '../../client/protocol/ids.ts'
import type { Dataset } from '../../client/protocol/records.ts'
import type { AnsweredRequest, Remembered } from './request-memory.ts'
import type { RunStart } from './runs.ts'
import type { ServerState } from './state-file.ts'

/** A client's socket as a host hands it to the core. */
export interface ServerSocket {
  /** Path and query of the upgrade request, for example `/api/v1?token=token&ws=1`. */
  readonly url: string
  send(frame: string): void
  /** Sends frames in one go; the same list goes to many. Where it is missing, `send` is called for each. */
  sendAll?(frames: readonly string[]): void
  close(code?: number, reason?: string): void
  /** Id of the browser tab that it belongs to, where the host knows. */
  readonly tab?: string | undefined
  /** Breaks the line without a closing handshake: the client sees 1006. Where it is missing, `close(1006)` does so. */
  cut?(): void
  /** Asked before `accept` answers undefined: refuse the handshake with this status instead of 404; 0: with no answer at all. */
  refuse?(status: number): void
}

/** What the host tells the core about a socket it accepted. */
export interface ServerSocketListener {
  frame(text: string): void
  /** The socket is gone. Idempotent. */
  closed(): void
}

/** A REST request, body read as text. Header names in lower case. */
export interface RestRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  /** Id of the browser tab that asks, where the host knows. */
  readonly tab?: string
}

/** The answer to a {@link RestRequest}. */
export interface RestAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The mock server without a host. */
export interface MockCore {
  /** Takes a socket; undefined when no socket lives at its path (the host answers 404). The core may close it at once (1008). */
  accept(socket: ServerSocket): ServerSocketListener | undefined
  /**
   * Answers a request; undefined when the path is not the core's, so that the host can let it pass. Rejects with
   * `connection-lost` where the client is to see that the network failed.
   */
  http(request: RestRequest): Promise<RestAnswer> | undefined
  /** Puts one project, or everything, back to the configured state and tells every client, as user `Server`. */
  reset(project?: ProjectId): Promise<void>
  /**
   * Sends a custom message to the live-updates subscribers of an entity: handlers of `calendars` get `{ type: action, value }`;
   * for the widgets' own `events`, `tasks`, `links` the value stands under `event`, `task`, `link`. Throws `invalid-argument`
   * for a value that is no JSON.
   */
  publish(entity: string, action: string, value?: unknown): void
  /** The records of every project and collection, as one JSON value. */
  export(): ServerState
  /**
   * Puts the records of a state back and tells every client, as a reset by user `Server`; what the state does not hold stays.
   * Rejects with `invalid-argument`, and changes nothing, for what is no such state or has no place here.
   */
  import(state: unknown): Promise<void>
  /** Every room as its log would keep it now, by its name there. */
  snapshots(): ReadonlyMap<string, RoomSnapshot>
  /** Resolves when everything committed so far is in the log. */
  flushed(): Promise<void>
  /** Closes every socket (1001) and the log. Idempotent. */
  close(): Promise<void>
}

/** What the core needs from its host. */
export interface CorePorts {
  readonly clock: Clock
  readonly random: Random
  readonly log: RevisionLog
  readonly logger: Logger
  /**
   * Calls back at the end of the turn of the event loop: listeners of a project are then sent all of its commits of a turn
   * in one go. Where it is missing they are sent each commit at once.
   */
  readonly atTurnEnd?: (run: () => void) => void
}

/** One commit of a room, as it is logged. */
export type LogEntry =
  | {
      readonly type: 'changes'
      readonly revision: number
      /** Real ids filled in. */
      readonly changes: ProjectChanges
      readonly author?: ChangesetId
      /** The request that made it and its answer, if that request may come again. */
      readonly request?: AnsweredRequest
      /** The first entry of a run names it (see runs.ts). */
      readonly run?: string
      /** Milliseconds since the epoch. */
      readonly at: number
    }
  /** The room was put back to `dataset`. */
  | {
      readonly type: 'reset'
      readonly revision: number
      readonly dataset: Dataset
      readonly run?: string
      readonly at: number
    }

/** A client's newest committed counter, and those below it that were not committed. */
export type AuthorCounter = readonly [client: ClientId, counter: number, missing?: readonly number[]]

/** A room's whole state at a revision. */
export interface RoomSnapshot {
  readonly epoch: Epoch
  readonly revision: number
  readonly dataset: Dataset
  /** Next number of the id allocator: ids are never reused, not even by a reset. */
  readonly nextId: number
  /** What the room remembers of each client's changesets, oldest first, so that a replay changes nothing after a restart either. */
  readonly counters?: readonly AuthorCounter[]
  /** The newest requests that may come again, oldest first; missing while there are none. */
  readonly requests?: readonly Remembered[]
  /** Which run gave which revision; missing while there was only the one in which the epoch began. */
  readonly runs?: readonly RunStart[]
}

/** A room as the log remembers it: the newest snapshot and every entry after it, in order. */
export interface StoredRoom {
  readonly snapshot: RoomSnapshot
  readonly entries: readonly LogEntry[]
}

/** What a log says to an entry. */
export type AppendAnswer = 'ok' | 'behind' | 'lost'

/**
 * Where rooms keep their history. Memory, IndexedDB and disk have one writer; a log shared by several nodes has many
 * and may answer `behind` (others appended first: read on, apply anew, try again) or `lost` (the history is gone: new epoch).
 */
export interface RevisionLog {
  /** The room as stored, or undefined for one never seen. */
  load(room: string): Promise<StoredRoom | undefined>
  /**
   * Answers once the entry is durable in the sense of this log. Entries of one room are appended in the order of the calls.
   * `stores`: the JSON text of `entry.changes.stores` where it is at hand, for logs that keep text.
   */
  append(room: string, expectedRevision: number, entry: LogEntry, stores?: string): Promise<AppendAnswer> | AppendAnswer
  /** Entries after `since`, oldest first; `lost` when they are no longer there. */
  read(room: string, since: number): Promise<readonly LogEntry[] | 'lost'>
  /**
   * Stores a snapshot and forgets the entries it covers that nobody needs for catch-up. `keepFrom`: the oldest revision that
   * the room itself still tells, for logs that have no other bound.
   */
  saveSnapshot(room: string, snapshot: RoomSnapshot, keepFrom?: number): Promise<void>
  /** Tells of entries that another writer appended. One-writer logs never call back. */
  watch(room: string, changed: (revision: number) => void): Cancel
  close(): Promise<void>
}
