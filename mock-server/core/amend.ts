/** Owns how single records of a changeset are amended: fields left out or set, records left out or removed too, `$input` alike. */
import type {
  AddedRecord,
  Changeset,
  RemovedRecord,
  StoreChanges,
  UpdatedRecord,
} from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'

/** What becomes of one record's entries: fields that are left out, and fields that are set in their place. */
export interface Amendment {
  drops(field: string): boolean
  readonly sets: Fields
}

/** Amendments of one store's records, by key. */
export type Amendments = ReadonlyMap<RecordKey, Amendment>

type Lists = Pick<StoreChanges, 'added' | 'updated' | 'removed'>

/** The changes of a store with its records amended. An edit of which nothing is left is left out. */
export function amendedStore(part: StoreChanges, amendments: Amendments): StoreChanges {
  if (amendments.size === 0) return part
  return everywhere(part, ({ added, updated }) => ({
    ...(added ? { added: added.map((entry) => amendedAdd(entry, amendments)) } : {}),
    ...(updated ? { updated: updated.flatMap((entry) => amendedEdit(entry, amendments)) } : {}),
  }))
}

/** The changes of a store without its new records of these keys, and without edits of them. */
export function withoutRecords(part: StoreChanges, keys: ReadonlySet<RecordKey>): StoreChanges {
  const stays = ({ id }: { readonly id?: RecordId }): boolean => id === undefined || !keys.has(idKey(id))
  return everywhere(part, ({ added, updated }) => ({
    ...(added ? { added: added.filter(stays) } : {}),
    ...(updated ? { updated: updated.filter(stays) } : {}),
  }))
}

/** The changes of a store with further removals. `input`: in what the user did too, which is what some clients take. */
export function withRemoved(
  part: StoreChanges | undefined,
  more: readonly RemovedRecord[],
  input: boolean,
): StoreChanges {
  const longer = ({ removed }: Lists): Lists => ({ removed: [...(removed ?? []), ...more] })
  return {
    ...part,
    ...longer(part ?? {}),
    ...(input ? { $input: { ...part?.$input, ...longer(part?.$input ?? {}) } } : {}),
  }
}

/** Whether an amendment changes an edit. */
export function concerns(amendment: Amendment, edit: UpdatedRecord): boolean {
  return Object.keys(edit).some((field) => amendment.drops(field))
}

/** Keys of the new records of a store. */
export function addedKeys(stores: Changeset, store: string): ReadonlySet<RecordKey> {
  return new Set(stores[store]?.added?.flatMap(({ id }) => (id === undefined ? [] : idKey(id))))
}

/** Keys of records. */
export function keysOf(records: readonly { readonly id: RecordId }[] | undefined): Set<RecordKey> {
  return new Set(records?.map(({ id }) => idKey(id)))
}

function everywhere(part: StoreChanges, change: (lists: Lists) => Lists): StoreChanges {
  const { $input: input } = part
  return { ...part, ...change(part), ...(input ? { $input: { ...input, ...change(input) } } : {}) }
}

function amendedAdd(entry: AddedRecord, amendments: Amendments): AddedRecord {
  const amendment = entry.id === undefined ? undefined : amendments.get(idKey(entry.id))
  return amendment ? { ...without(entry, amendment), ...amendment.sets } : entry
}

function amendedEdit(entry: UpdatedRecord, amendments: Amendments): readonly UpdatedRecord[] {
  const amendment = amendments.get(idKey(entry.id))
  if (!amendment || !concerns(amendment, entry)) return [entry]
  const fields = { ...without(entry, amendment), ...amendment.sets, id: entry.id }
  return Object.keys(fields).length > 1 ? [fields] : []
}

function without(entry: Fields, amendment: Amendment): Fields {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => !amendment.drops(field)))
}
