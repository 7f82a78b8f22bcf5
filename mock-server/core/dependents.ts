/**
 * Owns what goes with a removed task or resource: its descendants, and the dependencies and assignments that point at
 * any of them. A client that names only the parent (as the documents' own examples do) leaves nothing dangling.
 */
import type { Changeset } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { type IndexedStore, type ReferenceIndex, targetsOf } from './reference-index.ts'

/**
 * Ids to remove beside those that the changes remove already, by store. References count as they will stand after the
 * changes' own edits: a child that is moved out of a removed parent stays.
 */
export function dependentsOf(
  stores: Changeset,
  tables: Tables,
  index: ReferenceIndex,
): ReadonlyMap<string, readonly RecordId[]> {
  const result = new Map<string, readonly RecordId[]>()
  const tasks = [...keysOf(stores.tasks?.removed)]
  const resources = [...keysOf(stores.resources?.removed)]
  if (tasks.length === 0 && resources.length === 0) return result
  const gone = tasks.map((key) => `tasks ${key}`)
  const descendants = referring('tasks', gone, stores, tables, index)
  const targets = [...gone, ...resources.map((key) => `resources ${key}`)]
  for (const [store, ids] of [
    ['tasks', descendants],
    ['dependencies', referring('dependencies', targets, stores, tables, index)],
    ['assignments', referring('assignments', targets, stores, tables, index)],
  ] as const) {
    if (ids.length > 0) result.set(store, ids)
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
): readonly RecordId[] {
  const table = tables.get(store)
  const edits = editsOf(stores, store)
  const seen = keysOf(stores[store]?.removed)
  const found: RecordId[] = []
  const consider = (key: string, target: string): void => {
    const record = table?.get(key)
    if (!record || seen.has(key)) return
    const edit = edits.get(key)
    if (edit && !targetsOf(store, { ...record, ...edit }).has(target)) return
    seen.add(key)
    found.push(record.id)
    if (store === 'tasks') targets.push(`tasks ${key}`)
  }
  // The list grows while it is walked.
  for (const target of targets) {
    for (const key of index.referringTo(store, target)) consider(key, target)
    for (const key of edits.keys()) consider(key, target)
  }
  return found
}

function editsOf(stores: Changeset, store: string): ReadonlyMap<string, Fields> {
  const edits = new Map<string, Fields>()
  for (const edit of stores[store]?.updated ?? []) edits.set(idKey(edit.id), { ...edits.get(idKey(edit.id)), ...edit })
  return edits
}

function keysOf(records: readonly { readonly id: RecordId }[] | undefined): Set<string> {
  return new Set(records?.map(({ id }) => idKey(id)))
}
