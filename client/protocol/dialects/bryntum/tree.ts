/** Owns the way from the vendors' nested tasks (`children`) to flat lists. Nothing here recurses: depth comes from the wire. */
import { recordAt } from '../../guards.ts'
import { idKey, isRecordId, type RecordId } from '../../ids.ts'
import type { PlainRecord } from '../../records.ts'

/** True for the stores whose records are nested on the wire. */
export function isTree(store: string): boolean {
  return store === 'tasks' || store === 'resources' || store === 'calendars'
}

interface Level {
  readonly list: readonly unknown[]
  readonly path: string
  readonly parentId: RecordId | null
  /** Index of the next record. */
  next: number
}

/**
 * Flattens records that hold `children`, or are flat already, into a list with `parentId` and `parentIndex` on every
 * record (with `places: 'nested'` only on those that stand below another: resources are a plain list as a rule), parents
 * before their nested children. What a record says of itself (`parentId`, null too, and `parentIndex`)
 * goes before where it stands. A record that appears twice counts once: where its own `parentId` has it, else the first
 * time. Throws a `Misfit` for entries that are no records.
 */
export function flattenTree(
  roots: readonly unknown[],
  path: string,
  places: 'all' | 'nested' = 'all',
): readonly PlainRecord[] {
  const flat: PlainRecord[] = []
  /** Per id: its index in `flat`, and whether it stood under the parent that it names. */
  const seen = new Map<string, { readonly index: number; readonly atHome: boolean }>()
  const siblings = new Map<string, number>()
  const levels: Level[] = [{ list: roots, path, parentId: null, next: 0 }]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    if (level.next === level.list.length) {
      levels.pop()
      continue
    }
    const at = level.next++
    const entry = recordAt(level.list[at], () => pathOf(levels, at))
    const { id, children, parentId: own } = entry
    const given = own === null || isRecordId(own)
    const parentId = given ? own : level.parentId
    const atHome = !given || keyOf(own) === keyOf(level.parentId)
    const before = seen.get(idKey(id))
    if (!before || (atHome && !before.atHome)) {
      const index = siblings.get(keyOf(parentId)) ?? 0
      siblings.set(keyOf(parentId), index + 1)
      const parentIndex = typeof entry.parentIndex === 'number' ? entry.parentIndex : index
      const place = before?.index ?? flat.length
      seen.set(idKey(id), { index: place, atHome })
      const plain = places === 'nested' && parentId === null && !Array.isArray(children)
      flat[place] = plain ? entry : placed(entry, parentId, parentIndex)
    }
    if (Array.isArray(children)) levels.push({ list: children, path: 'children', parentId: id, next: 0 })
  }
  return flat
}

/** The record with its place: itself if it says all of it already. */
function placed(record: PlainRecord, parentId: RecordId | null, parentIndex: number): PlainRecord {
  if (Array.isArray(record.children)) {
    const { children: _, ...fields } = record
    return { ...fields, id: record.id, parentId, parentIndex }
  }
  if (record.parentId === parentId && record.parentIndex === parentIndex) return record
  return { ...record, parentId, parentIndex }
}

function keyOf(id: RecordId | null): string {
  return id === null ? '' : idKey(id)
}

/** Only for errors: `dataset.tasksData[0].children[3]`. */
function pathOf(levels: readonly Level[], at: number): string {
  return levels.map((level, depth) => `${level.path}[${depth === levels.length - 1 ? at : level.next - 1}]`).join('.')
}
