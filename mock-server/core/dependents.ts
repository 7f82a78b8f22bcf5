/**
 * Owns what goes with a removed task or resource: its descendants, and the dependencies and assignments that point at
 * any of them. A client that names only the parent (as the documents' own examples do) leaves nothing dangling.
 */
import type { Changeset } from '../../client/protocol/changeset.ts'
import { idKey, isRecordId, type RecordId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Table, Tables } from '../../client/store/tables.ts'

const TASK_ENDS = ['from', 'to', 'fromEvent', 'toEvent', 'fromTask', 'toTask'] as const
const ASSIGNMENT_TASK = ['event', 'eventId'] as const
const ASSIGNMENT_RESOURCE = ['resource', 'resourceId'] as const

/**
 * Ids to remove beside those that the changes remove already, by store. References count as they will stand after the
 * changes' own edits: a child that is moved out of a removed parent stays.
 */
export function dependentsOf(stores: Changeset, tables: Tables): Map<string, readonly RecordId[]> {
  const result = new Map<string, readonly RecordId[]>()
  const tasks = keysOf(stores.tasks?.removed)
  const resources = keysOf(stores.resources?.removed)
  if (tasks.size === 0 && resources.size === 0) return result
  const keep = (store: string, ids: readonly RecordId[]): void => {
    if (ids.length > 0) result.set(store, ids)
  }
  const named = new Set(tasks)
  if (tasks.size > 0)
    keep(
      'tasks',
      descendants(tables.get('tasks'), editsOf(stores, 'tasks'), tasks).filter((id) => !named.has(idKey(id))),
    )
  keep(
    'dependencies',
    pointing(tables, stores, 'dependencies', (record) => pointsAt(record, TASK_ENDS, tasks)),
  )
  keep(
    'assignments',
    pointing(
      tables,
      stores,
      'assignments',
      (record) => pointsAt(record, ASSIGNMENT_TASK, tasks) || pointsAt(record, ASSIGNMENT_RESOURCE, resources),
    ),
  )
  return result
}

/** Every task below the removed ones, whose keys are added to `removed`. Each task is visited once, so a cycle ends. */
function descendants(table: Table | undefined, edits: Edits, removed: Set<string>): readonly RecordId[] {
  const children = new Map<string, RecordId[]>()
  for (const [key, record] of table ?? []) {
    const edit = edits.get(key)
    const parent = edit && 'parentId' in edit ? edit.parentId : record.parentId
    if (!isRecordId(parent)) continue
    const list = children.get(idKey(parent))
    if (list) list.push(record.id)
    else children.set(idKey(parent), [record.id])
  }
  const found: RecordId[] = []
  const open = [...removed]
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    for (const child of children.get(key) ?? []) {
      const childKey = idKey(child)
      if (removed.has(childKey)) continue
      removed.add(childKey)
      found.push(child)
      open.push(childKey)
    }
  }
  return found
}

function pointing(
  tables: Tables,
  stores: Changeset,
  store: string,
  points: (record: Fields) => boolean,
): readonly RecordId[] {
  const removed = keysOf(stores[store]?.removed)
  const edits = editsOf(stores, store)
  const found: RecordId[] = []
  for (const [key, record] of tables.get(store) ?? []) {
    const edit = edits.get(key)
    if (!removed.has(key) && points(edit ? { ...record, ...edit } : record)) found.push(record.id)
  }
  return found
}

function pointsAt(record: Fields, fields: readonly string[], keys: ReadonlySet<string>): boolean {
  return fields.some((field) => {
    const id = record[field]
    return isRecordId(id) && keys.has(idKey(id))
  })
}

type Edits = ReadonlyMap<string, Fields>

function editsOf(stores: Changeset, store: string): Edits {
  const edits = new Map<string, Fields>()
  for (const edit of stores[store]?.updated ?? []) edits.set(idKey(edit.id), { ...edits.get(idKey(edit.id)), ...edit })
  return edits
}

function keysOf(records: readonly { readonly id: RecordId }[] | undefined): Set<string> {
  return new Set(records?.map(({ id }) => idKey(id)))
}
