/** Owns the way from flat lists to the vendors' nested tasks (`children`). Nothing is lost, whatever the references say. */
import { idKey, isRecordId, type RecordKey } from '../../ids.ts'
import type { PlainRecord } from '../../records.ts'

/** Deeper records stand at the root with their `parentId`: `JSON.stringify` and the vendors' clients recurse, and overflow within a few thousand levels. */
export const MAX_DEPTH = 500

/**
 * Nests records under their `parentId`, siblings by `parentIndex`. At the root stand records without a parent, records whose
 * parent is not in the list, and members of a cycle; each keeps its `parentId`, so a client that reads it sees the same tree.
 */
export function nestTree(records: readonly PlainRecord[]): readonly PlainRecord[] {
  if (!records.some((record) => isRecordId(record.parentId))) return inOrder(records)
  const parents = parentsOf(records)
  const roots: PlainRecord[] = []
  const childrenOf = new Map<PlainRecord, PlainRecord[]>()
  for (const record of records) {
    const parent = parents.get(record)
    if (!parent) roots.push(record)
    else {
      const list = childrenOf.get(parent)
      if (list) list.push(record)
      else childrenOf.set(parent, [record])
    }
  }

  const overflow: PlainRecord[] = []
  const top: PlainRecord[] = []
  const tasks: { readonly from: readonly PlainRecord[]; readonly into: PlainRecord[]; readonly depth: number }[] = [
    { from: inOrder(roots), into: top, depth: 1 },
  ]
  for (let task = tasks.pop(); task; task = tasks.pop()) {
    for (const record of task.from) {
      const list = childrenOf.get(record)
      if (!list) task.into.push(record)
      else if (task.depth < MAX_DEPTH) {
        const children: PlainRecord[] = []
        task.into.push({ ...record, children })
        tasks.push({ from: inOrder(list), into: children, depth: task.depth + 1 })
      } else {
        task.into.push(record)
        overflow.push(...list)
      }
    }
    if (tasks.length === 0 && overflow.length > 0) tasks.push({ from: overflow.splice(0), into: top, depth: 1 })
  }
  return top
}

/** The parent of each record that may be nested: known, and not above itself. */
function parentsOf(records: readonly PlainRecord[]): Map<PlainRecord, PlainRecord> {
  const byId = new Map<RecordKey, PlainRecord>()
  for (const record of records) if (!byId.has(idKey(record.id))) byId.set(idKey(record.id), record)
  const parents = new Map<PlainRecord, PlainRecord>()
  for (const record of records) {
    const parent = isRecordId(record.parentId) ? byId.get(idKey(record.parentId)) : undefined
    if (parent) parents.set(record, parent)
  }

  // Climb from every record until a settled one. Meeting the own climb again means a cycle: its members become roots.
  const settled = new Set<PlainRecord>()
  for (const record of records) {
    const climb = new Set<PlainRecord>()
    let above: PlainRecord | undefined = record
    while (above && !settled.has(above) && !climb.has(above)) {
      climb.add(above)
      above = parents.get(above)
    }
    while (above && climb.has(above) && parents.has(above)) {
      const next = parents.get(above)
      parents.delete(above)
      above = next
    }
    for (const member of climb) settled.add(member)
  }
  return parents
}

/** By `parentIndex`, where all have one; the same list when it is in order. */
function inOrder(records: readonly PlainRecord[]): readonly PlainRecord[] {
  let last = Number.NEGATIVE_INFINITY
  let sorted = true
  for (const { parentIndex } of records) {
    if (typeof parentIndex !== 'number') return records
    if (parentIndex < last) sorted = false
    last = parentIndex
  }
  return sorted ? records : [...records].sort((a, b) => Number(a.parentIndex) - Number(b.parentIndex))
}
