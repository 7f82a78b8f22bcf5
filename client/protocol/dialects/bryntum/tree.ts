/** Owns the way from the vendors' nested tasks (`children`) to flat lists. Nothing here recurses: depth comes from the wire. */
import { clean, isObject } from '../../guards.ts'
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../ids.ts'
import { recordAt } from '../../record-guards.ts'
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

interface Found {
  readonly record: PlainRecord
  readonly parentId: RecordId | null
  /** Whether it stood under the parent that it names. */
  readonly atHome: boolean
}

/**
 * Flattens records that hold `children`, or are flat already, into a list with `parentId` and `parentIndex` on every
 * record (with `places: 'nested'` only on those that stand below another, or have some below them: resources are a plain
 * list as a rule), parents before their nested children. What a record says of itself (`parentId`, null too, and
 * `parentIndex`) goes before where it stands. A record that appears twice counts once: where its own `parentId` has it,
 * else the first time. Throws a `Misfit` for entries that are no records.
 */
export function flattenTree(
  roots: readonly unknown[],
  path: string,
  places: 'all' | 'nested' = 'all',
): readonly PlainRecord[] {
  if (isFlat(roots)) return roots
  const found = new Map<RecordKey, Found>()
  const levels: Level[] = [{ list: roots, path, parentId: null, next: 0 }]
  for (let level = levels.at(-1); level; level = levels.at(-1)) {
    if (level.next === level.list.length) {
      levels.pop()
      continue
    }
    const at = level.next++
    const record = recordAt(level.list[at], () => pathOf(levels, at))
    const { id, children, parentId: own } = record
    const given = own === null || isRecordId(own)
    const atHome = !given || own === level.parentId || keyOf(own) === keyOf(level.parentId)
    const key = idKey(id)
    const before = found.get(key)
    if (!before || (atHome && !before.atHome)) {
      // Anew, since the order of the map is the order of siblings.
      if (before) found.delete(key)
      found.set(key, { record, parentId: given ? own : level.parentId, atHome })
    }
    if (Array.isArray(children)) levels.push({ list: children, path: 'children', parentId: id, next: 0 })
  }

  const flat: PlainRecord[] = []
  const siblings = new Map<RecordKey | null, number>()
  for (const { record, parentId } of found.values()) {
    const parent = parentId === null ? null : idKey(parentId)
    const index = siblings.get(parent) ?? 0
    siblings.set(parent, index + 1)
    const plain = places === 'nested' && parentId === null && !Array.isArray(record.children)
    const { parentIndex } = record
    flat.push(plain ? record : placed(record, parentId, typeof parentIndex === 'number' ? parentIndex : index))
  }
  return flat
}

/** True for sound records that say their places themselves and hold no others, sorted by numeric ids: none appears twice. */
function isFlat(list: readonly unknown[]): list is readonly PlainRecord[] {
  let last = Number.NEGATIVE_INFINITY
  for (const entry of list) {
    if (!isObject(entry) || clean(entry) !== entry) return false
    const { id, parentId, parentIndex, children } = entry
    if (typeof id !== 'number' || !isRecordId(id) || id <= last) return false
    if (typeof parentIndex !== 'number' || Array.isArray(children)) return false
    if (parentId !== null && !isRecordId(parentId)) return false
    last = id
  }
  return true
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

function keyOf(id: RecordId | null): RecordKey {
  return id === null ? '' : idKey(id)
}

/** Only for errors: `dataset.tasksData[0].children[3]`. */
function pathOf(levels: readonly Level[], at: number): string {
  return levels.map((level, depth) => `${level.path}[${depth === levels.length - 1 ? at : level.next - 1}]`).join('.')
}
