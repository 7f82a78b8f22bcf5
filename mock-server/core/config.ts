/**
 * The configuration of the mock server: what a user writes, and the defaults that keep unmodified vendor clients working.
 * `config-shape.ts` says the same for values that no compiler has seen.
 */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ProjectDialectName } from '../../client/protocol/messages.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import type { CommandHandler, ServicesConfig } from './config-functions.ts'
import type { QuirkName } from './quirk-names.ts'

/** Somebody who may log in. Without `password` any password, or none, will do. */
export interface UserConfig {
  readonly name: string
  readonly password?: string
  /** Groups whose rights add up. Default `['users']`. */
  readonly groups?: readonly string[]
}

/** A token of the live updates. */
export interface TokenConfig {
  readonly token: string
  /** Groups whose rights add up. Default `['users']`. */
  readonly groups?: readonly string[]
}

/** Ids of projects and names of collections, or `'*'` for all of them. */
export type Scope = '*' | readonly ProjectId[]

/** What the members of a group may do. Whoever may write something may read it; what is left out is not allowed. */
export interface GroupConfig {
  readonly read?: Scope
  readonly write?: Scope
}

/** Records as a list, or as a CrudManager load response holds them. */
export type RowsConfig = readonly PlainRecord[] | { readonly rows?: readonly PlainRecord[] }

/**
 * The content of a project in one of three formats: the documents' dataset (`tasksData`, ...), a CrudManager load response
 * (`tasks: { rows }`, ...), or what DHTMLX Gantt loads (`data` or `tasks`, and `links`).
 */
export interface ProjectContent {
  readonly tasksData?: readonly PlainRecord[]
  readonly resourcesData?: readonly PlainRecord[]
  readonly dependenciesData?: readonly PlainRecord[]
  readonly assignmentsData?: readonly PlainRecord[]
  readonly calendarsData?: readonly PlainRecord[]
  readonly versionsData?: readonly PlainRecord[]
  readonly changelogsData?: readonly PlainRecord[]
  readonly projectMeta?: Fields
  /** CrudManager: rows. DHTMLX: a list, as an alternative to `data`. */
  readonly tasks?: RowsConfig
  readonly resources?: RowsConfig
  readonly dependencies?: RowsConfig
  readonly assignments?: RowsConfig
  readonly calendars?: RowsConfig
  readonly versions?: RowsConfig
  readonly changelogs?: RowsConfig
  /** CrudManager: the project's own fields. */
  readonly project?: Fields
  /** DHTMLX: tasks. */
  readonly data?: readonly PlainRecord[]
  /** DHTMLX: dependencies. */
  readonly links?: readonly PlainRecord[]
}

/**
 * A project: inline, or in a JSON file (`file`, Node only) or at an address (`url`). Flat tasks with `parentId`, or nested
 * ones with `children`. What is broken in it is repaired and told through the logger: cycles of parents are cut at the
 * smallest id, tasks of unknown parents come to the end of the root, dependencies and assignments that point at nothing
 * are left out, an id counts once.
 */
export interface ProjectConfig extends ProjectContent {
  readonly id: ProjectId
  readonly name: string
  /** JSON file that holds the content, relative to the configuration file, else to the working directory. */
  readonly file?: string
  /** Address that answers with the content as JSON when the server starts. In the browser: a full one, or a path from `/`. */
  readonly url?: string
}

/** Everything that can be set. Every key has a default. */
export interface MockServerConfig {
  /** Backends of different names in one origin are isolated from each other. Default `planwire`. */
  readonly name?: string
  /** Dialect of the project socket. Default `auto`: the first frame of each connection tells. */
  readonly dialect?: 'auto' | ProjectDialectName
  /** Default `admin`/`admin` and `user`/`user`. */
  readonly users?: readonly UserConfig[]
  /** Rights by name of the group. `users` and `anonymous` are there anyway and may do everything unless they are set here. */
  readonly groups?: { readonly [name: string]: GroupConfig }
  /**
   * Whether unknown names, and known ones without a password, may log in, as members of the group `anonymous` or of the one
   * named here. Default true, as the vendors' documents have it.
   */
  readonly anonymous?: boolean | string
  /** Tokens of the live updates. Default `['token']`. */
  readonly tokens?: readonly (string | TokenConfig)[]
  readonly auth?: {
    /** Whether REST needs a token. Default `optional` (a wrong one is refused even so): an unmodified Scheduler sends none. */
    readonly rest?: 'optional' | 'required'
  }
  readonly paths?: {
    /** Paths of the project socket. Default `['/', '/ws']`. */
    readonly project?: readonly string[]
    /** Handshake and socket of the live updates. Default `/api/v1`. */
    readonly liveUpdates?: string
    /** The Gantt collections: `<gantt>`, `<gantt>/task`, `<gantt>/link`. Default `/data`. */
    readonly gantt?: string
  }
  /**
   * Whether the live updates have a socket. Default true. Without one, the handshake says so, clients send their calls by POST
   * and hear of no changes.
   */
  readonly websocket?: boolean
  readonly projects?: readonly ProjectConfig[]
  /** Which project the Gantt collections show. Default: the first one. */
  readonly ganttProject?: ProjectId
  /** Live-updates collections by entity name, served at `/<name>`. Default `{ events: [] }`. Records as the widget reads them. */
  readonly collections?: { readonly [name: string]: readonly PlainRecord[] }
  /** Remote services of the live updates. Functions: not in a JSON file. */
  readonly api?: ServicesConfig
  /** Commands of the project socket that no protocol defines, by name. Functions: not in a JSON file. */
  readonly commands?: { readonly [command: string]: CommandHandler }
  /** Seconds without work on a project after which the server puts it back, if it was changed. Default 1800; 0: never. */
  readonly resetDelay?: number
  /** Minutes between two automatic versions of one project. Default 60. */
  readonly autoSaveInterval?: number
  /** Where `projectMeta` stands in the flat dialect: in `dataset`, as documented (default), or beside it, as the 2022 server sends it. */
  readonly projectMeta?: 'inside' | 'beside'
  /** Faults of the vendors' servers to switch on, so that an app can be hardened against them. Default none. */
  readonly quirks?: readonly QuirkName[]
  readonly limits?: {
    /** Longest frame or body, in UTF-16 code units. Default 8 Mi. */
    readonly frameLength?: number
    /** Entities one live-updates socket may subscribe to. Default 100. */
    readonly subscriptions?: number
    /** Revisions a room keeps for catch-up. Default 10,000. */
    readonly history?: number
  }
}
