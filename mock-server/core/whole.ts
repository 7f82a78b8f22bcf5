/**
 * Keeps a project whole: no cycle of parents, no child of a parent that is gone, no dependency or assignment that points
 * at nothing, whatever arrives in whatever order. Decided at commit, as a function of the room's records and the
 * changeset alone, so that everybody hears the same.
 *
 *   W1  A new or moved task whose parent is gone stands at the root, as the last one there.
 *   W2  A move that would close a cycle of parents leaves the task where it is; the rest of its edit stands. Of several
 *       moves that close one together, that of the smallest id is left out. New tasks that are each other's parents: the
 *       one with the smallest id stands at the root.
 *   W3  A new link (dependency, assignment) to something that is gone is left out; an edit that points a link there
 *       leaves its ends as they are.
 *   W4  What hangs on a removed task or resource goes with it (`dependents.ts`).
 *   W5  A new task without `parentIndex` is the last one below its parent.
 *   W6  The author learns what became of the changeset (`correction.ts`, `project-channel.ts`).
 *   W7  A dataset that is broken itself is repaired when it is loaded, by the same choices (`repair.ts`).
 *
 * Costs what the changeset holds, the ways of its moved tasks up to the root, and what hangs on what it removes.
 */
import type { Changeset, ProjectChanges, StoreChanges } from '../../client/protocol/changeset.ts'
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { Tables } from '../../client/store/tables.ts'
import { type Amendments, amendedStore, keysOf, withoutRecords, withRemoved } from './amend.ts'
import { Correction } from './correction.ts'
import { dependentsOf } from './dependents.ts'
import { LINK_STORES, type ReferenceIndex } from './reference-index.ts'
import { danglingLinks, type Gone, strayingEdits } from './whole-links.ts'
import { Places } from './whole-tree.ts'

/** A changeset as it may stand, and what its author does not know of it; undefined when the author knows all. */
export interface Whole {
  readonly changes: ProjectChanges
  readonly correction: Changeset | undefined
}

const NONE: ReadonlySet<RecordKey> = new Set()

/** Makes a changeset one that leaves the tables whole. Its ids are real, and what it edits and removes is there. */
export function wholeChanges(changes: ProjectChanges, tables: Tables, index: ReferenceIndex): Whole {
  const { stores } = changes
  const places = new Places(stores.tasks ?? {}, tables, index)
  let tasks = places.amendments(NONE)
  const [dependencies, assignments] = LINK_STORES.map((store) => strayingEdits(store, stores, tables))
  const amendmentsOf = (store: string): Amendments | undefined => {
    if (store === 'tasks') return tasks
    return store === 'dependencies' ? dependencies : store === 'assignments' ? assignments : undefined
  }
  const dependents = dependentsOf(amended(stores, amendmentsOf), tables, index)
  const gone: Gone = {
    tasks: keysOf([...(stores.tasks?.removed ?? []), ...(dependents.get('tasks') ?? [])]),
    resources: keysOf(stores.resources?.removed),
  }
  // A new task below one that goes is known by now.
  if (gone.tasks.size > 0) tasks = places.amendments(gone.tasks)

  const correction = new Correction()
  const whole = amended(stores, amendmentsOf)
  for (const store in stores) {
    const [sent, amendments] = [stores[store], amendmentsOf(store)]
    if (sent && amendments) correction.amended(store, sent, amendments, tables.get(store))
  }
  for (const store of LINK_STORES) {
    const part = whole[store]
    const dangling = danglingLinks(store, whole, tables, gone)
    if (!part || dangling.size === 0) continue
    correction.leftOut(store, part.added?.filter(({ id }) => id !== undefined && dangling.has(idKey(id))) ?? [])
    whole[store] = withoutRecords(part, dangling)
  }
  const hasInput = Object.values(stores).some((part) => part?.$input)
  for (const [store, removed] of dependents) {
    correction.removed(store, removed)
    whole[store] = withRemoved(whole[store], removed, hasInput)
  }
  return { changes: { ...changes, stores: whole }, correction: correction.stores }
}

function amended(
  stores: Changeset,
  amendmentsOf: (store: string) => Amendments | undefined,
): Record<string, StoreChanges> {
  const result: Record<string, StoreChanges> = {}
  for (const store in stores) {
    const [part, amendments] = [stores[store], amendmentsOf(store)]
    if (part) result[store] = amendments ? amendedStore(part, amendments) : part
  }
  return result
}
