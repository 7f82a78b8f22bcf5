/**
 * Hands what the user did in the widget to the source: everything of one user action as one transaction.
 *
 * The widget tells of an action in several events of one turn (a deleted branch, its links; a dragged project, its
 * tasks), so events only mark what was touched, and a microtask behind them reads what really differs.
 */
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import { placeOf } from './chart.ts'
import type { GanttApi } from './gantt-api.ts'
import type { GanttChange, GanttFields, GanttSource, Rekeyed } from './gantt-source.ts'
import { IdSet, type Mirror } from './mirror.ts'
import { changedFields, readFields, withAllDates, withoutDates } from './widget-fields.ts'

/** What the collector needs and tells. */
export interface EditsOptions {
  readonly gantt: GanttApi
  readonly source: GanttSource
  readonly mirror: Mirror
  readonly readOnly: boolean
  /** Puts records back to what the source holds. */
  readonly repaint: (change: GanttChange) => void
  /** Runs changes of the widget that are not the user's. */
  readonly asPainter: (run: () => void) => void
  /** The user edited a task that somebody else had removed meanwhile. */
  readonly lost: (fields: GanttFields) => void
  readonly failed: (error: unknown) => void
}

/** The way from the widget to the source. */
export class Edits {
  readonly #options: EditsOptions
  readonly #touched = { tasks: new IdSet(), links: new IdSet() }
  readonly #removed = { tasks: new IdSet(), links: new IdSet() }
  readonly #moved = new IdSet()
  #waiting = false
  #stopped = false

  constructor(options: EditsOptions) {
    this.#options = options
  }

  taskTouched(id: RecordId): void {
    this.#touched.tasks.add(id)
    this.#soon()
  }

  taskMoved(id: RecordId): void {
    this.#moved.add(id)
    this.#soon()
  }

  taskRemoved(id: RecordId): void {
    this.#removed.tasks.add(id)
    this.#soon()
  }

  linkTouched(id: RecordId): void {
    this.#touched.links.add(id)
    this.#soon()
  }

  linkRemoved(id: RecordId): void {
    this.#removed.links.add(id)
    this.#soon()
  }

  stop(): void {
    this.#stopped = true
  }

  /** Hands over what is collected, now. */
  flush(): void {
    if (this.#stopped || !this.#waiting) return
    this.#waiting = false
    const batch = {
      touchedTasks: this.#touched.tasks.take(),
      touchedLinks: this.#touched.links.take(),
      removedTasks: this.#removed.tasks.take(),
      removedLinks: this.#removed.links.take(),
      moved: this.#moved.take(),
    }
    const { source, repaint } = this.#options
    const all = [...batch.touchedTasks, ...batch.removedTasks, ...batch.moved]
    const backToSource: GanttChange = {
      type: 'records',
      tasks: all,
      branches: [null, ...all.map((id) => (source.task(id) ? source.parent(id) : null))],
      links: [...batch.touchedLinks, ...batch.removedLinks, ...source.links()],
      rekeyedTasks: [],
      rekeyedLinks: [],
    }
    const putBack = (): void => {
      this.#dropUnknown(batch.touchedTasks, batch.touchedLinks)
      this.#mistrust(batch.touchedTasks, batch.touchedLinks)
      repaint(backToSource)
    }
    if (this.#options.readOnly) {
      putBack()
      return
    }
    const named: { tasks: Rekeyed[]; links: Rekeyed[] } = { tasks: [], links: [] }
    try {
      source.transact(() => {
        for (const id of batch.removedLinks) this.#removeLink(id)
        for (const id of batch.removedTasks) this.#removeTask(id)
        for (const id of this.#parentsFirst(batch.touchedTasks)) this.#editTask(id, named.tasks)
        for (const id of batch.moved) this.#moveTask(id, named.tasks)
        for (const id of batch.touchedLinks) this.#editLink(id, named)
      })
    } catch (error) {
      putBack()
      this.#options.failed(error)
    }
    this.#adoptIds(named)
  }

  #soon(): void {
    if (this.#waiting) return
    this.#waiting = true
    queueMicrotask(() => this.flush())
  }

  #removeLink(id: RecordId): void {
    this.#options.mirror.links.delete(id)
    if (this.#options.source.link(id)) this.#options.source.removeLink(id)
  }

  #removeTask(id: RecordId): void {
    this.#options.mirror.tasks.delete(id)
    // A descendant is gone with the task above it.
    if (this.#options.source.task(id)) this.#options.source.removeTask(id)
  }

  #editTask(id: RecordId, named: Rekeyed[]): void {
    const { gantt, source, mirror } = this.#options
    if (!gantt.isTaskExists(id)) return
    const task = gantt.getTask(id)
    const now = readFields(task, source.dateOrder)
    const row = mirror.tasks.get(id)
    if (!row) {
      const place = placeOf(gantt, id)
      const parent = place.parent === null ? null : newId(place.parent, named)
      const added = source.addTask(now, { parent, index: place.index })
      named.push({ from: id, to: added })
      mirror.tasks.set(id, now, now)
      return
    }
    const changed = changedFields(row.widget, now)
    if (!changed) return
    if (!source.task(id)) {
      this.#options.lost(row.source)
      this.#options.repaint(onlyTask(id))
      return
    }
    const summary = gantt.getChildren(id).length > 0 && task['type'] === 'project'
    const edit = summary ? withoutDates(changed) : withAllDates(changed, now)
    row.widget = now
    if (!edit) return
    row.source = { ...row.source, ...edit }
    source.updateTask(id, edit)
    this.#options.repaint(onlyTask(id))
  }

  #moveTask(id: RecordId, named: readonly Rekeyed[]): void {
    const { gantt, source } = this.#options
    if (!gantt.isTaskExists(id)) return
    const real = newId(id, named)
    if (!source.task(real)) return
    const place = placeOf(gantt, id)
    const parent = place.parent === null ? null : newId(place.parent, named)
    const stays =
      parent === null
        ? source.parent(real) === null
        : source.parent(real) !== null && sameId(source.parent(real), parent)
    const siblings = source.children(parent)
    if (stays && siblings[place.index] !== undefined && sameId(siblings[place.index], real)) return
    source.moveTask(real, { parent, index: place.index })
  }

  #editLink(id: RecordId, named: { tasks: Rekeyed[]; links: Rekeyed[] }): void {
    const { gantt, source, mirror } = this.#options
    if (!gantt.isLinkExists(id)) return
    const link = gantt.getLink(id)
    const now = { ...readFields(link, source.dateOrder), ...ends(link, named.tasks) }
    const row = mirror.links.get(id)
    if (!row) {
      named.links.push({ from: id, to: source.addLink(now) })
      mirror.links.set(id, now, now)
      return
    }
    const changed = changedFields(row.widget, now)
    if (!changed || !source.link(id)) return
    row.widget = now
    row.source = { ...row.source, ...changed }
    source.updateLink(id, changed)
  }

  /** Gives new records of the widget the ids that the source knows them by. */
  #adoptIds(named: { tasks: Rekeyed[]; links: Rekeyed[] }): void {
    const { gantt, mirror, repaint } = this.#options
    this.#options.asPainter(() => {
      for (const { from, to } of named.tasks) {
        if (sameId(from, to)) continue
        mirror.tasks.rekey(from, to)
        if (gantt.isTaskExists(from) && !gantt.isTaskExists(to)) gantt.changeTaskId(from, to)
      }
      for (const { from, to } of named.links) {
        if (sameId(from, to)) continue
        mirror.links.rekey(from, to)
        if (gantt.isLinkExists(from) && !gantt.isLinkExists(to)) gantt.changeLinkId(from, to)
      }
    })
    if (named.tasks.length + named.links.length === 0) return
    repaint({
      type: 'records',
      tasks: named.tasks.map(({ to }) => to),
      branches: [],
      links: named.links.map(({ to }) => to),
      rekeyedTasks: [],
      rekeyedLinks: [],
    })
  }

  /** Takes out what the user added and the source has not. */
  #dropUnknown(tasks: readonly RecordId[], links: readonly RecordId[]): void {
    const { gantt, source } = this.#options
    this.#options.asPainter(() => {
      for (const id of links) if (!source.link(id) && gantt.isLinkExists(id)) gantt.deleteLink(id)
      for (const id of tasks) if (!source.task(id) && gantt.isTaskExists(id)) gantt.deleteTask(id)
    })
  }

  /** Makes the painter write every field of these records, whatever it painted last. */
  #mistrust(tasks: readonly RecordId[], links: readonly RecordId[]): void {
    for (const [table, touched] of [
      [this.#options.mirror.tasks, tasks],
      [this.#options.mirror.links, links],
    ] as const) {
      for (const id of touched) {
        const row = table.get(id)
        if (row) row.source = {}
      }
    }
  }

  #parentsFirst(ids: readonly RecordId[]): RecordId[] {
    const touched = new Set(ids.map(idKey))
    const done = new Set<RecordKey>()
    const ordered: RecordId[] = []
    const visit = (id: RecordId): void => {
      if (done.has(idKey(id)) || !touched.has(idKey(id))) return
      done.add(idKey(id))
      if (this.#options.gantt.isTaskExists(id)) visit(this.#options.gantt.getParent(id))
      ordered.push(id)
    }
    for (const id of ids) visit(id)
    return ordered
  }
}

function newId(id: RecordId, named: readonly Rekeyed[]): RecordId {
  return named.find(({ from }) => sameId(from, id))?.to ?? id
}

function ends(link: { source: RecordId; target: RecordId }, named: readonly Rekeyed[]): GanttFields {
  return { source: newId(link.source, named), target: newId(link.target, named) }
}

function onlyTask(id: RecordId): GanttChange {
  return { type: 'records', tasks: [id], branches: [], links: [], rekeyedTasks: [], rekeyedLinks: [] }
}
