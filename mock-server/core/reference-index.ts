/**
 * Owns who refers to whom in a project: the children of a task, the dependencies and assignments of a task or resource.
 * Kept up with every commit, so that removing a task costs what hangs on it, and adding one to a parent costs the same
 * however many children it has, and not the size of the plan.
 */
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields, PlainRecord } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'

/** What a record refers to: `tasks 7`. */
type Target = string

/** Stores whose records hang on others, and the fields that say on which. */
const REFERENCES: { readonly [store: string]: { readonly [field: string]: 'tasks' | 'resources' } } = {
  dependencies: {
    from: 'tasks',
    to: 'tasks',
    fromEvent: 'tasks',
    toEvent: 'tasks',
    fromTask: 'tasks',
    toTask: 'tasks',
  },
  assignments: {
    ...{ event: 'tasks', eventId: 'tasks', task: 'tasks', taskId: 'tasks' },
    ...{ resource: 'resources', resourceId: 'resources' },
  },
}

/** Stores whose records hang on others. */
export const LINK_STORES = ['dependencies', 'assignments'] as const

/** A store whose records hang on others. */
export type LinkStore = (typeof LINK_STORES)[number]

const INDEXED = ['tasks', 'dependencies', 'assignments'] as const
const INDEXED_NAMES: ReadonlySet<string> = new Set(INDEXED)

/** A store whose references are indexed. */
export type IndexedStore = (typeof INDEXED)[number]

/** The key of a task's parent; empty at the root. */
export function parentKey(task: Fields): RecordKey {
  return isRecordId(task.parentId) ? idKey(task.parentId) : ''
}

/** The targets of a record, each once: its parent for a task (`tasks` and an empty key at the root). */
export function targetsOf(store: string, record: Fields): ReadonlySet<Target> {
  if (store === 'tasks') return new Set([`tasks ${parentKey(record)}`])
  return new Set(endsOf(store, record).map(([target, id]) => `${target} ${idKey(id)}`))
}

/** What a link hangs on, as store and id. */
export function endsOf(store: string, record: Fields): [store: 'tasks' | 'resources', id: RecordId][] {
  const ends: [store: 'tasks' | 'resources', id: RecordId][] = []
  const fields = Object.hasOwn(REFERENCES, store) ? REFERENCES[store] : undefined
  for (const field in fields) {
    const [id, target] = [record[field], fields[field]]
    if (target && isRecordId(id)) ends.push([target, id])
  }
  return ends
}

/** True for a field that says what a link hangs on. */
export function isEnd(store: string, field: string): boolean {
  return Object.hasOwn(REFERENCES, store) && Object.hasOwn(REFERENCES[store] ?? {}, field)
}

/** References of one project, both ways. */
export class ReferenceIndex {
  /** Store, then target, to the keys of the records that refer to it, in the order in which they came to do so. */
  readonly #referring = new Map<IndexedStore, Map<Target, Set<RecordKey>>>()
  /** Greatest `parentIndex` below a parent, as far as it was asked for. */
  readonly #greatest = new Map<RecordKey, number>()

  /** Starts over with these records. */
  rebuild(tables: Tables): void {
    this.#referring.clear()
    this.#greatest.clear()
    for (const store of INDEXED) {
      for (const [key, record] of tables.get(store) ?? []) this.changed(store, key, undefined, record)
    }
  }

  /** A record was added, edited or removed. */
  changed(store: string, key: RecordKey, before: PlainRecord | undefined, after: PlainRecord | undefined): void {
    if (!isIndexed(store) || (before && after && refersAlike(store, before, after))) return
    const old = before ? targetsOf(store, before) : NONE
    const now = after ? targetsOf(store, after) : NONE
    for (const target of old) if (!now.has(target)) this.#drop(store, target, key)
    for (const target of now) if (!old.has(target)) this.#note(store, target, key)
    if (store === 'tasks') this.#followPlace(before, after)
  }

  /** Keys of the records of a store that refer to `target`. */
  referringTo(store: IndexedStore, target: Target): Iterable<RecordKey> {
    return this.#referring.get(store)?.get(target) ?? NOBODY
  }

  /** The index of a new last child of a parent (by its key, empty for the root). */
  nextIndex(parent: RecordKey, tables: Tables): number {
    const target = `tasks ${parent}`
    let greatest = this.#greatest.get(parent)
    if (greatest === undefined) {
      greatest = -1
      const tasks = tables.get('tasks')
      for (const key of this.referringTo('tasks', target)) greatest = Math.max(greatest, placeOf(tasks?.get(key)))
      this.#greatest.set(parent, greatest)
    }
    return Math.max(greatest + 1, this.#referring.get('tasks')?.get(target)?.size ?? 0)
  }

  #followPlace(before: PlainRecord | undefined, after: PlainRecord | undefined): void {
    const [from, to] = [before && parentKey(before), after && parentKey(after)]
    if (from === to && placeOf(before) === placeOf(after)) return
    // Whoever stood last and leaves takes the answer along.
    if (from !== undefined && placeOf(before) >= (this.#greatest.get(from) ?? Infinity)) this.#greatest.delete(from)
    const greatest = to === undefined ? undefined : this.#greatest.get(to)
    if (to !== undefined && greatest !== undefined) this.#greatest.set(to, Math.max(greatest, placeOf(after)))
  }

  #note(store: IndexedStore, target: Target, key: RecordKey): void {
    let targets = this.#referring.get(store)
    if (!targets) this.#referring.set(store, (targets = new Map()))
    const keys = targets.get(target)
    if (keys) keys.add(key)
    else targets.set(target, new Set([key]))
  }

  #drop(store: IndexedStore, target: Target, key: RecordKey): void {
    const targets = this.#referring.get(store)
    const keys = targets?.get(target)
    keys?.delete(key)
    if (keys?.size === 0) targets?.delete(target)
  }
}

/** True for an edit that changes nothing that is indexed, as most do. */
function refersAlike(store: IndexedStore, before: PlainRecord, after: PlainRecord): boolean {
  if (store === 'tasks') return before.parentId === after.parentId && before.parentIndex === after.parentIndex
  for (const field in REFERENCES[store]) if (before[field] !== after[field]) return false
  return true
}

/** True for what can be a task's `parentIndex`. JSON brings Infinity too (`1e999`). */
export function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

/** A task's place among its siblings; -1 without one. */
function placeOf(task: PlainRecord | undefined): number {
  return isPlace(task?.parentIndex) ? task.parentIndex : -1
}

const NONE: ReadonlySet<Target> = new Set()
const NOBODY: ReadonlySet<RecordKey> = new Set()

function isIndexed(store: string): store is IndexedStore {
  return INDEXED_NAMES.has(store)
}
