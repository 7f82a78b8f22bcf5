/**
 * The vocabulary of planwire: everything a client says ({@link Upstream}) and everything a server says ({@link
 * Downstream}), as two unions. Dialects are codecs between these and the vendors' frames; nothing else in the project
 * knows a vendor's envelope. History: `version.ts`.
 *
 * Written by `node scripts/protocol.js` from `schema/`: change it there.
 */
import type { ProjectChanges } from './changeset.ts'
import type { ChangesetId, ClientId, Epoch, ProjectId, RecordId } from './ids.ts'
import type { Dataset, Fields } from './records.ts'

/** Keys of a frame that its dialect does not know: kept, so that a newer peer's data survives an older one. */
export interface Extra {
  readonly extra?: Fields
}

/**
 * planwire's extension as the client asks for it: the key `planwire` of a `login` frame. Vendor servers ignore it; a
 * server that grants it answers with the same key.
 */
export interface ExtensionRequest {
  readonly version: 1
  readonly client: ClientId
}

/** The extension as granted in the answer to `login`. */
export interface ExtensionGrant {
  readonly version: 1
}

/** A place in a project's history. */
export interface LogPosition {
  readonly epoch: Epoch
  /** The room's revision: 0 for a seeded project, one more with each commit. */
  readonly revision: number
  /**
   * Which run of the server gave it; missing: the one in which the epoch began. Of changes, only the first of a run
   * names it.
   */
  readonly run?: string
}

/** What a client that comes back knows: `dataset` asks for what is missing since then. */
export interface ResumePoint {
  readonly epoch: Epoch
  /** Missing when the client holds no records of that epoch, only changesets that it sent in it. */
  readonly revision?: number
  /** The run that gave it. */
  readonly run?: string
  /**
   * Highest counter that this client handed over in that epoch; the server checks that it still remembers the client.
   */
  readonly counter: number
}

/** Where the server put a changeset, told to clients that were granted the extension. */
export interface CommitOrder extends LogPosition {
  /** The author's idempotency key, if the author has one. */
  readonly changeset?: ChangesetId
}

/** One transaction on its way up. */
export interface ClientRevision {
  readonly changes: ProjectChanges
  /** Revisions dialect: the author's own number, such as `local-2`; comes back in the echo. */
  readonly localRevision?: string
  /** Revisions dialect: id given at login. */
  readonly client?: string
  /** Revisions dialect: this revision repairs a conflict with that server revision. */
  readonly conflictResolutionFor?: string
  /** Extension: counter of the changeset; with the client id of the login, the idempotency key. */
  readonly counter?: number
  /** Extension, instead of `counter`: the key of a changeset that another client made (an adopted outbox). */
  readonly changeset?: ChangesetId
  readonly extra?: Fields
}

/** One committed transaction on its way down, real ids filled in. */
export interface ServerRevision {
  readonly changes: ProjectChanges
  /** Revisions dialect: the server's number, such as `server-2`. */
  readonly revision?: string
  readonly localRevision?: string
  readonly client?: string
  readonly conflictResolutionFor?: string
  /** Extension: where this stands in the log. */
  readonly order?: CommitOrder
  readonly extra?: Fields
}

/** A project as `projects` lists it. */
export interface ProjectInfo {
  readonly id: ProjectId
  readonly name: string
}

/** A remote call of the live-updates protocol: `name` is `service.method`. */
export interface RemoteCall {
  readonly id: string
  readonly name: string
  readonly args: readonly unknown[]
}

/** The answer to a {@link RemoteCall}; a truthy `error` rejects the call. */
export interface RemoteResult {
  readonly id: string
  readonly error: unknown
  readonly data: unknown
}

/**
 * What a handler of `RemoteEvents` receives: `type` (`add-event`, `update-task`, `custom-action`) and a payload under a
 * key of the sender's choice.
 */
export interface EventValue {
  readonly type: string
  readonly [payload: string]: unknown
}

type UpstreamMessage =
  /** Who is here. Answered by `loginAccepted`, or `refused`. */
  | {
      readonly type: 'login'
      readonly login: string
      readonly password?: string
      readonly extension?: ExtensionRequest
    }
  /** Ends the session; the socket stays. Answered by `loggedOut`. */
  | { readonly type: 'logout' }
  /** Asks for the server's version. */
  | { readonly type: 'version' }
  /** Asks for the projects. */
  | { readonly type: 'projects' }
  /**
   * Opens a project. With `resume` (extension) it is answered by the missing changes and `caughtUp`, or by the dataset.
   */
  | {
      readonly type: 'dataset'
      readonly project?: ProjectId
      readonly resume?: ResumePoint
    }
  /** Changes of the open project. */
  | {
      readonly type: 'change'
      readonly project?: ProjectId
      readonly revisions: readonly ClientRevision[]
    }
  /** Puts the project back to what it was configured as, for everybody. */
  | {
      readonly type: 'reset'
      readonly project?: ProjectId
    }
  /** Asks for leave to save a version now. */
  | {
      readonly type: 'requestVersionAutoSave'
      readonly project?: ProjectId
    }
  /** Asks for what a saved version holds. */
  | {
      readonly type: 'loadVersionContent'
      readonly project?: ProjectId
      readonly versionId: RecordId
      /** Wire name of the command if it is not the dialect's own; the answer carries the same. */
      readonly command?: string
    }
  /** Extension: what this client is looking at; `null`: nothing any more. Never stored. */
  | {
      readonly type: 'presence'
      readonly state: Fields | null
    }
  /** Live updates: hear of an entity. */
  | {
      readonly type: 'subscribe'
      readonly name: string
    }
  /** Live updates: hear of an entity no more. */
  | {
      readonly type: 'unsubscribe'
      readonly name: string
    }
  /** Live updates: calls of functions of the server, answered by `result`. */
  | {
      readonly type: 'call'
      readonly calls: readonly RemoteCall[]
    }
  /** Any command that the protocol does not define. */
  | {
      readonly type: 'custom'
      readonly command: string
      readonly payload: Fields
    }

/** What a client says. */
export type Upstream = Extra & UpstreamMessage

type DownstreamMessage =
  /** Own login accepted. */
  | {
      readonly type: 'loginAccepted'
      /** Revisions dialect: the id that the echo of own changes will carry. */
      readonly client?: string
      readonly userName?: string
      readonly extension?: ExtensionGrant
    }
  /** Somebody (on servers written from the documents: maybe oneself) logged in. */
  | {
      readonly type: 'joined'
      readonly userName: string
    }
  /** Somebody logged out or lost the connection. */
  | {
      readonly type: 'left'
      readonly userName: string
    }
  /** Own logout done. */
  | { readonly type: 'loggedOut' }
  /** Who is logged in, names only. */
  | {
      readonly type: 'users'
      readonly users: readonly string[]
    }
  /** The server's version. */
  | {
      readonly type: 'version'
      readonly version: string
    }
  /** The projects that this user may open. */
  | {
      readonly type: 'projects'
      readonly projects: readonly ProjectInfo[]
    }
  /** A whole project: the answer to `dataset`, and to everybody after a reset. */
  | {
      readonly type: 'dataset'
      /** Missing in the documents' reset broadcast: then it is the loaded project. */
      readonly project?: ProjectId
      readonly dataset: Dataset
      /** Extension: the position that the dataset shows. */
      readonly position?: LogPosition
      /**
       * Extension: the server has lost some of what this client heard in the same epoch; other commits may stand in its
       * place.
       */
      readonly lost?: boolean
    }
  /** Committed changes, to everybody who has the project open, the author too. */
  | {
      readonly type: 'changed'
      readonly project?: ProjectId
      readonly revisions: readonly ServerRevision[]
    }
  /** Extension: every own changeset up to `position` is durable. */
  | {
      readonly type: 'ack'
      readonly project: ProjectId
      readonly position: LogPosition
    }
  /** Extension: every change that was missing has been sent; the client stands at `position`. */
  | {
      readonly type: 'caughtUp'
      readonly project: ProjectId
      readonly position: LogPosition
    }
  /** Extension: what another client of the project is looking at; `null`: it left or its presence expired. */
  | {
      readonly type: 'presence'
      readonly client: ClientId
      readonly userName: string
      readonly state: Fields | null
    }
  /** Who reset the project; follows the `dataset` frame. */
  | {
      readonly type: 'resetBy'
      readonly userName: string
      readonly project?: ProjectId
    }
  /** This client may save a version now. */
  | {
      readonly type: 'versionAutoSaveOK'
      readonly project?: ProjectId
    }
  /** What a saved version holds. */
  | {
      readonly type: 'versionContent'
      readonly project?: ProjectId
      readonly versionId: RecordId
      /** Missing on servers that lost it (2025). */
      readonly content?: unknown
      /** `command` of the request. */
      readonly command?: string
    }
  /** A command was answered with `error`. */
  | {
      readonly type: 'refused'
      /**
       * Wire name of the command, as the client sent it. A server may give the upstream message's type instead: the
       * codec names it.
       */
      readonly command: string
      /** Decoded only: type of the refused message, if `command` is one of the protocol's. */
      readonly request?: Upstream['type']
      readonly error: string
      readonly project?: ProjectId
      /** Extension: which changeset was refused. */
      readonly changeset?: ChangesetId
      /** Extension: the server no longer remembers what it stored of this client (see {@link ResumePoint}). */
      readonly code?: 'client-expired'
    }
  /** Live updates: the socket is open. */
  | {
      readonly type: 'start'
      readonly connection: string
    }
  /** Live updates: something happened to an entity that this client has subscribed. */
  | {
      readonly type: 'event'
      readonly name: string
      readonly value: EventValue
    }
  /** Live updates: answers to calls, in any order. */
  | {
      readonly type: 'result'
      readonly results: readonly RemoteResult[]
    }
  /** Any command that the protocol does not define. */
  | {
      readonly type: 'custom'
      readonly command: string
      readonly payload: Fields
    }

/** What a server says. */
export type Downstream = Extra & DownstreamMessage

/** One of the upstream messages, by its type. */
export type UpstreamOf<T extends Upstream['type']> = Extract<Upstream, { type: T }>
/** One of the downstream messages, by its type. */
export type DownstreamOf<T extends Downstream['type']> = Extract<Downstream, { type: T }>

/** Names of the dialects on the wire. */
export type DialectName = 'bryntum-flat' | 'bryntum-revisions' | 'dhtmlx'
/** The dialects of the project socket. */
export type ProjectDialectName = Exclude<DialectName, 'dhtmlx'>

export type { Dataset, Fields }
