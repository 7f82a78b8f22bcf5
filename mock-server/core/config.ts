/**
 * The configuration of the mock server: what a user writes, and the defaults that keep unmodified vendor clients working.
 */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ProjectDialectName } from '../../client/protocol/messages.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'

/** Somebody who may log in. Without `password` any password, or none, will do. */
export interface UserConfig {
  readonly name: string
  readonly password?: string
}

/**
 * A project in the documents' dataset format: flat tasks with `parentId`, or nested ones with `children`. What is broken in
 * it is repaired and told through the logger: cycles of parents are cut at the smallest id, tasks of unknown parents come
 * to the end of the root, dependencies and assignments that point at nothing are left out, an id counts once.
 */
export interface ProjectConfig {
  readonly id: ProjectId
  readonly name: string
  readonly tasksData?: readonly PlainRecord[]
  readonly resourcesData?: readonly PlainRecord[]
  readonly dependenciesData?: readonly PlainRecord[]
  readonly assignmentsData?: readonly PlainRecord[]
  readonly calendarsData?: readonly PlainRecord[]
  readonly versionsData?: readonly PlainRecord[]
  readonly changelogsData?: readonly PlainRecord[]
  readonly projectMeta?: Fields
}

/** Everything that can be set. Every key has a default; plain JSON, so that it can travel to a worker. */
export interface MockServerConfig {
  /** Backends of different names in one origin are isolated from each other. Default `planwire`. */
  readonly name?: string
  /** Dialect of the project socket. Default `auto`: the first frame of each connection tells. */
  readonly dialect?: 'auto' | ProjectDialectName
  /** Default `admin`/`admin` and `user`/`user`. */
  readonly users?: readonly UserConfig[]
  /** Whether unknown names, and known ones without a password, may log in as anonymous. Default true, as the vendors' documents have it. */
  readonly anonymous?: boolean
  /** Tokens of the live updates. Default `['token']`. */
  readonly tokens?: readonly string[]
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
  readonly projects?: readonly ProjectConfig[]
  /** Which project the Gantt collections show. Default: the first one. */
  readonly ganttProject?: ProjectId
  /** Live-updates collections by entity name, served at `/<name>`. Default `{ events: [] }`. Records as the widget reads them. */
  readonly collections?: { readonly [name: string]: readonly PlainRecord[] }
  readonly limits?: {
    /** Longest frame or body, in UTF-16 code units. Default 8 Mi. */
    readonly frameLength?: number
    /** Entities one live-updates socket may subscribe to. Default 100. */
    readonly subscriptions?: number
    /** Revisions a room keeps for catch-up. Default 10,000. */
    readonly history?: number
  }
}
