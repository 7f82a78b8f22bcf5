/**
 * A changeset: what one transaction did, per store, in the shape of Bryntum's `project.changes` (source: "Sync multiple
 * clients in real-time with WebSockets", projectChange).
 *
 * Written by `node scripts/protocol.js` from `schema/`: change it there.
 */
import type { RecordId } from './ids.ts'
import type { Fields } from './records.ts'

/**
 * A new record. `$PhantomId` is the temporary id its author gave it; the server answers with the same record and the
 * real `id`. `$PhantomParentId` repeats a `parentId` that is itself temporary.
 */
export interface AddedRecord extends Fields {
  readonly id?: RecordId
  readonly $PhantomId?: RecordId
  readonly $PhantomParentId?: RecordId
}

/** An edit: the id and only the fields that changed. */
export interface UpdatedRecord extends Fields {
  readonly id: RecordId
}

/** A removal, by id. */
export interface RemovedRecord extends Fields {
  readonly id: RecordId
}

/**
 * Changes of one store. `$input` (2025 dialect) is what the user did, beside what the scheduling engine made of it;
 * carried along untouched but for ids.
 */
export interface StoreChanges {
  readonly added?: readonly AddedRecord[]
  readonly updated?: readonly UpdatedRecord[]
  readonly removed?: readonly RemovedRecord[]
  readonly $input?: {
    readonly added?: readonly AddedRecord[]
    readonly updated?: readonly UpdatedRecord[]
    readonly removed?: readonly RemovedRecord[]
  }
}

/**
 * Changes of one transaction: a store name to its changes, and under `project` the project's own fields. A parent
 * precedes its children in `added`; a removed parent's descendants are listed too.
 */
export interface Changeset {
  readonly [store: string]: StoreChanges | undefined
}

/** The key of a changeset that holds the project's own fields instead of a store. */
export const PROJECT_FIELDS = 'project'

/**
 * A changeset plus the project's own fields, as it travels. The codec lifts `changes.project` out, so that every key of
 * `stores` is a store.
 */
export interface ProjectChanges {
  readonly stores: Changeset
  /** New values of the project's own fields, if any changed. */
  readonly meta?: Fields
}
