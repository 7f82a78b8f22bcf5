/**
 * A changeset as an app builds it: at most one operation per record, filed by store and record, so that an edit of
 * an edit stays one edit and a replica can rebase a single record without looking at the rest.
 */
import type { AddedRecord, ProjectChanges, StoreChanges, UpdatedRecord } from '../protocol/changeset.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { type IdLookup, rewriteReferences } from './references.ts'
import { addedId, merged, recordOf } from './tables.ts'

/** What one changeset does to one record. */
export type Operation =
  | { readonly type: 'add'; readonly id: RecordId; readonly fields: Fields }
  | { readonly type: 'update'; readonly id: RecordId; readonly fields: Fields }
  | { readonly type: 'remove'; readonly id: RecordId }

/** Operations by store and record key, in the order in which they were made. */
export type Operations = Map<string, Map<string, Operation>>

/** The store name under which a project's own fields are kept as one record. */
export const META_STORE = 'project'
/** The id of that record. */
export const META_ID = 'project'

/** The record after the operation; undefined when there is none (removed, or an edit of a record that is gone). */
export function applied(record: PlainRecord | undefined, operation: Operation): PlainRecord | undefined {
  switch (operation.type) {
    case 'add':
      return recordOf(operation.fields, operation.id)
    case 'update':
      return record && merged(record, operation.fields)
    case 'remove':
      return undefined
  }
}

/** One operation for two that follow each other; undefined when they cancel out. */
function squashed(first: Operation | undefined, second: Operation): Operation | undefined {
  if (!first) return second
  if (first.type === 'add') {
    if (second.type === 'remove') return undefined
    return {
      type: 'add',
      id: first.id,
      fields: second.type === 'add' ? second.fields : { ...first.fields, ...second.fields },
    }
  }
  if (second.type === 'remove') return second
  if (first.type === 'remove') return { type: 'update', id: first.id, fields: second.fields }
  return { type: 'update', id: first.id, fields: { ...first.fields, ...second.fields } }
}

/** Adds an operation to those of its changeset. */
export function addOperation(operations: Operations, store: string, operation: Operation): void {
  let own = operations.get(store)
  if (!own) operations.set(store, (own = new Map()))
  const key = idKey(operation.id)
  const next = squashed(own.get(key), operation)
  if (next) own.set(key, next)
  else own.delete(key)
  if (own.size === 0) operations.delete(store)
}

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

/** The same operations with every id replaced that `lookup` knows. */
export function rewriteOperations(operations: Operations, lookup: IdLookup): Operations {
  const result: Operations = new Map()
  for (const [store, own] of operations) {
    const copy = new Map<string, Operation>()
    for (const operation of own.values()) {
      const id = lookup(operation.id, store) ?? operation.id
      copy.set(
        idKey(id),
        operation.type === 'remove'
          ? { type: 'remove', id }
          : { type: operation.type, id, fields: rewriteReferences(operation.fields, lookup, store) },
      )
    }
    result.set(store, copy)
  }
  return result
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

function parentKey(entry: AddedRecord): string {
  const parent = entry['parentId'] ?? entry['parent']
  return typeof parent === 'string' || typeof parent === 'number' ? idKey(parent) : ''
}

function withoutId(fields: Fields): Fields {
  const { id: _, ...rest } = fields
  return rest
}
