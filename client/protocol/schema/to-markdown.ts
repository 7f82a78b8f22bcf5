/** Owns the tables of `docs/protocol.md`: each between two marks, the text around them is written by hand. */
import { DIALECTS, type DialectShape, type FrameShape } from './frames.ts'
import { RECORDS, STORES } from './records.ts'
import type { FieldShape, Shape, Shapes } from './shape.ts'
import { NAMED, plain } from './to-json-schema.ts'

function typeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'flag':
      return 'boolean'
    case 'text':
      return 'string'
    case 'id':
      return 'id'
    case 'count':
      return 'whole number'
    case 'list':
      return `list of ${typeOf(shape.of)}`
    case 'map':
      return `${typeOf(shape.of)} by ${shape.key}`
    case 'nullable':
      return `${typeOf(shape.of)} or null`
    case 'literal':
      return `\`${JSON.stringify(shape.value)}\``
    case 'ref':
      return `[${shape.to}](#${shape.to.toLowerCase()})`
    case 'unknown':
      return 'anything'
    case 'fields':
    case 'object':
      return 'object'
    case 'number':
      return shape.from === undefined ? 'number' : `number, ${shape.from} to ${shape.to}`
  }
}

function list(shapes: Shapes): string {
  const names = Object.entries(shapes).map(([name, { optional }]) => `\`${name}${optional ? '?' : ''}\``)
  return names.join(', ')
}

const row = (...cells: readonly string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
const table = (head: readonly string[], rows: readonly string[]): string =>
  row(...head) + row(...head.map(() => '---')) + rows.join('')

function dialect(name: DialectShape['name']): DialectShape {
  const found = DIALECTS.find((entry) => entry.name === name)
  if (!found) throw new Error(`no dialect ${name}`)
  return found
}

const command = (frame: FrameShape | undefined): string => {
  if (!frame) return ''
  if (frame.type === 'refused') return 'any, with `error`'
  return frame.command === '*' ? 'any other' : `\`${frame.command}\``
}

function projectMessages(way: 'up' | 'down'): string {
  const [flat, revisions] = [dialect('bryntum-flat')[way], dialect('bryntum-revisions')[way]]
  const rows = flat.map((frame) => {
    const other = revisions.find(({ type }) => type === frame.type)
    const [one, two] = [list({ ...frame.fields, ...frame.beside }), list({ ...other?.fields, ...other?.beside })]
    const commands = command(frame) === command(other) ? command(frame) : `${command(frame)}; ${command(other)}`
    return row(`${frame.type}`, commands, one === two ? one : `${one}; ${two}`, plain(frame.doc))
  })
  return table(['Message', 'Command (flat; revisions)', 'Fields (flat; revisions)', ''], rows)
}

function liveMessages(): string {
  const { up, down } = dialect('dhtmlx')
  const rows = (frames: readonly FrameShape[], way: string) =>
    frames.map((frame) => row(way, command(frame), list(frame.fields), plain(frame.doc)))
  return table(['', '`action`', 'Fields', ''], [...rows(up, 'up'), ...rows(down, 'down')])
}

function objects(names: readonly string[]): string {
  return names
    .map((name) => {
      const shape = NAMED.get(name)
      if (!shape) throw new Error(`no shape ${name}`)
      const base =
        shape.base && NAMED.has(shape.base)
          ? ` Has the fields of ${typeOf({ kind: 'ref', to: shape.base })} besides.`
          : ''
      const rows = Object.entries(shape.fields).map(([key, { shape: of, optional, doc }]: [string, FieldShape]) =>
        row(`\`${key}${optional ? '?' : ''}\``, typeOf(of), doc ? plain(doc) : ''),
      )
      const fields = rows.length > 0 ? `\n${table(['Field', 'Type', ''], rows)}` : ''
      return `### ${name}\n\n${plain(shape.doc)}${base}\n${fields}`
    })
    .join('\n')
}

const TABLES: { readonly [name: string]: () => string } = {
  upstream: () => projectMessages('up'),
  downstream: () => projectMessages('down'),
  live: liveMessages,
  extension: () =>
    objects([
      ...['ExtensionRequest', 'ExtensionGrant', 'ResumePoint', 'LogPosition', 'DatasetPosition', 'CommitOrder'],
      ...['ChangesetKey', 'Refusal', 'PresenceState', 'PeerPresence'],
    ]),
  changes: () =>
    objects([
      'WireChanges',
      'StoreChanges',
      'AddedRecord',
      'UpdatedRecord',
      'RemovedRecord',
      'WireClientRevision',
      'WireServerRevision',
    ]),
  records: () =>
    `${objects([...RECORDS.map(({ name }) => name), 'WireTask', 'WireDataset', 'ProjectInfo'])}\nStores: ${Object.keys(
      STORES,
    )
      .map((store) => `\`${store}\``)
      .join(', ')}; an app may have its own.\n`,
  bodies: () => objects(['EventBody', 'EventValue', 'WireCall', 'WireResult']),
}

/** The text with its tables anew. Throws for a mark that names no table, or a table without a mark. */
export function protocolReference(text: string): string {
  let next = text
  for (const [name, write] of Object.entries(TABLES)) {
    const [begin, end] = [`<!-- generated: ${name} -->\n`, `<!-- end: ${name} -->`]
    const from = next.indexOf(begin)
    const to = next.indexOf(end)
    if (from < 0 || to < from) throw new Error(`docs/protocol.md has no place for the table ${name}`)
    next = `${next.slice(0, from + begin.length)}\n${write()}\n${next.slice(to)}`
  }
  return next
}
