/** Owns the way from the vendors' nested tasks (`children`) to flat lists. Nothing here recurses: depth comes from the wire. */
import { clean, isObject, Misfit } from '../../guards.ts'
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
 * record, parents before their nested children. What a record says of itself (`parentId`, null too, and `parentIndex`)
 * goes before where it stands. A record that appears twice counts once: where its own `parentId` has it, else the first
 * time. Throws a {@link Misfit} for entries that are no records.
 */
export function flattenTree(roots: readonly unknown[], path: string): readonly PlainRecord[] {
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
    const entry = level.list[at]
    if (!isObject(entry)) throw new Misfit(pathOf(levels, at), 'an object', entry)
    const { id, children, parentId: own } = entry
    if (!isRecordId(id))
      throw new Misfit(`${pathOf(levels, at)}.id`, 'an id (a non-empty string or a finite number)', id)
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
      flat[place] = placed(entry, id, parentId, parentIndex)
    }
    if (Array.isArray(children)) levels.push({ list: children, path: 'children', parentId: id, next: 0 })
  }
  return flat
}

/** The record with its place: itself if it says all of it already. */
function placed(
  entry: PlainRecord | { readonly [field: string]: unknown },
  id: RecordId,
  parentId: RecordId | null,
  parentIndex: number,
): PlainRecord {
  const record = clean(entry)
  if (!Array.isArray(record.children)) {
    if (record.parentId === parentId && record.parentIndex === parentIndex) return record as PlainRecord
    return { ...record, id, parentId, parentIndex }
  }
  const { children: _, ...fields } = record
  return { ...fields, id, parentId, parentIndex }
}

function keyOf(id: RecordId | null): string {
  return id === null ? '' : idKey(id)
}

/** Only for errors: `dataset.tasksData[0].children[3]`. */
function pathOf(levels: readonly Level[], at: number): string {
  return levels.map((level, depth) => `${level.path}[${depth === levels.length - 1 ? at : level.next - 1}]`).join('.')
}
