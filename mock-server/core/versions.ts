/**
 * Owns the content of saved versions: about 100 kB each, so it stays out of broadcasts and datasets and is handed out
 * on request alone. In the log it stands where the author put it, in the record.
 */
import type { ProjectChanges, StoreChanges } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { Dataset, PlainRecord } from '../../client/protocol/records.ts'

const STORE = 'versions'

/** The contents of a room's versions. */
export class VersionContents {
  readonly #contents = new Map<RecordKey, unknown>()

  /** The content of a version; undefined when there is none. */
  get(id: RecordId): unknown {
    return this.#contents.get(idKey(id))
  }

  /** Keeps the contents that the changes bring, forgets those of removed versions; answers the changes without them. */
  take(changes: ProjectChanges): ProjectChanges {
    const part = changes.stores[STORE]
    if (!part) return changes
    for (const { id, content } of [...(part.added ?? []), ...(part.updated ?? [])]) {
      if (id !== undefined && content !== undefined) this.#contents.set(idKey(id), content)
    }
    for (const { id } of part.removed ?? []) this.#contents.delete(idKey(id))
    return withoutContents(changes)
  }

  /** Starts over with the contents of a dataset; answers the dataset without them. */
  takeAll(dataset: Dataset): Dataset {
    this.#contents.clear()
    const versions = dataset.stores[STORE]
    if (!versions?.some(({ content }) => content !== undefined)) return dataset
    for (const { id, content } of versions) if (content !== undefined) this.#contents.set(idKey(id), content)
    return { ...dataset, stores: { ...dataset.stores, [STORE]: versions.map(withoutContent) } }
  }

  /** The dataset with every content in its record again, as a snapshot keeps it. */
  putBack(dataset: Dataset): Dataset {
    const versions = dataset.stores[STORE]
    if (!versions || this.#contents.size === 0) return dataset
    const whole = versions.map((record): PlainRecord => {
      const content = this.#contents.get(idKey(record.id))
      return content === undefined ? record : { ...record, content }
    })
    return { ...dataset, stores: { ...dataset.stores, [STORE]: whole } }
  }
}

/** The changes as everybody may see them. */
export function withoutContents(changes: ProjectChanges): ProjectChanges {
  const part = changes.stores[STORE]
  return part ? { ...changes, stores: { ...changes.stores, [STORE]: stripped(part) } } : changes
}

type Lists = Pick<StoreChanges, 'added' | 'updated'>

function stripped(part: StoreChanges): StoreChanges {
  const lists = (from: Lists): Lists => ({
    ...(from.added ? { added: from.added.map(withoutContent) } : {}),
    ...(from.updated ? { updated: from.updated.map(withoutContent) } : {}),
  })
  return { ...part, ...lists(part), ...(part.$input ? { $input: { ...part.$input, ...lists(part.$input) } } : {}) }
}

function withoutContent<T extends { readonly [field: string]: unknown }>(record: T): T {
  if (!('content' in record)) return record
  const { content: _, ...fields } = record
  // The rest of a record without a field that no record type requires is a record of the same type.
  return fields as unknown as T
}
