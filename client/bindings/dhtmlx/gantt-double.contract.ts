/** A double of dhtmlx-gantt for unit tests: a tree of tasks, links and events, no screen. */
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { GanttApi, GanttLinkObject, GanttTaskObject, GanttUiState } from './gantt-api.ts'

const DAY_MS = 86_400_000

export class GanttDouble implements GanttApi {
  config: GanttApi['config'] = { root_id: 0, readonly: false, columns: [{ name: 'text' }] }
  templates: GanttApi['templates'] = { task_text: (_start: Date, _end: Date, task: { text: string }) => task.text }
  /** What the user is at. */
  state: GanttUiState = {}
  readonly #handlers = new Map<string, { name: string; handler: (...args: never[]) => unknown }>()
  readonly #tasks = new Map<RecordKey, GanttTaskObject>()
  readonly #order = new Map<RecordKey, RecordId[]>()
  readonly #links = new Map<RecordKey, GanttLinkObject>()
  #selected: RecordId | null = null
  #handlerIds = 0

  attachEvent(name: string, handler: (...args: never[]) => unknown): string {
    const id = String(++this.#handlerIds)
    this.#handlers.set(id, { name, handler })
    return id
  }

  detachEvent(id: string): void {
    this.#handlers.delete(id)
  }

  raise(name: string, ...args: unknown[]): void {
    for (const { name: event, handler } of [...this.#handlers.values()])
      if (event === name) handler(...(args as never[]))
  }

  batchUpdate(run: () => void): void {
    run()
  }

  getState(): GanttUiState {
    return this.state
  }

  parse({ data, links }: { data: GanttTaskObject[]; links: GanttLinkObject[] }): void {
    for (const task of data) this.#put({ ...task }, task.parent ?? 0)
    for (const link of links) this.#links.set(idKey(link.id), { ...link })
  }

  clearAll(): void {
    this.#tasks.clear()
    this.#order.clear()
    this.#links.clear()
    this.#selected = null
  }

  isTaskExists(id: RecordId): boolean {
    return this.#tasks.has(idKey(id))
  }

  getTask(id: RecordId): GanttTaskObject {
    const task = this.#tasks.get(idKey(id))
    if (!task) throw new Error(`Task not found id=${id}`)
    return task
  }

  addTask(task: object, parent: RecordId = 0, index?: number): RecordId {
    const added = this.#put({ ...(task as GanttTaskObject) }, parent, index)
    this.raise('onAfterTaskAdd', added.id, added)
    return added.id
  }

  updateTask(id: RecordId): void {
    this.raise('onAfterTaskUpdate', id, this.getTask(id))
  }

  deleteTask(id: RecordId): void {
    const task = this.getTask(id)
    const gone = new Set<RecordKey>()
    const visit = (at: RecordId): void => {
      gone.add(idKey(at))
      for (const child of this.getChildren(at)) visit(child)
    }
    visit(id)
    this.#takeOut(task)
    for (const key of gone) this.#tasks.delete(key)
    for (const [key, link] of this.#links) {
      if (gone.has(idKey(link.source)) || gone.has(idKey(link.target))) this.#links.delete(key)
    }
    if (this.#selected !== null && gone.has(idKey(this.#selected))) this.#selected = null
    this.raise('onAfterTaskDelete', id, task)
  }

  moveTask(id: RecordId, index: number, parent?: RecordId): void {
    const task = this.getTask(id)
    this.#takeOut(task)
    task.parent = parent ?? task.parent ?? 0
    this.#branch(task.parent).splice(index, 0, task.id)
    this.raise('onAfterTaskMove', id, task.parent, index)
  }

  changeTaskId(id: RecordId, newId: RecordId): void {
    const task = this.getTask(id)
    const branch = this.#branch(task.parent ?? 0)
    branch.splice(
      branch.findIndex((one) => sameId(one, id)),
      1,
      newId,
    )
    this.#tasks.delete(idKey(id))
    task.id = newId
    this.#tasks.set(idKey(newId), task)
    const children = this.getChildren(id)
    this.#order.delete(idKey(id))
    this.#order.set(idKey(newId), children)
    for (const child of children) this.getTask(child).parent = newId
    for (const link of this.#links.values()) {
      if (sameId(link.source, id)) link.source = newId
      if (sameId(link.target, id)) link.target = newId
    }
    if (this.#selected !== null && sameId(this.#selected, id)) this.#selected = newId
  }

  getParent(id: RecordId): RecordId {
    return this.getTask(id).parent ?? 0
  }

  getChildren(id: RecordId): RecordId[] {
    return [...this.#branch(id)]
  }

  getTaskIndex(id: RecordId): number {
    return this.#branch(this.getParent(id)).findIndex((one) => sameId(one, id))
  }

  calculateDuration(task: object): number {
    const { start_date, end_date } = task as { start_date: Date; end_date: Date }
    return Math.round((end_date.getTime() - start_date.getTime()) / DAY_MS)
  }

  calculateEndDate(task: object): Date {
    const { start_date, duration } = task as { start_date: Date; duration?: number }
    return new Date(start_date.getTime() + (duration ?? 1) * DAY_MS)
  }

  isLinkExists(id: RecordId): boolean {
    return this.#links.has(idKey(id))
  }

  getLink(id: RecordId): GanttLinkObject {
    const link = this.#links.get(idKey(id))
    if (!link) throw new Error(`Link not found id=${id}`)
    return link
  }

  addLink(link: object): RecordId {
    const added = { ...(link as GanttLinkObject) }
    this.#links.set(idKey(added.id), added)
    this.raise('onAfterLinkAdd', added.id, added)
    return added.id
  }

  updateLink(id: RecordId): void {
    this.raise('onAfterLinkUpdate', id, this.getLink(id))
  }

  deleteLink(id: RecordId): void {
    const link = this.getLink(id)
    this.#links.delete(idKey(id))
    this.raise('onAfterLinkDelete', id, link)
  }

  changeLinkId(id: RecordId, newId: RecordId): void {
    const link = this.getLink(id)
    this.#links.delete(idKey(id))
    link.id = newId
    this.#links.set(idKey(newId), link)
  }

  hideLightbox(): void {
    this.state = { ...this.state, lightbox: null }
    this.raise('onAfterLightbox')
  }

  getSelectedId(): RecordId | null {
    return this.#selected
  }

  selectTask(id: RecordId): void {
    this.#selected = id
  }

  #put(task: GanttTaskObject, parent: RecordId, index?: number): GanttTaskObject {
    task.parent = parent
    this.#tasks.set(idKey(task.id), task)
    const branch = this.#branch(parent)
    branch.splice(index ?? branch.length, 0, task.id)
    return task
  }

  #branch(parent: RecordId): RecordId[] {
    const key = idKey(parent)
    let branch = this.#order.get(key)
    if (!branch) this.#order.set(key, (branch = []))
    return branch
  }

  #takeOut(task: GanttTaskObject): void {
    const branch = this.#branch(task.parent ?? 0)
    const at = branch.findIndex((id) => sameId(id, task.id))
    if (at !== -1) branch.splice(at, 1)
  }
}
