/** The order of siblings. A model takes a `parentIndex` that arrives for a new record only; others are put in their places here. */

import { idKey, type RecordId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { type BryntumRecord, type BryntumStore, isRecord, recordOf } from './project-model.ts'

/** Ids of the children of a task (null: of the root) in the model's order. */
export function childrenOf(store: BryntumStore, parent: RecordId | null): readonly RecordId[] {
  const above = parent === null ? store.rootNode : recordOf(store, parent)
  return isRecord(above) && Array.isArray(above.children) ? above.children.filter(isRecord).map(({ id }) => id) : []
}

/** Puts the children of a task (null: of the root) in the order of `wanted`. True if something had to move. */
export function orderChildren(store: BryntumStore, parent: RecordId | null, wanted: readonly PlainRecord[]): boolean {
  const above = parent === null ? store.rootNode : recordOf(store, parent)
  if (!isRecord(above) || !Array.isArray(above.children)) return false
  const now = above.children.filter(isRecord)
  const there = new Set(now.map(({ id }) => idKey(id)))
  const order = wanted.filter(({ id }) => there.has(idKey(id)))
  if (order.every(({ id }, at) => now[at] && idKey(now[at].id) === idKey(id))) return false
  let next: BryntumRecord | undefined
  for (const { id } of [...order].reverse()) {
    const record = recordOf(store, id)
    // `never`: the widget's own record classes, which no structural type can name.
    if (record) above.insertChild?.(record as never, next as never)
    next = record ?? next
  }
  return true
}
