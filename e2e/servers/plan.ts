/**
 * The "local project" that the document lets the server commit to: rows per store, real ids for `$PhantomId`,
 * and the dataset in which tasks are nested. Knows nothing of sockets or envelopes.
 */
import type { BryntumFault } from './faults.ts'
import { isJson, type Json } from './listen.ts'
import { TreeFaults } from './tree-faults.ts'

/** Id of a row. */
export type Id = string | number
/** A row of a store. */
export interface Row {
  readonly id: Id
  readonly [field: string]: unknown
}
/** The rows of every store, in order; tasks carry `parentId` (null at the top). */
export type PlanState = { readonly [store in (typeof STORES)[number]]: readonly Row[] }
/** What a plan starts with. */
export interface PlanSeed {
  readonly id: number
  readonly name: string
  readonly stores: Partial<PlanState>
  /** The project's own fields, such as `startDate`. */
  readonly meta?: Json
}

const STORES = ['tasks', 'resources', 'dependencies', 'assignments', 'calendars', 'versions', 'changelogs'] as const

/** Fields that hold the id of another row. */
const REFERENCES: ReadonlySet<string> = new Set([
  'id',
  'parentId',
  'from',
  'to',
  'fromEvent',
  'toEvent',
  'fromTask',
  'toTask',
  'event',
  'eventId',
  'resource',
  'resourceId',
])
const MAX_ROWS = 50_000

/** One project of the server. */
export interface Plan {
  readonly id: number
  readonly name: string
  readonly meta: Json
  /** Why the changes cannot be stored; undefined when they can. */
  refuses(changes: Json): string | undefined
  /** Stores the changes; answers them with real ids filled in, or why nothing of them was stored. */
  commit(changes: Json, phantoms: Map<string, Id>): { readonly changes: Json; readonly added: boolean } | string
  /** The stores as `tasksData`, `resourcesData` and so on, tasks nested under `children`. */
  dataset(): Json
  state(): PlanState
  reset(): void
}

/** Makes a plan; `newId` names the rows that come without an id, for the whole life of the server. */
export function createPlan(
  seed: PlanSeed,
  newId: (store: string) => Id,
  faults: ReadonlySet<BryntumFault> = new Set(),
): Plan {
  let stores = fresh()
  const tree = new TreeFaults(faults)
  /** BS5: temporary ids from before the last reset. */
  const seen = new Set<string>()
  const outdated = new Set<string>()

  /** The id of a new row; undefined for one that a fault loses. */
  function idOfNew(store: string, { $PhantomId: phantom }: Json, phantoms: Map<string, Id>): Id | undefined {
    if (phantom === undefined && !faults.has('BS3')) return newId(store)
    const key = String(phantom)
    if (faults.has('BS5') && outdated.has(key)) return undefined
    seen.add(key)
    const known = phantoms.get(key)
    const shared = faults.has('BS2') || (faults.has('BS3') && phantom === undefined)
    const id = shared && known !== undefined ? known : newId(store)
    phantoms.set(key, id)
    return id
  }

  function refuses(changes: Json): string | undefined {
    for (const [store, change] of Object.entries(changes)) {
      const wrong = store === 'project' ? undefined : refusal(stores.get(store), store, change)
      if (wrong !== undefined) return wrong
    }
    return undefined
  }

  function fresh(): Map<string, Map<string, Row>> {
    const entries = STORES.map((store): [string, Map<string, Row>] => {
      const rows = seed.stores[store] ?? []
      return [store, new Map(rows.map((row) => [String(row.id), row]))]
    })
    return new Map(entries)
  }

  function rowsOf(store: string): Row[] {
    return [...(stores.get(store)?.values() ?? [])]
  }

  return {
    id: seed.id,
    name: seed.name,
    meta: seed.meta ?? {},
    refuses,
    commit(changes, phantoms) {
      const wrong = refuses(changes)
      if (wrong !== undefined && !faults.has('BO5-half-a-change')) return wrong
      const known = Object.entries(changes).filter(([store, change]) => store !== 'project' && isJson(change))
      let added = false
      const named = new Map<Json, Id>()
      for (const [store, change] of known) {
        for (const row of rowsIn(change, 'added')) {
          const id = idOfNew(store, row, phantoms)
          if (id !== undefined) named.set(row, id)
          added = true
        }
      }
      const real: { [store: string]: unknown } = { ...changes }
      for (const [store, change] of known) {
        if (!isJson(change)) continue
        const rows = stores.get(store)
        const whole = withRealIds(change, phantoms, named)
        const filled = faults.has('BS13') || !rows ? whole : standing(whole, rows)
        real[store] = filled
        if (!rows) continue
        if (store === 'tasks') tree.before(rows, filled)
        apply(rows, filled, faults.has('BS1'))
      }
      return wrong ?? { changes: real, added }
    },
    dataset: () => ({
      ...Object.fromEntries(STORES.map((store) => [`${store}Data`, rowsOf(store)])),
      tasksData: tree.shown(rowsOf('tasks'), nested),
      // The content of a version is asked for with a command of its own.
      versionsData: rowsOf('versions').map(({ content: _, ...version }) => version),
    }),
    state: () => ({
      tasks: rowsOf('tasks').map((task) => ({ ...task, parentId: task['parentId'] ?? null })),
      resources: rowsOf('resources'),
      dependencies: rowsOf('dependencies'),
      assignments: rowsOf('assignments'),
      calendars: rowsOf('calendars'),
      versions: rowsOf('versions'),
      changelogs: rowsOf('changelogs'),
    }),
    reset() {
      stores = fresh()
      tree.forget()
      for (const phantom of seen) outdated.add(phantom)
    },
  }
}

export function rowsIn(change: unknown, kind: string): Json[] {
  const rows = isJson(change) ? change[kind] : undefined
  return Array.isArray(rows) ? rows.filter(isJson) : []
}

/** Why a store's changes cannot be stored; checked for all stores before any is touched. */
function refusal(rows: ReadonlyMap<string, Row> | undefined, store: string, change: unknown): string | undefined {
  if (!rows) return `Unknown store: ${store}`
  if (!isJson(change)) return `Changes of ${store} are no object`
  for (const kind of ['added', 'updated', 'removed']) {
    const list = change[kind]
    if (list !== undefined && !Array.isArray(list)) return `${store}.${kind} is no list`
    if (Array.isArray(list) && !list.every(isJson)) return `${store}.${kind} holds something that is no record`
  }
  return rows.size + rowsIn(change, 'added').length > MAX_ROWS ? `Too many ${store}` : undefined
}

function withRealIds(change: Json, phantoms: ReadonlyMap<string, Id>, named: ReadonlyMap<Json, Id>): Json {
  const real = (row: Json, own?: Id): Json => {
    const copy: { [field: string]: unknown } = {}
    for (const [field, value] of Object.entries(row)) {
      copy[field] = REFERENCES.has(field) && typeof value === 'string' ? (phantoms.get(value) ?? value) : value
    }
    if (own !== undefined) copy['id'] = own
    return copy
  }
  const filled: { [key: string]: unknown } = { ...change }
  for (const kind of ['added', 'updated', 'removed']) {
    if (change[kind] !== undefined) filled[kind] = rowsIn(change, kind).map((row) => real(row, named.get(row)))
  }
  const input = change['$input']
  if (isJson(input)) {
    const copy: { [key: string]: unknown } = { ...input }
    for (const kind of ['added', 'updated', 'removed']) {
      if (input[kind] === undefined) continue
      copy[kind] = rowsIn(input, kind).map((row) => {
        const phantom = row['$PhantomId']
        return real(row, kind === 'added' && phantom !== undefined ? phantoms.get(String(phantom)) : undefined)
      })
    }
    filled['$input'] = copy
  }
  return filled
}

/** The change without updates and removals of rows that are not there. */
function standing(change: Json, rows: ReadonlyMap<string, Row>): Json {
  const stands = ({ id }: Json): boolean => rows.has(String(id))
  const kept: { [kind: string]: unknown } = { ...change }
  for (const kind of ['updated', 'removed']) {
    if (change[kind] !== undefined) kept[kind] = rowsIn(change, kind).filter(stands)
  }
  return kept
}

/** `uprooted`: new children of new parents lose them (BS1). */
function apply(rows: Map<string, Row>, change: Json, uprooted: boolean): void {
  for (const { $PhantomId: _, $PhantomParentId: parent, ...fields } of rowsIn(change, 'added')) {
    const row = uprooted && parent !== undefined ? { ...fields, parentId: null } : fields
    const id = row['id']
    if (isId(id)) rows.set(String(id), { ...row, id })
  }
  for (const fields of rowsIn(change, 'updated')) {
    const row = rows.get(String(fields['id']))
    if (row) rows.set(String(row.id), { ...row, ...fields, id: row.id })
  }
  for (const row of rowsIn(change, 'removed')) rows.delete(String(row['id']))
}

/** True for what can be an id. */
export function isId(value: unknown): value is Id {
  return typeof value === 'string' || typeof value === 'number'
}

/** Tasks under their parents, siblings by `parentIndex`; a task whose parent is gone stands at the top. */
function nested(tasks: readonly Row[]): Row[] {
  const ids = new Set(tasks.map((task) => String(task.id)))
  const children = new Map<string, Row[]>()
  for (const task of tasks) {
    const parent = task['parentId']
    const key = isId(parent) && ids.has(String(parent)) ? String(parent) : ''
    const siblings = children.get(key)
    if (siblings) siblings.push(task)
    else children.set(key, [task])
  }
  const place = (task: Row): number => (typeof task['parentIndex'] === 'number' ? task['parentIndex'] : 0)
  const branch = (key: string): Row[] =>
    (children.get(key) ?? [])
      .sort((a, b) => place(a) - place(b))
      .map((task) => {
        const below = branch(String(task.id))
        return below.length > 0 ? { ...task, children: below } : task
      })
  return branch('')
}
