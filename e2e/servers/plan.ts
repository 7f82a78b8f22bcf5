/**
 * The "local project" that the document lets the server commit to: rows per store, real ids for `$PhantomId`,
 * and the dataset in which tasks are nested. Knows nothing of sockets or envelopes.
 */
import { isJson, type Json } from './listen.ts'

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
  /** Stores the changes; answers them with real ids filled in, or why nothing of them was stored. */
  commit(changes: Json, phantoms: Map<string, Id>): { readonly changes: Json; readonly added: boolean } | string
  /** The stores as `tasksData`, `resourcesData` and so on, tasks nested under `children`. */
  dataset(): Json
  state(): PlanState
  reset(): void
}

/** Makes a plan; `newId` names the rows that come without an id, for the whole life of the server. */
export function createPlan(seed: PlanSeed, newId: (store: string) => Id): Plan {
  let stores = fresh()

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
    commit(changes, phantoms) {
      const known = Object.entries(changes).filter(([store]) => store !== 'project')
      for (const [store, change] of known) {
        const wrong = refusal(stores.get(store), store, change)
        if (wrong !== undefined) return wrong
      }
      let added = false
      const named = new Map<Json, Id>()
      for (const [store, change] of known) {
        for (const row of rowsIn(change, 'added')) {
          const id = newId(store)
          named.set(row, id)
          if (row['$PhantomId'] !== undefined) phantoms.set(String(row['$PhantomId']), id)
          added = true
        }
      }
      const real: { [store: string]: unknown } = { ...changes }
      for (const [store, change] of known) {
        if (!isJson(change)) continue
        const filled = withRealIds(change, phantoms, named)
        real[store] = filled
        const rows = stores.get(store)
        if (rows) apply(rows, filled)
      }
      return { changes: real, added }
    },
    dataset: () => ({
      ...Object.fromEntries(STORES.map((store) => [`${store}Data`, rowsOf(store)])),
      tasksData: nested(rowsOf('tasks')),
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
    },
  }
}

function rowsIn(change: unknown, kind: string): Json[] {
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

function apply(rows: Map<string, Row>, change: Json): void {
  for (const { $PhantomId: _, $PhantomParentId: __, ...row } of rowsIn(change, 'added')) {
    const id = row['id']
    if (isId(id)) rows.set(String(id), { ...row, id })
  }
  for (const fields of rowsIn(change, 'updated')) {
    const row = rows.get(String(fields['id']))
    if (row) rows.set(String(row.id), { ...row, ...fields, id: row.id })
  }
  for (const row of rowsIn(change, 'removed')) rows.delete(String(row['id']))
}

function isId(value: unknown): value is Id {
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
