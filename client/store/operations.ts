/**
 * A changeset as an app builds it: at most one operation per record, filed by store and record, so that an edit of
 * an edit stays one edit and a replica can rebase a single record without looking at the rest.
 */
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { type IdLookup, rewriteReferences } from './references.ts'
import { merged, recordOf } from './tables.ts'

/** What one changeset does to one record. */
export type Operation =
  | { readonly type: 'add'; readonly id: RecordId; readonly fields: Fields }
  | { readonly type: 'update'; readonly id: RecordId; readonly fields: Fields }
  | { readonly type: 'remove'; readonly id: RecordId }

/** Operations by store and record key, in the order in which they were made. */
export type Operations = Map<string, Map<RecordKey, Operation>>

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

/** Adds an operation to those of its changeset; false if nothing of the record is left in it. */
export function addOperation(operations: Operations, store: string, operation: Operation): boolean {
  let own = operations.get(store)
  if (!own) operations.set(store, (own = new Map()))
  const key = idKey(operation.id)
  const next = squashed(own.get(key), operation)
  if (next) own.set(key, next)
  else own.delete(key)
  if (own.size === 0) operations.delete(store)
  return next !== undefined
}

/** The same operations with every id replaced that `lookup` knows. */
export function rewriteOperations(operations: Operations, lookup: IdLookup): Operations {
  const result: Operations = new Map()
  for (const [store, own] of operations) {
    const copy = new Map<RecordKey, Operation>()
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
