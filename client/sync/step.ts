/** What a step of the history did, record by record: enough to take it back, and no more than it changed. */
import type { RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { groupOf } from '../store/field-groups.ts'
import type { Operation } from '../store/operations.ts'
import { saysTheSame } from '../store/same-value.ts'

/** What a step did to one record. */
export type Change =
  | { readonly type: 'added' }
  | { readonly type: 'removed'; readonly record: PlainRecord }
  /** Every field of the groups that the edit touched, before and after. */
  | { readonly type: 'updated'; readonly before: Fields; readonly after: Fields }

/** A change and the record it was made to. */
export interface Entry {
  readonly store: string
  readonly id: RecordId
  readonly change: Change
}

/** What an operation does to a record; undefined if nothing. `current`: the record before it. */
export function changeOf(operation: Operation, current: PlainRecord | undefined): Change | undefined {
  if (operation.type === 'add') return { type: 'added' }
  if (operation.type === 'remove') return current && { type: 'removed', record: current }
  const { fields } = operation
  const before: Record<string, unknown> = {}
  const after: Record<string, unknown> = {}
  let groups: Set<string> | undefined
  let changed = false
  for (const field in fields) {
    if (field === 'id' || saysTheSame(current?.[field], fields[field])) continue
    changed = true
    before[field] = current?.[field] ?? null
    after[field] = fields[field]
    if (groupOf(field) !== field) (groups ??= new Set()).add(groupOf(field))
  }
  if (!changed) return undefined
  // Most edits are of fields that belong to no others.
  const next: Fields = groups ? { ...current, ...fields } : {}
  for (const field in next) {
    if (!groups?.has(groupOf(field))) continue
    before[field] = current?.[field] ?? null
    after[field] = next[field]
  }
  return { type: 'updated', before, after }
}

/** One change for two that follow each other; undefined if they cancel out. */
export function folded(first: Change | undefined, second: Change): Change | undefined {
  if (!first) return second
  if (first.type === 'added') return second.type === 'removed' ? undefined : first
  if (first.type === 'removed' || second.type === 'added') return first
  if (second.type === 'updated') {
    return {
      type: 'updated',
      before: { ...second.before, ...first.before },
      after: { ...first.after, ...second.after },
    }
  }
  const record = { ...second.record }
  for (const field in first.before) {
    if (saysTheSame(record[field], first.after[field])) Object.assign(record, { [field]: first.before[field] })
  }
  return { type: 'removed', record }
}
