/**
 * A `GanttStore` of the live updates as the source of a chart. Its records are the widget's own; only the order of rows
 * has no field: it is the order of the load, changed by the `target` of edits (`next:7` is right after 7, `7` right before).
 */
import type { GanttStore, GanttTask } from '../../live-updates/gantt-store.ts'
import type { Cancel } from '../../ports/ports.ts'
import type { ChangeBatch } from '../../project/change-batch.ts'
import { readDate } from '../../protocol/dialects/dhtmlx/date-rules.ts'
import { placeOf } from '../../protocol/dialects/dhtmlx/gantt-mapping.ts'
import { idKey, isRecordId, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { GanttChange, GanttFields, GanttPlace, GanttSource } from './gantt-source.ts'
import { formatWallClock, parseWallClock } from './wall-clock.ts'

/** What the chart needs of a live store. */
export type LiveGanttStore = Pick<GanttStore, 'tasks' | 'links' | 'transact' | 'on' | 'dateRules'>

const TOP = ''
const DATES = ['start_date', 'end_date']

/** Tasks and links of the live updates, as a chart wants them. */
export function liveSource(store: LiveGanttStore): GanttSource {
  return new LiveSource(store)
}

class LiveSource implements GanttSource {
  readonly dateOrder = 'day-first'
  readonly #store: LiveGanttStore
  /** Children by parent, in the order of rows; made when first asked for, thrown away by a load. */
  #order: Map<RecordKey, RecordId[]> | undefined

  constructor(store: LiveGanttStore) {
    this.#store = store
  }

  task(id: RecordId): GanttFields | undefined {
    const task = this.#store.tasks.get(id)
    if (!task) return undefined
    const { id: _, parent: __, target: ___, ...fields } = task
    return { ...this.#shown(fields), type: fields['type'] ?? this.#typeOf(task) }
  }

  children(parent: RecordId | null): readonly RecordId[] {
    return this.#rows().get(parent === null ? TOP : idKey(parent)) ?? []
  }

  parent(id: RecordId): RecordId | null {
    const task = this.#store.tasks.get(id)
    return task ? this.#parentOf(task) : null
  }

  links(): readonly RecordId[] {
    return this.#store.links.all().map((link) => link.id)
  }

  link(id: RecordId): GanttFields | undefined {
    const link = this.#store.links.get(id)
    const whole = link && [link.source, link.target].every((end) => isRecordId(end) && this.#store.tasks.has(end))
    if (!link || !whole) return undefined
    const { id: _, ...fields } = link
    return fields
  }

  transact(run: () => void): void {
    this.#store.transact(run)
  }

  addTask(fields: GanttFields, place: GanttPlace): RecordId {
    const { id } = this.#store.tasks.add({
      ...stored(fields),
      parent: place.parent ?? 0,
      ...this.#target(undefined, place),
    })
    this.#put(id, place.parent, place.index)
    return id
  }

  updateTask(id: RecordId, fields: GanttFields): void {
    this.#store.tasks.update(id, stored(fields))
  }

  moveTask(id: RecordId, place: GanttPlace): void {
    const target = this.#target(id, place)
    this.#put(id, place.parent, place.index)
    this.#store.tasks.update(id, { parent: place.parent ?? 0, ...target })
  }

  removeTask(id: RecordId): void {
    this.#store.tasks.remove(id)
  }

  addLink(fields: GanttFields): RecordId {
    return this.#store.links.add(fields).id
  }

  updateLink(id: RecordId, fields: GanttFields): void {
    this.#store.links.update(id, fields)
  }

  removeLink(id: RecordId): void {
    this.#store.links.remove(id)
  }

  onChange(listener: (change: GanttChange) => void): Cancel {
    return this.#store.on('change', (batch) => {
      if (batch.origin === 'dataset') {
        this.#order = undefined
        listener({ type: 'everything', sameProject: true })
      } else listener(this.#changeOf(batch))
    })
  }

  #changeOf(batch: ChangeBatch): GanttChange {
    const tasks = batch.stores['tasks'] ?? { added: [], updated: [], removed: [], rekeyed: [] }
    const links = batch.stores['links'] ?? { added: [], updated: [], removed: [], rekeyed: [] }
    const branches: (RecordId | null)[] = []
    const moved = (task: GanttTask): void => {
      branches.push(...this.#arrange(task))
    }
    for (const { from, to, record } of tasks.rekeyed) {
      this.#rename(from, to)
      branches.push(this.#parentOf(record))
    }
    for (const record of tasks.added) moved(record)
    for (const { before, after } of tasks.updated) {
      if (before['target'] !== after['target'] || before['parent'] !== after['parent']) moved(after)
    }
    for (const record of tasks.removed) branches.push(...this.#takeOut(record.id))
    const ids = (part: typeof tasks): RecordId[] =>
      [
        ...part.added,
        ...part.updated.map(({ after }) => after),
        ...part.removed,
        ...part.rekeyed.map((one) => one.record),
      ].map((record) => record.id)
    return {
      type: 'records',
      // A parent may have become a summary task, or ceased to be one.
      tasks: [...ids(tasks), ...branches.filter((id) => id !== null)],
      branches,
      // A link may have waited for one of its tasks.
      links: tasks.added.length > 0 ? [...ids(links), ...this.links()] : ids(links),
      rekeyedTasks: tasks.rekeyed,
      rekeyedLinks: links.rekeyed,
    }
  }

  /** Dates as the clock here shows them: what text without a zone means, the store says. */
  #shown(fields: GanttFields): GanttFields {
    const dates: Record<string, unknown> = {}
    for (const field of DATES) {
      const date = readDate(fields[field], this.#store.dateRules.zone)
      if (date) dates[field] = formatWallClock(date, this.dateOrder)
    }
    return { ...fields, ...dates }
  }

  /** Servers may leave the type out: children make a summary, no length makes a milestone. */
  #typeOf(task: GanttTask): string {
    if (this.children(task.id).length > 0) return 'project'
    return task.duration === 0 ? 'milestone' : 'task'
  }

  #parentOf(task: GanttTask): RecordId | null {
    const { parent } = task
    if (!isRecordId(parent) || sameId(parent, 0) || sameId(parent, task.id)) return null
    // A task whose parent is gone stands at the top.
    return this.#store.tasks.get(parent)?.id ?? null
  }

  #rows(): Map<RecordKey, RecordId[]> {
    if (this.#order) return this.#order
    this.#order = new Map()
    for (const task of this.#store.tasks.all()) this.#branch(this.#parentOf(task)).push(task.id)
    return this.#order
  }

  #branch(parent: RecordId | null): RecordId[] {
    const rows = this.#rows()
    const key = parent === null ? TOP : idKey(parent)
    let branch = rows.get(key)
    if (!branch) rows.set(key, (branch = []))
    return branch
  }

  /** Puts a task where its `parent` and `target` say; where it stands already if they say nothing new. Answers the branches that changed. */
  #arrange(task: GanttTask): (RecordId | null)[] {
    const parent = this.#parentOf(task)
    const stays = this.#branch(parent).some((id) => sameId(id, task.id))
    const place = placeOf(task['target'])
    if (stays && !place) return []
    const left = this.#takeOut(task.id)
    const branch = this.#branch(parent)
    const at = place ? branch.findIndex((id) => sameId(id, place.id)) : -1
    branch.splice(at === -1 ? branch.length : place?.side === 'after' ? at + 1 : at, 0, task.id)
    return [...left, parent]
  }

  #put(id: RecordId, parent: RecordId | null, index: number): void {
    this.#takeOut(id)
    this.#branch(parent).splice(index, 0, id)
  }

  #takeOut(id: RecordId): (RecordId | null)[] {
    const left: (RecordId | null)[] = []
    for (const [key, branch] of this.#rows()) {
      const at = branch.findIndex((one) => sameId(one, id))
      if (at === -1) continue
      branch.splice(at, 1)
      left.push(key === TOP ? null : key)
    }
    return left
  }

  #rename(from: RecordId, to: RecordId): void {
    const rows = this.#rows()
    for (const branch of rows.values()) {
      const at = branch.findIndex((id) => sameId(id, from))
      if (at !== -1) branch[at] = to
    }
    const children = rows.get(idKey(from))
    if (!children) return
    rows.delete(idKey(from))
    rows.set(idKey(to), children)
  }

  /** The `target` that says where a task goes: after the sibling before it, or before the one behind it. */
  #target(id: RecordId | undefined, { parent, index }: GanttPlace): { target?: string } {
    const siblings = this.#branch(parent).filter((one) => id === undefined || !sameId(one, id))
    const before = siblings[index - 1]
    const behind = siblings[index]
    if (before !== undefined) return { target: `next:${before}` }
    return behind === undefined ? {} : { target: String(behind) }
  }
}

/** Dates as `Date`: the store writes them by its own rules. */
function stored(fields: GanttFields): GanttFields {
  const dates: Record<string, unknown> = {}
  for (const field of DATES) {
    const date = parseWallClock(fields[field])
    if (date) dates[field] = date
  }
  return { ...fields, ...dates }
}
