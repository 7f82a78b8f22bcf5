/**
 * What can be undone and redone: the steps of this client's own transactions, newest last. Pure bookkeeping; the project
 * client makes the edits, as ordinary changesets, and what they change is recorded as the step the other way.
 *
 *     edit ──close──> undo steps ──undo: inverse on today's records──> redo steps
 *                         ^────────────redo: inverse of what that did──────┘
 *
 * Ids change under a step: a phantom id becomes real, a removed record comes back as a new one, a server that lost its
 * tail makes a real id a phantom again. Steps keep the ids that they were recorded with; `aliases` leads to today's.
 */
import { type ChangesetId, idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import { type IdLookup, rewriteReferences } from '../store/references.ts'
import { saysTheSame } from '../store/same-value.ts'
import { type Edit, inverse, type UndoView } from './inverse.ts'
import { type Seen, singly } from './replica.ts'
import { type Change, changeOf, type Entry, folded } from './step.ts'

/** Transactions of one group are one step if each follows the former within this time. */
const GROUP_MS = 1_000
/** A group that grows longer begins another step. */
const GROUP_TRANSACTIONS = 1_000
/** Aliases kept before they are written into the steps. */
const ALIASES = 1_000

/** What the app can show on its buttons. */
export interface HistoryState {
  readonly canUndo: boolean
  readonly canRedo: boolean
  /** Label of the step that `undo()` takes back, if it was given one. */
  readonly undoLabel: string | undefined
  readonly redoLabel: string | undefined
}

/** How a step is filed. */
export interface StepOptions {
  readonly label?: string | undefined
  /** Steps with the same key merge, see {@link GROUP_MS}. */
  readonly group?: string | undefined
}

/** What a step is: an edit of the user, the undo or redo of one, or nothing to be remembered. */
export type StepKind = 'edit' | 'undo' | 'redo' | 'forgotten'

/** By store and record key. Keys made of both cost 10,000 edits in one transaction a fifth to a third more. */
type Entries = Map<string, Map<RecordKey, Entry>>

/** What one changeset did. */
interface Part {
  readonly changeset: ChangesetId | undefined
  readonly entries: Entries
}

interface Step {
  readonly label: string | undefined
  readonly parts: Part[]
}

/** Undo and redo steps of one project. */
export class UndoHistory {
  readonly #limit: number
  #undo: Step[] = []
  #redo: Step[] = []
  /** What was recorded since the last step was closed. */
  #open: Entries = new Map()
  #group: { readonly key: string; readonly atMs: number } | undefined
  readonly #aliases = new Map<string, RecordId>()

  /** `limit`: how many steps are kept. */
  constructor(limit: number) {
    this.#limit = limit
  }

  /** What can be done now. */
  get state(): HistoryState {
    const undo = this.#undo.at(-1)
    const redo = this.#redo.at(-1)
    return {
      canUndo: undo !== undefined || this.#open.size > 0,
      canRedo: redo !== undefined,
      undoLabel: this.#open.size > 0 ? undefined : undo?.label,
      redoLabel: redo?.label,
    }
  }

  /** Notes an edit that is about to be made. `current`: the record before it. */
  record(store: string, operation: Operation, current: PlainRecord | undefined): void {
    const change = changeOf(operation, current)
    if (change && this.#limit > 0)
      add(this.#open, this.#keyOf(store, operation.id), { store, id: operation.id, change })
  }

  /** Ends what was recorded since the last call, as a part of that changeset. */
  close(as: StepKind, changeset?: ChangesetId, atMs = 0, { label, group }: StepOptions = {}): void {
    const part: Part = { changeset, entries: this.#open }
    this.#open = new Map()
    if (part.entries.size === 0 || as === 'forgotten') return
    if (as !== 'edit') (as === 'undo' ? this.#undo : this.#redo).pop()
    if (as === 'undo') {
      this.#redo.push({ label, parts: [part] })
      return
    }
    const top = this.#undo.at(-1)
    const grows = as === 'edit' && group !== undefined && group === this.#group?.key
    if (as === 'edit') this.#redo = []
    if (top && grows && atMs - (this.#group?.atMs ?? 0) <= GROUP_MS && top.parts.length < GROUP_TRANSACTIONS) {
      top.parts.push(part)
    } else {
      this.#undo.push({ label, parts: [part] })
      if (this.#undo.length > this.#limit) this.#undo.shift()
    }
    this.#group = as === 'edit' && group !== undefined ? { key: group, atMs } : undefined
  }

  /**
   * The newest step of which something is left to take back, as the edits that do so; steps of which others left nothing
   * are dropped. The caller makes the edits and closes them as `direction`, which moves the step to the other side.
   */
  next(direction: 'undo' | 'redo', view: UndoView): { label: string | undefined; edits: Edit[] } | undefined {
    this.#group = undefined
    const steps = direction === 'undo' ? this.#undo : this.#redo
    const lookup: IdLookup = (id, store) => (store === undefined ? undefined : this.#today(store, id, view))
    for (let step = steps.at(-1); step; step = steps.at(-1)) {
      const entries: Entries = new Map()
      for (const part of step.parts) {
        for (const entry of listed(part.entries)) {
          const id = this.#today(entry.store, entry.id, view)
          add(entries, idKey(id), { ...entry, id })
        }
      }
      const edits = inverse(listed(entries), view, lookup, (store, from, to) => this.#rename(store, from, to))
      if (edits.length) return { label: step.label, edits }
      steps.pop()
    }
    return undefined
  }

  /**
   * A changeset was refused: what it did leaves the history. What came after it is as if it had never been: a value that it
   * had set is not one to go back to.
   */
  rejected(changeset: ChangesetId): void {
    this.#writeIds()
    const steps = [...this.#undo, ...this.#redo]
    const parts = steps.flatMap((step) => step.parts)
    parts.forEach((part, at) => {
      if (part.changeset !== changeset) return
      for (const [store, own] of part.entries)
        for (const [key, { change }] of own)
          if (change.type === 'updated') bequeath(store, key, change, parts.slice(at + 1))
    })
    for (const step of steps) {
      step.parts.splice(0, step.parts.length, ...step.parts.filter((part) => part.changeset !== changeset))
    }
    this.#undo = this.#undo.filter((step) => step.parts.length)
    this.#redo = this.#redo.filter((step) => step.parts.length)
  }

  /** Follows ids that change, and the server's word on the changeset `own`: what it made of a value is what the step set. */
  seen(changes: Seen, own?: ChangesetId): void {
    if (this.#undo.length + this.#redo.length + this.#open.size === 0) return
    const set = own === undefined ? undefined : this.#partOf(own)?.entries
    const keys = set && new Map([...set].map(([store, own]) => [store, this.#keysToday(store, own)]))
    for (const { store, before, after, rekeyedFrom } of singly(changes)) {
      if (!after) continue
      const key = before && keys?.get(store)?.get(this.#keyOf(store, before.id))
      if (key !== undefined && before) settle(set?.get(store), key, before, after)
      if (rekeyedFrom !== undefined) this.#rename(store, rekeyedFrom, after.id)
      else if (!before) {
        // A phantom id that had become real is back: the server lost the record, and it is new again.
        const real = this.#aliases.get(`${store} ${idKey(after.id)}`)
        if (real !== undefined) this.#rename(store, this.#resolved(store, real), after.id)
      }
    }
  }

  #partOf(changeset: ChangesetId): Part | undefined {
    return [...this.#undo, ...this.#redo].flatMap((step) => step.parts).find((part) => part.changeset === changeset)
  }

  /** Under which key an entry is filed, by the key that its record has today. */
  #keysToday(store: string, own: ReadonlyMap<RecordKey, Entry>): Map<RecordKey, RecordKey> {
    return new Map([...own].map(([key, { id }]) => [this.#keyOf(store, id), key]))
  }

  /** Forgets everything. */
  clear(): void {
    this.#undo = []
    this.#redo = []
    this.#open = new Map()
    this.#group = undefined
    this.#aliases.clear()
  }

  #keyOf(store: string, id: RecordId): RecordKey {
    return idKey(this.#resolved(store, id))
  }

  #resolved(store: string, id: RecordId): RecordId {
    let at = id
    if (this.#aliases.size === 0) return at
    for (let next = this.#aliases.get(`${store} ${idKey(at)}`); next !== undefined; ) {
      at = next
      next = this.#aliases.get(`${store} ${idKey(at)}`)
    }
    return at
  }

  /** Today's id; a record that was out of sight when it got its real one is asked for it. */
  #today(store: string, id: RecordId, view: UndoView): RecordId {
    const resolved = this.#resolved(store, id)
    return view.record(store, resolved)?.id ?? resolved
  }

  #rename(store: string, from: RecordId, to: RecordId): void {
    if (idKey(from) === idKey(to)) return
    // The newest id leads nowhere, so no chain has an end that leads back: an id that a server gives again is this record.
    this.#aliases.delete(`${store} ${idKey(to)}`)
    this.#aliases.set(`${store} ${idKey(from)}`, to)
    if (this.#aliases.size <= ALIASES) return
    this.#writeIds()
    for (const key of [...this.#aliases.keys()].slice(0, ALIASES / 2)) this.#aliases.delete(key)
  }

  /** Writes today's ids into every step. */
  #writeIds(): void {
    const lookup: IdLookup = (id, store) => (store === undefined ? undefined : this.#resolved(store, id))
    for (const { parts } of [...this.#undo, ...this.#redo]) {
      for (const { entries } of parts) {
        for (const [store, own] of entries) {
          const all = [...own.values()]
          own.clear()
          for (const { id, change } of all)
            own.set(this.#keyOf(store, id), {
              store,
              id: this.#resolved(store, id),
              change: rewritten(change, lookup, store),
            })
        }
      }
    }
  }
}

function add(entries: Entries, key: RecordKey, entry: Entry): void {
  let own = entries.get(entry.store)
  if (!own) entries.set(entry.store, (own = new Map()))
  const change = folded(own.get(key)?.change, entry.change)
  if (change) own.set(key, change === entry.change ? entry : { ...entry, change })
  else own.delete(key)
  if (own.size === 0) entries.delete(entry.store)
}

function listed(entries: Entries): Entry[] {
  return [...entries.values()].flatMap((own) => [...own.values()])
}

/** A server may store another value than it was sent: trimmed, rounded, moved to a working day. */
function settle(own: Map<RecordKey, Entry> | undefined, key: RecordKey, before: PlainRecord, after: PlainRecord): void {
  const entry = own?.get(key)
  if (entry?.change.type !== 'updated') return
  const set = { ...entry.change.after }
  for (const field in set) if (saysTheSame(set[field], before[field])) set[field] = after[field]
  own?.set(key, { ...entry, change: { ...entry.change, after: set } })
}

/** The next change of a field goes back to what was before the refused one. */
function bequeath(
  store: string,
  key: RecordKey,
  refused: Extract<Change, { type: 'updated' }>,
  later: readonly Part[],
): void {
  const left = new Set(Object.keys(refused.after))
  for (const { entries } of later) {
    const own = entries.get(store)
    const entry = own?.get(key)
    if (entry?.change.type !== 'updated') continue
    const before = { ...entry.change.before }
    for (const field of left) {
      if (!(field in before)) continue
      left.delete(field)
      if (saysTheSame(before[field], refused.after[field])) before[field] = refused.before[field]
    }
    own?.set(key, { ...entry, change: { ...entry.change, before } })
  }
}

function rewritten(change: Change, lookup: IdLookup, store: string): Change {
  switch (change.type) {
    case 'added':
      return change
    case 'removed':
      return { type: 'removed', record: rewriteReferences(change.record, lookup, store) }
    case 'updated':
      return {
        type: 'updated',
        before: rewriteReferences(change.before, lookup, store),
        after: rewriteReferences(change.after, lookup, store),
      }
  }
}
