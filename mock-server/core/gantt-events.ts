/**
 * Owns the live updates of a project for DHTMLX Gantt: every commit of the room, whoever made it and in whatever
 * dialect, becomes events of `tasks` and `links` in the widget's own records.
 */
import { recordEvent } from '../../client/protocol/dialects/dhtmlx/entities.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { EventValue, ResumePoint } from '../../client/protocol/messages.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { differences, eventOf } from './collection-events.ts'
import { BOUNDS } from './defaults.ts'
import { linkRecord, taskRecord } from './gantt-records.ts'
import type { LiveEvent, LiveUpdates } from './live-updates.ts'
import { missedRows } from './missed-rows.ts'
import { parentKey } from './reference-index.ts'
import type { Outcome, Replacement, Room, RoomListener } from './room.ts'
import type { Touched } from './room-state.ts'
import { inOrder, movedAmong, targetOf } from './task-order.ts'

/** Fields that say nothing but where a row stands. */
const INDEX_FIELDS = new Set(['parentIndex', 'orderedParentIndex'])

/** Turns what happens in a project's room into events. */
export class GanttEvents implements RoomListener {
  readonly #room: Room
  readonly #live: LiveUpdates
  /** The `target` that was last told of a task. */
  readonly #targets = new Map<RecordKey, string>()
  /** The row that the commit under way was asked to place. */
  #asked: RecordKey | undefined

  constructor(room: Room, live: LiveUpdates) {
    this.#room = room
    this.#live = live
    room.listen(this)
    for (const [name, store] of [['tasks', 'tasks'] as const, ['links', 'dependencies'] as const]) {
      const missed = (point: ResumePoint): readonly EventValue[] | 'lost' => missedRows(room, name, store, point)
      live.source(name, {
        get position() {
          return room.position
        },
        missed,
      })
    }
  }

  /**
   * True for a `target` that says nothing new: the widget keeps the one that it was told as a field of the task, and
   * sends it along with every later edit, which must not move the row again.
   */
  wasTold(id: RecordId, target: unknown): boolean {
    return target !== undefined && this.#targets.get(idKey(id)) === target
  }

  /** Runs a commit that places a row: its event tells where, also if the row stood there already. */
  placing<T>(id: RecordId, commit: () => T): T {
    this.#asked = idKey(id)
    try {
      return commit()
    } finally {
      this.#asked = undefined
    }
  }

  committed(outcomes: readonly Outcome[]): void {
    for (const outcome of outcomes) {
      if (outcome.type === 'committed') this.#publish(outcome.touched, outcome.commit.revision)
    }
  }

  replaced(why: Replacement, before: Tables): void {
    // A new epoch is news for clients that know epochs; the records are the same.
    if (why.type === 'lost') {
      this.#live.moved(['tasks', 'links'])
      return
    }
    const all = [
      ...differences('tasks', before, this.#room.tables),
      ...differences('dependencies', before, this.#room.tables),
    ]
    this.#publish(all, this.#room.position.revision)
  }

  durable(): void {}

  /** Links go before the tasks that they hang on, and come after them. */
  #publish(all: readonly Touched[], revision: number): void {
    const [hearLinks, hearTasks] = [this.#live.hasSubscribers('links'), this.#live.hasSubscribers('tasks')]
    if (!hearLinks && !hearTasks) return
    const touched = oncePerRecord(all)
    const links = hearLinks ? touched.filter(({ store }) => store === 'dependencies') : []
    const tasks = hearTasks ? touched.filter(({ store }) => store === 'tasks') : []
    const events = [
      ...links.flatMap((link) => (link.after ? [] : linkEvent(link))),
      ...this.#taskEvents(tasks.filter(({ after }) => after)),
      ...links.flatMap((link) => (link.after ? linkEvent(link) : [])),
      ...tasks.flatMap((task) => (task.after ? [] : taskEvent(task))),
    ]
    this.#live.publish(events, { ...this.#room.position, revision })
  }

  #taskEvents(touched: readonly Touched[]): readonly LiveEvent[] {
    const targets = this.#targetsOf(touched)
    const placed = new Set<PlainRecord>()
    const events: LiveEvent[] = []
    for (const { before, after } of touched) {
      if (!after) continue
      if (targets.has(after)) placed.add(after)
      if (before && targets.has(after)) continue
      // Rows that were only shifted by another one's move have no news.
      if (!before || !onlyIndexes(before, after)) events.push(taskEvent({ before, after }))
    }
    // From top to bottom, since each row is placed behind the one above it.
    for (const [task, target] of targets) {
      if (!placed.has(task)) continue
      this.#noteTarget(task.id, target)
      events.push({ name: 'tasks', value: recordEvent('update', 'tasks', { ...taskRecord(task), target }) })
    }
    return events
  }

  #noteTarget(id: RecordId, target: string): void {
    this.#targets.delete(idKey(id))
    this.#targets.set(idKey(id), target)
    const oldest = this.#targets.keys().next()
    if (this.#targets.size > BOUNDS.ganttMemory && !oldest.done) this.#targets.delete(oldest.value)
  }

  /** Rows that moved, from top to bottom, with the `target` that puts each where it stands now. */
  #targetsOf(touched: readonly Touched[]): ReadonlyMap<PlainRecord, string> {
    const earlier = new Map(touched.flatMap(({ before, after }) => (before && after ? [[after, before] as const] : [])))
    const added = new Set(touched.flatMap(({ before, after }) => (!before && after ? after : [])))
    const parents = new Set([...added].map(parentKey))
    for (const [after, before] of earlier) {
      if (idKey(after.id) === this.#asked || placeChanged(before, after)) parents.add(parentKey(after))
    }
    const targets = new Map<PlainRecord, string>()
    for (const parent of parents) {
      const order = inOrder(this.#room.children(parent))
      const moved = new Set([...this.#movedUnder(parent, order, earlier, added), ...addedAmong(order, added)])
      // In the order of rows: each is placed behind the one above it.
      for (const task of order) {
        if (!moved.has(task)) continue
        const target = targetOf(order, task, moved)
        if (target !== undefined) targets.set(task, target)
      }
    }
    return targets
  }

  /** The rows under a parent that did not keep their order, in order. One that came to the end needs no place. */
  #movedUnder(
    parent: RecordKey,
    order: readonly PlainRecord[],
    earlier: ReadonlyMap<PlainRecord, PlainRecord>,
    added: ReadonlySet<PlainRecord>,
  ): ReadonlySet<PlainRecord> {
    const there = order.filter((task) => !added.has(task))
    const old = there.map((task) => earlier.get(task) ?? task).filter((task) => parentKey(task) === parent)
    const before = inOrder(old).map(({ id }) => idKey(id))
    const keys = there.map(({ id }) => idKey(id))
    const moved = movedAmong(before, keys)
    return new Set(
      there.filter((task) => {
        const key = idKey(task.id)
        const came = earlier.has(task) && !before.includes(key) && task !== order.at(-1)
        return moved.has(key) || came || key === this.#asked
      }),
    )
  }
}

/** New rows that the widget, which puts each at the end as it comes, would not have where they stand. */
function addedAmong(order: readonly PlainRecord[], added: ReadonlySet<PlainRecord>): readonly PlainRecord[] {
  const here = order.filter((task) => added.has(task))
  const under = new Set(here)
  const asTheyCame = [...added].filter((task) => under.has(task))
  const atEnd = order.length - here.length
  const inStep = here.every((task, at) => task === asTheyCame[at] && task === order[atEnd + at])
  return inStep ? [] : here
}

/** One entry per record, from what it was first to what it is last. */
function oncePerRecord(touched: readonly Touched[]): readonly Touched[] {
  const records = new Map<string, Touched>()
  for (const each of touched) {
    const id = (each.after ?? each.before)?.id
    if (id === undefined) continue
    const key = `${each.store} ${idKey(id)}`
    const first = records.get(key)
    records.set(key, first ? { ...each, before: first.before } : each)
  }
  return [...records.values()].filter(({ before, after }) => before || after)
}

function taskEvent({ before, after }: Pick<Touched, 'before' | 'after'>): LiveEvent {
  return { name: 'tasks', value: eventOf('tasks', before && taskRecord(before), after && taskRecord(after)) }
}

function linkEvent({ before, after }: Touched): LiveEvent {
  return { name: 'links', value: eventOf('links', before && linkRecord(before), after && linkRecord(after)) }
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
