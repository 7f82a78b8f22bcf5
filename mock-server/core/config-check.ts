/**
 * Owns what a configuration may hold. It comes from a file, or from JavaScript that no compiler has seen, so every key is
 * checked before anything is built on it. Records are checked where they are read (`seeds.ts`).
 */
import { PlanwireError } from '../../client/protocol/errors.ts'
import { isObject, Misfit } from '../../client/protocol/guards.ts'
import { idKey, isRecordId, sameId } from '../../client/protocol/ids.ts'
import type { MockServerConfig, ProjectConfig, UserConfig } from './config.ts'

/** Throws for a value that cannot stand at the path. */
type Check = (value: unknown, path: string) => void

/** The object that stands under a key of the configuration. */
type Part<K extends keyof MockServerConfig> = NonNullable<MockServerConfig[K]>

const ROOT = 'the configuration'

/** A check for each key of a type: one that is forgotten fails to compile. */
type Checks<T> = { readonly [K in keyof Required<T>]: Check }

/** Runs what reads records of a configuration; one that does not fit becomes `invalid-argument` with its `path`. */
export function inConfig<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof Misfit)) throw cause
    throw invalid(cause.path, cause.message, cause)
  }
}

function invalid(path: string, reason: string, cause?: unknown): PlanwireError {
  return new PlanwireError('invalid-argument', `Configuration: ${reason}`, 'fatal', { path }, { cause })
}

function refuse(path: string, allowed: string, found: unknown): never {
  throw invalid(path, `${path} must be ${allowed}, not ${inWords(found)}`)
}

/** A value as an error shows it: short ones as they are, none that could be long. */
function inWords(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string' && value.length > 40) return 'a long text'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

const id: Check = (value, path) => {
  if (!isRecordId(value)) refuse(path, 'an id (a text that is not empty, or a finite number)', value)
}

const flag: Check = (value, path) => {
  if (typeof value !== 'boolean') refuse(path, 'true or false', value)
}

/** A text with at least one character. */
const name: Check = (value, path) => {
  if (typeof value !== 'string' || value === '') refuse(path, 'a text that is not empty', value)
}

const text: Check = (value, path) => {
  if (typeof value !== 'string') refuse(path, 'a text', value)
}

const urlPath: Check = (value, path) => {
  if (typeof value !== 'string' || !/^\/[^?#]*$/.test(value)) {
    refuse(path, 'a path that begins with "/", without "?" and "#"', value)
  }
}

const count =
  (least: number): Check =>
  (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
      refuse(path, `a whole number from ${least}`, value)
    }
  }

const oneOf =
  (...allowed: readonly string[]): Check =>
  (value, path) => {
    if (typeof value === 'string' && allowed.includes(value)) return
    refuse(path, allowed.map((each) => `"${each}"`).join(' or '), value)
  }

/** A list, each entry checked (records are not, here). `unique` names the key that no two entries may share. */
const list =
  (entry?: Check, unique?: string): Check =>
  (value, path) => {
    if (!Array.isArray(value)) refuse(path, 'a list', value)
    const places = new Map<string, number>()
    for (const [at, each] of value.entries()) {
      entry?.(each, `${path}[${at}]`)
      if (unique === undefined || !isObject(each)) continue
      const key = each[unique]
      const first = isRecordId(key) ? places.get(idKey(key)) : undefined
      if (first !== undefined) refuse(`${path}[${at}].${unique}`, `another one than ${path}[${first}] has`, key)
      if (isRecordId(key)) places.set(idKey(key), at)
    }
  }

/** An object with these keys and, unless it is `open`, no others. A key that is undefined is left out. */
function object<T>(checks: Checks<T>, required: readonly (keyof T & string)[] = [], open = false): Check {
  const byKey = new Map<string, Check>(Object.entries<Check>(checks))
  return (value, path) => {
    if (!isObject(value)) refuse(path, 'an object', value)
    const at = (key: string): string => (path === ROOT ? key : `${path}.${key}`)
    for (const key of required) if (value[key] === undefined) byKey.get(key)?.(undefined, at(key))
    for (const [key, each] of Object.entries(value)) {
      const check = byKey.get(key)
      if (!check && open) continue
      if (!check) refuse(at(key), `left out, or one of ${[...byKey.keys()].join(', ')}`, each)
      if (each !== undefined) check(each, at(key))
    }
  }
}

const records = list()

/** An object with a list under any key. */
const lists: Check = (value, path) => {
  if (!isObject(value)) refuse(path, 'an object with a list for each name', value)
  for (const [key, each] of Object.entries(value)) records(each, `${path}.${key}`)
}

const fields: Check = (value, path) => {
  if (!isObject(value)) refuse(path, 'an object', value)
}

const user = object<UserConfig>({ name, password: text }, ['name'])

const project = object<ProjectConfig>(
  {
    id,
    name,
    tasksData: records,
    resourcesData: records,
    dependenciesData: records,
    assignmentsData: records,
    calendarsData: records,
    versionsData: records,
    changelogsData: records,
    projectMeta: fields,
  },
  ['id', 'name'],
  // A dataset may be pasted as a server answered it, with more in it than is read.
  true,
)

const configuration = object<MockServerConfig & { readonly $schema?: string }>({
  // Where an editor finds what this file checks.
  $schema: text,
  name,
  dialect: oneOf('auto', 'bryntum-flat', 'bryntum-revisions'),
  users: list(user, 'name'),
  anonymous: flag,
  tokens: list(name),
  auth: object<Part<'auth'>>({ rest: oneOf('optional', 'required') }),
  paths: object<Part<'paths'>>({ project: list(urlPath), liveUpdates: urlPath, gantt: urlPath }),
  projects: list(project, 'id'),
  ganttProject: id,
  collections: lists,
  limits: object<Part<'limits'>>({ frameLength: count(1), subscriptions: count(0), history: count(0) }),
})

/** Checks a configuration. Throws `invalid-argument` that names the path, such as `projects[0].id`, and says what is allowed. */
export function checkConfig(config: MockServerConfig): void {
  configuration(config, ROOT)
  const { ganttProject, projects = [] } = config
  if (ganttProject === undefined || projects.some((each) => sameId(each.id, ganttProject))) return
  const ids = projects.map((each) => inWords(each.id)).join(', ')
  refuse(
    'ganttProject',
    ids === '' ? 'left out where there are no projects' : `the id of a project (${ids})`,
    ganttProject,
  )
}
