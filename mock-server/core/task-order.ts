/**
 * Owns the order of tasks among their siblings: Bryntum keeps it in `parentIndex`, DHTMLX Gantt in the order of rows and
 * in the `target` of an update.
 */

import type { Place } from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import { idKey, type RecordKey, sameId } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Table } from '../../client/store/tables.ts'
import { parentKey } from './reference-index.ts'

/** Siblings in order: by `parentIndex`, those without one in the place in which they come. */
export function inOrder(children: Iterable<PlainRecord>): readonly PlainRecord[] {
  const siblings = [...children]
  const ranks = new Map(
    siblings.map((task, at) => [task, typeof task.parentIndex === 'number' ? task.parentIndex : at]),
  )
  // Sorting is stable: equal ranks stay as they came.
  return siblings.sort((a, b) => (ranks.get(a) ?? 0) - (ranks.get(b) ?? 0))
}

/** All tasks as rows: each parent before its children. Orphans and members of a cycle follow at the end. */
export function rowsOf(tasks: Table): readonly PlainRecord[] {
  const children = new Map<RecordKey, PlainRecord[]>()
  for (const task of tasks.values()) {
    const list = children.get(parentKey(task))
    if (list) list.push(task)
    else children.set(parentKey(task), [task])
  }
  const rows = new Set<PlainRecord>()
  const open = [...inOrder(children.get('') ?? [])].reverse()
  for (let task = open.pop(); task; task = open.pop()) {
    rows.add(task)
    for (const child of [...inOrder(children.get(idKey(task.id)) ?? [])].reverse())
      if (!rows.has(child)) open.push(child)
  }
  for (const task of tasks.values()) rows.add(task)
  return [...rows]
}

/** The index of a new last child. */
export function nextIndex(children: Iterable<PlainRecord>): number {
  const siblings = inOrder(children)
  const last = siblings.at(-1)?.parentIndex
  return typeof last === 'number' ? last + 1 : siblings.length
}

/** Where a task stands once it was moved, and the siblings whose index that changes. */
export interface Placed {
  readonly parentIndex: number
  readonly shifted: readonly { readonly id: PlainRecord['id']; readonly parentIndex: number }[]
}

/** Puts `task` among a parent's children where `place` says; at the end when the place is not there. */
export function placedAmong(children: Iterable<PlainRecord>, task: PlainRecord, place: Place | undefined): Placed {
  const order = inOrder(children).filter((sibling) => sibling !== task)
  const at = place ? order.findIndex(({ id }) => sameId(id, place.id)) : -1
  const parentIndex = at < 0 ? order.length : place?.side === 'after' ? at + 1 : at
  order.splice(parentIndex, 0, task)
  const shifted = order.flatMap((sibling, index) =>
    sibling === task || sibling.parentIndex === index ? [] : [{ id: sibling.id, parentIndex: index }],
  )
  return { parentIndex, shifted }
}

/**
 * The `target` that puts a row where it stands: `next:<id above>`; for the first row the id below, of a row that did not
 * move itself. Undefined for the only one.
 */
export function targetOf(
  order: readonly PlainRecord[],
  task: PlainRecord,
  moved: ReadonlySet<PlainRecord>,
): string | undefined {
  const at = order.indexOf(task)
  const above = order[at - 1]
  if (above) return `next:${above.id}`
  const below = order.find((other, index) => index > at && !moved.has(other)) ?? order[at + 1]
  return below ? String(below.id) : undefined
}

/**
 * The fewest tasks that had to move to get from one order of siblings to another: everything but a longest run that kept
 * its order. An insertion shifts the index of every row below it, and yet no row but the new one moved.
 */
export function movedAmong(before: readonly RecordKey[], after: readonly RecordKey[]): ReadonlySet<RecordKey> {
  const ranks = new Map(before.map((key, at) => [key, at]))
  const known = after.filter((key) => ranks.has(key))
  /** Per length: index in `known` of the smallest rank that ends a rising run of it. */
  const ends: number[] = []
  const previous: (number | undefined)[] = []
  const rank = (at: number | undefined): number => (at === undefined ? -1 : (ranks.get(known[at] ?? '') ?? -1))
  for (let at = 0; at < known.length; at += 1) {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (rank(ends[middle]) < rank(at)) low = middle + 1
      else high = middle
    }
    previous[at] = low > 0 ? ends[low - 1] : undefined
    ends[low] = at
  }
  const moved = new Set(known)
  for (let at = ends.at(-1); at !== undefined; at = previous[at]) moved.delete(known[at] ?? '')
  return moved
}
