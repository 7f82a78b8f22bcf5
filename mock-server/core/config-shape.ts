/**
 * Owns what a configuration may hold, as data: `config-check.ts` refuses what does not fit, `config-schema.ts` tells
 * editors. Keys are tied to the types of `config.ts`, so that one that is forgotten does not compile.
 */
import type { GroupConfig, MockServerConfig, ProjectConfig, TokenConfig, UserConfig } from './config.ts'
import { QUIRKS } from './quirk-names.ts'

/** What may stand at a place. */
export type Shape =
  | { readonly kind: 'id' | 'flag' | 'name' | 'text' | 'path' | 'fields' | 'function' }
  | { readonly kind: 'count'; readonly least: number; readonly most?: number }
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  /** `unique` names the key that no two entries may share. Entries without a shape are records, which are checked where they are read. */
  | { readonly kind: 'list'; readonly of?: Shape; readonly unique?: string }
  | ObjectShape
  /** An object with the same under any key; `noun` says what that is. */
  | { readonly kind: 'map'; readonly of: Shape; readonly noun: string }
  /** One of several, told apart by their JSON types; `allowed` says which in words. */
  | { readonly kind: 'either'; readonly options: readonly Shape[]; readonly allowed: string }

/** An object with these keys and, unless it is `open`, no others. */
export interface ObjectShape {
  readonly kind: 'object'
  readonly keys: { readonly [key: string]: Shape }
  readonly required: readonly string[]
  readonly open: boolean
}

/** The object that stands under a key of the configuration. */
type Part<K extends keyof MockServerConfig> = NonNullable<MockServerConfig[K]>

function object<T>(
  keys: { readonly [K in keyof Required<T>]: Shape },
  required: readonly (keyof T & string)[] = [],
  open = false,
): ObjectShape {
  return { kind: 'object', keys, required, open }
}

const id: Shape = { kind: 'id' }
const flag: Shape = { kind: 'flag' }
const name: Shape = { kind: 'name' }
const text: Shape = { kind: 'text' }
const path: Shape = { kind: 'path' }
const fields: Shape = { kind: 'fields' }
const records: Shape = { kind: 'list' }
const names: Shape = { kind: 'list', of: name }
const count = (least: number, most?: number): Shape => ({
  kind: 'count',
  least,
  ...(most === undefined ? {} : { most }),
})
const oneOf = (...values: readonly string[]): Shape => ({ kind: 'oneOf', values })
const map = (of: Shape, noun: string): Shape => ({ kind: 'map', of, noun })

const user = object<UserConfig>({ name, password: text, groups: names }, ['name'])
const token = object<TokenConfig>({ token: name, groups: names }, ['token'])
const scope: Shape = {
  kind: 'either',
  options: [oneOf('*'), { kind: 'list', of: id }],
  allowed: '"*" or a list of ids of projects and names of collections',
}
const group = object<GroupConfig>({ read: scope, write: scope })
const rows: Shape = {
  kind: 'either',
  options: [records, { kind: 'object', keys: { rows: records }, required: [], open: true }],
  allowed: 'a list, or an object with rows',
}

const project = object<ProjectConfig>(
  {
    id,
    name,
    file: name,
    url: name,
    tasksData: records,
    resourcesData: records,
    dependenciesData: records,
    assignmentsData: records,
    calendarsData: records,
    versionsData: records,
    changelogsData: records,
    projectMeta: fields,
    tasks: rows,
    resources: rows,
    dependencies: rows,
    assignments: rows,
    calendars: rows,
    versions: rows,
    changelogs: rows,
    project: fields,
    data: records,
    links: records,
  },
  ['id', 'name'],
  // A dataset may be pasted as a server answered it, with more in it than is read.
  true,
)

/** What a file may hold that `file` or `url` of a project names. */
export const CONTENT_SHAPE: ObjectShape = { ...project, required: [] }

/** Longest delay of a timer, in seconds. */
const LONGEST_DELAY = 2_147_483

/** What a configuration may hold. */
export const CONFIG_SHAPE: ObjectShape = object<MockServerConfig & { readonly $schema?: string }>({
  // Where an editor finds the JSON Schema of this.
  $schema: text,
  name,
  dialect: oneOf('auto', 'bryntum-flat', 'bryntum-revisions'),
  users: { kind: 'list', of: user, unique: 'name' },
  groups: map(group, 'a group'),
  anonymous: { kind: 'either', options: [flag, name], allowed: 'true or false, or the name of a group' },
  tokens: {
    kind: 'list',
    of: { kind: 'either', options: [name, token], allowed: 'a text that is not empty, or an object with token' },
    unique: 'token',
  },
  auth: object<Part<'auth'>>({ rest: oneOf('optional', 'required') }),
  paths: object<Part<'paths'>>({ project: { kind: 'list', of: path }, liveUpdates: path, gantt: path }),
  websocket: flag,
  projects: { kind: 'list', of: project, unique: 'id' },
  ganttProject: id,
  collections: map(records, 'a list'),
  api: map(map({ kind: 'function' }, 'a function'), 'an object of functions'),
  commands: map({ kind: 'function' }, 'a function'),
  resetDelay: count(0, LONGEST_DELAY),
  autoSaveInterval: count(0),
  projectMeta: oneOf('inside', 'beside'),
  quirks: { kind: 'list', of: oneOf(...Object.keys(QUIRKS)) },
  limits: object<Part<'limits'>>({ frameLength: count(1), subscriptions: count(0), history: count(0) }),
})
