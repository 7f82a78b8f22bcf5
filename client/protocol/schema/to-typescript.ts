/** Owns the TypeScript that follows from the shapes: `records.ts`, `changeset.ts`, `messages.ts` and `record-guards.ts`, in the layout of the formatter. */
import { assertNever } from '../errors.ts'
import { DOWNSTREAM, type MessageShape, PARTS, UPSTREAM } from './messages.ts'
import { CHANGES, DATASET, PROJECT_CHANGES, RECORDS, STORES } from './records.ts'
import type { FieldShape, ObjectShape, Shape, Shapes } from './shape.ts'

const GENERATED = 'Written by `node scripts/protocol.js` from `schema/`: change it there.'
const WIDTH = 120

/** A doc comment: on one line where it fits, else in paragraphs of at most 120 columns. */
function doc(words: string, indent = ''): string {
  if (!words.includes('\n') && indent.length + words.length + 7 <= WIDTH) return `${indent}/** ${words} */\n`
  const lines = words.split('\n').flatMap((paragraph) => wrapped(paragraph, WIDTH - indent.length - 3))
  return `${indent}/**\n${lines.map((line) => `${`${indent} * ${line}`.trimEnd()}\n`).join('')}${indent} */\n`
}

function wrapped(words: string, width: number): string[] {
  const lines = ['']
  for (const word of words.split(' ')) {
    const line = lines.pop() ?? ''
    const longer = line ? `${line} ${word}` : word
    lines.push(...(longer.length > width ? [line, word] : [longer]))
  }
  return lines
}

function typeOf(shape: Shape, indent: string): string {
  switch (shape.kind) {
    case 'flag':
      return 'boolean'
    case 'unknown':
      return 'unknown'
    case 'fields':
      return 'Fields'
    case 'text':
      return shape.as ?? 'string'
    case 'id':
      return shape.as
    case 'count':
    case 'number':
      return 'number'
    case 'literal':
      return typeof shape.value === 'string' ? `'${shape.value}'` : String(shape.value)
    case 'list':
      return `readonly ${typeOf(shape.of, indent)}[]`
    case 'map':
      return shape.of.kind === 'ref' && shape.of.to === 'StoreChanges'
        ? 'Changeset'
        : `{ readonly [${shape.key}: string]: ${typeOf(shape.of, indent)} }`
    case 'ref':
      return shape.to
    case 'nullable':
      return `${typeOf(shape.of, indent)} | null`
    case 'object':
      return `{\n${fieldsOf(shape.fields, `${indent}  `)}${indent}}`
    default:
      return assertNever(shape)
  }
}

function fieldsOf(shapes: Shapes, indent: string): string {
  const line = ([name, { shape, optional, doc: words }]: [string, FieldShape]) =>
    `${words ? doc(words, indent) : ''}${indent}readonly ${name}${optional ? '?' : ''}: ${typeOf(shape, indent)}\n`
  return Object.entries(shapes).map(line).join('')
}

function interfaceOf({ name, doc: words, fields, base, open }: ObjectShape): string {
  const body = fieldsOf(fields, '  ') + (open ? `  readonly [${open}: string]: unknown\n` : '')
  return `${doc(words)}export interface ${name}${base ? ` extends ${base}` : ''} {${body ? `\n${body}` : ''}}\n`
}

function unionOf(name: string, messages: readonly MessageShape[]): string {
  const members = messages.map(({ type, doc: words, fields }) => {
    const body = fieldsOf(fields, '      ')
    return `${doc(words, '  ')}  | ${body ? `{\n      readonly type: '${type}'\n${body}    }` : `{ readonly type: '${type}' }`}\n`
  })
  return `type ${name} =\n${members.join('')}`
}

const join = (...parts: readonly string[]): string => parts.join('\n')
const [PLAIN, ...OTHER_RECORDS] = RECORDS

/** `records.ts`. */
export function recordsModule(): string {
  const stores = Object.entries(STORES)
  return join(
    `${doc(
      `The records that planwire moves. Only the fields that the sync layer must understand are named (identity, tree, references); every other field of the app or the vendor travels untouched.\n\n${GENERATED}`,
    )}import type { RecordId } from './ids.ts'\n`,
    PLAIN ? interfaceOf(PLAIN) : '',
    `${doc('The fields of an edit: a partial record, `null` clears a field.')}export type Fields = { readonly [field: string]: unknown }\n`,
    ...OTHER_RECORDS.map(interfaceOf),
    `${doc('The stores of a Bryntum project, in the order in which a dataset lists them.')}export const PROJECT_STORES = [\n${stores.map(([store]) => `  '${store}',\n`).join('')}] as const\n`,
    `${doc('Record type of each store of a project.')}export interface ProjectRecords {\n${stores.map(([store, type]) => `  ${store}: ${type}\n`).join('')}}\n`,
    interfaceOf(DATASET),
  )
}

/** `changeset.ts`. */
export function changesetModule(): string {
  return join(
    `${doc(
      `A changeset: what one transaction did, per store, in the shape of Bryntum's \`project.changes\` (source: "Sync multiple clients in real-time with WebSockets", projectChange).\n\n${GENERATED}`,
    )}import type { RecordId } from './ids.ts'\nimport type { Fields } from './records.ts'\n`,
    ...CHANGES.map(interfaceOf),
    `${doc(
      "Changes of one transaction: a store name to its changes, and under `project` the project's own fields. A parent precedes its children in `added`; a removed parent's descendants are listed too.",
    )}export interface Changeset {\n  readonly [store: string]: StoreChanges | undefined\n}\n`,
    `${doc("The key of a changeset that holds the project's own fields instead of a store.")}export const PROJECT_FIELDS = 'project'\n`,
    interfaceOf(PROJECT_CHANGES),
  )
}

/** `messages.ts`. */
export function messagesModule(): string {
  return join(
    `${doc(
      `The vocabulary of planwire: everything a client says ({@link Upstream}) and everything a server says ({@link Downstream}), as two unions. Dialects are codecs between these and the vendors' frames; nothing else in the project knows a vendor's envelope. History: \`version.ts\`.\n\n${GENERATED}`,
    )}import type { ProjectChanges } from './changeset.ts'\nimport type { ChangesetId, ClientId, Epoch, ProjectId, RecordId } from './ids.ts'\nimport type { Dataset, Fields } from './records.ts'\n`,
    ...PARTS.map(interfaceOf),
    unionOf('UpstreamMessage', UPSTREAM),
    `${doc('What a client says.')}export type Upstream = Extra & UpstreamMessage\n`,
    unionOf('DownstreamMessage', DOWNSTREAM),
    `${doc('What a server says.')}export type Downstream = Extra & DownstreamMessage\n`,
    `${doc('One of the upstream messages, by its type.')}export type UpstreamOf<T extends Upstream['type']> = Extract<Upstream, { type: T }>`,
    `${doc('One of the downstream messages, by its type.')}export type DownstreamOf<T extends Downstream['type']> = Extract<Downstream, { type: T }>\n`,
    `${doc('Names of the dialects on the wire.')}export type DialectName = 'bryntum-flat' | 'bryntum-revisions' | 'dhtmlx'`,
    `${doc('The dialects of the project socket.')}export type ProjectDialectName = Exclude<DialectName, 'dhtmlx'>\n`,
    'export type { Dataset, Fields }\n',
  )
}

/** The checks of the ids that an object names, as statements. */
function idChecks({ name, fields }: ObjectShape, indent: string, path: string): string {
  const checks = Object.entries(fields).map(([key, { shape, optional }]) => {
    if (shape.kind !== 'id') throw new Error(`${name}.${key} is no id: nothing else is checked while a dataset loads`)
    const place = `value.${key}`
    const condition = `${indent}if (${optional ? `${place} !== undefined && ` : ''}!isRecordId(${place}))`
    const check = `idAt(${place}, \`${path}.${key}\`)`
    return `${condition}${condition.length + check.length < WIDTH ? ' ' : `\n${indent}  `}${check}\n`
  })
  return checks.join('')
}

function shapeOf(name: string): ObjectShape {
  const shape = [...RECORDS, ...CHANGES].find((entry) => entry.name === name)
  if (!shape) throw new Error(`no shape ${name}`)
  return shape
}

// Parts of the code that is written: where a value stands.
const PATH = `\${path()}`
const PLACE = `\${path}[\${at}]`

/** `record-guards.ts`. */
export function recordGuardsModule(): string {
  return join(
    `${doc(
      `The guards of records, run over everything that is loaded: one pass, no copy unless an unsafe key must go. What a record needs is its identity; the type of any other field is between the app and its server.\n\n${GENERATED}`,
    )}import type { AddedRecord } from './changeset.ts'
import { clean, eachAt, idAt, isObject, Misfit } from './guards.ts'
import { isRecordId } from './ids.ts'
import type { PlainRecord } from './records.ts'
`,
    `${doc('A record. The path is a function, since building one for every record of a dataset would cost more than the check.')}export function recordAt(value: unknown, path: () => string): PlainRecord {
  if (!isObject(value)) throw new Misfit(path(), 'an object', value)
${idChecks(shapeOf('PlainRecord'), '  ', PATH)}  // The line above is what makes it one.
  return clean(value) as PlainRecord
}
`,
    `${doc('Records: objects with an id, unsafe keys dropped.')}export function recordsAt(value: unknown, path: string): readonly PlainRecord[] {
  return eachAt(value, path, (entry, at) => recordAt(entry, () => \`\${path}[\${at}]\`))
}
`,
    `${doc("Added records: objects whose ids, real, phantom or both, are ids. Clients that are not Bryntum's may send neither.")}export function addedAt(list: unknown, path: string): readonly AddedRecord[] {
  return eachAt(list, path, (value, at) => {
    if (!isObject(value)) throw new Misfit(\`\${path}[\${at}]\`, 'an object', value)
${idChecks(shapeOf('AddedRecord'), '    ', PLACE)}    return clean(value)
  })
}
`,
  )
}
