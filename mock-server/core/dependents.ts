/**
 * Owns what goes with a removed task or resource: its descendants, and the dependencies and assignments that point at
 * any of them. A client that names only the parent (as the documents' own examples do) leaves nothing dangling.
 */
import type { Changeset, RemovedRecord } from '../../client/protocol/changeset.ts'
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { keysOf } from './amend.ts'
import { type IndexedStore, type ReferenceIndex, targetsOf } from './reference-index.ts'

/**
 * Records to remove beside those that the changes remove already, by store. References count as they will stand after the
 * changes' own edits: a child that is moved out of a removed parent stays.
 */
export function dependentsOf(
  stores: Changeset,
  tables: Tables,
  index: ReferenceIndex,
): ReadonlyMap<string, readonly RemovedRecord[]> {
  const result = new Map<string, readonly RemovedRecord[]>()
  const tasks = [...keysOf(stores.tasks?.removed)]
  const resources = [...keysOf(stores.resources?.removed)]
  if (tasks.length === 0 && resources.length === 0) return result
  const gone = tasks.map((key) => `tasks ${key}`)
  const descendants = referring('tasks', gone, stores, tables, index)
  const targets = [...gone, ...resources.map((key) => `resources ${key}`)]
  for (const [store, records] of [
    ['tasks', descendants],
    ['dependencies', referring('dependencies', targets, stores, tables, index)],
    ['assignments', referring('assignments', targets, stores, tables, index)],
  ] as const) {
    if (records.length > 0) result.set(store, records)
  }
  return result
}

/**
 * Records of a store that refer to one of the targets and are not removed by the changes themselves. Tasks that are found
 * become targets, which are added to the list: each once, so a cycle ends.
 */
function referring(
  store: IndexedStore,
  targets: string[],
  stores: Changeset,
  tables: Tables,
  index: ReferenceIndex,
): readonly RemovedRecord[] {
  const table = tables.get(store)
  const edits = editsOf(stores, store)
  const edited = new Map<string, RecordKey[]>()
  for (const [key, edit] of edits) {
    const record = table?.get(key)
    for (const target of record ? targetsOf(store, { ...record, ...edit }) : []) {
      const keys = edited.get(target)
      if (keys) keys.push(key)
      else edited.set(target, [key])
    }
  }
  const seen = keysOf(stores[store]?.removed)
  const found: RemovedRecord[] = []
  const consider = (key: RecordKey, target: string): void => {
    const record = table?.get(key)
    if (!record || seen.has(key)) return
    const edit = edits.get(key)
    if (edit && !targetsOf(store, { ...record, ...edit }).has(target)) return
    seen.add(key)
    found.push({ id: record.id })
    if (store === 'tasks') targets.push(`tasks ${key}`)
  }
  // The list grows while it is walked.
  for (const target of targets) {
    for (const key of index.referringTo(store, target)) consider(key, target)
    for (const key of edited.get(target) ?? []) consider(key, target)
  }
  return found
}

function editsOf(stores: Changeset, store: string): ReadonlyMap<RecordKey, Fields> {
  const edits = new Map<RecordKey, Fields>()
  for (const edit of stores[store]?.updated ?? []) edits.set(idKey(edit.id), { ...edits.get(idKey(edit.id)), ...edit })
  return edits
}
