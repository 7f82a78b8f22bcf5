/**
 * Owns the live updates of a project for DHTMLX Gantt: every commit of the room, whoever made it and in whatever
 * dialect, becomes events of `tasks` and `links` in the widget's own records.
 */
import { linkToDhtmlx, taskToDhtmlx } from '../../client/protocol/dialects/dhtmlx/gantt-mapping.ts'
import { idKey, type RecordId } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { differences, eventOf } from './collection-events.ts'
import { BOUNDS } from './defaults.ts'
import type { LiveUpdates } from './live-updates.ts'
import type { Outcome, Replacement, Room, RoomListener } from './room.ts'
import type { Touched } from './room-state.ts'
import { movedAmong, parentKey, siblingsUnder, targetOf } from './task-order.ts'

/** Fields that say nothing but where a row stands. */
const INDEX_FIELDS = new Set(['parentIndex', 'orderedParentIndex'])

/** Turns what happens in a project's room into events. */
export class GanttEvents implements RoomListener {
  readonly #room: Room
  readonly #live: LiveUpdates
  /** The `target` that was last told of a task. */
  readonly #targets = new Map<string, string>()

  constructor(room: Room, live: LiveUpdates) {
    this.#room = room
    this.#live = live
    room.listen(this)
  }

  /**
   * True for a `target` that says nothing new: the widget keeps the one that it was told as a field of the task, and
   * sends it along with every later edit, which must not move the row again.
   */
  wasTold(id: RecordId, target: unknown): boolean {
    return target !== undefined && this.#targets.get(idKey(id)) === target
  }

  committed(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) if (outcome.type === 'committed') this.#publish(outcome.touched)
  }

  replaced(why: Replacement, before: Tables): void {
    // A new epoch is news for clients that know epochs; the records are the same.
    if (why.type === 'lost') return
    this.#publish([
      ...differences('tasks', before, this.#room.tables),
      ...differences('dependencies', before, this.#room.tables),
    ])
  }

  durable(): void {}

  /** Links go before the tasks that they hang on, and come after them. */
  #publish(touched: readonly Touched[]): void {
    const links = this.#live.hasSubscribers('links') ? touched.filter(({ store }) => store === 'dependencies') : []
    const tasks = this.#live.hasSubscribers('tasks') ? touched.filter(({ store }) => store === 'tasks') : []
    for (const link of links) if (!link.after) this.#link(link)
    this.#tasks(tasks.filter(({ after }) => after))
    for (const link of links) if (link.after) this.#link(link)
    for (const { before } of tasks.filter(({ after }) => !after))
      this.#live.publish('tasks', eventOf('tasks', before, undefined))
  }

  #link({ before, after }: Touched): void {
    this.#live.publish('links', eventOf('links', before && linkRecord(before), after && linkRecord(after)))
  }

  #tasks(touched: readonly Touched[]): void {
    const moved = this.#moved(touched)
    for (const { before, after } of touched) {
      if (!after) continue
      const target = moved.get(idKey(after.id))
      // Rows that were only shifted by another one's move have no news.
      if (before && target === undefined && onlyIndexes(before, after)) continue
      const record = taskRecord(after)
      if (before && target !== undefined) this.#noteTarget(after.id, target)
      const value = eventOf('tasks', before, before && target !== undefined ? { ...record, target } : record)
      this.#live.publish('tasks', value)
    }
  }

  #noteTarget(id: RecordId, target: string): void {
    this.#targets.delete(idKey(id))
    this.#targets.set(idKey(id), target)
    const oldest = this.#targets.keys().next()
    if (this.#targets.size > BOUNDS.ganttMemory && !oldest.done) this.#targets.delete(oldest.value)
  }

  /** Rows that moved, with the `target` that puts each where it stands now. */
  #moved(touched: readonly Touched[]): ReadonlyMap<string, string> {
    const placed = touched.filter(({ before, after }) => before && after && placeChanged(before, after))
    const targets = new Map<string, string>()
    if (placed.length === 0) return targets
    const earlier = new Map(touched.flatMap(({ before, after }) => (before && after ? [[after, before] as const] : [])))
    for (const parent of new Set(placed.flatMap(({ after }) => (after ? [parentKey(after)] : [])))) {
      const order = siblingsUnder(this.#room.table('tasks').values(), parent)
      const old = order.map((task) => earlier.get(task) ?? task).filter((task) => parentKey(task) === parent)
      const before = siblingsUnder(old, parent).map(({ id }) => idKey(id))
      const moved = movedAmong(
        before,
        order.map(({ id }) => idKey(id)),
      )
      for (const task of order) {
        const key = idKey(task.id)
        const came = earlier.has(task) && !before.includes(key)
        const target = moved.has(key) || came ? targetOf(order, task) : undefined
        if (target !== undefined) targets.set(key, target)
      }
    }
    return targets
  }
}

/** A task as Gantt reads it. */
export function taskRecord(task: PlainRecord): PlainRecord {
  return { ...taskToDhtmlx(task), id: task.id }
}

/** A dependency as Gantt reads it. */
export function linkRecord(dependency: PlainRecord): PlainRecord {
  return { ...linkToDhtmlx(dependency), id: dependency.id }
}

function placeChanged(before: PlainRecord, after: PlainRecord): boolean {
  return before.parentIndex !== after.parentIndex || parentKey(before) !== parentKey(after)
}

function onlyIndexes(before: PlainRecord, after: PlainRecord): boolean {
  let some = false
  for (const field in { ...before, ...after }) {
    if (before[field] === after[field]) continue
    if (!INDEX_FIELDS.has(field)) return false
    some = true
  }
  return some
}
