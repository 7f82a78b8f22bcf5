/**
 * Tables of records: the plain data structure under the client's replica and the server's room.
 * Records are never mutated, an edit replaces them, so whoever holds a record holds a stable snapshot.
 */
import type { AddedRecord, ProjectChanges, StoreChanges } from '../protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Dataset, Fields, PlainRecord } from '../protocol/records.ts'
import { sameRecord, sameValue } from './same-value.ts'

/** The records of one store, by {@link idKey}. */
export type Table = Map<RecordKey, PlainRecord>
/** All stores of a project, by name. */
export type Tables = Map<string, Table>

/** The table of a store, made empty if there is none yet. */
export function tableOf(tables: Tables, store: string): Table {
  let table = tables.get(store)
  if (!table) tables.set(store, (table = new Map()))
  return table
}

/** Files a dataset by id. Of two records with one id the later wins. */
export function tablesOf(stores: Dataset['stores']): Tables {
  const tables: Tables = new Map()
  for (const [store, records] of Object.entries(stores)) {
    const table = tableOf(tables, store)
    for (const record of records) table.set(idKey(record.id), record)
  }
  return tables
}

/** The flat lists of a dataset, in the order of the tables. */
export function storesOf(tables: Tables): Dataset['stores'] {
  return Object.fromEntries([...tables].map(([store, table]) => [store, [...table.values()]]))
}

/** The record that an `added` entry makes: its fields without the phantom's marks, under its real id. */
export function recordOf(added: AddedRecord, id: RecordId): PlainRecord {
  const { $PhantomId: _, $PhantomParentId: __, ...fields } = added
  return { ...fields, id }
}

/** A record with some fields replaced: itself if it says the same already. The id stays as the record has it. */
export function merged(record: PlainRecord, fields: Fields): PlainRecord {
  for (const field in fields) {
    if (field !== 'id' && (!sameValue(record[field], fields[field]) || !Object.hasOwn(record, field)))
      return { ...record, ...fields, id: record.id }
  }
  return record
}

/** The id under which an `added` entry is known: real if it has one, else its phantom id. */
export function addedId(added: AddedRecord): RecordId | undefined {
  return added.id ?? added.$PhantomId
}

/**
 * Applies committed changes to tables. An edit of a record that is not there is passed over (a removed record wins
 * over an edit of it); an add of one that is there replaces it. A record that says the same stays. Calls `touched` for
 * each record that is named: with the same one twice if it stays.
 */
export function applyChanges(
  tables: Tables,
  changes: ProjectChanges,
  touched?: (store: string, key: RecordKey, before: PlainRecord | undefined, after: PlainRecord | undefined) => void,
): void {
  for (const store in changes.stores) {
    const part = changes.stores[store]
    if (part) applyStoreChanges(tableOf(tables, store), store, part, touched)
  }
}

function applyStoreChanges(
  table: Table,
  store: string,
  part: StoreChanges,
  touched: Parameters<typeof applyChanges>[2],
): void {
  for (const added of part.added ?? []) {
    const id = addedId(added)
    if (id === undefined) continue
    const key = idKey(id)
    const before = table.get(key)
    const made = recordOf(added, id)
    const after = before && sameRecord(before, made) ? before : made
    if (after !== before) table.set(key, after)
    touched?.(store, key, before, after)
  }
  for (const updated of part.updated ?? []) {
    const key = idKey(updated.id)
    const before = table.get(key)
    if (!before) continue
    const after = merged(before, updated)
    if (after !== before) table.set(key, after)
    touched?.(store, key, before, after)
  }
  for (const removed of part.removed ?? []) {
    const key = idKey(removed.id)
    const before = table.get(key)
    if (before && table.delete(key)) touched?.(store, key, before, undefined)
  }
}
