/**
 * Owns the JSON Schema of the configuration, made from the same shapes that the server checks. It is published as
 * `planwire/config.schema.json`: editors offer keys, tell what they mean, and mark what the server would refuse. Functions
 * cannot stand in a JSON file, so `api` and `commands` are left out.
 */
import { assertNever } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from './config.ts'
import { CONFIG_SHAPE, type ObjectShape, type Shape } from './config-shape.ts'
import { QUIRKS } from './quirk-names.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

type Told = Exclude<keyof MockServerConfig, 'api' | 'commands'>

/** What each key means, for the reader of a file. */
const MEANING: { readonly [key in Told]: string } = {
  name: 'Backends of different names in one origin are isolated from each other. Default "planwire".',
  dialect: 'Dialect of the project socket. Default "auto": the first frame of each connection tells.',
  users: 'Who may log in. Default admin/admin and user/user.',
  groups:
    'Rights by name of the group. "users" (accounts and tokens without groups) and "anonymous" may do everything unless they are set here.',
  anonymous:
    'Whether unknown names, and requests without a token, are let in: as members of the group "anonymous", or of the one named. Default true.',
  tokens: 'Tokens of the live updates. Default ["token"].',
  auth: 'Whether REST needs a token: "optional" (default; a wrong one is refused even so) or "required".',
  paths: 'Where the server answers. Default { project: ["/", "/ws"], liveUpdates: "/api/v1", gantt: "/data" }.',
  websocket: 'Whether the live updates have a socket. Default true; without one, calls are made by POST.',
  projects:
    'Projects: inline as tasksData, as a CrudManager load response, as DHTMLX data and links, or by file or url.',
  ganttProject: 'Id of the project that the Gantt collections show. Default: the first one.',
  collections: 'Collections of the live updates by entity name, served at /<name>. Default { "events": [] }.',
  resetDelay: 'Seconds without work on a project after which the server puts it back. Default 1800; 0: never.',
  autoSaveInterval: 'Minutes between two automatic versions of one project. Default 60.',
  projectMeta:
    'Where projectMeta stands in the flat dialect: "inside" the dataset, as documented (default), or "beside" it.',
  quirks: "Faults of the vendors' servers to switch on, so that an app can be hardened against them. Default none.",
  limits:
    'Longest frame in characters (8388608), subscriptions of one socket (100), revisions kept for catch-up (10000).',
}

const NOT_JSON = new Set(['api', 'commands'])

/** The JSON Schema of a configuration file. */
export function configSchema(): JsonSchema {
  const meanings = new Map<string, string>(Object.entries(MEANING))
  const { keys } = CONFIG_SHAPE
  const properties: Record<string, unknown> = {}
  for (const [key, shape] of Object.entries(keys)) {
    if (NOT_JSON.has(key)) continue
    const description = meanings.get(key)
    properties[key] = { ...(description === undefined ? {} : { description }), ...schemaOf(shape) }
  }
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Configuration of the planwire mock server',
    ...objectSchema({ ...CONFIG_SHAPE, keys: {} }),
    properties,
  }
}

function schemaOf(shape: Shape): JsonSchema {
  switch (shape.kind) {
    case 'id':
      return { type: ['string', 'number'], minLength: 1 }
    case 'flag':
      return { type: 'boolean' }
    case 'name':
      return { type: 'string', minLength: 1 }
    case 'text':
      return { type: 'string' }
    case 'path':
      return { type: 'string', pattern: '^/[^?#]*$' }
    case 'fields':
      return { type: 'object' }
    case 'function':
      return { not: {} }
    case 'count':
      return { type: 'integer', minimum: shape.least, ...(shape.most === undefined ? {} : { maximum: shape.most }) }
    case 'oneOf':
      return quirksOf(shape.values) ?? { enum: shape.values }
    case 'list':
      return { type: 'array', items: shape.of ? schemaOf(shape.of) : RECORD }
    case 'object':
      return objectSchema(shape)
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.of) }
    case 'either':
      return { anyOf: shape.options.map(schemaOf) }
    default:
      return assertNever(shape)
  }
}

const RECORD: JsonSchema = { type: 'object' }

function objectSchema({ keys, required, open }: ObjectShape): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(keys).map(([key, shape]) => [key, schemaOf(shape)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: open,
  }
}

/** Quirks tell what they do, each at its name. */
function quirksOf(values: readonly string[]): JsonSchema | undefined {
  const quirks = Object.entries(QUIRKS)
  if (quirks.length !== values.length || !quirks.every(([name], at) => values[at] === name)) return undefined
  return { oneOf: quirks.map(([name, description]) => ({ const: name, description })) }
}
