/** Owns what a room refuses to take in: too many records, stores without end, names that are none. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ClientRevision } from '../../client/protocol/messages.ts'
import type { Tables } from '../../client/store/tables.ts'
import { BOUNDS } from './defaults.ts'

const STORE_NAME = /^[A-Za-z][\w-]*$/

/** Why the revisions of a frame cannot be committed; undefined when they can. */
export function changesRefusal(revisions: readonly ClientRevision[], tables: Tables): PlanwireError | undefined {
  let added = 0
  const stores = new Set(tables.keys())
  for (const { changes } of revisions) {
    for (const store in changes.stores) {
      if (!STORE_NAME.test(store) || store.length > BOUNDS.name)
        return refusal('Not a store name', { store: store.slice(0, BOUNDS.name) })
      stores.add(store)
      added += changes.stores[store]?.added?.length ?? 0
    }
  }
  if (stores.size > BOUNDS.stores) return refusal('Too many stores', { limit: BOUNDS.stores })
  if (added === 0) return undefined
  for (const table of tables.values()) added += table.size
  return added > BOUNDS.records ? refusal('Too many records', { limit: BOUNDS.records }) : undefined
}

function refusal(message: string, details: { readonly [key: string]: unknown }): PlanwireError {
  return new PlanwireError('rejected', message, 'drop-changeset', details)
}
