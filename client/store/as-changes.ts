/** Operations as the changeset that travels, and back. */
import type { AddedRecord, ProjectChanges, StoreChanges, UpdatedRecord } from '../protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Fields } from '../protocol/records.ts'
import { addOperation, META_ID, META_STORE, type Operations } from './operations.ts'
import { addedId } from './tables.ts'

/** The operations of a changeset as it travels. Entries without any id are left out: nothing can refer to them. */
export function operationsOf(changes: ProjectChanges): Operations {
  const operations: Operations = new Map()
  for (const store in changes.stores) {
    const part = changes.stores[store]
    for (const added of part?.added ?? []) {
      const id = addedId(added)
      if (id !== undefined) addOperation(operations, store, { type: 'add', id, fields: withoutId(added) })
    }
    for (const { id, ...fields } of part?.updated ?? []) addOperation(operations, store, { type: 'update', id, fields })
    for (const { id } of part?.removed ?? []) addOperation(operations, store, { type: 'remove', id })
  }
  if (changes.meta)
    addOperation(operations, META_STORE, { type: 'update', id: META_ID, fields: withoutId(changes.meta) })
  return operations
}

/**
 * The changeset of operations as it travels: new records carry `$PhantomId` (and `$PhantomParentId` where the parent is
 * new as well) instead of an id.
 */
export function changesOf(operations: Operations, isPhantom: (id: unknown) => boolean): ProjectChanges {
  const stores: Record<string, StoreChanges> = {}
  let meta: Fields | undefined
  for (const [store, own] of operations) {
    const added: AddedRecord[] = []
    const updated: UpdatedRecord[] = []
    const removed: { id: RecordId }[] = []
    for (const operation of own.values()) {
      if (store === META_STORE) meta = operation.type === 'remove' ? meta : operation.fields
      else if (operation.type === 'add') added.push(addedEntry(operation.id, operation.fields, isPhantom))
      else if (operation.type === 'update') updated.push({ ...operation.fields, id: operation.id })
      else removed.push({ id: operation.id })
    }
    if (store === META_STORE) continue
    stores[store] = {
      ...(added.length ? { added: parentsFirst(added) } : {}),
      ...(updated.length ? { updated } : {}),
      ...(removed.length ? { removed } : {}),
    }
  }
  return meta ? { stores, meta } : { stores }
}

function addedEntry(id: RecordId, fields: Fields, isPhantom: (id: unknown) => boolean): AddedRecord {
  const phantomParent = isPhantom(fields['parentId']) ? { $PhantomParentId: fields['parentId'] as RecordId } : {}
  return { ...fields, $PhantomId: id, ...phantomParent }
}

/** New records sorted so that a new parent precedes its new children; the given order is kept otherwise. */
function parentsFirst(added: AddedRecord[]): AddedRecord[] {
  const waiting = new Map(added.map((entry) => [idKey(entry.$PhantomId ?? ''), entry]))
  if (!added.some((entry) => waiting.has(parentKey(entry)))) return added
  const result: AddedRecord[] = []
  for (const entry of added) {
    // Up from the entry to its topmost new ancestor, then down again. An entry leaves `waiting` once it is placed
    // or on the path, which also ends the walk in a cycle of parents.
    const path: AddedRecord[] = []
    let next: AddedRecord | undefined = entry
    while (next && waiting.delete(idKey(next.$PhantomId ?? ''))) {
      path.push(next)
      next = waiting.get(parentKey(next))
    }
    result.push(...path.reverse())
  }
  return result
}

function parentKey(entry: AddedRecord): RecordKey {
  const parent = entry['parentId'] ?? entry['parent']
  return typeof parent === 'string' || typeof parent === 'number' ? idKey(parent) : ''
}

function withoutId(fields: Fields): Fields {
  const { id: _, ...rest } = fields
  return rest
}
