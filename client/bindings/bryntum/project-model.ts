/**
 * The part of Bryntum's public API that the binding drives, as structural types: shipped code never imports the
 * product, so an app brings any of its 7.x packages. Source: the API reference of ProjectModel and
 * StateTrackingManager 7.3.
 */
import type { RecordId } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'

/** A record as a store holds it. */
export interface BryntumRecord {
  readonly id: RecordId
  /** The value of a field: dates are `Date`. Declared as a method's type, so that narrower signatures fit. */
  get(field: string): unknown
  readonly isPhantom?: boolean
  /** All fields that are stored. */
  readonly persistableData?: object
  /** Trees only: the sub-records in their order. */
  readonly children?: readonly BryntumRecord[] | true | null
  insertChild?(child: never, before?: never): unknown
}

/** A store. */
export interface BryntumStore {
  getById(id: RecordId): unknown
  readonly rootNode?: unknown
  readonly records?: readonly unknown[]
  on?(listeners: object | string): unknown
}

/** The undo machinery. */
export interface BryntumStm {
  readonly disabled: boolean
  /** True while an undo step is open: a form, a drag, the moment after an edit. */
  readonly isRecording: boolean
  /** True while it undoes, redoes or takes revisions; for ever when that has failed. */
  readonly isRestoring?: boolean
  /** Set in the configuration: the project tells and takes revisions. */
  readonly revisionsEnabled?: boolean
  enable(): void
  disable(): void
  resetQueue(): void
  on(listeners: object | string): unknown
}

/** What `revisionNotification` tells. */
export interface BryntumRevision {
  readonly localRevisionId: RecordId
  readonly clientId: RecordId
  readonly conflictResolutionFor?: RecordId
  readonly changes: object
}

/** What `applyRevisions` takes. */
export interface BryntumRevisionInfo {
  readonly revisionId: RecordId
  readonly localRevisionId: RecordId
  readonly clientId: RecordId
  readonly conflictResolutionFor?: RecordId
  readonly changes: object
}

/** A ProjectModel. */
export interface BryntumProject {
  readonly changes: object | null
  acceptChanges(): void
  applyProjectChanges(changes: object): Promise<unknown>
  loadInlineData(data: object): Promise<unknown>
  commitAsync(): Promise<unknown>
  readonly taskStore: BryntumStore
  readonly resourceStore: BryntumStore
  readonly dependencyStore: BryntumStore
  readonly assignmentStore: BryntumStore
  readonly crudStores?: readonly unknown[]
  readonly stm: BryntumStm
  on(listeners: object | string): unknown
  trigger(event: string, payload?: object): unknown
  initRevisions?(clientId: string, revisionId?: string): void
  applyRevisions?(revisions: BryntumRevisionInfo[]): Promise<unknown>
  ignoreRemoteChangesInSTM?: boolean
  readonly loadUrl?: unknown
  readonly syncUrl?: unknown
  readonly autoSync?: unknown
}

/** What the project's own description of a store of the data says. */
interface StoreDescriptor {
  readonly storeId: string
  readonly store: BryntumStore
}

/** The stores of a project under the names that they have in changes. Stores of features that are off are not among them. */
export function storesOf(project: BryntumProject): Map<string, BryntumStore> {
  const stores = new Map<string, BryntumStore>([
    ['calendars', noStore],
    ['resources', project.resourceStore],
    ['tasks', project.taskStore],
    ['dependencies', project.dependencyStore],
    ['assignments', project.assignmentStore],
  ])
  for (const descriptor of project.crudStores ?? [])
    if (isDescriptor(descriptor)) stores.set(descriptor.storeId, descriptor.store)
  return stores
}

/** Stands in for a store that the project does not name: it is driven by name alone. */
const noStore: BryntumStore = { getById: () => undefined }

function isDescriptor(value: unknown): value is StoreDescriptor {
  return (
    typeof value === 'object' &&
    value !== null &&
    'storeId' in value &&
    typeof value.storeId === 'string' &&
    'store' in value
  )
}

/** The record of an id, if the store has one. */
export function recordOf(store: BryntumStore | undefined, id: RecordId): BryntumRecord | undefined {
  const record = store?.getById(id)
  return isRecord(record) ? record : undefined
}

export function isRecord(value: unknown): value is BryntumRecord {
  return typeof value === 'object' && value !== null && 'id' in value && 'get' in value
}

/** Calls the function that `on` gave, if it gave one. */
export function cancelOf(listener: unknown): () => void {
  return () => {
    if (typeof listener === 'function') listener()
  }
}

/** Fields of a wire entry. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}
