/**
 * Owns what becomes of datasets that are broken themselves (rule W7 of `whole.ts`): configured ones, and stored ones that
 * an earlier version wrote. The same records are always repaired in the same way: a task whose parent is not there
 * stands at the root, as the last one; so does the member with the smallest id of each cycle of parents; links that point
 * at nothing are left out; tasks without a place are the last ones below their parent; of several records with one id
 * one counts (`flattenTree`, `tablesOf`).
 */
import type { ProjectChanges, RemovedRecord, UpdatedRecord } from '../../client/protocol/changeset.ts'
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { Dataset, PlainRecord } from '../../client/protocol/records.ts'
import { applyChanges, storesOf, type Table, type Tables, tablesOf } from '../../client/store/tables.ts'
import { compareKeys } from '../../client/store/task-tree.ts'
import { endsOf, isPlace, LINK_STORES, parentKey } from './reference-index.ts'

/** What was wrong, in numbers of records. */
export interface Damage {
  /** Tasks whose parent is not there. */
  readonly orphans: number
  /** Cycles of parents. */
  readonly cycles: number
  /** Dependencies and assignments that point at nothing. */
  readonly dangling: number
  /** Tasks without a place among their siblings. */
  readonly unplaced: number
  /** Records under an id that another one has. */
  readonly duplicates: number
}

const ROOT = ''

/**
 * A configured dataset made whole, and what was wrong with it; the same dataset when nothing was. `configured` counts the
 * records from which it was made.
 */
export function repairedDataset(
  dataset: Dataset,
  configured: number,
): { dataset: Dataset; damage: Damage | undefined } {
  const tables = tablesOf(dataset.stores)
  const repair = repairOf(tables)
  let records = 0
  for (const table of tables.values()) records += table.size
  const duplicates = configured - records
  if (!repair && duplicates === 0) return { dataset, damage: undefined }
  if (repair) applyChanges(tables, repair.changes)
  return {
    dataset: { ...dataset, stores: storesOf(tables) },
    damage: { ...(repair?.damage ?? { orphans: 0, cycles: 0, dangling: 0, unplaced: 0 }), duplicates },
  }
}

/** The changes that make tables whole, and what is wrong with them; undefined when nothing is. */
export function repairOf(
  tables: Tables,
): { readonly changes: ProjectChanges; readonly damage: Omit<Damage, 'duplicates'> } | undefined {
  const tasks: Table = tables.get('tasks') ?? new Map()
  const parents = new Map<RecordKey, RecordKey>()
  for (const [key, task] of tasks) parents.set(key, parentKey(task))
  const rooted = new Set<RecordKey>()
  for (const [key, parent] of parents) if (parent !== ROOT && !tasks.has(parent)) rooted.add(key)
  const orphans = rooted.size
  for (const key of rooted) parents.set(key, ROOT)
  for (const key of smallestOfCycles(parents)) {
    rooted.add(key)
    parents.set(key, ROOT)
  }
  const updated = placed(tasks, parents, rooted)
  const stores: Record<string, { updated: readonly UpdatedRecord[] } | { removed: readonly RemovedRecord[] }> = {}
  if (updated.length > 0) stores['tasks'] = { updated }
  let dangling = 0
  for (const store of LINK_STORES) {
    const removed = [...(tables.get(store)?.values() ?? [])].flatMap((link) =>
      stands(store, link, tables) ? [] : { id: link.id },
    )
    if (removed.length > 0) stores[store] = { removed }
    dangling += removed.length
  }
  if (updated.length + dangling === 0) return undefined
  const damage = { orphans, cycles: rooted.size - orphans, dangling, unplaced: updated.length - rooted.size }
  return { changes: { stores }, damage }
}

/** The smallest member of each cycle. */
function smallestOfCycles(parents: ReadonlyMap<RecordKey, RecordKey>): readonly RecordKey[] {
  const smallest: RecordKey[] = []
  const climbed = new Set<RecordKey>()
  for (const start of parents.keys()) {
    const path: RecordKey[] = []
    let at = start
    while (at !== ROOT && !climbed.has(at)) {
      climbed.add(at)
      path.push(at)
      at = parents.get(at) ?? ROOT
    }
    const from = path.indexOf(at)
    const [first] = from < 0 ? [] : path.slice(from).sort(compareKeys)
    if (first !== undefined) smallest.push(first)
  }
  return smallest
}

/** Edits that give a place to those who come to the root, and to those who have none. */
function placed(
  tasks: Table,
  parents: ReadonlyMap<RecordKey, RecordKey>,
  rooted: ReadonlySet<RecordKey>,
): readonly UpdatedRecord[] {
  const homeless = [...tasks].filter(([key, task]) => rooted.has(key) || !isPlace(task.parentIndex))
  if (homeless.length === 0) return []
  const next = new Map<RecordKey, number>()
  for (const [key, { parentIndex }] of tasks) {
    if (rooted.has(key) || !isPlace(parentIndex)) continue
    const parent = parents.get(key) ?? ROOT
    next.set(parent, Math.max(next.get(parent) ?? 0, parentIndex + 1))
  }
  return homeless.map(([key, { id }]) => {
    const parent = parents.get(key) ?? ROOT
    const parentIndex = next.get(parent) ?? 0
    next.set(parent, parentIndex + 1)
    return rooted.has(key) ? { id, parentId: null, parentIndex } : { id, parentIndex }
  })
}

function stands(store: string, link: PlainRecord, tables: Tables): boolean {
  return endsOf(store, link).every(([target, id]) => tables.get(target)?.has(idKey(id)) === true)
}
