/**
 * A client's copy of one project: confirmed records, pending changesets, and what the app sees.
 *
 *     confirmed  = what the server ordered, nothing else                       (law 1)
 *     pending    = own changesets that the server has not ordered yet, in the order they were made
 *     visible(r) = confirmed(r), then each pending operation on r, oldest first: the rebase
 *
 * Only records that pending changesets touch have an entry in `overlay`; all others are read from `confirmed`, so a
 * change costs what it touches and never what the project holds.
 *
 * Invariants (checked by `replica-invariants.ts` after every step of the tests):
 *   R1  overlay(r) exists exactly for the records that a pending changeset touches, and equals the rebase of r.
 *   R2  no operation of a pending changeset, and no confirmed record, refers to a phantom id whose real id is known.
 *   R3  `touching` lists exactly the pending changesets that have an operation on r, oldest first.
 *   R4  records are replaced, never mutated: a record that the app holds does not change under it.
 */
import type { ProjectChanges, StoreChanges } from '../protocol/changeset.ts'
import { type ChangesetId, idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { Dataset, Fields, PlainRecord } from '../protocol/records.ts'
import { sharesGroup } from '../store/field-groups.ts'
import {
  addOperation,
  applied,
  META_ID,
  META_STORE,
  type Operation,
  type Operations,
  rewriteOperations,
} from '../store/operations.ts'
import { type IdLookup, referencesOf, resolvedIds, rewriteReferences } from '../store/references.ts'
import { sameRecord } from '../store/same-value.ts'
import { applyChanges, merged, type Table, type Tables, tableOf, tablesOf } from '../store/tables.ts'
import type { Delivery } from './session-types.ts'

/** A changeset of this client that the server has not ordered yet. */
export interface Pending {
  readonly id: ChangesetId
  operations: Operations
  /** How far it has come, for a session; live updates know that by record. */
  delivery?: Delivery
}

/** How one visible record changed. `rekeyedFrom`: it was known under this phantom id before. */
export interface ViewChange {
  readonly store: string
  readonly before: PlainRecord | undefined
  readonly after: PlainRecord | undefined
  readonly rekeyedFrom?: RecordId
}

/** Whole stores that come into sight where nothing was seen before. With an object for each record a load of 10,000 took a seventh more. */
export type Entered = Map<string, readonly PlainRecord[]>

/** What changed in what the app sees. */
export type Seen = readonly ViewChange[] | Entered

/** A pending operation that met a change of others to the same record. */
export interface Crossing {
  readonly pending: Pending
  readonly store: string
  readonly id: RecordId
  /**
   * `removed`: the record is gone, the operation has no effect any more. `overwritten`: both changed the same group of
   * fields. `reference`: one removed what the other refers to.
   */
  readonly kind: 'removed' | 'overwritten' | 'reference'
  /** The record as the server has it now; undefined when it was removed. */
  readonly theirs: PlainRecord | undefined
  readonly ours: Operation
}

/** The state. Use the functions below to change it. */
export interface Replica {
  confirmed: Tables
  pending: Pending[]
  /** What the app sees where it differs from `confirmed`; null where the record is not to be seen. */
  readonly overlay: Map<string, Map<RecordKey, PlainRecord | null>>
  readonly touching: Map<string, Map<RecordKey, Pending[]>>
  /** Real ids of phantoms that were resolved: an id that the app still holds finds its record. */
  readonly realIds: Map<RecordKey, RecordId>
}

/** An empty replica. */
export function createReplica(): Replica {
  return { confirmed: new Map(), pending: [], overlay: new Map(), touching: new Map(), realIds: new Map() }
}

/** The record as the app sees it. Accepts a phantom id whose real id has become known. */
export function visibleRecord(replica: Replica, store: string, id: RecordId): PlainRecord | undefined {
  const record = visibleAt(replica, store, idKey(id))
  if (record) return record
  const real = replica.realIds.get(idKey(id))
  return real === undefined ? undefined : visibleAt(replica, store, idKey(real))
}

/** Every visible record of a store: confirmed ones in the server's order, then new ones in the order they were made. */
export function visibleRecords(replica: Replica, store: string): PlainRecord[] {
  const table = replica.confirmed.get(store)
  const overlay = replica.overlay.get(store)
  if (!overlay?.size) return table ? [...table.values()] : []
  const records: PlainRecord[] = []
  for (const [key, record] of table ?? []) {
    const seen = overlay.get(key)
    if (seen === undefined) records.push(record)
    else if (seen) records.push(seen)
  }
  for (const [key, record] of overlay) if (record && !table?.has(key)) records.push(record)
  return records
}

/** Adds an operation of the app to `pending`, which joins the list if it is new. */
export function operate(replica: Replica, pending: Pending, store: string, operation: Operation): ViewChange[] {
  const key = idKey(operation.id)
  const before = visibleAt(replica, store, key)
  if (replica.pending.at(-1) !== pending && !replica.pending.includes(pending)) replica.pending.push(pending)
  if (addOperation(pending.operations, store, operation)) addTouch(replica, store, key, pending)
  else removeTouch(replica, store, key, pending)
  if (before && operation.type === 'update') {
    // The newest operation on what is seen is the rebase.
    const after = merged(before, operation.fields)
    overlayOf(replica, store).set(key, after)
    return after === before ? [] : [{ store, before, after }]
  }
  rebase(replica, store, key)
  return seenFrom(replica, store, key, before)
}

/** Takes a whole dataset as the confirmed state; pending changesets stay and are rebased on it. */
export function load(replica: Replica, dataset: Dataset): Seen {
  const before = tablesOf(Object.fromEntries(everything(replica)))
  replica.confirmed = tablesOf(dataset.stores)
  if (Object.keys(dataset.meta).length) {
    replica.confirmed.set(META_STORE, new Map([[META_ID, { ...dataset.meta, id: META_ID }]]))
  }
  if (before.size === 0 && replica.pending.length === 0) return everything(replica)
  keepKnownRecords(replica.confirmed, before)
  for (const [store, keys] of replica.touching) for (const key of keys.keys()) rebase(replica, store, key)
  const changes: ViewChange[] = []
  for (const store of new Set([...before.keys(), ...storeNames(replica)])) {
    const old = before.get(store)
    for (const record of visibleRecords(replica, store)) {
      const known = old?.get(idKey(record.id))
      if (known) old?.delete(idKey(record.id))
      if (known === record) continue
      if (known && sameRecord(known, record)) keepRecord(replica, store, idKey(record.id), known)
      else changes.push({ store, before: known, after: record })
    }
    for (const record of old?.values() ?? []) changes.push({ store, before: record, after: undefined })
  }
  return changes
}

/** Every visible record, by store; empty stores are left out. */
export function everything(replica: Replica): Entered {
  const stores: Entered = new Map()
  for (const store of storeNames(replica)) {
    const records = visibleRecords(replica, store)
    if (records.length) stores.set(store, records)
  }
  return stores
}

/** Every change as one of a record. */
export function singly(seen: Seen): readonly ViewChange[] {
  if (!(seen instanceof Map)) return seen
  return [...seen].flatMap(([store, records]) => records.map((after) => ({ store, before: undefined, after })))
}

/** Applies what somebody else changed, in the server's order, and says which pending operations it crossed. */
export function applyRemote(
  replica: Replica,
  changes: ProjectChanges,
): { changes: ViewChange[]; crossings: Crossing[] } {
  if (replica.pending.length === 0 && changes.meta === undefined && isPlain(changes))
    return { changes: applyPlain(replica.confirmed, changes), crossings: [] }
  const view = new View(replica)
  const crossings = crossingsOf(replica, changes)
  applyConfirmed(replica, changes, view)
  return { changes: view.changes(), crossings }
}

/** True if no record can be in two of a store's lists: what each entry does is then what the app sees of it. */
function isPlain({ stores }: ProjectChanges): boolean {
  for (const store in stores) {
    const { added, updated, removed } = stores[store] ?? {}
    if (Number(!!added?.length) + Number(!!updated?.length) + Number(!!removed?.length) > 1) return false
  }
  return true
}

/** Without pending operations visible is confirmed: nothing is noted beforehand, rebased or read again. */
function applyPlain(confirmed: Tables, changes: ProjectChanges): ViewChange[] {
  const seen: ViewChange[] = []
  applyChanges(confirmed, changes, (store, _, before, after) => {
    if (before !== after) seen.push({ store, before, after })
  })
  return seen
}

/**
 * The server ordered an own changeset: it leaves the pending list and becomes confirmed as the server has it
 * (`changes`: real ids filled in, values maybe rewritten). Phantom ids that it resolves are replaced everywhere.
 * `echo`: whether `changes` repeats every field of a new record, or (`partial`) may hold its ids alone, as the
 * documents' example of an answer does.
 */
export function confirm(
  replica: Replica,
  id: ChangesetId,
  changes: ProjectChanges,
  echo: 'whole' | 'partial' = 'whole',
): ViewChange[] {
  const view = new View(replica)
  const own = replica.pending.find((pending) => pending.id === id)
  const ids = resolvedIds(changes)
  release(replica, id, view)
  resolve(replica, ids, view)
  applyConfirmed(replica, own && echo === 'partial' ? completed(changes, own, ids) : changes, view)
  return view.changes()
}

/** New records of an echo, with the fields that their author gave them where the echo has none. */
function completed(changes: ProjectChanges, own: Pending, ids: ReadonlyMap<RecordKey, RecordId>): ProjectChanges {
  const stores: Record<string, StoreChanges> = {}
  for (const store in changes.stores) {
    const part = changes.stores[store]
    if (!part) continue
    const added = part.added?.map((entry) => {
      const operation =
        entry.$PhantomId === undefined ? undefined : own.operations.get(store)?.get(idKey(entry.$PhantomId))
      if (operation?.type !== 'add') return entry
      return { ...rewriteReferences(operation.fields, (id) => ids.get(idKey(id)), store), ...entry }
    })
    stores[store] = added ? { ...part, added } : part
  }
  return { ...changes, stores }
}

/** An own changeset is already part of the confirmed state (a dataset showed it): it leaves the pending list. */
export function settle(replica: Replica, id: ChangesetId, ids: ReadonlyMap<RecordKey, RecordId>): ViewChange[] {
  const view = new View(replica)
  release(replica, id, view)
  resolve(replica, ids, view)
  return view.changes()
}

/** The server refused an own changeset: its effects are undone and what was built on it is rebased. */
export function reject(replica: Replica, id: ChangesetId): ViewChange[] {
  const view = new View(replica)
  release(replica, id, view)
  return view.changes()
}

/**
 * Changesets that were confirmed come back before all others: the server lost them. Their records are new again, so real
 * ids that they were given are phantoms once more, everywhere.
 */
export function restore(replica: Replica, lost: readonly Pending[]): ViewChange[] {
  const view = new View(replica)
  const phantoms = new Map<string, RecordId>()
  for (const { operations } of lost) {
    for (const [store, own] of operations) {
      for (const operation of own.values()) {
        const real = replica.realIds.get(idKey(operation.id))
        if (operation.type !== 'add' || real === undefined) continue
        phantoms.set(`${store} ${idKey(real)}`, operation.id)
        replica.realIds.delete(idKey(operation.id))
      }
    }
  }
  rename(replica, (id, store) => phantoms.get(`${store} ${idKey(id)}`), view, [...lost, ...replica.pending])
  return view.changes()
}

/** Names of all stores that hold or held something. */
function storeNames(replica: Replica): Set<string> {
  return new Set([...replica.confirmed.keys(), ...replica.overlay.keys()])
}

/** The rebase of one record. */
export function rebased(replica: Replica, store: string, key: RecordKey): PlainRecord | undefined {
  let record = replica.confirmed.get(store)?.get(key)
  for (const pending of replica.touching.get(store)?.get(key) ?? []) {
    const operation = pending.operations.get(store)?.get(key)
    if (operation) record = applied(record ?? emptyMeta(store), operation)
  }
  return record
}

/** Collects what the app saw of each record before the step, to tell it afterwards what changed. */
class View {
  readonly #replica: Replica
  readonly #before = new Map<string, Map<RecordKey, PlainRecord | undefined>>()
  readonly #rekeyed = new Map<string, Map<RecordKey, RecordId>>()

  constructor(replica: Replica) {
    this.#replica = replica
  }

  /** Must be called before the record or its pending operations change. */
  note(store: string, key: RecordKey): void {
    let noted = this.#before.get(store)
    if (!noted) this.#before.set(store, (noted = new Map()))
    if (!noted.has(key)) noted.set(key, visibleAt(this.#replica, store, key))
  }

  rekey(store: string, from: RecordId, to: RecordId): void {
    this.note(store, idKey(from))
    this.note(store, idKey(to))
    let rekeyed = this.#rekeyed.get(store)
    if (!rekeyed) this.#rekeyed.set(store, (rekeyed = new Map()))
    rekeyed.set(idKey(to), from)
  }

  /** Rebases every noted record and lists those that look different now. */
  changes(): ViewChange[] {
    const changes: ViewChange[] = []
    for (const [store, noted] of this.#before) {
      const rekeyed = this.#rekeyed.get(store)
      for (const key of noted.keys()) rebase(this.#replica, store, key)
      for (const [to, from] of rekeyed ?? []) {
        const before = noted.get(to) ?? noted.get(idKey(from))
        const after = visibleAt(this.#replica, store, to)
        noted.delete(to)
        noted.delete(idKey(from))
        if (before || after)
          changes.push(before && after ? { store, before, after, rekeyedFrom: from } : { store, before, after })
      }
      for (const [key, before] of noted) changes.push(...seenFrom(this.#replica, store, key, before))
    }
    return changes
  }
}

/** How a record looks different from `before`, if it does. One that says the same is the same object again. */
function seenFrom(replica: Replica, store: string, key: RecordKey, before: PlainRecord | undefined): ViewChange[] {
  const after = visibleAt(replica, store, key)
  if (before === after) return []
  if (!before || !after || !sameRecord(before, after)) return [{ store, before, after }]
  keepRecord(replica, store, key, before)
  return []
}

function visibleAt(replica: Replica, store: string, key: RecordKey): PlainRecord | undefined {
  const seen = replica.overlay.get(store)?.get(key)
  return seen === undefined ? replica.confirmed.get(store)?.get(key) : (seen ?? undefined)
}

function rebase(replica: Replica, store: string, key: RecordKey): void {
  if (replica.touching.get(store)?.has(key)) overlayOf(replica, store).set(key, rebased(replica, store, key) ?? null)
  else replica.overlay.get(store)?.delete(key)
}

function overlayOf(replica: Replica, store: string): Map<RecordKey, PlainRecord | null> {
  let overlay = replica.overlay.get(store)
  if (!overlay) replica.overlay.set(store, (overlay = new Map()))
  return overlay
}

function applyConfirmed(replica: Replica, changes: ProjectChanges, view: View): void {
  for (const store in changes.stores) {
    const part = changes.stores[store]
    for (const entry of part?.added ?? []) if (entry.id !== undefined) view.note(store, idKey(entry.id))
    for (const entry of part?.updated ?? []) view.note(store, idKey(entry.id))
    for (const entry of part?.removed ?? []) view.note(store, idKey(entry.id))
  }
  applyChanges(replica.confirmed, changes)
  if (changes.meta) {
    view.note(META_STORE, META_ID)
    const meta = tableOf(replica.confirmed, META_STORE)
    meta.set(META_ID, { ...meta.get(META_ID), ...changes.meta, id: META_ID })
  }
}

/** Takes a changeset off the pending list. Its records are rebased when the view is read. */
function release(replica: Replica, id: ChangesetId, view: View): void {
  const at = replica.pending.findIndex((pending) => pending.id === id)
  const [pending] = at < 0 ? [] : replica.pending.splice(at, 1)
  if (!pending) return
  for (const [store, own] of pending.operations) {
    for (const key of own.keys()) {
      view.note(store, key)
      removeTouch(replica, store, key, pending)
    }
  }
}

/** Puts real ids in the place of phantom ids in every pending changeset (R2). */
function resolve(replica: Replica, ids: ReadonlyMap<RecordKey, RecordId>, view: View): void {
  if (ids.size === 0) return
  for (const [phantom, real] of ids) replica.realIds.set(phantom, real)
  for (const store of storeNames(replica)) {
    const overlay = replica.overlay.get(store)
    for (const [phantom, real] of ids) if (overlay?.has(phantom)) view.rekey(store, phantom, real)
  }
  rename(replica, (id) => ids.get(idKey(id)), view, replica.pending)
}

/** Replaces ids in pending changesets and files them anew, as `list`. */
function rename(replica: Replica, lookup: IdLookup, view: View, list: Pending[]): void {
  for (const pending of replica.pending) {
    for (const [store, own] of pending.operations) {
      for (const key of own.keys()) {
        view.note(store, key)
        removeTouch(replica, store, key, pending)
      }
    }
  }
  replica.pending = list
  for (const pending of list) {
    pending.operations = rewriteOperations(pending.operations, lookup)
    for (const [store, own] of pending.operations) {
      for (const key of own.keys()) {
        view.note(store, key)
        addTouch(replica, store, key, pending)
      }
    }
  }
}

function crossingsOf(replica: Replica, changes: ProjectChanges): Crossing[] {
  const crossings: Crossing[] = []
  if (replica.pending.length === 0) return crossings
  const cross = (
    store: string,
    id: RecordId,
    theirs: PlainRecord | undefined,
    kind: (ours: Operation) => Crossing['kind'] | undefined,
  ): void => {
    for (const pending of replica.touching.get(store)?.get(idKey(id)) ?? []) {
      const ours = pending.operations.get(store)?.get(idKey(id))
      const met = ours && kind(ours)
      if (ours && met) crossings.push({ pending, store, id, kind: met, theirs, ours })
    }
  }
  const overwrites = (theirs: Fields) => (ours: Operation) =>
    ours.type !== 'remove' && sharesGroup(ours.fields, theirs) ? 'overwritten' : undefined
  const removed = new Set<string>()
  for (const store in changes.stores) {
    const part = changes.stores[store]
    for (const entry of part?.updated ?? []) cross(store, entry.id, entry, overwrites(entry))
    for (const entry of part?.removed ?? []) {
      removed.add(`${store} ${idKey(entry.id)}`)
      cross(store, entry.id, undefined, (ours) => (ours.type === 'remove' ? undefined : 'removed'))
    }
    for (const entry of [...(part?.added ?? []), ...(part?.updated ?? [])]) {
      // Others refer to a record that is being removed here.
      for (const [target, id] of referencesOf(entry, store)) {
        cross(target, id, undefined, (ours) => (ours.type === 'remove' ? 'reference' : undefined))
      }
    }
  }
  if (changes.meta) cross(META_STORE, META_ID, { ...changes.meta, id: META_ID }, overwrites(changes.meta))
  if (removed.size > 0) crossings.push(...brokenReferences(replica, removed))
  return crossings
}

/** Pending operations that refer to a record which others removed (`removed`: store and key). */
function brokenReferences(replica: Replica, removed: ReadonlySet<string>): Crossing[] {
  const crossings: Crossing[] = []
  for (const pending of replica.pending) {
    for (const [store, own] of pending.operations) {
      for (const ours of own.values()) {
        if (ours.type === 'remove') continue
        const broken = referencesOf(ours.fields, store).some(([target, id]) => removed.has(`${target} ${idKey(id)}`))
        if (broken) crossings.push({ pending, store, id: ours.id, kind: 'reference', theirs: undefined, ours })
      }
    }
  }
  return crossings
}

function addTouch(replica: Replica, store: string, key: RecordKey, pending: Pending): void {
  let keys = replica.touching.get(store)
  if (!keys) replica.touching.set(store, (keys = new Map()))
  const list = keys.get(key)
  if (!list) keys.set(key, [pending])
  else if (!list.includes(pending)) list.push(pending)
}

function removeTouch(replica: Replica, store: string, key: RecordKey, pending: Pending): void {
  const keys = replica.touching.get(store)
  const rest = keys?.get(key)?.filter((other) => other !== pending)
  if (rest?.length) keys?.set(key, rest)
  else keys?.delete(key)
}

/** The project's own fields may be edited before a dataset brought any. */
function emptyMeta(store: string): PlainRecord | undefined {
  return store === META_STORE ? { id: META_ID } : undefined
}

/** Keeps the object that the app already holds when a confirmed record says the same. */
function keepRecord(replica: Replica, store: string, key: RecordKey, record: PlainRecord): void {
  if (replica.overlay.get(store)?.has(key)) replica.overlay.get(store)?.set(key, record)
  else if (replica.confirmed.get(store)?.has(key)) replica.confirmed.get(store)?.set(key, record)
}

function keepKnownRecords(confirmed: Tables, known: ReadonlyMap<string, Table>): void {
  for (const [store, table] of confirmed) {
    const old = known.get(store)
    if (!old?.size) continue
    for (const [key, record] of table) {
      const before = old.get(key)
      if (before && sameRecord(before, record)) table.set(key, before)
    }
  }
}
