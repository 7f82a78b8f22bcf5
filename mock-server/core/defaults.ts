/**
 * Owns what the configuration leaves out: every default of the mock server, and the bounds on what a peer can make grow.
 */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ProjectDialectName } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { MockServerConfig, ProjectConfig, UserConfig } from './config.ts'
import { checkConfig } from './config-check.ts'

/** What `version` answers: planwire's own version. */
export const SERVER_VERSION = '0.1.0'

/** A configuration with nothing left out. */
export interface Settings {
  readonly dialect: 'auto' | ProjectDialectName
  readonly users: readonly UserConfig[]
  readonly anonymous: boolean
  readonly tokens: readonly string[]
  readonly restAuth: 'optional' | 'required'
  readonly projectPaths: readonly string[]
  readonly liveUpdatesPath: string
  readonly ganttPath: string
  readonly projects: readonly ProjectConfig[]
  /** Undefined when there is no project at all. */
  readonly ganttProject: ProjectId | undefined
  readonly collections: { readonly [name: string]: readonly PlainRecord[] }
  readonly limits: { readonly frameLength: number; readonly subscriptions: number; readonly history: number }
}

/** Bounds that need no setting: far above what a plan needs, far below what hurts. */
export const BOUNDS = {
  /** Records of all stores of one room. */
  records: 500_000,
  /** Stores of one room; apps may have their own beside Bryntum's. */
  stores: 64,
  /** Fields of a project itself. */
  metaFields: 1000,
  /** Length of a name or an id: of a store, a user, an entity, a record. */
  name: 200,
  /** Clients whose last counter a room remembers. */
  authors: 1000,
  /** Counters of a client that a room remembers as not committed yet. */
  missing: 1000,
  /** Local revisions remembered per session. */
  localRevisions: 1000,
  /** Phantom ids that a room remembers. */
  phantoms: 100_000,
  /** Removed records and row targets that the Gantt collections remember. */
  ganttMemory: 10_000,
  /** Answered requests that a room remembers of one sender, by their idempotency keys. */
  requests: 1000,
  /** Length of all of them, in UTF-16 code units. */
  requestsLength: 16_777_216,
  /** What a room keeps of its history at most, in UTF-16 code units of the frames that made it. */
  historyLength: 67_108_864,
  /** Commits between two snapshots. */
  snapshotEvery: 500,
  /** Length of a presence frame. */
  presenceLength: 10_000,
  /** Milliseconds that a presence lasts unless it is said again. */
  presenceMs: 60_000,
  /** Milliseconds between two automatic versions of one project. */
  autoSaveMs: 3_600_000,
} as const

/** Fills in the defaults. Throws `invalid-argument` for a configuration that cannot be. */
export function settingsOf(config: MockServerConfig): Settings {
  checkConfig(config)
  const projects = config.projects ?? []
  return {
    dialect: config.dialect ?? 'auto',
    users: config.users ?? [
      { name: 'admin', password: 'admin' },
      { name: 'user', password: 'user' },
    ],
    anonymous: config.anonymous ?? true,
    tokens: config.tokens ?? ['token'],
    restAuth: config.auth?.rest ?? 'optional',
    projectPaths: config.paths?.project ?? ['/', '/ws'],
    liveUpdatesPath: config.paths?.liveUpdates ?? '/api/v1',
    ganttPath: config.paths?.gantt ?? '/data',
    projects,
    ganttProject: config.ganttProject ?? projects[0]?.id,
    collections: config.collections ?? { events: [] },
    limits: {
      frameLength: config.limits?.frameLength ?? 8 * 1024 * 1024,
      subscriptions: config.limits?.subscriptions ?? 100,
      history: config.limits?.history ?? 10_000,
    },
  }
}
