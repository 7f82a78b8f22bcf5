/**
 * Owns the refusal of configurations that cannot be. They come from files, or from JavaScript that no compiler has seen, so
 * every key is checked before anything is built on it. Records are checked where they are read (`seeds.ts`).
 */
import { typeOfCommand } from '../../client/protocol/dialects/bryntum/names.ts'
import { assertNever, PlanwireError } from '../../client/protocol/errors.ts'
import { isObject, Misfit } from '../../client/protocol/guards.ts'
import { idKey, isRecordId, type RecordKey, sameId } from '../../client/protocol/ids.ts'
import type { GroupConfig, MockServerConfig, Scope } from './config.ts'
import { CONFIG_SHAPE, CONTENT_SHAPE, type ObjectShape, type Shape } from './config-shape.ts'

const ROOT = 'the configuration'

/** Groups that are there without being configured. */
export const BUILT_IN_GROUPS = ['users', 'anonymous'] as const

/** Commands that servers send, or that mean something to them: no custom command may have these names. */
const TAKEN = new Set(['error', 'join', 'users', 'ack', 'caughtUp', 'versionAutoSaveOK', 'subscribe', 'unsubscribe'])

/** Checks a configuration. Throws `invalid-argument` that names the path, such as `projects[0].id`, and says what is allowed. */
export function checkConfig(config: MockServerConfig): void {
  check(config, CONFIG_SHAPE, ROOT)
  checkReferences(config)
}

/** Checks what a `file` or a `url` of a project holds; `path` says which. Throws `invalid-argument`. */
export function checkContent(content: unknown, path: string): void {
  check(content, CONTENT_SHAPE, path)
}

/** Runs what reads records of a configuration; one that does not fit becomes `invalid-argument` with its `path`. */
export function inConfig<T>(read: () => T): T {
  try {
    return read()
  } catch (cause) {
    if (!(cause instanceof Misfit)) throw cause
    throw invalid(cause.path, cause.message, cause)
  }
}

/** The error of a configuration that cannot be used. */
export function invalid(path: string, reason: string, cause?: unknown): PlanwireError {
  return new PlanwireError('invalid-argument', `Configuration: ${reason}`, 'fatal', { path }, { cause })
}

function refuse(path: string, allowed: string, found: unknown): never {
  throw invalid(path, `${path} must be ${allowed}, not ${inWords(found)}`)
}

/** A value as an error shows it: short ones as they are, none that could be long. */
function inWords(value: unknown): string {
  if (value === undefined) return 'missing'
  if (typeof value === 'string' && value.length > 40) return 'a long text'
  if (typeof value === 'function') return 'a function'
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function check(value: unknown, shape: Shape, path: string): void {
  if (shape.kind === 'either') {
    const fitting = shape.options.find((option) => typeOfShape(option) === typeOfValue(value))
    if (!fitting) refuse(path, shape.allowed, value)
    check(value, fitting, path)
    return
  }
  if (!fits(value, shape)) refuse(path, allowedBy(shape), value)
  if (shape.kind === 'list' && Array.isArray(value)) checkList(value, shape, path)
  if (!isObject(value)) return
  if (shape.kind === 'object') checkObject(value, shape, path)
  if (shape.kind !== 'map') return
  for (const [key, each] of Object.entries(value)) if (each !== undefined) check(each, shape.of, `${path}.${key}`)
}

/** A key that is undefined is one that is left out. */
function checkObject(value: { readonly [key: string]: unknown }, shape: ObjectShape, path: string): void {
  const at = (key: string): string => (path === ROOT ? key : `${path}.${key}`)
  const byKey = new Map(Object.entries(shape.keys))
  for (const key of shape.required) {
    const required = byKey.get(key)
    if (value[key] === undefined && required) refuse(at(key), allowedBy(required), undefined)
  }
  for (const [key, each] of Object.entries(value)) {
    const known = byKey.get(key)
    if (known && each !== undefined) check(each, known, at(key))
    if (!known && !shape.open) refuse(at(key), `left out, or one of ${[...byKey.keys()].join(', ')}`, each)
  }
}

function checkList(list: readonly unknown[], { of, unique }: Extract<Shape, { kind: 'list' }>, path: string): void {
  const places = new Map<RecordKey, number>()
  for (const [at, each] of list.entries()) {
    if (of) check(each, of, `${path}[${at}]`)
    if (unique === undefined) continue
    const key = isObject(each) ? each[unique] : each
    if (!isRecordId(key)) continue
    const first = places.get(idKey(key))
    const place = isObject(each) ? `${path}[${at}].${unique}` : `${path}[${at}]`
    if (first !== undefined) refuse(place, `another one than ${path}[${first}] has`, key)
    places.set(idKey(key), at)
  }
}

/** True for a value of the right kind; what is in it is checked one by one. */
function fits(value: unknown, shape: Shape): boolean {
  switch (shape.kind) {
    case 'id':
      return isRecordId(value)
    case 'flag':
      return typeof value === 'boolean'
    case 'name':
      return typeof value === 'string' && value !== ''
    case 'text':
      return typeof value === 'string'
    case 'path':
      return typeof value === 'string' && /^\/[^?#]*$/.test(value)
    case 'function':
      return typeof value === 'function'
    case 'count':
      return (
        typeof value === 'number' &&
        Number.isSafeInteger(value) &&
        value >= shape.least &&
        value <= (shape.most ?? value)
      )
    case 'oneOf':
      return typeof value === 'string' && shape.values.includes(value)
    case 'list':
      return Array.isArray(value)
    case 'fields':
    case 'object':
    case 'map':
      return isObject(value)
    case 'either':
      return shape.options.some((option) => fits(value, option))
    default:
      return assertNever(shape)
  }
}

/** What may stand there, in words. */
function allowedBy(shape: Shape): string {
  switch (shape.kind) {
    case 'id':
      return 'an id (a text that is not empty, or a finite number)'
    case 'flag':
      return 'true or false'
    case 'name':
      return 'a text that is not empty'
    case 'text':
      return 'a text'
    case 'path':
      return 'a path that begins with "/", without "?" and "#"'
    case 'function':
      return 'a function'
    case 'count':
      return `a whole number from ${shape.least}${shape.most === undefined ? '' : ` to ${shape.most}`}`
    case 'oneOf':
      return shape.values.map((each) => `"${each}"`).join(' or ')
    case 'list':
      return 'a list'
    case 'fields':
    case 'object':
      return 'an object'
    case 'map':
      return `an object with ${shape.noun} for each name`
    case 'either':
      return shape.allowed
    default:
      return assertNever(shape)
  }
}

function typeOfValue(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value
}

function typeOfShape(shape: Shape): string {
  switch (shape.kind) {
    case 'flag':
      return 'boolean'
    case 'list':
      return 'list'
    case 'object':
    case 'map':
    case 'fields':
      return 'object'
    default:
      return 'string'
  }
}

/** Names that must be those of something else in the configuration. */
function checkReferences(config: MockServerConfig): void {
  const { ganttProject, projects = [], users = [], tokens = [], groups = {}, anonymous, commands = {} } = config
  if (ganttProject !== undefined && !projects.some((each) => sameId(each.id, ganttProject))) {
    const ids = projects.map((each) => inWords(each.id)).join(', ')
    const allowed = ids === '' ? 'left out where there are no projects' : `the id of a project (${ids})`
    refuse('ganttProject', allowed, ganttProject)
  }
  const known = new Set<string>([...BUILT_IN_GROUPS, ...Object.keys(groups)])
  const checkGroup = (path: string, name: string, or = ''): void => {
    if (!known.has(name)) refuse(path, `${or}the name of a group (${[...known].join(', ')})`, name)
  }
  for (const [at, user] of users.entries())
    for (const [of, name] of (user.groups ?? []).entries()) checkGroup(`users[${at}].groups[${of}]`, name)
  for (const [at, token] of tokens.entries())
    if (typeof token === 'object')
      for (const [of, name] of (token.groups ?? []).entries()) checkGroup(`tokens[${at}].groups[${of}]`, name)
  if (typeof anonymous === 'string') checkGroup('anonymous', anonymous, 'true or false, or ')

  const ids = [...projects.map(({ id }) => id), ...Object.keys(config.collections ?? { events: [] })]
  const things = new Set(ids.map(idKey))
  const checkScope = (path: string, scope: Scope = []): void => {
    if (scope === '*') return
    for (const [at, id] of scope.entries()) {
      if (!things.has(idKey(id)))
        refuse(`${path}[${at}]`, `the id of a project or the name of a collection (${[...things].join(', ')})`, id)
    }
  }
  for (const [name, { read, write } = {}] of Object.entries<GroupConfig | undefined>(groups)) {
    checkScope(`groups.${name}.read`, read)
    checkScope(`groups.${name}.write`, write)
  }
  for (const name of Object.keys(commands)) {
    if (name === '' || TAKEN.has(name) || typeOfCommand(name) !== undefined)
      throw invalid(`commands.${name}`, `commands.${name} must have another name: the protocol has this one`)
  }
  for (const [at, { file, url }] of projects.entries())
    if (file !== undefined && url !== undefined) refuse(`projects[${at}].url`, 'left out beside file', url)
}
