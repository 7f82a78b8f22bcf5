/** What a transaction changed, in the shape in which apps and widgets want it. */
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Entered, ViewChange } from '../sync/replica.ts'

/** `local`: the app's own edit. `remote`: others' changes, or the server's word on an own one. `dataset`: the whole project was read. */
export type ChangeOrigin = 'local' | 'remote' | 'dataset'

/** Changes of one store. A record whose phantom id became real is in `rekeyed` alone, with all its new fields. */
export interface StoreBatch<T extends PlainRecord = PlainRecord> {
  readonly added: readonly T[]
  readonly updated: readonly { readonly before: T; readonly after: T }[]
  readonly removed: readonly T[]
  readonly rekeyed: readonly { readonly from: RecordId; readonly to: RecordId; readonly record: T }[]
}

/** Changes of one transaction, by store; stores without changes are missing. */
export interface ChangeBatch {
  readonly origin: ChangeOrigin
  readonly stores: { readonly [store: string]: StoreBatch }
}

interface Growing {
  added: PlainRecord[]
  updated: { before: PlainRecord; after: PlainRecord }[]
  removed: PlainRecord[]
  rekeyed: { from: RecordId; to: RecordId; record: PlainRecord }[]
}

/** Sorts changes by store and kind. At most one per record, or each after the former. */
export function batchOf(origin: ChangeOrigin, changes: readonly ViewChange[]): ChangeBatch {
  // A store may be called `toString`, which every object has.
  const stores = new Map<string, Growing>()
  for (const { store, before, after, rekeyedFrom } of changes) {
    let batch = stores.get(store)
    if (!batch) stores.set(store, (batch = { added: [], updated: [], removed: [], rekeyed: [] }))
    if (before && after && rekeyedFrom !== undefined)
      batch.rekeyed.push({ from: rekeyedFrom, to: after.id, record: after })
    else if (before && after) batch.updated.push({ before, after })
    else if (after) batch.added.push(after)
    else if (before) batch.removed.push(before)
  }
  return { origin, stores: Object.fromEntries(stores) }
}

/** The same of whole stores. */
export function batchOfEntered(origin: ChangeOrigin, stores: Entered): ChangeBatch {
  const entered = [...stores].map(([store, added]) => [store, { added, updated: [], removed: [], rekeyed: [] }])
  return { origin, stores: Object.fromEntries(entered) }
}
