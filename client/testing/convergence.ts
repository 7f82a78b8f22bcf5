/**
 * Whether clients, and the server, hold the same records. Pure: takes readings, names the first record and field that differ,
 * with who has what.
 */
import { assertNever } from '../protocol/errors.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import { saysTheSame } from '../store/same-value.ts'
import type { ClientReading, StoreRecords } from './reading.ts'

/** Somebody who holds records: a tab, a client, the server. */
export interface Holder extends Pick<ClientReading, 'of' | 'settled' | 'revision' | 'ranges' | 'stores'> {
  readonly name: string
  /** Why it is not settled, for whoever reads the failure. */
  readonly waits?: string
  /** It may know more stores and records than the others ask for. */
  readonly isServer?: boolean
}

/** What one holder has at the place that differs. */
export interface Held {
  readonly name: string
  readonly revision?: number
  /** The field's value as JSON; `nothing` where it has none, `no such record` where the record is missing. */
  readonly value: string
}

/** Records of a server, as `export()` of the mock gives them. */
export interface ServerRecords {
  /** Stores are named as in a configuration: `tasksData`. */
  readonly projects?: readonly { readonly id: RecordId }[]
  readonly collections?: StoreRecords
}

/** The server as a holder of each of its projects and collections. */
export function holdersOfServer(
  { projects = [], collections = {} }: ServerRecords,
  name = 'server',
): readonly Holder[] {
  const holder = (of: string, stores: StoreRecords): Holder => ({ name, of, settled: true, isServer: true, stores })
  return [
    ...projects.map((project) => {
      const stores = Object.entries(project).flatMap(([key, records]) =>
        key.endsWith('Data') && Array.isArray(records) ? [[key.slice(0, -'Data'.length), records] as const] : [],
      )
      return holder(`project ${project.id}`, Object.fromEntries(stores))
    }),
    ...Object.entries(collections).map(([store, records]) => holder(store, { [store]: records })),
  ]
}

/** A client that was read, as a holder. */
export function holderOf(
  name: string,
  { of, connection, settled, pending, revision, ranges, stores }: ClientReading,
): Holder {
  const waits =
    pending > 0
      ? `has ${pending} changes that are not stored (connection ${connection})`
      : `is ${connection === 'open' ? 'not loaded' : connection}`
  return {
    name,
    of,
    settled,
    ...(settled ? {} : { waits }),
    ...(revision === undefined ? {} : { revision }),
    ...(ranges === undefined ? {} : { ranges }),
    stores,
  }
}

/** The first difference. */
export interface Difference {
  readonly of: string
  readonly store: string
  readonly id: RecordId
  /** Missing when somebody lacks the whole record. */
  readonly field?: string
  readonly held: readonly Held[]
}

/** What was found. */
export type Convergence =
  | { readonly state: 'converged'; readonly records: number }
  | { readonly state: 'unsettled'; readonly why: readonly string[] }
  | { readonly state: 'differs'; readonly first: Difference; readonly more: number; readonly why: readonly string[] }

/** How to compare. */
export interface CompareOptions {
  /** Compare only these fields of a store. Stores that are not named are compared whole. */
  readonly fields?: Readonly<Record<string, readonly string[]>>
  /** Leave these stores out. */
  readonly except?: readonly string[]
}

/**
 * Compares holders of the same thing with each other. Fields that begin with `$`, and the difference between `null` and
 * nothing, do not count; neither does the order in which records are listed.
 */
export function convergenceOf(holders: readonly Holder[], options: CompareOptions = {}): Convergence {
  const differences: Difference[] = []
  const groups = grouped(holders)
  let records = 0
  for (const group of groups.values()) {
    if (group.every(({ isServer }) => isServer)) continue
    const found = comparedGroup(group, options)
    records += found.records
    differences.push(...found.differences)
  }
  const [first] = differences
  const why = holders.filter(({ settled }) => !settled).map(({ name, waits }) => `${name} ${waits ?? 'is not settled'}`)
  if (first) return { state: 'differs', first, more: differences.length - 1, why }
  const phantom = holders.flatMap(({ name, stores }) =>
    Object.entries(stores).flatMap(([store, all]) =>
      all.filter(({ id }) => isPhantomId(id)).map(({ id }) => `${name} has the temporary id ${id} in ${store}`),
    ),
  )
  if (why.length + phantom.length > 0) return { state: 'unsettled', why: [...why, ...phantom.slice(0, 3)] }
  if (![...groups.values()].some((group) => group.length > 1)) {
    const shown = holders.map(({ name, of }) => `${name} has ${of}`).join(', ')
    return { state: 'unsettled', why: [`there is nothing to compare: ${shown || 'nobody holds anything'}`] }
  }
  return { state: 'converged', records }
}

function grouped(holders: readonly Holder[]): Map<string, Holder[]> {
  const groups = new Map<string, Holder[]>()
  for (const holder of holders) {
    const group = groups.get(holder.of)
    if (group) group.push(holder)
    else groups.set(holder.of, [holder])
  }
  return groups
}

interface Compared {
  readonly records: number
  readonly differences: readonly Difference[]
}

function comparedGroup(group: readonly Holder[], { fields, except = [] }: CompareOptions): Compared {
  const differences: Difference[] = []
  let records = 0
  const stores = new Set(group.filter(({ isServer }) => !isServer).flatMap(({ stores }) => Object.keys(stores)))
  for (const store of stores) {
    if (except.includes(store)) continue
    const tables = group.flatMap((holder) => {
      const all = holder.stores[store]
      return all ? [{ holder, table: new Map(all.map((record) => [idKey(record.id), record])) }] : []
    })
    const keys = new Set(tables.flatMap(({ table }) => [...table.keys()]))
    records += keys.size
    for (const key of keys) {
      const all = tables.map(({ holder, table }) => ({ holder, record: table.get(key) }))
      const difference = differenceIn(all, fields?.[store])
      if (difference) differences.push({ of: group[0]?.of ?? '', store, ...difference })
    }
  }
  return { records, differences }
}

interface Has {
  readonly holder: Holder
  readonly record: PlainRecord | undefined
}

function differenceIn(
  all: readonly Has[],
  fields: readonly string[] | undefined,
): Pick<Difference, 'id' | 'field' | 'held'> | undefined {
  const holding = all.flatMap(({ record }) => record ?? [])
  const [some] = holding
  if (!some) return undefined
  const held = (field: string | undefined): readonly Held[] =>
    all.map(({ holder: { name, revision }, record }) => ({
      name,
      ...(revision === undefined ? {} : { revision }),
      value: record ? written(field === undefined ? record : record[field]) : 'no such record',
    }))
  if (holding.length < all.length && !missingByRange(all)) return { id: some.id, held: held(undefined) }
  for (const field of fields ?? new Set(holding.flatMap((record) => Object.keys(record)))) {
    if (field.startsWith('$') || field === 'id') continue
    if (holding.every((record) => saysTheSame(record[field], some[field]))) continue
    return { id: some.id, field, held: held(field) }
  }
  return undefined
}

/** Whoever loaded other dates than the others cannot be asked for what lies beyond them. */
function missingByRange(all: readonly Has[]): boolean {
  return all.every(
    ({ holder, record }) =>
      record !== undefined ||
      (holder.ranges !== undefined &&
        all.every((other) => other.record === undefined || other.holder.ranges !== holder.ranges)),
  )
}

/** Longest value that a message shows whole. */
const LONGEST = 160

function written(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
}

/**
 * A finding in words, one line per holder.
 * @example
 * // tasks 7, field "name" of project 1 differs (and 2 more records)
 * //   tab 1 (revision 12): "Dig"
 * //   server:              "Dig deeper"
 */
export function convergenceInWords(found: Convergence): string {
  switch (found.state) {
    case 'converged':
      return `all hold the same ${found.records} records`
    case 'unsettled':
      return ['not settled:', ...found.why.map((line) => `  ${line}`)].join('\n')
    case 'differs': {
      const { of, store, id, field, held } = found.first
      const what = field === undefined ? 'is not everywhere' : `differs in the field "${field}"`
      const more = found.more === 0 ? '' : ` (so do ${found.more} more records)`
      const names = held.map(({ name, revision }) => (revision === undefined ? name : `${name}, revision ${revision}`))
      const width = Math.max(...names.map((name) => name.length)) + 1
      const lines = held.map(({ value }, at) => `  ${`${names[at]}:`.padEnd(width)} ${value}`)
      const why = found.why.map((line) => `  ${line}`)
      return [`${store} ${JSON.stringify(id)} of ${of} ${what}${more}`, ...lines, ...why].join('\n')
    }
    default:
      return assertNever(found)
  }
}
