/** What a project client is made with, what it tells, and what its records are. */
import type { Changeset } from '../protocol/changeset.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import type { ClientId, ProjectId, RecordId } from '../protocol/ids.ts'
import type { ProjectDialectName } from '../protocol/messages.ts'
import type { Fields, PlainRecord, ProjectRecords } from '../protocol/records.ts'
import type { ConnectionState } from '../sync/connection.ts'
import type { OutboxPorts } from '../sync/keeper.ts'
import type { SessionPorts } from '../sync/live-session.ts'
import type { Peer } from '../sync/presence.ts'
import type { Credentials, CredentialsProvider } from '../sync/session-types.ts'
import type { HistoryState } from '../sync/undo.ts'
import type { ChangeBatch } from './change-batch.ts'
import type { StatusChange } from './record-status.ts'
import type { Schemas } from './validation.ts'

/**
 * Record types of the app by store name; stores that are not named keep planwire's.
 * @example
 * interface MyTask extends Task { readonly risk?: 'low' | 'high' }
 * const project = new ProjectClient<{ tasks: MyTask }>()
 */
export type ProjectSchema = { readonly [Store in keyof ProjectRecords]?: ProjectRecords[Store] }

/** The record type of a store under a schema. */
export type RecordIn<Schema, Store extends keyof ProjectRecords> = Store extends keyof Schema
  ? NonNullable<Schema[Store]> extends ProjectRecords[Store]
    ? NonNullable<Schema[Store]>
    : ProjectRecords[Store]
  : ProjectRecords[Store]

/** How a transaction is remembered. Of nested transactions the outermost decides. */
export interface TransactOptions {
  /** For the undo button: `Undo: move task`. */
  readonly label?: string
  /** Whether `undo()` takes it back. Default true; false for what a program does on its own. */
  readonly undoable?: boolean
  /** Transactions with the same key become one undo step while each follows the former within a second: typing, a drag that shows live. */
  readonly group?: string
}

/** What a view needs to know of a client: the same object until something in it changes. */
export interface ClientSnapshot extends HistoryState {
  readonly connection: ConnectionState
  readonly pending: number
  readonly unconfirmed: number
  readonly users: readonly string[]
}

/** Settings of a {@link ProjectClient}. All of them are optional; `wsAddress` and `wsProjectId` can be set later. */
export interface ProjectClientOptions extends Partial<Omit<SessionPorts, 'credentials' | 'outbox'>> {
  /** Address of the server's project socket: `ws:`, `wss:`, `http:`, `https:`, or a path on the page's own origin. */
  readonly wsAddress?: string
  readonly wsProjectId?: ProjectId
  /** The server's dialect. Default `auto`: found out at the login. */
  readonly dialect?: 'auto' | ProjectDialectName
  /** Who logs in, the same as `wsSend('login', …)`; or a function that is asked on every connection and may be asynchronous. */
  readonly credentials?: Credentials | CredentialsProvider
  /** Whether edits leave by themselves, one changeset per transaction or per turn of the event loop. Default true; else call `commit()`. */
  readonly autoCommit?: boolean
  /** Set to `serial` if a flat server is known to handle messages one after another: then a silent commit can be confirmed without reading back. */
  readonly flatServer?: 'serial' | 'unknown'
  /** Whether to ask the server for planwire's extension. Default true; vendor servers ignore the question. */
  readonly extension?: boolean
  /** How many steps can be undone. Default 100; 0 keeps none. */
  readonly undoLimit?: number
  /** Validation by store name, with any Standard Schema library. An edit that does not fit throws; a record that arrives and does not fit is kept and reported as `error`. */
  readonly schemas?: Schemas
  /**
   * Keeps changesets that the server has not acknowledged beyond the life of the tab, filed by server, user and project.
   * Default: IndexedDB in a page, none elsewhere; false: they live in memory.
   */
  readonly outbox?: OutboxPorts | false | undefined
  /** Id of this client. Default: a random one. No two may have the same: a server takes what they send for one client's. */
  readonly clientId?: ClientId
}

/** Events of a {@link ProjectClient}. */
export interface ProjectEvents {
  connection: ConnectionState
  /** How many own changesets wait for the server; `unconfirmed`: sent to a server that never answers them. */
  pending: { readonly pending: number; readonly unconfirmed: number }
  /** Records changed: once per transaction, for all stores. */
  change: ChangeBatch
  /** A whole project was read. */
  dataset: { readonly project: ProjectId }
  users: readonly string[]
  /** Presence of other clients of the project changed (extension). */
  presence: readonly Peer[]
  joined: { readonly userName: string }
  left: { readonly userName: string }
  /** Somebody put the project back. */
  reset: { readonly userName: string; readonly project: ProjectId | undefined }
  /** The server refused a command; `details.command` names it. */
  refused: PlanwireError
  /** An own changeset was refused and rolled back; `changes` is what it was. */
  rejected: { readonly error: PlanwireError; readonly changes: Changeset }
  /** Somebody removed a record that has unsent edits here: the removal wins. */
  conflict: {
    readonly store: string
    readonly id: RecordId
    readonly ours: Fields
    readonly theirs: PlainRecord | undefined
  }
  /** What can be undone and redone, and under which labels, is another than before. */
  history: HistoryState
  /** Records whose status changed: once per turn of the event loop. */
  status: readonly StatusChange[]
  /** A frame could not be read, a record that arrived does not fit its schema, or a listener threw. */
  error: PlanwireError
  versionAutoSaveOK: { readonly project: ProjectId | undefined }
  /** A command that the protocol does not define. */
  message: { readonly command: string; readonly payload: Fields }
}
