/**
 * Owns what is remembered of records that came and went on this connection, for servers without the extension: they show removed
 * records again, and make one thing or another of adds that are sent again.
 */
import type { ProjectChanges } from '../protocol/changeset.ts'
import { idKey, type RecordId } from '../protocol/ids.ts'
import type { ServerRevision } from '../protocol/messages.ts'
import type { Dataset, PlainRecord } from '../protocol/records.ts'
import { referencesOf } from '../store/references.ts'
import type { ProjectCopy } from './session-types.ts'

/** Removed records that are remembered on servers without the extension; of more, the oldest are forgotten. */
const REMOVED_KEPT = 10_000

/**
 * Remembers what was removed on this connection. True if a record is added that is there, or that was removed, or that refers
 * to something that is gone: an add that was sent again, of which servers without the extension make one thing or another.
 */
export function noteLives({ removed, replica }: ProjectCopy, { stores }: ServerRevision['changes']): boolean {
  let again = false
  const fresh = new Set<string>()
  for (const store in stores)
    for (const { id } of stores[store]?.added ?? []) if (id !== undefined) fresh.add(`${store} ${idKey(id)}`)
  const isThere = ([store, id]: readonly [string, RecordId]): boolean =>
    replica.confirmed.get(store)?.has(idKey(id)) === true || fresh.has(`${store} ${idKey(id)}`)
  for (const store in stores) {
    for (const entry of stores[store]?.added ?? []) {
      const { id } = entry
      if (id === undefined) continue
      again ||= removed.delete(`${store} ${idKey(id)}`) || replica.confirmed.get(store)?.has(idKey(id)) === true
      again ||= !referencesOf(entry, store).every(isThere)
    }
    for (const { id } of stores[store]?.removed ?? []) removed.add(`${store} ${idKey(id)}`)
    for (const oldest of removed) {
      if (removed.size <= REMOVED_KEPT) break
      removed.delete(oldest)
    }
  }
  return again
}

/** Without what was removed on this connection: the vendor's server of 2022 shows some of it again. */
export function withoutRemoved({ removed }: ProjectCopy, dataset: Dataset): Dataset {
  if (removed.size === 0) return dataset
  const stores = Object.entries(dataset.stores).map(([store, records]): [string, readonly PlainRecord[]] => [
    store,
    records.filter(({ id }) => !removed.has(`${store} ${idKey(id)}`)),
  ])
  return { ...dataset, stores: Object.fromEntries(stores) }
}

/**
 * A record comes into being under an id that an unconfirmed removal names: a server that lost its memory gives ids again.
 * Whether the removal met the old record or the new one, a dataset tells.
 */
export function addedAnew(copy: ProjectCopy, { stores }: ProjectChanges): boolean {
  let found = false
  for (const store in stores) {
    for (const { id } of stores[store]?.added ?? []) {
      for (const pending of id === undefined ? [] : (copy.replica.touching.get(store)?.get(idKey(id)) ?? [])) {
        const { delivery } = pending
        const removes = id !== undefined && pending.operations.get(store)?.get(idKey(id))?.type === 'remove'
        if (!removes || delivery?.status !== 'unconfirmed') continue
        pending.delivery = { ...delivery, asStored: true }
        found = true
      }
    }
  }
  return found
}
