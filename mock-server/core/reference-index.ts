/**
 * Owns who refers to whom in a project: the children of a task, the dependencies and assignments of a task or resource.
 * Kept up with every commit, so that removing a task costs what hangs on it and not the size of the plan.
 */
import { idKey, isRecordId } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'

/** What a record refers to: `tasks 7`. */
type Target = string

const TASK_FIELDS: { readonly [store: string]: readonly string[] } = {
  dependencies: ['from', 'to', 'fromEvent', 'toEvent', 'fromTask', 'toTask'],
  assignments: ['event', 'eventId'],
}
const RESOURCE_FIELDS: { readonly [store: string]: readonly string[] } = { assignments: ['resource', 'resourceId'] }
const INDEXED = ['tasks', 'dependencies', 'assignments'] as const

/** A store whose references are indexed. */
export type IndexedStore = (typeof INDEXED)[number]

/** The key of a task's parent; empty at the root. */
export function parentKey(task: Fields): string {
  return isRecordId(task.parentId) ? idKey(task.parentId) : ''
}

/** The targets of a record, each once: its parent for a task (`tasks` and an empty key at the root). */
export function targetsOf(store: string, record: Fields): ReadonlySet<Target> {
  if (store === 'tasks') return new Set([`tasks ${parentKey(record)}`])
  const targets = new Set<Target>()
  const note = (target: string, fields: readonly string[] | undefined): void => {
    for (const field of fields ?? []) {
      const id = record[field]
      if (isRecordId(id)) targets.add(`${target} ${idKey(id)}`)
    }
  }
  note('tasks', TASK_FIELDS[store])
  note('resources', RESOURCE_FIELDS[store])
  return targets
}

/** References of one project, both ways. */
export class ReferenceIndex {
  /** Store, then target, to the keys of the records that refer to it, in the order in which they came to do so. */
  readonly #referring = new Map<IndexedStore, Map<Target, Set<string>>>()

  /** Starts over with these records. */
  rebuild(tables: Tables): void {
    this.#referring.clear()
    for (const store of INDEXED) {
      for (const [key, record] of tables.get(store) ?? []) this.changed(store, key, undefined, record)
    }
  }

  /** A record was added, edited or removed. */
  changed(store: string, key: string, before: PlainRecord | undefined, after: PlainRecord | undefined): void {
    if (!isIndexed(store)) return
    const old = before ? targetsOf(store, before) : NONE
    const now = after ? targetsOf(store, after) : NONE
    for (const target of old) if (!now.has(target)) this.#drop(store, target, key)
    for (const target of now) if (!old.has(target)) this.#note(store, target, key)
  }

  /** Keys of the records of a store that refer to `target`. */
  referringTo(store: IndexedStore, target: Target): Iterable<string> {
    return this.#referring.get(store)?.get(target) ?? NONE
  }

  #note(store: IndexedStore, target: Target, key: string): void {
    let targets = this.#referring.get(store)
    if (!targets) this.#referring.set(store, (targets = new Map()))
    const keys = targets.get(target)
    if (keys) keys.add(key)
    else targets.set(target, new Set([key]))
  }

  #drop(store: IndexedStore, target: Target, key: string): void {
    const targets = this.#referring.get(store)
    const keys = targets?.get(target)
    keys?.delete(key)
    if (keys?.size === 0) targets?.delete(target)
  }
}

const NONE: ReadonlySet<string> = new Set()

function isIndexed(store: string): store is IndexedStore {
  return INDEXED.some((indexed) => indexed === store)
}
