/**
 * What the project model holds, as far as the binding knows, against what the client shows. The two are compared only
 * where something changed, so an update costs what it touches.
 *
 *     shown(r)  = the client's record as the model is to see it (`shown-plan.ts`)
 *     known(r)  = what the model was given, or said of itself, last
 *     delta     = from known to shown, for the records that changed
 */
import type { ChangeBatch } from '../../project/change-batch.ts'
import type { AddedRecord, RemovedRecord, StoreChanges, UpdatedRecord } from '../../protocol/changeset.ts'
import { nestTree } from '../../protocol/dialects/bryntum/nest.ts'
import { idKey, isRecordId, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { Fields, PlainRecord } from '../../protocol/records.ts'
import { META_STORE } from '../../store/operations.ts'
import { endsOf, type MirroredClient, ShownPlan } from './shown-plan.ts'
import { sameField } from './wall-clock.ts'

/** Fields of the project that its own engine computes. */
export const COMPUTED_META: ReadonlySet<string> = new Set([
  'id',
  'startDate',
  'endDate',
  'duration',
  'effort',
  'percentDone',
])

/** What is to be told to the model, in the shape of its own changes. */
export interface Delta {
  readonly stores: { readonly [store: string]: StoreChanges }
  readonly meta: Fields | undefined
}

/** What the user has changed of a record and the model has not said yet. */
export type Busy = (store: string, id: RecordId) => Fields | 'removed' | undefined

/** The comparison. */
export class Mirror {
  readonly #client: MirroredClient
  readonly #stores: () => Iterable<string>
  readonly #known = new Map<string, Map<RecordKey, PlainRecord>>()
  readonly #changed = new Map<string, Set<RecordKey>>()
  /** By store: a record's key of today, and the id under which the model has it. */
  readonly #renamed = new Map<string, Map<RecordKey, RecordId>>()
  readonly #plan: ShownPlan
  #meta: Fields = {}
  #metaChanged = false

  constructor(client: MirroredClient, stores: () => Iterable<string>) {
    this.#client = client
    this.#stores = stores
    this.#plan = new ShownPlan(client)
  }

  /** Keys of links that the plan cannot have and the records still do. */
  get cut(): ReadonlySet<RecordKey> {
    return this.#plan.cut
  }

  /** True if there is something to compare. */
  get stale(): boolean {
    return this.#changed.size > 0 || this.#metaChanged
  }

  /** What the model holds of a record; undefined if it has none of that id. */
  known(store: string, id: RecordId): PlainRecord | undefined {
    return this.#known.get(store)?.get(idKey(id))
  }

  knownMeta(): Fields {
    return this.#meta
  }

  /** Notes records that the client shows differently from now on. */
  note({ stores }: ChangeBatch): void {
    for (const [store, { added, updated, removed, rekeyed }] of Object.entries(stores)) {
      if (store === META_STORE) {
        this.#metaChanged = true
        continue
      }
      for (const { from, to } of rekeyed) this.rename(store, from, to)
      for (const { id } of [...added, ...removed, ...updated.map(({ after }) => after)]) this.touch(store, id)
      if (store !== 'tasks') continue
      // A task that came or went moves those that name it as their parent, and shows or hides its links.
      const moved = updated
        .filter(({ before, after }) => before['parentId'] !== after['parentId'])
        .map(({ after }) => after)
      for (const { id } of [...added, ...moved])
        for (const child of this.#client.tasks.children(id)) this.touch('tasks', child.id)
      if (removed.length > 0) this.#touchLooseEnds(removed)
      if (added.length > 0)
        for (const [links, keys] of this.#plan.dangling) for (const key of keys) this.touch(links, key)
    }
  }

  /** A record is to be compared. */
  touch(store: string, id: RecordId): void {
    const keys = this.#changed.get(store)
    if (keys) keys.add(idKey(id))
    else this.#changed.set(store, new Set([idKey(id)]))
  }

  /** A record that the model has under `from` is `to` from now on. */
  rename(store: string, from: RecordId, to: RecordId): void {
    const known = this.#known.get(store)
    const record = known?.get(idKey(from))
    this.#changed.get(store)?.delete(idKey(from))
    this.touch(store, to)
    if (!record) return
    known?.delete(idKey(from))
    known?.set(idKey(to), { ...record, id: to })
    let renamed = this.#renamed.get(store)
    if (!renamed) this.#renamed.set(store, (renamed = new Map()))
    const had = renamed.get(idKey(from)) ?? record.id
    renamed.delete(idKey(from))
    renamed.set(idKey(to), had)
  }

  /** What the client calls a record that the model calls `id`. */
  clientId(store: string, id: RecordId): RecordId {
    for (const [to, from] of this.#renamed.get(store) ?? [])
      if (sameId(from, id)) return this.#known.get(store)?.get(to)?.id ?? id
    return id
  }

  /** What the model calls a record that the client calls `id`. */
  modelId(store: string, id: RecordId): RecordId {
    return this.#renamed.get(store)?.get(idKey(id)) ?? id
  }

  /** The model said of itself that it holds this. */
  learn(store: string, id: RecordId, fields: Fields | undefined): void {
    let known = this.#known.get(store)
    if (!known) this.#known.set(store, (known = new Map()))
    if (fields) known.set(idKey(id), { ...known.get(idKey(id)), ...fields, id })
    else known.delete(idKey(id))
    this.touch(store, id)
  }

  learnMeta(fields: Fields): void {
    this.#meta = { ...this.#meta, ...fields }
  }

  /**
   * From known to shown; known is shown afterwards. `busy` tells fields that the user is editing: they are left as they
   * are, and compared again later. Undefined if nothing differs.
   */
  delta(busy: Busy): Delta | undefined {
    const later: [string, RecordKey][] = []
    const stores: Record<string, StoreChanges> = {}
    const changed = new Map(this.#changed)
    this.#changed.clear()
    this.#plan.cutCircles(changed)
    for (const store of this.#stores()) {
      const part = this.#deltaOf(store, changed.get(store) ?? [], busy, (key) => later.push([store, key]))
      if (part) stores[store] = part
    }
    for (const [store, key] of later) this.touch(store, key)
    const meta = this.#deltaOfMeta()
    return meta || Object.keys(stores).length > 0 ? { stores, meta } : undefined
  }

  /** The model has taken a delta. What its user removed meanwhile has come back by its new id, and has to go. */
  given({ stores }: Delta): void {
    for (const [store, { added = [] }] of Object.entries(stores))
      for (const { id } of added) if (id !== undefined && !this.known(store, id)) this.learn(store, id, {})
  }

  /** Everything, to be loaded. Known is shown afterwards. */
  dataset(): { readonly [store: string]: readonly PlainRecord[] | Fields } {
    this.#known.clear()
    this.#changed.clear()
    this.#renamed.clear()
    this.#metaChanged = false
    this.#plan.startOver()
    const data: Record<string, readonly PlainRecord[] | Fields> = {}
    for (const store of this.#stores()) {
      const shown = this.#client
        .store(store)
        .all()
        .flatMap((record) => this.#plan.shown(store, record) ?? [])
      this.#known.set(store, new Map(shown.map((record) => [idKey(record.id), record])))
      data[store] = store === 'tasks' ? nestTree(shown) : shown
    }
    this.#meta = this.#client.meta
    return { ...data, project: this.#meta }
  }

  #deltaOf(
    store: string,
    keys: Iterable<RecordKey>,
    busy: Busy,
    later: (key: RecordKey) => void,
  ): StoreChanges | undefined {
    const added: AddedRecord[] = []
    const updated: UpdatedRecord[] = []
    const removed: RemovedRecord[] = []
    const known = this.#known.get(store) ?? new Map<RecordKey, PlainRecord>()
    this.#known.set(store, known)
    for (const key of keys) {
      const before = known.get(key)
      const record = this.#client.store(store).get(before?.id ?? key)
      // An id of before: its record has another one by now.
      if (record && idKey(record.id) !== key) continue
      const after = record && this.#plan.shown(store, record)
      const had = this.#renamed.get(store)?.get(key)
      if (after && before && had !== undefined && busy(store, had) !== 'removed') {
        this.#renamed.get(store)?.delete(key)
        added.push({ $PhantomId: had, id: after.id })
      }
      if (!after) {
        if (before) removed.push({ id: had ?? before.id })
        this.#renamed.get(store)?.delete(key)
        known.delete(key)
      } else if (!before && !this.#hasRoom(store, after, busy)) {
        later(key)
      } else if (!before) {
        added.push({ ...after, $PhantomId: after.id })
        known.set(key, after)
      } else {
        const held = busy(store, had ?? after.id)
        const fields = held === 'removed' ? undefined : changedFields(before, after, held)
        if (held) later(key)
        if (fields && store === 'tasks' && 'parentId' in fields && !this.#hasRoom(store, after, busy)) {
          later(key)
          delete fields['parentId']
          delete fields['parentIndex']
        }
        if (fields && Object.keys(fields).length > 0) updated.push({ ...fields, id: after.id })
        known.set(key, fields ? { ...before, ...fields, id: after.id } : before)
      }
    }
    if (added.length + updated.length + removed.length === 0) return undefined
    return {
      ...(added.length > 0 ? { added: store === 'tasks' ? this.#plan.parentsFirst(added) : added } : {}),
      ...(updated.length > 0 ? { updated } : {}),
      ...(removed.length > 0 ? { removed } : {}),
    }
  }

  /** Whether the model still has what a record hangs on: its user may have removed it and not said so yet. */
  #hasRoom(store: string, record: PlainRecord, busy: Busy): boolean {
    const ends =
      store === 'tasks'
        ? [record['parentId']]
        : endsOf(store, record).flatMap(([target, id]) => (target === 'tasks' ? id : []))
    return ends.every((id) => {
      for (let at = isRecordId(id) ? id : undefined; at !== undefined; at = this.#client.tasks.parent(at)?.id)
        if (busy('tasks', this.modelId('tasks', at)) === 'removed') return false
      return true
    })
  }

  #deltaOfMeta(): Fields | undefined {
    if (!this.#metaChanged) return undefined
    this.#metaChanged = false
    const after = this.#client.meta
    const fields = Object.entries(after).filter(
      ([field, value]) => !COMPUTED_META.has(field) && !sameField(value, this.#meta[field]),
    )
    this.#meta = { ...this.#meta, ...after }
    return fields.length > 0 ? Object.fromEntries(fields) : undefined
  }

  /** Records may name tasks that are gone as their parent or their end. */
  #touchLooseEnds(removed: readonly PlainRecord[]): void {
    // Known records may still name them by the ids that the model has.
    const gone = new Set(removed.flatMap(({ id }) => [idKey(id), idKey(this.modelId('tasks', id))]))
    for (const task of this.#known.get('tasks')?.values() ?? [])
      if (isRecordId(task['parentId']) && gone.has(idKey(task['parentId']))) this.touch('tasks', task.id)
    for (const store of ['dependencies', 'assignments'])
      for (const record of this.#known.get(store)?.values() ?? [])
        if (endsOf(store, record).some(([, id]) => id !== undefined && gone.has(id))) this.touch(store, record.id)
  }
}

/** What differs, without what is held; a field that is gone is null. Undefined if nothing does. */
function changedFields(
  before: PlainRecord,
  after: PlainRecord,
  held: Fields | undefined,
): Record<string, unknown> | undefined {
  const fields: Record<string, unknown> = {}
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)]))
    if (field !== 'id' && !(held && field in held) && !sameField(before[field], after[field]))
      fields[field] = after[field] ?? null
  return Object.keys(fields).length > 0 ? fields : undefined
}
