/**
 * Which fields of a record hold the id of another record, and how ids are replaced everywhere when a phantom id
 * becomes a real one. Source of the fields: the recorded frames of the vendors' clients.
 */
import type { ProjectChanges, StoreChanges } from '../protocol/changeset.ts'
import { idKey, isRecordId, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Fields } from '../protocol/records.ts'

/** Fields that refer to a record of the named store (`self`: of the record's own store). */
export const REFERENCE_FIELDS: { readonly [field: string]: 'self' | string } = {
  parentId: 'self',
  $PhantomParentId: 'self',
  from: 'tasks',
  to: 'tasks',
  fromEvent: 'tasks',
  toEvent: 'tasks',
  fromTask: 'tasks',
  toTask: 'tasks',
  event: 'tasks',
  eventId: 'tasks',
  task: 'tasks',
  taskId: 'tasks',
  resource: 'resources',
  resourceId: 'resources',
  calendar: 'calendars',
  // DHTMLX: links, tasks, exceptions of a series
  source: 'tasks',
  target: 'tasks',
  parent: 'self',
  recurring_event_id: 'self',
  event_pid: 'self',
}

/**
 * Finds the new id of an old one; undefined when the id stays. `store` is the store that the id belongs to: task 5 and
 * resource 5 are two records, and an undo of a delete sends an old real id as a phantom.
 */
export type IdLookup = (id: RecordId, store?: string) => RecordId | undefined

/** DHTMLX Gantt puts a task behind another one by `target: 'next:7'`. */
const AFTER = 'next:'

/** The id that a field which refers to a record holds; undefined when it holds none. */
export function referredId(field: string, value: unknown): RecordId | undefined {
  if (field === 'target' && typeof value === 'string' && value.startsWith(AFTER)) return value.slice(AFTER.length)
  return isRecordId(value) ? value : undefined
}

/**
 * The fields with every reference replaced; the same object when there was nothing to replace. `id` and `$PhantomId` are left alone.
 * `store` is the record's own store, if the lookup cares.
 */
export function rewriteReferences<T extends Fields>(fields: T, lookup: IdLookup, store?: string): T {
  let copy: Record<string, unknown> | undefined
  for (const field in fields) {
    if (!Object.hasOwn(REFERENCE_FIELDS, field)) continue
    const id = referredId(field, fields[field])
    const target = REFERENCE_FIELDS[field]
    const real = id === undefined ? undefined : lookup(id, target === 'self' ? store : target)
    if (real === undefined) continue
    copy ??= { ...fields }
    copy[field] = id === fields[field] ? real : `${AFTER}${real}`
  }
  return (copy as T | undefined) ?? fields
}

/** Changes with every reference and every `id` replaced (not `$PhantomId`, which is what an echo is recognised by), `$input` included. */
export function rewriteChanges(changes: ProjectChanges, lookup: IdLookup): ProjectChanges {
  const stores: Record<string, StoreChanges> = {}
  for (const store in changes.stores) {
    const part = changes.stores[store]
    if (part) stores[store] = rewriteStore(part, lookup, store)
  }
  return { ...changes, stores }
}

function rewriteStore(part: StoreChanges, lookup: IdLookup, store: string): StoreChanges {
  return {
    ...part,
    ...rewriteLists(part, lookup, store),
    ...(part.$input ? { $input: { ...part.$input, ...rewriteLists(part.$input, lookup, store) } } : {}),
  }
}

type Lists = Pick<StoreChanges, 'added' | 'updated' | 'removed'>

function rewriteLists(lists: Lists, lookup: IdLookup, store: string): Lists {
  const rewrite = <T extends Fields>(entry: T): T => {
    const fields = rewriteReferences(entry, lookup, store)
    const id = fields.id
    const real = isRecordId(id) ? lookup(id, store) : undefined
    return real === undefined ? fields : { ...fields, id: real }
  }
  return {
    ...(lists.added ? { added: lists.added.map(rewrite) } : {}),
    ...(lists.updated ? { updated: lists.updated.map(rewrite) } : {}),
    ...(lists.removed ? { removed: lists.removed.map(rewrite) } : {}),
  }
}

/** The phantom ids that changes resolve: every added record that carries both its phantom and its real id. */
export function resolvedIds(changes: ProjectChanges): Map<RecordKey, RecordId> {
  const ids = new Map<RecordKey, RecordId>()
  for (const store in changes.stores) {
    for (const added of changes.stores[store]?.added ?? []) {
      if (added.$PhantomId !== undefined && added.id !== undefined) ids.set(idKey(added.$PhantomId), added.id)
    }
  }
  return ids
}

/** The records that fields refer to, as store and id; `store` is the record's own. */
export function referencesOf(fields: Fields, store: string): [store: string, id: RecordId][] {
  const found: [string, RecordId][] = []
  for (const field in fields) {
    if (!Object.hasOwn(REFERENCE_FIELDS, field)) continue
    const value = fields[field]
    const target = REFERENCE_FIELDS[field] as string
    if (isRecordId(value)) found.push([target === 'self' ? store : target, value])
  }
  return found
}
