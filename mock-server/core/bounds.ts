/** Owns what a room refuses to take in: more than it can hold, and names and ids that are none. */
import type { StoreChanges } from '../../client/protocol/changeset.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ClientRevision } from '../../client/protocol/messages.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Tables } from '../../client/store/tables.ts'
import { BOUNDS } from './defaults.ts'

const STORE_NAME = /^[A-Za-z][\w-]*$/

/** Why the revisions of a frame cannot be committed; undefined when they can. Nothing is changed either way. */
export function changesRefusal(
  revisions: readonly ClientRevision[],
  tables: Tables,
  meta: Fields,
): PlanwireError | undefined {
  let added = 0
  let newStores: Set<string> | undefined
  let metaFields: Set<string> | undefined
  for (const { changes, localRevision, conflictResolutionFor, changeset } of revisions) {
    if (isLong(localRevision) || isLong(conflictResolutionFor) || isLong(changeset)) return refusal('Revision too long')
    for (const field in changes.meta) metaFields = (metaFields ?? new Set(Object.keys(meta))).add(field)
    for (const store in changes.stores) {
      const part = changes.stores[store]
      if (part && hasLongIds(part)) return refusal('Id too long')
      if (!tables.has(store)) {
        if (!STORE_NAME.test(store) || isLong(store)) return refusal('Not a store name')
        newStores = (newStores ?? new Set()).add(store)
      }
      added += part?.added?.length ?? 0
    }
  }
  if (newStores && tables.size + newStores.size > BOUNDS.stores) return refusal('Too many stores')
  if (metaFields && metaFields.size > BOUNDS.metaFields) return refusal('Too many project fields')
  if (added === 0) return undefined
  for (const table of tables.values()) added += table.size
  return added > BOUNDS.records ? refusal('Too many records') : undefined
}

function hasLongIds({ added, updated, removed }: StoreChanges): boolean {
  return (
    added?.some(({ id, $PhantomId }) => isLong(id) || isLong($PhantomId)) === true ||
    updated?.some(({ id }) => isLong(id)) === true ||
    removed?.some(({ id }) => isLong(id)) === true
  )
}

function isLong(name: unknown): boolean {
  return typeof name === 'string' && name.length > BOUNDS.name
}

function refusal(message: string): PlanwireError {
  return new PlanwireError('rejected', message, 'drop-changeset')
}
