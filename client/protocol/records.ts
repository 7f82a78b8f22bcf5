/**
 * The records that planwire moves. Only the fields that the sync layer must understand are named (identity, tree,
 * references); every other field of the app or the vendor travels untouched.
 *
 * Written by `node scripts/protocol.js` from `schema/`: change it there.
 */
import type { RecordId } from './ids.ts'

/**
 * Any record on the wire or in a store: an id and whatever else the app keeps in it. Never mutated: edits replace it.
 */
export interface PlainRecord {
  readonly id: RecordId
  readonly [field: string]: unknown
}

/** The fields of an edit: a partial record, `null` clears a field. */
export type Fields = { readonly [field: string]: unknown }

/**
 * A task of the plan (Bryntum names). Dates are `YYYY-MM-DD` or `YYYY-MM-DDTHH:mm:ss`; `duration` counts
 * `durationUnit`s (default `day`).
 */
export interface Task extends PlainRecord {
  readonly name?: string
  readonly parentId?: RecordId | null
  /** Place among the siblings, from 0. */
  readonly parentIndex?: number
  readonly startDate?: string | null
  readonly endDate?: string | null
  readonly duration?: number | null
  readonly durationUnit?: string
  /** 0 to 100. */
  readonly percentDone?: number
  readonly expanded?: boolean
}

/** A person or thing that work is assigned to. */
export interface Resource extends PlainRecord {
  readonly name?: string
}

/** A link between two tasks; `type` 0 start-start, 1 start-finish, 2 finish-start, 3 finish-finish. */
export interface Dependency extends PlainRecord {
  readonly from?: RecordId
  readonly to?: RecordId
  readonly type?: number
  readonly lag?: number
}

/** A resource at work on a task; `units` in percent. */
export interface Assignment extends PlainRecord {
  readonly event?: RecordId
  readonly resource?: RecordId
  readonly units?: number
}

/** A working-time calendar. planwire moves it and never computes with it. */
export interface Calendar extends PlainRecord {
  readonly name?: string
}

/** A saved version of a project; its `content` stays on the server until asked for. */
export interface Version extends PlainRecord {
  readonly name?: string
  readonly savedAt?: string
  readonly isAutosave?: boolean
}

/** A line of the change log. */
export interface Changelog extends PlainRecord {}

/** The stores of a Bryntum project, in the order in which a dataset lists them. */
export const PROJECT_STORES = [
  'tasks',
  'resources',
  'dependencies',
  'assignments',
  'calendars',
  'versions',
  'changelogs',
] as const

/** Record type of each store of a project. */
export interface ProjectRecords {
  tasks: Task
  resources: Resource
  dependencies: Dependency
  assignments: Assignment
  calendars: Calendar
  versions: Version
  changelogs: Changelog
}

/** A whole project as it travels: flat lists per store (tasks carry `parentId`), and the project's own fields. */
export interface Dataset {
  readonly stores: { readonly [store: string]: readonly PlainRecord[] }
  /** `projectMeta` of the documents, `dataset.project` of the 2025 server: start date, calendar, hours per day. */
  readonly meta: Fields
}
