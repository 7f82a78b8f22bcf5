/**
 * Where a chart gets its tasks and links from, and where the user's edits go: the seam between the widget and
 * planwire's stores. Records have the widget's names and plain values; there is one adapter per kind of store.
 */
import type { Cancel } from '../../ports/ports.ts'
import type { RecordId } from '../../protocol/ids.ts'

/**
 * Fields of a task or a link under the widget's names. Dates are wall clock, `YYYY-MM-DD HH:mm` or `DD-MM-YYYY HH:mm`,
 * `progress` is 0 to 1. A task's `id`, `parent` and place are not among them.
 */
export type GanttFields = Readonly<Record<string, unknown>>

/** Where a task stands: its parent (null at the top) and its place among the siblings, from 0. */
export interface GanttPlace {
  readonly parent: RecordId | null
  readonly index: number
}

/** A record that was known by a temporary id and now has its real one. */
export interface Rekeyed {
  readonly from: RecordId
  readonly to: RecordId
}

/** What changed in a source, whoever changed it. Ids may repeat; what they stand for is read from the source. */
export type GanttChange =
  | {
      readonly type: 'records'
      /** Tasks that were added, edited or removed. */
      readonly tasks: readonly RecordId[]
      /** Parents (null for the top) whose list of children is another one, or in another order. */
      readonly branches: readonly (RecordId | null)[]
      readonly links: readonly RecordId[]
      readonly rekeyedTasks: readonly Rekeyed[]
      readonly rekeyedLinks: readonly Rekeyed[]
    }
  /** Anything may have changed; `sameProject` false when it is another plan altogether, so ids mean other records. */
  | { readonly type: 'everything'; readonly sameProject: boolean }

/** Tasks and links for one chart. */
export interface GanttSource {
  /** How dates are written. */
  readonly dateOrder: 'year-first' | 'day-first'
  /** The fields of a task, or undefined if there is no such task. The same object as long as nothing changed is welcome. */
  task(id: RecordId): GanttFields | undefined
  /** Ids of the children in order; of the top level for null. */
  children(parent: RecordId | null): readonly RecordId[]
  /** The parent of a task that exists, null at the top. */
  parent(id: RecordId): RecordId | null
  /** Ids of all links. */
  links(): readonly RecordId[]
  /** The fields of a link, `source` and `target` among them. */
  link(id: RecordId): GanttFields | undefined

  /** Runs edits as one transaction. */
  transact(run: () => void): void
  /** Adds a task and answers its id, temporary or real. */
  addTask(fields: GanttFields, place: GanttPlace): RecordId
  updateTask(id: RecordId, fields: GanttFields): void
  moveTask(id: RecordId, place: GanttPlace): void
  /** Removes a task with its descendants, and every link to one of them. */
  removeTask(id: RecordId): void
  addLink(fields: GanttFields): RecordId
  updateLink(id: RecordId, fields: GanttFields): void
  removeLink(id: RecordId): void

  /** Calls back after every change, own and remote. */
  onChange(listener: (change: GanttChange) => void): Cancel
}
