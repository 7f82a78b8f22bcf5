/** Owns the JSON Schemas (draft 7) of the frames, of what they are made of, and of a whole dialect's traffic. */
import { assertNever } from '../errors.ts'
import { type DialectShape, FRAME_PARTS, type FrameShape } from './frames.ts'
import { PARTS } from './messages.ts'
import { CHANGES, DATASET, PROJECT_CHANGES, RECORDS } from './records.ts'
import type { ObjectShape, Shape, Shapes } from './shape.ts'

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** Every named object. */
export const NAMED: ReadonlyMap<string, ObjectShape> = new Map(
  [...RECORDS, ...CHANGES, DATASET, PROJECT_CHANGES, ...PARTS, ...FRAME_PARTS].map((shape) => [shape.name, shape]),
)

/** All fields of a named object, with those of what it is based on. */
export function fieldsOf(name: string): Shapes {
  const shape = NAMED.get(name)
  return shape ? { ...(shape.base === undefined ? {} : fieldsOf(shape.base)), ...shape.fields } : {}
}

/** Keys that nobody knows are carried along everywhere, so every object is open. */
function objectOf(shapes: Shapes, at: string): JsonSchema {
  const properties = Object.entries(shapes).map(([key, { shape, doc }]) => {
    const schema = schemaOf(shape, at)
    // Beside `$ref` nothing else counts in draft 7.
    return [key, doc === undefined || '$ref' in schema ? schema : { ...schema, description: plain(doc) }] as const
  })
  const required = Object.entries(shapes).flatMap(([key, { optional }]) => (optional ? [] : [key]))
  return {
    type: 'object',
    ...(properties.length > 0 ? { properties: Object.fromEntries(properties) } : {}),
    ...(required.length > 0 ? { required } : {}),
  }
}

function schemaOf(shape: Shape, at: string): JsonSchema {
  switch (shape.kind) {
    case 'flag':
      return { type: 'boolean' }
    case 'unknown':
      return {}
    case 'fields':
      return { type: 'object' }
    case 'text':
      return { type: 'string', ...(shape.pattern === undefined ? {} : { pattern: shape.pattern }) }
    case 'id':
      return { type: ['string', 'number'], minLength: 1 }
    case 'count':
      return { type: 'integer', minimum: 0 }
    case 'number':
      return {
        type: 'number',
        ...(shape.from === undefined ? {} : { minimum: shape.from }),
        ...(shape.to === undefined ? {} : { maximum: shape.to }),
      }
    case 'literal':
      return { const: shape.value }
    case 'list':
      return { type: 'array', items: schemaOf(shape.of, at) }
    case 'map':
      return { type: 'object', additionalProperties: schemaOf(shape.of, at) }
    case 'ref':
      return { $ref: `${at}${shape.to}` }
    case 'nullable': {
      const schema = schemaOf(shape.of, at)
      const { type } = schema
      return type === undefined ? { anyOf: [schema, { type: 'null' }] } : { ...schema, type: [type, 'null'].flat() }
    }
    case 'object':
      return objectOf(shape.fields, at)
    default:
      return assertNever(shape)
  }
}

/** Words for readers, without the links of doc comments. */
export function plain(words: string): string {
  return words.replace(/\{@link (\w+)\}/g, '`$1`').replaceAll('\n', ' ')
}

/** The schema of a named object; references stand under `at`. */
export function namedSchema({ name, doc, open }: ObjectShape, at: string): JsonSchema {
  const schema = { description: plain(doc), ...objectOf(fieldsOf(name), at) }
  // Any other key of `changes` is a store of the app's own.
  return name === 'WireChanges' && open
    ? { ...schema, additionalProperties: schemaOf({ kind: 'ref', to: 'StoreChanges' }, at) }
    : schema
}

/** The names of all objects that some shapes refer to, in the order in which they are met. */
export function namesIn(all: readonly Shapes[]): ReadonlySet<string> {
  const names = new Set<string>()
  const walk = (shape: Shape): void => {
    if (shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'nullable') walk(shape.of)
    if (shape.kind === 'object') walkAll(shape.fields)
    if (shape.kind !== 'ref' || names.has(shape.to)) return
    names.add(shape.to)
    walkAll(fieldsOf(shape.to))
  }
  const walkAll = (shapes: Shapes): void => {
    for (const { shape } of Object.values(shapes)) walk(shape)
  }
  all.forEach(walkAll)
  if (names.has('WireChanges')) walkAll(fieldsOf('StoreChanges'))
  return names
}

/** The schema of a frame, envelope and all. */
export function frameSchema(frame: FrameShape, { name }: DialectShape, at: string): JsonSchema {
  const { command, alias, fields, beside = {}, either, bare } = frame
  const own = alias === undefined ? { const: command } : { enum: [command, alias] }
  const word = command === '*' ? { type: 'string' } : own
  const key = name === 'dhtmlx' ? 'action' : 'command'
  const inData = name === 'bryntum-revisions' && Object.keys(fields).length > 0
  const { properties, required } = objectOf(inData ? beside : { ...fields, ...beside }, at)
  const data = objectOf(fields, at)
  const needed = [
    key,
    ...(Array.isArray(required) ? required : []),
    ...(inData && 'required' in data && !bare ? ['data'] : []),
  ]
  return {
    type: 'object',
    properties: { [key]: word, ...Object(properties), ...(inData ? { data } : {}) },
    required: needed,
    ...(either ? { anyOf: either.map((one) => ({ required: [one] })) } : {}),
  }
}
