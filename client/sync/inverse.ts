/**
 * The inverse of a step on today's records: a pure function of what the step changed and of what is visible now. It
 * takes back what is still as the step left it, and leaves alone whatever others have changed since (law 6).
 */
import { idKey, isRecordId, type RecordId, type RecordKey, sameId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import { groupOf } from '../store/field-groups.ts'
import { hangingOn } from '../store/hanging.ts'
import { META_STORE, type Operation } from '../store/operations.ts'
import { type IdLookup, REFERENCE_FIELDS, referencesOf, rewriteReferences } from '../store/references.ts'
import { saysTheSame } from '../store/same-value.ts'
import type { Change, Entry } from './step.ts'

/** Today's records, as the app sees them. */
export interface UndoView {
  record(store: string, id: RecordId): PlainRecord | undefined
  records(store: string): readonly PlainRecord[]
  /** Children of a task (`null`: of the root), in order. */
  children(parent: RecordId | null): readonly PlainRecord[]
  newId(store: string): RecordId
}

/** An edit to make. */
export type Edit = readonly [store: string, operation: Operation]

/**
 * The edits that take a step back. Records that come back do so under new ids, since a server gives a removed id to
 * nobody again: `renamed` is told of each before `lookup` is asked for it.
 */
export function inverse(
  entries: readonly Entry[],
  view: UndoView,
  lookup: IdLookup,
  renamed: (store: string, from: RecordId, to: RecordId) => void,
): Edit[] {
  const plan = new Plan(view, lookup)
  plan.revive(entries, renamed)
  for (const entry of [...entries].reverse()) if (entry.change.type === 'updated') plan.restore(entry, entry.change)
  plan.moveBack()
  plan.reorder()
  plan.takeAway(entries)
  plan.makeRoom()
  return plan.edits()
}

interface Moved {
  readonly id: RecordId
  readonly before: Fields
  readonly after: Fields
}

/** The edits as they take shape. */
class Plan {
  readonly #view: UndoView
  readonly #lookup: IdLookup
  readonly #added = new Map<string, { store: string; id: RecordId; fields: Record<string, unknown> }>()
  readonly #updated = new Map<string, { store: string; id: RecordId; fields: Record<string, unknown> }>()
  readonly #removed = new Map<string, readonly [string, RecordId]>()
  #moves: Moved[] = []
  readonly #shifts = new Map<RecordKey, { parent: RecordId | null; rows: Moved[] }>()
  /** Tasks that this plan puts somewhere, by the parent under which they arrive. */
  readonly #arrivals = new Map<RecordKey, { parent: RecordId | null; keys: Set<RecordKey> }>()

  constructor(view: UndoView, lookup: IdLookup) {
    this.#view = view
    this.#lookup = lookup
  }

  /** Records that the step removed come back, but for links whose ends are gone. */
  revive(entries: readonly Entry[], renamed: (store: string, from: RecordId, to: RecordId) => void): void {
    const gone = new Map<string, { entry: Entry; record: PlainRecord }>()
    for (const entry of entries) {
      if (entry.change.type !== 'removed' || this.#view.record(entry.store, entry.id)) continue
      gone.set(keyOf(entry.store, entry.id), { entry, record: entry.change.record })
    }
    for (const [key, { entry, record }] of gone) {
      if (entry.store === 'tasks') continue
      const lost = this.#references(record, entry.store).some(
        ([store, id]) => !this.#view.record(store, id) && !gone.has(keyOf(store, id)),
      )
      if (lost) gone.delete(key)
    }
    const ids = new Map([...gone].map(([key, { entry }]) => [key, this.#view.newId(entry.store)]))
    for (const [key, { entry }] of gone) renamed(entry.store, entry.id, ids.get(key) as RecordId)
    for (const [key, { entry, record }] of gone) {
      const id = ids.get(key) as RecordId
      const { id: _, ...fields } = rewriteReferences(record, this.#lookup, entry.store)
      this.#added.set(keyOf(entry.store, id), { store: entry.store, id, fields })
    }
    for (const { store, id, fields } of this.#added.values()) {
      if (store !== 'tasks') continue
      if (isRecordId(fields['parentId']) && !this.#exists('tasks', fields['parentId'])) fields['parentId'] = null
      this.#arrives(id, isRecordId(fields['parentId']) ? fields['parentId'] : null)
    }
  }

  /** Groups of fields that are still as the step left them get their former values; places are looked at afterwards. */
  restore({ store, id }: Entry, change: Extract<Change, { type: 'updated' }>): void {
    const current = this.#view.record(store, id) ?? (store === META_STORE ? { id } : undefined)
    if (!current) return
    const before: Fields = rewriteReferences(change.before, this.#lookup, store)
    const after: Fields = rewriteReferences(change.after, this.#lookup, store)
    for (const group of new Set(Object.keys(after).map(groupOf))) {
      if (group === 'place') {
        this.#place({ id: current.id, before, after }, current)
        continue
      }
      const fields = new Set([...Object.keys(current), ...Object.keys(after)].filter((f) => groupOf(f) === group))
      fields.delete('id')
      const untouched = [...fields].every((field) => sameField(field, current[field], after[field]))
      const former = Object.fromEntries(Object.entries(before).filter(([field]) => fields.has(field)))
      if (untouched && this.#references(former, store).every(([target, to]) => this.#exists(target, to)))
        this.#update(store, current.id, former)
    }
  }

  /** Tasks go back below their former parents, if these are there and not below the task by now. */
  moveBack(): void {
    // One move may be in the way of another: as long as one succeeds, the others are tried again.
    for (let left = Number.POSITIVE_INFINITY; this.#moves.length < left; ) {
      left = this.#moves.length
      this.#moves = this.#moves.filter(({ id, before }) => {
        const parent = isRecordId(before['parentId']) ? before['parentId'] : null
        if (parent !== null && (!this.#exists('tasks', parent) || this.#isBelow(parent, id))) return true
        this.#putBack(id, parent, placeOf(before))
        return false
      })
    }
  }

  /**
   * Siblings that the step renumbered get their former numbers if they still have those of the step. If others have
   * renumbered them since but left them in the step's order, they get their former order in the places that they hold
   * today: rows in between stay where they are. If others have changed their order, it stays.
   */
  reorder(): void {
    for (const { parent, rows } of this.#shifts.values()) {
      const mine = new Map(rows.map((row) => [idKey(row.id), row]))
      const today = this.#view.children(parent).filter((task) => mine.has(idKey(task.id)))
      if (today.every((task) => saysTheSame(task['parentIndex'], mine.get(idKey(task.id))?.after['parentIndex']))) {
        for (const task of today) this.#putBack(task.id, parent, placeOf(mine.get(idKey(task.id))?.before ?? {}))
        continue
      }
      rows.sort((a, b) => indexOf(a.after) - indexOf(b.after))
      if (today.length < rows.length || rows.some((row, at) => !sameId(row.id, today[at]?.id))) continue
      let slot = -1
      const slots = today.map((task) => (slot = Math.max(slot + 1, indexOf(task))))
      rows.sort((a, b) => indexOf(a.before) - indexOf(b.before))
      rows.forEach((row, at) => {
        this.#update('tasks', row.id, { parentIndex: slots[at] })
      })
    }
  }

  /** Records that the step added go, with links to them. Tasks that others put below one of them move up. */
  takeAway(entries: readonly Entry[]): void {
    const leaving = new Map<string, Set<RecordKey>>()
    for (const { store, id, change } of entries) {
      const current = change.type === 'added' ? this.#view.record(store, id) : undefined
      if (!current) continue
      this.#remove(store, current.id)
      const keys = leaving.get(store)
      if (keys) keys.add(idKey(current.id))
      else leaving.set(store, new Set([idKey(current.id)]))
    }
    for (const [store, keys] of leaving) {
      for (const [from, record] of hangingOn(store, keys, (name) => this.#view.records(name)))
        this.#remove(from, record.id)
    }
    for (const key of leaving.get('tasks') ?? []) {
      for (const child of this.#view.children(key)) {
        if (this.#removed.has(keyOf('tasks', child.id)) || !sameId(this.#parentOf(child.id), key)) continue
        let up: RecordId | null = key
        let parentIndex: unknown = null
        while (up !== null && this.#removed.has(keyOf('tasks', up))) {
          parentIndex = this.#task(up)['parentIndex'] ?? null
          up = this.#parentOf(up)
        }
        this.#putBack(child.id, up, { parentIndex })
      }
    }
  }

  /** Who arrives takes the place and pushes on whoever has it. */
  makeRoom(): void {
    for (const { parent, keys } of this.#arrivals.values()) {
      const here = this.#view.children(parent).filter((task) => {
        const left = this.#removed.has(keyOf('tasks', task.id)) || !sameParent(this.#parentOf(task.id), parent)
        return !left && !keys.has(idKey(task.id))
      })
      const rows = [...[...keys].map((key) => this.#row(key)), ...here.map((task) => this.#row(idKey(task.id)))]
      rows.sort((a, b) => a.index - b.index)
      let last = Number.NEGATIVE_INFINITY
      let arrived = false
      for (const { id, index } of rows) {
        arrived ||= keys.has(idKey(id))
        if (index === Number.MAX_SAFE_INTEGER) break
        const place = arrived && index <= last ? last + 1 : index
        if (place !== index) this.#update('tasks', id, { parentIndex: place })
        last = place
      }
    }
  }

  /** Everything that would change something. */
  edits(): Edit[] {
    const edits: Edit[] = []
    for (const { store, id, fields } of this.#added.values()) edits.push([store, { type: 'add', id, fields }])
    for (const [key, { store, id, fields }] of this.#updated) {
      const current = this.#view.record(store, id)
      const changed = Object.entries(fields).filter(([field, value]) => !sameField(field, current?.[field], value))
      if (changed.length && !this.#removed.has(key))
        edits.push([store, { type: 'update', id, fields: Object.fromEntries(changed) }])
    }
    for (const [store, id] of this.#removed.values()) edits.push([store, { type: 'remove', id }])
    return edits
  }

  #place(move: Moved, current: PlainRecord): void {
    if (!sameParent(current['parentId'], move.after['parentId'])) return
    if (!sameParent(move.before['parentId'], move.after['parentId'])) {
      this.#moves.push(move)
      return
    }
    const parent = isRecordId(current['parentId']) ? current['parentId'] : null
    const key = parent === null ? '' : idKey(parent)
    const shift = this.#shifts.get(key)
    if (shift) shift.rows.push(move)
    else this.#shifts.set(key, { parent, rows: [move] })
  }

  #update(store: string, id: RecordId, fields: Fields): void {
    const key = keyOf(store, id)
    const known = this.#added.get(key) ?? this.#updated.get(key)
    if (known) Object.assign(known.fields, fields)
    else this.#updated.set(key, { store, id, fields: { ...fields } })
  }

  #remove(store: string, id: RecordId): void {
    this.#removed.set(keyOf(store, id), [store, id])
  }

  #putBack(id: RecordId, parent: RecordId | null, place: Fields): void {
    this.#update('tasks', id, { ...place, parentId: parent })
    this.#arrives(id, parent)
  }

  #arrives(id: RecordId, parent: RecordId | null): void {
    const key = parent === null ? '' : idKey(parent)
    const arrivals = this.#arrivals.get(key)
    if (arrivals) arrivals.keys.add(idKey(id))
    else this.#arrivals.set(key, { parent, keys: new Set([idKey(id)]) })
  }

  #exists(store: string, id: RecordId): boolean {
    return this.#added.has(keyOf(store, id)) || this.#view.record(store, id) !== undefined
  }

  /** A task as it will stand. */
  #task(id: RecordId): Fields {
    const key = keyOf('tasks', id)
    return { ...this.#view.record('tasks', id), ...(this.#added.get(key) ?? this.#updated.get(key))?.fields }
  }

  #parentOf(id: RecordId): RecordId | null {
    const { parentId } = this.#task(id)
    return isRecordId(parentId) ? parentId : null
  }

  #isBelow(id: RecordId, ancestor: RecordId): boolean {
    const seen = new Set<RecordKey>()
    for (let at: RecordId | null = id; at !== null && !seen.has(idKey(at)); at = this.#parentOf(at)) {
      if (sameId(at, ancestor)) return true
      seen.add(idKey(at))
    }
    return false
  }

  #row(key: RecordKey): { id: RecordId; index: number } {
    const id = this.#view.record('tasks', key)?.id ?? key
    return { id, index: indexOf(this.#task(id)) }
  }

  /** References under their ids of today. */
  #references(fields: Fields, store: string): [store: string, id: RecordId][] {
    return referencesOf(rewriteReferences(fields, this.#lookup, store), store)
  }
}

function keyOf(store: string, id: RecordId): string {
  return `${store} ${idKey(id)}`
}

function sameField(field: string, a: unknown, b: unknown): boolean {
  return saysTheSame(a, b) || (Object.hasOwn(REFERENCE_FIELDS, field) && sameId(a, b))
}

function sameParent(a: unknown, b: unknown): boolean {
  return isRecordId(a) ? sameId(a, b) : !isRecordId(b)
}

function placeOf(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([f]) => f !== 'parentId' && groupOf(f) === 'place'))
}

function indexOf(fields: Fields): number {
  const index = fields['parentIndex']
  return typeof index === 'number' ? index : Number.MAX_SAFE_INTEGER
}
