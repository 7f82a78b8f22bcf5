/**
 * The vocabulary of a session: its state, what it does to the world outside, and what it tells the app.
 */
import type { PlanwireError } from '../protocol/errors.ts'
import type { ChangesetId, ClientId, ProjectId } from '../protocol/ids.ts'
import type { Downstream, Fields, LogPosition, ProjectDialectName, Upstream } from '../protocol/messages.ts'
import type { ConnectionState } from './connection.ts'
import type { Told } from './emitter.ts'
import type { Peer } from './presence.ts'
import type { Crossing, Pending, Replica, Seen } from './replica.ts'

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
  /** Handed to the socket; the server will say where it stands. `fence`: the request right behind it. `again`: it may have been stored before. */
  | { readonly status: 'sent'; readonly fence?: Request; readonly again?: true }
  /** Handed to a server that acknowledges nothing: taken as stored, until a dataset shows it or a crossing forces a look. `asStored`: the project was put back, or an id given again, since: what a dataset shows is the truth, removals included. */
  | {
      readonly status: 'unconfirmed'
      readonly sentAt: number
      readonly reads: number
      readonly fence?: Request
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

/** A command that waits for its answer: the app's, with somebody who hears of its end, or the engine's own. */
export interface Request {
  readonly message: Upstream
  sent: boolean
  readonly waiter?: {
    readonly done: (answer: Downstream | undefined) => void
    readonly failed: (reason: unknown) => void
  }
}

/** Gives credentials for each connection; may ask a server or the user. A rejection is retried like a lost connection. */
export type CredentialsProvider = () => Credentials | Promise<Credentials>

/** The whole state of a session. */
export interface SessionState {
  readonly outside: Outside
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
  login: { readonly client: string | undefined; readonly extension: boolean } | undefined
  /** Who works here, by the name they log in with: from the credentials, or when they log in. */
  user: string | undefined
  hasOutbox: boolean
  project: ProjectId | undefined
  readonly copies: Set<ProjectCopy>
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

/** What a session does to the world outside. */
export interface Outside {
  /** Milliseconds since the epoch. */
  now(): number
  /** Opens a socket to `state.url`, as number `state.generation`. */
  open(): void
  hangUp(): void
  send(message: Upstream): void
  /** Asks the provider for credentials. */
  provide(): void
  /** Sets a timer, in place of the one there is; without a delay, ends it. `jitter`: a random part of the delay. */
  timer(timer: Timer, delayMs?: number, jitter?: boolean): void
  /** Tells the app, when the step is done. */
  tell(...event: SessionEvent): void
}

/** The session's own timers by name, and that of a command. */
export type Timer = 'connect' | 'read' | 'alive' | 'presence' | Request

/** What the app is told: a name, and what is to be known of it. */
export type SessionEvent = Told<SessionEvents>

interface SessionEvents {
  connection: ConnectionState
  pending: undefined
  view: View
  /** `lost`: ids may stand for other records than before. */
  dataset: { readonly project: ProjectId; readonly lost: boolean }
  users: readonly string[]
  presence: readonly Peer[]
  joined: { readonly userName: string }
  left: { readonly userName: string }
  reset: { readonly userName: string; readonly project: ProjectId | undefined }
  refused: PlanwireError
  error: PlanwireError
  rejected: { readonly error: PlanwireError; readonly pending: Pending }
  conflict: Crossing
  versionAutoSaveOK: { readonly project: ProjectId | undefined }
  message: { readonly command: string; readonly payload: Fields }
}

/** Changes in what the app sees. `own`: the server's word on this changeset of ours. */
export interface View {
  readonly origin: 'local' | 'remote' | 'dataset'
  readonly changes: Seen
  readonly own: ChangesetId | undefined
}
