/**
 * The part of dhtmlx-gantt's public API that the binding drives, as a structural type: shipped code never imports the
 * widget, so an app brings any edition of it. Source: the API reference of dhtmlx-gantt 10.
 */
import type { RecordId } from '../../protocol/ids.ts'

/** A task as the widget holds it. `$`-fields are the widget's own. */
export interface GanttTaskObject {
  id: RecordId
  parent?: RecordId
  start_date?: Date | string | null
  end_date?: Date | string | null
  duration?: number
  [field: string]: unknown
}

/** A link as the widget holds it. */
export interface GanttLinkObject {
  id: RecordId
  source: RecordId
  target: RecordId
  [field: string]: unknown
}

/** A column of the grid. */
export interface GanttColumn {
  name?: string | number
  /** Declared as a method's type, so that columns typed by the widget fit whatever they say of a task. */
  template?: { call(task: GanttTaskObject): unknown }['call'] | undefined
}

/** What `gantt.getState()` tells about what the user is doing. */
export interface GanttUiState {
  /** The task whose bar is being dragged. */
  drag_id?: RecordId | null | undefined
  drag_mode?: string | null | undefined
  /** The task whose form is open. */
  lightbox?: RecordId | null | undefined
}

/** The widget. */
export interface GanttApi {
  config: { readonly?: boolean; root_id?: RecordId; columns?: GanttColumn[]; [option: string]: unknown }
  templates: { [name: string]: unknown }
  locale?: { labels?: { [name: string]: unknown } }

  attachEvent(name: string, handler: (...args: never[]) => unknown): string
  detachEvent(id: string): void
  batchUpdate(run: () => void): void
  getState(): GanttUiState

  /** `{ data: tasks, links }`. */
  parse(data: unknown): void
  clearAll(): void

  isTaskExists(id: RecordId): boolean
  getTask(id: RecordId): GanttTaskObject
  addTask(task: object, parent?: RecordId, index?: number): RecordId
  updateTask(id: RecordId): void
  deleteTask(id: RecordId): void
  moveTask(id: RecordId, index: number, parent?: RecordId): unknown
  changeTaskId(id: RecordId, newId: RecordId): void
  getParent(id: RecordId): RecordId
  getChildren(id: RecordId): RecordId[]
  getTaskIndex(id: RecordId): number
  calculateDuration(task: object): number
  calculateEndDate(task: object): Date

  isLinkExists(id: RecordId): boolean
  getLink(id: RecordId): GanttLinkObject
  addLink(link: object): RecordId
  updateLink(id: RecordId): void
  deleteLink(id: RecordId): void
  changeLinkId(id: RecordId, newId: RecordId): void

  hideLightbox(): void
  getSelectedId?(): RecordId | null
  selectTask?(id: RecordId): unknown
  getScrollState?(): { x: number; y: number }
  scrollTo?(x: number | null, y: number | null): void
  dateFromPos?(x: number): Date | null
  posFromDate?(date: Date): number
  /** Missing in editions without extensions. */
  ext?: { inlineEditors?: { isVisible?(): boolean } }
}
