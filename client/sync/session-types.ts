/**
 * The vocabulary of the session reducer: its state, what can happen to it (inputs) and what it wants done (effects).
 */
import type { PlanwireError } from '../protocol/errors.ts'
import type { ChangesetId, ClientId, ProjectId } from '../protocol/ids.ts'
import type { Downstream, Fields, LogPosition, ProjectDialectName, Upstream } from '../protocol/messages.ts'
import type { Operation } from '../store/operations.ts'
import type { ConnectionState } from './connection.ts'
import type { Restored, RestoredBox } from './copies.ts'
import type { Peer } from './presence.ts'
import type { Crossing, Pending, Replica, ViewChange } from './replica.ts'

/** Who logs in. */
export interface Credentials {
  readonly login: string
  readonly password?: string
}

/** How far a pending changeset has come. */
export type Delivery =
  /** Being built by the app; not committed. */
  | { readonly status: 'draft' }
  /** Committed, not on its way on this connection. `crossed`: others have touched what it refers to; a silent server may do more than it says. */
  | {
      readonly status: 'waiting'
      readonly sentBefore: boolean
      readonly crossed?: true
      /** The outbox gave it back after the project was read: whether a server without the extension has it, a dataset tells. */
      readonly unread?: true
    }
  /** Handed to the socket; the server will say where it stands. `fence`: id of the request right behind it. `again`: it may have been stored before. */
  | { readonly status: 'sent'; readonly fence?: number; readonly again?: true }
  /** Handed to a server that acknowledges nothing: taken as stored, until a dataset shows it or a crossing forces a look. `asStored`: the project was put back, or an id given again, since: what a dataset shows is the truth, removals included. */
  | {
      readonly status: 'unconfirmed'
      readonly sentAt: number
      readonly reads: number
      readonly fence?: number
      readonly asStored?: true
    }

/** One project as this client holds it. A project that is not the current one keeps its copy while it has something pending. */
export interface ProjectCopy {
  /** Address of its server; undefined until there is one. */
  server: string | undefined
  /** Whose copy it is; undefined until it is known who works here. */
  user: string | undefined
  readonly project: ProjectId
  readonly replica: Replica
  readonly delivery: Map<ChangesetId, Delivery>
  /** Extension: what `replica.confirmed` shows. */
  position: LogPosition | undefined
  /** Revisions dialect: number of the last revision seen. */
  serverRevision: number | undefined
  /** Extension: own changesets that are ordered but not yet durable. A server that lost its tail gets them again. */
  readonly ordered: Map<ChangesetId, { readonly pending: Pending; readonly at: LogPosition }>
  /** Servers without the extension: records (store and key) that were removed on this connection, and not added since. */
  readonly removed: Set<string>
  /** What the outbox kept has joined; nothing is sent before, so that the order stays. */
  restored: boolean
  /** The project was read on this connection: a dataset arrived, or the missing changes did. */
  loaded: boolean
  /** Extension: the missing changes were asked for and may arrive. */
  resuming: boolean
  /** Extension: highest own counter handed over in the epoch of `position`. */
  lastCounter: number
}

/** A command of the app (or of the engine) that waits for its answer. */
export interface Request {
  readonly id: number
  readonly message: Upstream
  /** Which message answers it; undefined: nothing does, it is done when handed over. */
  readonly answeredBy: Downstream['type'] | undefined
  sent: boolean
}

/** Gives credentials for each connection; may ask a server or the user. A rejection is retried like a lost connection. */
export type CredentialsProvider = () => Credentials | Promise<Credentials>

/** The whole state of a session. */
export interface SessionState {
  readonly clientId: ClientId
  /** `serial`: the app knows that its flat server handles messages one after another, so the fence may be trusted. */
  readonly serial: boolean
  readonly extension: boolean
  url: string | undefined
  connection: ConnectionState
  /** Number of the current socket; frames of an older one are ignored. */
  generation: number
  attempt: number
  /** Set by the app; undefined: found out at each login. */
  readonly wantedDialect: ProjectDialectName | undefined
  /** In use on this connection. */
  dialect: ProjectDialectName | undefined
  credentials: Credentials | undefined
  /** Credentials come from a provider, anew for each connection. */
  readonly provided: boolean
  /** Refused credentials were replaced once since the last accepted login. */
  refreshed: boolean
  /** Logged in on this connection; `client` is the id that the revisions dialect echoes. */
  login: { readonly client?: string; readonly userName?: string; readonly extension: boolean } | undefined
  /** Who works here, by the name they log in with: from the credentials, or when they log in. */
  user: string | undefined
  readonly hasOutbox: boolean
  project: ProjectId | undefined
  readonly copies: Map<string, ProjectCopy>
  /** A dataset request is on its way; the count of changesets sent when it left, for the read-back, and how many others are answered before it. */
  reading: { readonly at: number; readonly earlier: number } | undefined
  /** Datasets in a row that left something in doubt. */
  reads: number
  /** The next look at the dataset has its timer. */
  readPlanned: boolean
  /** Changesets made by this client, ever: the counter of the next one. */
  counter: number
  /** Changesets handed over, ever: a logical clock for the read-back. */
  handedOver: number
  requests: Request[]
  users: readonly string[]
  readonly presence: {
    own: Fields | null
    /** Own presence changed since it was last sent. */
    dirty: boolean
    /** It was sent a moment ago. */
    throttled: boolean
    readonly peers: Map<string, Peer>
  }
  /** Milliseconds since the epoch. */
  readonly liveness: { heardAt: number; askedAt: number | undefined }
}

/** What happens to a session. */
export type Input =
  | { readonly type: 'connect'; readonly url: string }
  | { readonly type: 'opened'; readonly generation: number }
  | { readonly type: 'lost'; readonly generation: number; readonly code: number; readonly reason: string }
  | { readonly type: 'dialect'; readonly name: ProjectDialectName }
  | { readonly type: 'received'; readonly generation: number; readonly message: Downstream; readonly now: number }
  /** The provider answered, for the connection of that number; `error` when it failed. */
  | { readonly type: 'credentials'; readonly generation: number; readonly credentials: Credentials }
  | { readonly type: 'noCredentials'; readonly generation: number; readonly error: PlanwireError }
  /** The network is back, or the tab is looked at again. */
  | { readonly type: 'wake'; readonly now: number }
  | { readonly type: 'presence'; readonly state: Fields | null }
  /** Something outside went wrong that the app should hear of: a frame that cannot be read, storage that is refused. */
  | { readonly type: 'malformed'; readonly error: PlanwireError }
  | { readonly type: 'request'; readonly id: number; readonly message: Upstream }
  /** The app no longer wants a command that has not left. */
  | { readonly type: 'withdraw'; readonly id: number }
  | { readonly type: 'project'; readonly project: ProjectId }
  | { readonly type: 'operate'; readonly store: string; readonly operation: Operation }
  | { readonly type: 'commit' }
  | { readonly type: 'readBack' }
  /** The outbox gave back what it kept for a user and project. */
  | {
      readonly type: 'restored'
      readonly box: RestoredBox
      readonly entries: readonly Restored[]
    }
  /** This tab slept for so long that others may have taken it for gone. */
  | { readonly type: 'slept' }
  /** Who works here, until a login says: the tab's last user. */
  | { readonly type: 'remembered'; readonly user: string }
  /** Another tab took this one for gone, and delivers these. */
  | { readonly type: 'takenOver'; readonly ids: ReadonlySet<ChangesetId> }
  | { readonly type: 'timer'; readonly name: TimerName; readonly now: number }
  | { readonly type: 'close' }

/** Timers by name: setting one replaces the former of its name. */
export type TimerName = 'connect' | 'read' | 'alive' | 'presence' | `request:${number}`

/** What the app is told. */
export type SessionEvent =
  | { readonly type: 'connection'; readonly connection: ConnectionState }
  | { readonly type: 'pending' }
  /** `own`: the server's word on this changeset of ours. */
  | {
      readonly type: 'view'
      readonly origin: 'local' | 'remote' | 'dataset'
      readonly changes: readonly ViewChange[]
      readonly own?: ChangesetId
    }
  /** `lost`: ids may stand for other records than before. */
  | { readonly type: 'dataset'; readonly project: ProjectId; readonly lost?: boolean }
  | { readonly type: 'users'; readonly users: readonly string[] }
  | { readonly type: 'presence'; readonly peers: readonly Peer[] }
  | { readonly type: 'joined' | 'left'; readonly userName: string }
  | { readonly type: 'reset'; readonly userName: string; readonly project: ProjectId | undefined }
  | { readonly type: 'refused' | 'error'; readonly error: PlanwireError }
  | { readonly type: 'rejected'; readonly error: PlanwireError; readonly pending: Pending }
  | { readonly type: 'conflict'; readonly crossing: Crossing }
  | { readonly type: 'versionAutoSaveOK'; readonly project: ProjectId | undefined }
  | { readonly type: 'message'; readonly command: string; readonly payload: Fields }

/** What the session wants done. */
export type Effect =
  | { readonly type: 'open'; readonly url: string; readonly generation: number }
  | { readonly type: 'send'; readonly message: Upstream }
  | { readonly type: 'closeSocket' }
  /** Ask the provider for credentials. */
  | { readonly type: 'provide'; readonly generation: number }
  /** `jitter`: wait a random part of `delayMs`. */
  | { readonly type: 'timer'; readonly name: TimerName; readonly delayMs: number; readonly jitter?: true }
  | { readonly type: 'stopTimer'; readonly name: TimerName | 'all' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Downstream | undefined }
  | { readonly type: 'fail'; readonly id: number; readonly error: PlanwireError }
  | { readonly type: 'emit'; readonly event: SessionEvent }
