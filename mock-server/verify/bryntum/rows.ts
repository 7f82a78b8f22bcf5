/** Owns reading of datasets and changes: rows by store, tasks laid flat, and which rows are told twice. */
import { isObject } from '../../../client/protocol/guards.ts'
import { idKey, isRecordId, type RecordId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'

/** A row of a store. */
export interface Row extends Fields {
  readonly id: RecordId
}

/** What a dataset holds. */
export interface PlanRows {
  /** Rows by store (`tasks`), in the order of the dataset; nested ones carry the `parentId` of their place. */
  readonly stores: ReadonlyMap<string, readonly Row[]>
}

/** Reads the `dataset` of an answer; undefined when it is none. */
export function readDataset(dataset: unknown): PlanRows | undefined {
  if (!isObject(dataset)) return undefined
  const stores = new Map<string, readonly Row[]>()
  for (const [key, list] of Object.entries(dataset)) {
    const store = /^(\w+)Data$/.exec(key)?.[1]
    if (store !== undefined && Array.isArray(list)) stores.set(store, flatten(list))
  }
  return { stores }
}

function flatten(list: readonly unknown[]): readonly Row[] {
  const rows: Row[] = []
  const open: { readonly row: unknown; readonly parent: RecordId | undefined }[] = list
    .map((row) => ({ row, parent: undefined }))
    .reverse()
  while (open.length > 0) {
    const next = open.pop()
    if (!next || !isObject(next.row) || !isRecordId(next.row['id'])) continue
    const { children, ...fields } = next.row
    const id = next.row['id']
    rows.push({ ...fields, ...(next.parent === undefined ? {} : { parentId: next.parent }), id })
    if (Array.isArray(children)) for (const row of [...children].reverse()) open.push({ row, parent: id })
  }
  return rows
}

/** The rows of a store. */
export function rowsIn({ stores }: PlanRows, store: string): readonly Row[] {
  return stores.get(store) ?? []
}

/** Every row of a store with this id: more than one when the dataset tells it twice. */
export function rowsWithId(rows: PlanRows, store: string, id: RecordId): readonly Row[] {
  return rowsIn(rows, store).filter((row) => idKey(row.id) === idKey(id))
}

/** The records of one list of a change, such as `tasks` `added`. */
export function listOf(changes: Fields, store: string, kind: 'added' | 'updated' | 'removed'): readonly Fields[] {
  const part = changes[store]
  const list = isObject(part) ? part[kind] : undefined
  return Array.isArray(list) ? list.filter(isObject) : []
}

/** The id of the record that a change added for a phantom id; undefined when it has none, or is still the phantom. */
export function realId(changes: Fields, store: string, phantom: string): RecordId | undefined {
  const record = listOf(changes, store, 'added').find(({ $PhantomId }) => $PhantomId === phantom)
  const id = record?.['id']
  return isRecordId(id) && id !== phantom ? id : undefined
}
