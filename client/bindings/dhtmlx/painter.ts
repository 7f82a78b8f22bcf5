/**
 * Paints what the source holds: everything that changed since the last frame, once per animation frame. Edits of tasks
 * are painted row by row for as long as a frame can spare, the rest in the next ones: measured with 1,000 rows, a row
 * costs 0.1 to 0.7 ms, and one `batchUpdate`, which redraws the whole chart, 10 to 25 ms. That is for changes of the
 * tree and of links, and for edits of very many tasks. A steady stream of changes can starve nothing: it adds no row twice.
 *
 * What the user is at is left alone until it is over: the bar being dragged (with its branch) and the task whose form
 * is open are painted afterwards, and nothing at all is painted while a row is being dragged or a cell is being edited.
 */
import type { Cancel } from '../../ports/ports.ts'
import { type RecordId, sameId } from '../../protocol/ids.ts'
import { movesTo } from './branch-order.ts'
import { allTasks, keepingView, liesUnder, widgetParent, widgetTask } from './chart.ts'
import { onNextFrame } from './frame.ts'
import type { GanttApi } from './gantt-api.ts'
import type { GanttChange, GanttFields, GanttSource, Rekeyed } from './gantt-source.ts'
import { IdSet, type Mirror } from './mirror.ts'
import { changedFields, readFields } from './widget-fields.ts'

/** More edited rows than this are painted in one redraw. */
const MANY = 200
/** How long a frame may paint rows, in milliseconds: half of what it has at 60 Hz. */
const SLICE_MS = 8

/** What the painter needs to know and to tell. */
export interface PainterOptions {
  readonly gantt: GanttApi
  readonly source: GanttSource
  readonly mirror: Mirror
  /** A task was removed by somebody else while its form was open; the form is closed by then. */
  readonly lost: (fields: GanttFields) => void
}

/** The way from the source to the widget. */
export class Painter {
  readonly #gantt: GanttApi
  readonly #source: GanttSource
  readonly #mirror: Mirror
  readonly #lost: (fields: GanttFields) => void
  readonly #tasks = new IdSet()
  readonly #links = new IdSet()
  #branches = new Set<RecordId | null>()
  #rekeyed: { tasks: Rekeyed[]; links: Rekeyed[] } = { tasks: [], links: [] }
  #everything: 'no' | 'same-project' | 'other-project' = 'no'
  #painting = false
  #paused = false
  #cancelFrame: Cancel | undefined

  constructor(options: PainterOptions) {
    this.#gantt = options.gantt
    this.#source = options.source
    this.#mirror = options.mirror
    this.#lost = options.lost
  }

  /** True while the painter itself changes the widget: its events are no edits of the user then. */
  get painting(): boolean {
    return this.#painting
  }

  /** Marks what changed and paints it with the next frame. */
  changed(change: GanttChange): void {
    if (change.type === 'everything') {
      if (this.#everything !== 'other-project') this.#everything = change.sameProject ? 'same-project' : 'other-project'
    } else {
      for (const id of change.tasks) this.#tasks.add(id)
      for (const id of change.links) this.#links.add(id)
      for (const parent of change.branches) this.#branches.add(parent)
      this.#rekeyed.tasks.push(...change.rekeyedTasks)
      this.#rekeyed.links.push(...change.rekeyedLinks)
    }
    this.wake()
  }

  /** Tries again to paint what had to wait. */
  wake(): void {
    if (this.#pending() && !this.#paused) this.#cancelFrame ??= onNextFrame(() => this.#frame())
  }

  /** Paints nothing until {@link resume}: the user drags a row. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.wake()
  }

  /** Shows the source from scratch. */
  paintAll(): void {
    this.#forget()
    this.asPainter(() => {
      if (this.#gantt.getState().lightbox) this.#gantt.hideLightbox()
      this.#gantt.clearAll()
      const links = this.#source.links().flatMap((id) => {
        const fields = this.#source.link(id)
        return fields ? [{ ...fields, id }] : []
      })
      const data = allTasks(this.#gantt, this.#source)
      this.#mirror.tasks.clear()
      this.#mirror.links.clear()
      this.#gantt.parse({ data, links })
      for (const task of data) this.#readBack('task', task['id'] as RecordId)
      for (const link of links) this.#readBack('link', link.id)
    })
  }

  stop(): void {
    this.#cancelFrame?.()
    this.#forget()
    this.#paused = true
  }

  #pending(): boolean {
    const { tasks, links } = this.#rekeyed
    return (
      this.#everything !== 'no' ||
      this.#tasks.size + this.#links.size + this.#branches.size + tasks.length + links.length > 0
    )
  }

  /** True when nothing but rows has changed: painting them costs less than redrawing everything. */
  #isRows(): boolean {
    const { tasks, links } = this.#rekeyed
    const tree = this.#links.size + this.#branches.size + tasks.length + links.length
    return this.#everything === 'no' && tree === 0 && this.#tasks.size <= MANY
  }

  /** Paints rows until the time of this frame is up; what is left goes on with the next one. */
  #paintRows(): void {
    const until = performance.now() + SLICE_MS
    const ids = this.#tasks.take()
    let at = 0
    do {
      const id = ids[at++]
      if (id !== undefined) this.#paintTask(id)
    } while (at < ids.length && performance.now() < until)
    for (const id of ids.slice(at)) this.#tasks.add(id)
    if (at < ids.length) this.wake()
  }

  #forget(): void {
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    this.#tasks.take()
    this.#links.take()
    this.#branches = new Set()
    this.#rekeyed = { tasks: [], links: [] }
    this.#everything = 'no'
  }

  #frame(): void {
    this.#cancelFrame = undefined
    if (this.#paused) return
    // A cell editor would be torn down by a redraw; it has no event of its own for its end, so look again.
    if (this.#gantt.ext?.inlineEditors?.isVisible?.()) this.wake()
    // What was empty has no view to keep.
    else if (this.#everything === 'other-project' || (this.#everything !== 'no' && this.#mirror.tasks.size === 0))
      this.paintAll()
    else {
      const paint = (): void => (this.#isRows() ? this.#paintRows() : this.#gantt.batchUpdate(() => this.#paint()))
      this.asPainter(() => keepingView(this.#gantt, paint))
    }
  }

  /**
   * The order matters: real ids first; new tasks, so that they can be moved into; moves, so that no child goes down
   * with a parent it has left; then edits and removals; links last, when both their ends are there.
   */
  #paint(): void {
    if (this.#everything === 'same-project') this.#markEverything()
    const rekeyed = this.#rekeyed
    this.#rekeyed = { tasks: [], links: [] }
    for (const { from, to } of rekeyed.tasks) this.#rekeyTask(from, to)
    for (const { from, to } of rekeyed.links) this.#rekeyLink(from, to)
    const tasks = this.#tasks.take()
    const branches = this.#branches
    this.#branches = new Set()
    for (const id of tasks) this.#ensureTask(id)
    for (const parent of branches) this.#orderBranch(parent)
    for (const id of tasks) this.#paintTask(id)
    for (const id of this.#links.take()) this.#paintLink(id)
  }

  #markEverything(): void {
    this.#everything = 'no'
    for (const id of this.#mirror.tasks.ids()) this.#tasks.add(id)
    for (const id of this.#mirror.links.ids()) this.#links.add(id)
    for (const id of this.#source.links()) this.#links.add(id)
    const open: (RecordId | null)[] = [null]
    for (let parent = open.pop(); parent !== undefined; parent = open.pop()) {
      const children = this.#source.children(parent)
      if (children.length > 0) this.#branches.add(parent)
      for (const id of children) this.#tasks.add(id)
      open.push(...children)
    }
  }

  #rekeyTask(from: RecordId, to: RecordId): void {
    this.#tasks.rekey(from, to)
    if (this.#branches.delete(from)) this.#branches.add(to)
    this.#mirror.tasks.rekey(from, to)
    if (this.#gantt.isTaskExists(from) && !this.#gantt.isTaskExists(to)) this.#gantt.changeTaskId(from, to)
    this.#tasks.add(to)
  }

  #rekeyLink(from: RecordId, to: RecordId): void {
    this.#links.rekey(from, to)
    this.#mirror.links.rekey(from, to)
    if (this.#gantt.isLinkExists(from) && !this.#gantt.isLinkExists(to)) this.#gantt.changeLinkId(from, to)
    this.#links.add(to)
  }

  /** Adds a task that the widget lacks, its parents before it. */
  #ensureTask(id: RecordId): void {
    if (this.#gantt.isTaskExists(id)) return
    const fields = this.#source.task(id)
    if (!fields) return
    const parent = this.#source.parent(id)
    if (parent !== null && !sameId(parent, id)) this.#ensureTask(parent)
    const index = this.#source.children(parent).findIndex((sibling) => sameId(sibling, id))
    const task = { ...widgetTask(this.#gantt, fields), id }
    this.#gantt.addTask(task, widgetParent(this.#gantt, parent), index === -1 ? undefined : index)
    this.#readBack('task', id)
  }

  #orderBranch(parent: RecordId | null): void {
    const gantt = this.#gantt
    if (parent !== null && !gantt.isTaskExists(parent)) return
    const want = this.#source.children(parent).filter((id) => gantt.isTaskExists(id))
    const under = widgetParent(gantt, parent)
    for (const { id, index } of movesTo(gantt.getChildren(under), want)) {
      if (this.#inHand(id)) this.#branches.add(parent)
      else gantt.moveTask(id, index, under)
    }
  }

  #paintTask(id: RecordId): void {
    const gantt = this.#gantt
    const fields = this.#source.task(id)
    if (!fields) {
      this.#removeTask(id)
      return
    }
    const row = this.#mirror.tasks.get(id)
    if (!row || !gantt.isTaskExists(id)) return
    const changed = changedFields(row.source, fields)
    if (!changed) return
    if (this.#inHand(id)) {
      this.#tasks.add(id)
      return
    }
    const task = gantt.getTask(id)
    const { open: _, ...next } = widgetTask(gantt, fields)
    for (const field of Object.keys(changed)) if (changed[field] === null && !(field in next)) delete task[field]
    Object.assign(task, next, { unscheduled: next['unscheduled'] === true })
    gantt.updateTask(id)
    this.#readBack('task', id)
  }

  #removeTask(id: RecordId): void {
    const gantt = this.#gantt
    const fields = this.#mirror.tasks.get(id)?.source
    if (gantt.isTaskExists(id)) {
      const state = gantt.getState()
      if (isGiven(state.drag_id) && liesUnder(gantt, state.drag_id, id)) {
        this.#tasks.add(id)
        return
      }
      if (isGiven(state.lightbox) && liesUnder(gantt, state.lightbox, id)) {
        gantt.hideLightbox()
        if (fields) this.#lost(fields)
      }
      gantt.deleteTask(id)
    }
    this.#mirror.tasks.delete(id)
  }

  #paintLink(id: RecordId): void {
    const gantt = this.#gantt
    const fields = this.#source.link(id)
    if (!fields) {
      if (gantt.isLinkExists(id)) gantt.deleteLink(id)
      this.#mirror.links.delete(id)
      return
    }
    const row = this.#mirror.links.get(id)
    if (!gantt.isLinkExists(id)) gantt.addLink({ ...fields, id })
    else if (!row || changedFields(row.source, fields)) {
      Object.assign(gantt.getLink(id), fields)
      gantt.updateLink(id)
    } else return
    this.#readBack('link', id)
  }

  /** True while the user drags or edits the task. */
  #inHand(id: RecordId): boolean {
    const { drag_id, lightbox } = this.#gantt.getState()
    return (isGiven(drag_id) && liesUnder(this.#gantt, id, drag_id)) || (isGiven(lightbox) && sameId(lightbox, id))
  }

  #readBack(kind: 'task' | 'link', id: RecordId): void {
    const { dateOrder } = this.#source
    if (kind === 'task') {
      const fields = this.#source.task(id)
      if (fields && this.#gantt.isTaskExists(id)) {
        this.#mirror.tasks.set(id, fields, readFields(this.#gantt.getTask(id), dateOrder))
      }
      return
    }
    const fields = this.#source.link(id)
    if (fields && this.#gantt.isLinkExists(id)) {
      this.#mirror.links.set(id, fields, readFields(this.#gantt.getLink(id), dateOrder))
    }
  }

  /** Runs changes of the widget that are not the user's. */
  asPainter(run: () => void): void {
    const outer = this.#painting
    this.#painting = true
    try {
      run()
    } finally {
      this.#painting = outer
    }
  }
}

function isGiven(id: RecordId | null | undefined): id is RecordId {
  return id !== null && id !== undefined && id !== ''
}
