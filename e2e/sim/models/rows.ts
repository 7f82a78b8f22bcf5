/** Rows of a vendor's server and what a change does to them, written from recorded frames; shares no code with planwire's core. */
import { idKey } from '../../../client/protocol/ids.ts'
import type { Rows } from './server-model.ts'

/** A row; ids are numbers or strings. */
export type Row = { readonly id: string | number; readonly [field: string]: unknown }
type Entry = { readonly [field: string]: unknown }
/** The changes of one store on the wire. */
export interface Part {
  readonly added?: readonly Entry[]
  readonly updated?: readonly Entry[]
  readonly removed?: readonly Entry[]
}
/** A `changes` object. */
export type Changes = { readonly [store: string]: Part }

/** Stores of the model's project. */
export const STORES: readonly string[] = ['tasks', 'resources', 'dependencies', 'assignments']

/** Fields that hold an id which may be a phantom in the same frame. */
const REFERENCES = ['parentId', 'from', 'to', 'fromEvent', 'toEvent', 'event', 'eventId', 'resource', 'resourceId']

/** What every project of a fleet begins with. */
export const SEED: { readonly [store: string]: readonly Row[] } = {
  tasks: [
    { id: 1, name: 'One', startDate: '2026-01-01', endDate: '2026-01-03', parentId: null, parentIndex: 0 },
    { id: 2, name: 'Two', parentId: 1, parentIndex: 0 },
    { id: 3, name: 'Three', parentId: 1, parentIndex: 1 },
    { id: 4, name: 'Four', parentId: null, parentIndex: 1 },
  ],
  resources: [{ id: 1, name: 'Ann' }],
  dependencies: [{ id: 1, from: 2, to: 3, type: 2 }],
  assignments: [{ id: 1, event: 2, resource: 1 }],
}

/** The tables of one project. */
export class RowTables {
  readonly #tables = new Map<string, Map<string, Row>>()
  readonly #idOf: (store: string, seedId: string | number) => string | number

  /** `idOf` writes the ids of the seed in the server's way. */
  constructor(idOf: (store: string, seedId: string | number) => string | number = (_, id) => id) {
    this.#idOf = idOf
    this.reset()
  }

  reset(): void {
    for (const store of STORES) {
      const rows = (SEED[store] ?? []).map((row) => {
        const copy: { [field: string]: unknown } = { ...row }
        for (const field of REFERENCES) {
          const value = row[field]
          if (typeof value === 'number') copy[field] = this.#idOf(field === 'resource' ? 'resources' : 'tasks', value)
        }
        return { ...copy, id: this.#idOf(store, row.id) }
      })
      this.#tables.set(store, new Map(rows.map((row) => [String(row.id), row])))
    }
  }

  get(store: string): Map<string, Row> | undefined {
    return this.#tables.get(store)
  }

  all(): Rows {
    return new Map(
      [...this.#tables].map(([store, rows]) => [store, new Map([...rows.values()].map((row) => [idKey(row.id), row]))]),
    )
  }

  /** Applies entries that carry real ids. An edit or removal of what is not there does nothing. */
  apply(store: string, part: Part, keep: (row: Entry) => Entry = (row) => row): void {
    const table = this.#tables.get(store)
    if (!table) return
    for (const row of part.added ?? []) table.set(String(row['id']), keep(row) as Row)
    for (const fields of part.updated ?? []) {
      const row = table.get(String(fields['id']))
      if (row) table.set(String(row.id), { ...row, ...fields, id: row.id })
    }
    for (const { id } of part.removed ?? []) table.delete(String(id))
  }
}

/** The changes with an id for every added record and real ids in the place of phantoms that `real` knows. */
export function withRealIds(
  changes: Changes,
  real: Map<string, string | number>,
  newId: (store: string, phantom: string) => string | number,
): Changes {
  const stores = Object.keys(changes)
  const added = new Map<Entry, string | number>()
  for (const store of stores) {
    for (const row of changes[store]?.added ?? []) {
      const phantom = String(row['$PhantomId'])
      const id = newId(store, phantom)
      added.set(row, id)
      real.set(phantom, id)
    }
  }
  const filled = (row: Entry): Entry => {
    const copy: { [field: string]: unknown } = { ...row }
    for (const field of REFERENCES) {
      const value = row[field]
      if (typeof value === 'string') copy[field] = real.get(value) ?? value
    }
    return added.has(row) ? { ...copy, id: added.get(row) } : copy
  }
  const result: { [store: string]: Part } = {}
  for (const store of stores) {
    const part = changes[store] ?? {}
    result[store] = {
      ...part,
      ...(part.added ? { added: part.added.map(filled) } : {}),
      ...(part.updated ? { updated: part.updated.map(filled) } : {}),
    }
  }
  return result
}

/** Tasks under their parents as datasets show them; who has no parent that is there stands at the top. */
export function nested(tasks: readonly Row[], more: ReadonlyMap<string, readonly string[]> = new Map()): Entry[] {
  const byId = new Map(tasks.map((task) => [String(task.id), task]))
  const below = new Map<string, Entry[]>()
  const whole = new Set<Entry>(tasks)
  const file = (parent: string, task: Entry): void => {
    const list = below.get(parent)
    if (list) list.push(task)
    else below.set(parent, [task])
  }
  for (const task of tasks) {
    const parent = String(task['parentId'] ?? '')
    file(byId.has(parent) && !isBelow(byId, parent, String(task.id)) ? parent : '', task)
    for (const former of more.get(String(task.id)) ?? [])
      if (former !== parent && byId.has(former) && !isBelow(byId, former, String(task.id))) file(former, { ...task })
  }
  const place = (task: Entry): number => Number(task['parentIndex'] ?? 0)
  // Whoever comes back under a former parent comes without its children: former parents may stand below each other.
  const branch = (parent: string): Entry[] =>
    (below.get(parent) ?? [])
      .sort((a, b) => place(a) - place(b))
      .map((task) => {
        const children = whole.has(task) ? branch(String(task['id'])) : []
        return children.length ? { ...task, children } : task
      })
  return branch('')
}

/** True if `id` is `ancestor` or stands below it. */
function isBelow(byId: ReadonlyMap<string, Row>, id: string, ancestor: string): boolean {
  const seen = new Set<string>()
  for (let at = id; byId.has(at) && !seen.has(at); at = String(byId.get(at)?.['parentId'] ?? '')) {
    if (at === ancestor) return true
    seen.add(at)
  }
  return false
}
