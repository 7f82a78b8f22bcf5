/**
 * Owns what the configuration leaves out: every default of the mock server, and the bounds on what a peer can make grow.
 */
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { ProjectDialectName } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from './config.ts'
import { BUILT_IN_GROUPS, checkConfig } from './config-check.ts'
import type { CommandHandler, ServicesConfig } from './config-functions.ts'
import { pathSettingsOf } from './paths.ts'
import type { QuirkName } from './quirk-names.ts'

/** What `version` answers: planwire's own version. */
export const SERVER_VERSION = '0.1.0'

/** A configuration with nothing left out. */
export interface Settings {
  readonly dialect: 'auto' | ProjectDialectName
  readonly users: readonly UserConfig[]
  /** Every group, the built-in ones too. */
  readonly groups: ReadonlyMap<string, GroupConfig>
  /** Group of whoever comes without an account; undefined when nobody may. */
  readonly anonymous: string | undefined
  readonly tokens: readonly Required<TokenConfig>[]
  readonly restAuth: 'optional' | 'required'
  readonly projectPaths: readonly string[]
  readonly liveUpdatesPath: string
  readonly ganttPath: string
  /** Whether the live updates have a socket. */
  readonly websocket: boolean
  readonly projects: readonly ProjectConfig[]
  /** Undefined when there is no project at all. */
  readonly ganttProject: ProjectId | undefined
  readonly collections: { readonly [name: string]: readonly PlainRecord[] }
  readonly api: ServicesConfig
  readonly commands: ReadonlyMap<string, CommandHandler>
  /** Milliseconds; 0: never. */
  readonly resetDelayMs: number
  readonly autoSaveMs: number
  readonly projectMeta: 'inside' | 'beside'
  readonly quirks: ReadonlySet<QuirkName>
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
  /** What a room keeps of its history at most, in UTF-16 code units of the frames that made it. */
  historyLength: 67_108_864,
  /** Commits between two snapshots of a small project; of a large one, a tenth of its records. */
  snapshotEvery: 500,
  /** Length of a presence frame. */
  presenceLength: 10_000,
  /** Milliseconds that a presence lasts unless it is said again. */
  presenceMs: 60_000,
} as const

const EVERYTHING: GroupConfig = { read: '*', write: '*' }

/** Fills in the defaults. Throws `invalid-argument` for a configuration that cannot be. */
export function settingsOf(config: MockServerConfig): Settings {
  checkConfig(config)
  const { projects = [], anonymous = true } = config
  return {
    ...pathSettingsOf(config),
    dialect: config.dialect ?? 'auto',
    users: config.users ?? [
      { name: 'admin', password: 'admin' },
      { name: 'user', password: 'user' },
    ],
    groups: new Map([
      ...BUILT_IN_GROUPS.map((name) => [name, EVERYTHING] as const),
      ...Object.entries(config.groups ?? {}),
    ]),
    anonymous: anonymous === true ? 'anonymous' : anonymous || undefined,
    tokens: (config.tokens ?? ['token']).map((token) => {
      if (typeof token === 'string') return { token, groups: ['users'] }
      return { token: token.token, groups: token.groups ?? ['users'] }
    }),
    restAuth: config.auth?.rest ?? 'optional',
    projects,
    api: config.api ?? {},
    commands: new Map(Object.entries(config.commands ?? {})),
    resetDelayMs: (config.resetDelay ?? 1800) * 1000,
    autoSaveMs: (config.autoSaveInterval ?? 60) * 60_000,
    projectMeta: config.projectMeta ?? 'inside',
    quirks: new Set(config.quirks),
    limits: {
      frameLength: config.limits?.frameLength ?? 8 * 1024 * 1024,
      subscriptions: config.limits?.subscriptions ?? 100,
      history: config.limits?.history ?? 10_000,
    },
  }
}

/** Which thing of the rights a live-updates entity shows; undefined for entities that only carry messages. */
export function thingOfEntity({ collections, ganttProject }: Settings, entity: string): ProjectId | undefined {
  if (Object.hasOwn(collections, entity)) return entity
  return entity === 'tasks' || entity === 'links' ? ganttProject : undefined
}
