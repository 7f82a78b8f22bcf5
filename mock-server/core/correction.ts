/**
 * Owns what the author of a changeset is told beyond it. An author who took the own changeset for the truth does not know
 * the fields of edited records that stayed as they were, and the records that are not there: those that went along, and
 * new ones that were left out (told as added under their real ids and removed, so that temporary ids come to an end).
 */
import type {
  AddedRecord,
  Changeset,
  ProjectChanges,
  RemovedRecord,
  StoreChanges,
  UpdatedRecord,
} from '../../client/protocol/changeset.ts'
import { idKey, type RecordKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import type { Table } from '../../client/store/tables.ts'
import { type Amendment, type Amendments, concerns, keysOf } from './amend.ts'

/** Collects what differs. */
export class Correction {
  readonly #stores = new Map<string, Required<Pick<StoreChanges, 'added' | 'updated' | 'removed'>>>()

  /** Everything that was collected; undefined when the author knows all. */
  get stores(): Changeset | undefined {
    if (this.#stores.size === 0) return undefined
    const stores: Record<string, StoreChanges> = {}
    for (const [store, { added, updated, removed }] of this.#stores) {
      stores[store] = {
        ...(added.length > 0 ? { added } : {}),
        ...(updated.length > 0 ? { updated } : {}),
        ...(removed.length > 0 ? { removed } : {}),
      }
    }
    return stores
  }

  /** New records that were left out. */
  leftOut(store: string, records: readonly AddedRecord[]): void {
    const removed = records.flatMap(({ id }) => (id === undefined ? [] : { id }))
    this.#note(store, { added: records, updated: [], removed })
  }

  /** Records that went with others. */
  removed(store: string, removed: readonly RemovedRecord[]): void {
    this.#note(store, { added: [], updated: [], removed })
  }

  /** Edits of records that stay; `table` holds them as they were. */
  amended(store: string, sent: StoreChanges, amendments: Amendments, table: Table | undefined): void {
    const fields = new Map<RecordKey, Set<string>>()
    for (const edit of sent.updated ?? []) {
      const key = idKey(edit.id)
      const amendment = amendments.get(key)
      if (!amendment || !concerns(amendment, edit)) continue
      const known = fields.get(key) ?? new Set<string>()
      for (const field in edit) if (amendment.drops(field)) known.add(field)
      fields.set(key, known)
    }
    const updated: UpdatedRecord[] = []
    for (const [key, dropped] of fields) {
      const [record, amendment] = [table?.get(key), amendments.get(key)]
      if (record && amendment) updated.push(asItIs(record, amendment, dropped))
    }
    this.#note(store, { added: [], updated, removed: [] })
  }

  #note(store: string, more: Required<Pick<StoreChanges, 'added' | 'updated' | 'removed'>>): void {
    if (more.added.length + more.updated.length + more.removed.length === 0) return
    const known = this.#stores.get(store)
    this.#stores.set(store, {
      added: [...(known?.added ?? []), ...more.added],
      updated: [...(known?.updated ?? []), ...more.updated],
      removed: [...(known?.removed ?? []), ...more.removed],
    })
  }
}

/** A changeset together with its correction. */
export function correctedChanges(changes: ProjectChanges, correction: Changeset | undefined): ProjectChanges {
  if (!correction) return changes
  const stores: Record<string, StoreChanges | undefined> = { ...changes.stores }
  for (const store in correction) {
    const [part = {}, more = {}] = [stores[store], correction[store]]
    const known = keysOf(part.removed)
    const removed = (more.removed ?? []).filter(({ id }) => !known.has(idKey(id)))
    stores[store] = {
      ...part,
      ...(more.added ? { added: [...(part.added ?? []), ...more.added] } : {}),
      ...(more.updated ? { updated: [...(part.updated ?? []), ...more.updated] } : {}),
      ...(removed.length > 0 ? { removed: [...(part.removed ?? []), ...removed] } : {}),
    }
  }
  return { ...changes, stores }
}

/** The fields of an edited record that are not as its author said; null clears one that the record does not have. */
function asItIs(record: PlainRecord, { drops, sets }: Amendment, dropped: ReadonlySet<string>): UpdatedRecord {
  const fields: Record<string, unknown> = {}
  for (const field of [...dropped, ...Object.keys(record).filter(drops)]) {
    // A mark of the frame, never a field of the record.
    if (field !== '$PhantomParentId') fields[field] = record[field] ?? null
  }
  return { ...fields, ...sets, id: record.id }
}
