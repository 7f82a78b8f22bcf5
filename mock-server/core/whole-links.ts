/** Owns the ends of dependencies and assignments in a changeset: which of them would point at nothing. Nothing is changed here. */
import type { Changeset } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { type Amendment, type Amendments, addedKeys } from './amend.ts'
import { endsOf, isEnd, type LinkStore } from './reference-index.ts'

/** Keys of tasks and resources that go with the changeset. */
export interface Gone {
  readonly tasks: ReadonlySet<RecordKey>
  readonly resources: ReadonlySet<RecordKey>
}

const NOBODY: Gone = { tasks: new Set(), resources: new Set() }

/** Edits that point a link at something that is not there, not even new: they leave its ends as they are. */
export function strayingEdits(store: LinkStore, stores: Changeset, tables: Tables): Amendments {
  const updated = stores[store]?.updated
  const amendments = new Map<RecordKey, Amendment>()
  if (!updated || updated.length === 0) return amendments
  const stands = endChecker(stores, tables, NOBODY)
  for (const edit of updated) {
    if (endsOf(store, edit).every(stands)) continue
    amendments.set(idKey(edit.id), { drops: (field) => isEnd(store, field), sets: {} })
  }
  return amendments
}

/** Keys of new links that would point at nothing. */
export function danglingLinks(store: LinkStore, stores: Changeset, tables: Tables, gone: Gone): ReadonlySet<RecordKey> {
  const { added, updated } = stores[store] ?? {}
  const dangling = new Set<RecordKey>()
  if (!added || added.length === 0) return dangling
  const links = new Map<RecordKey, Fields>()
  for (const link of added) if (link.id !== undefined) links.set(idKey(link.id), link)
  for (const edit of updated ?? []) {
    const link = links.get(idKey(edit.id))
    if (link) links.set(idKey(edit.id), { ...link, ...edit })
  }
  const stands = endChecker(stores, tables, gone)
  for (const [key, link] of links) if (!endsOf(store, link).every(stands)) dangling.add(key)
  return dangling
}

/** Tells whether something stands to which a link may point. */
function endChecker(stores: Changeset, tables: Tables, gone: Gone): (end: readonly [keyof Gone, RecordId]) => boolean {
  const added = { tasks: addedKeys(stores, 'tasks'), resources: addedKeys(stores, 'resources') }
  return ([store, id]) => {
    const key = idKey(id)
    return !gone[store].has(key) && (tables.get(store)?.has(key) === true || added[store].has(key))
  }
}
