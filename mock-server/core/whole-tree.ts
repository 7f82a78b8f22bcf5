/**
 * Owns the place of tasks in a changeset: whether a task may stand under the parent that its author named, and which
 * place a new one gets. What may not stand is told as amendments; nothing is changed here.
 */
import type { AddedRecord, StoreChanges } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import { groupOf } from '../../client/store/field-groups.ts'
import type { Table, Tables } from '../../client/store/tables.ts'
import { compareKeys } from '../../client/store/task-tree.ts'
import type { Amendment, Amendments } from './amend.ts'
import { isPlace, parentKey, type ReferenceIndex } from './reference-index.ts'

/** A changeset may hold many moves that undo each other: after so many rounds all of them stay where they were. */
const ROUNDS = 8
const ROOT = ''

/** The places of one changeset's tasks. */
export class Places {
  readonly #part: StoreChanges
  readonly #tables: Tables
  readonly #tasks: Table
  readonly #index: ReferenceIndex
  readonly #added = new Map<RecordKey, AddedRecord>()
  /** Parents as the author wants them: of new tasks, and of those that change theirs. */
  readonly #wanted = new Map<RecordKey, RecordKey>()
  /** `stay`: the task keeps its old parent. `root`: it stands at the root. */
  readonly #verdicts = new Map<RecordKey, 'stay' | 'root'>()
  /** Index of the next last child, by parent. */
  readonly #next = new Map<RecordKey, number>()

  constructor(part: StoreChanges, tables: Tables, index: ReferenceIndex) {
    this.#part = part
    this.#tables = tables
    this.#tasks = tables.get('tasks') ?? new Map()
    this.#index = index
    for (const entry of part.added ?? []) {
      if (entry.id === undefined) continue
      this.#added.set(idKey(entry.id), entry)
      this.#wanted.set(idKey(entry.id), parentKey(entry))
    }
    for (const entry of part.updated ?? []) if ('parentId' in entry) this.#wanted.set(idKey(entry.id), parentKey(entry))
    for (const [key, parent] of this.#wanted) {
      const stored = this.#added.has(key) ? undefined : this.#tasks.get(key)
      if (stored && parentKey(stored) === parent) this.#wanted.delete(key)
      else if (parent !== ROOT && !this.#tasks.has(parent) && !this.#added.has(parent)) this.#verdicts.set(key, 'root')
    }
    for (let round = 0; this.#cutCycles(round); round += 1);
  }

  /** The amendments of all tasks that cannot stand as they are said. `gone`: keys of tasks that go with the changeset. */
  amendments(gone: ReadonlySet<RecordKey>): Amendments {
    for (const key of this.#added.keys()) if (gone.has(this.#parentOf(key))) this.#verdicts.set(key, 'root')
    this.#next.clear()
    this.#countOwnPlaces()
    const amendments = new Map<RecordKey, Amendment>()
    for (const [key, entry] of this.#added) {
      if (this.#verdicts.has(key)) amendments.set(key, this.#rooted(key))
      else if (!isPlace(entry.parentIndex)) {
        amendments.set(key, { drops: nothing, sets: { parentIndex: this.#takePlace(this.#parentOf(key)) } })
      }
    }
    for (const [key, verdict] of this.#verdicts) {
      if (this.#added.has(key) || gone.has(key)) continue
      amendments.set(key, verdict === 'root' ? this.#rooted(key) : { drops: isPlaceField, sets: {} })
    }
    return amendments
  }

  /** The parent that a task will have. */
  #parentOf(key: RecordKey): RecordKey {
    const verdict = this.#verdicts.get(key)
    if (verdict === 'root') return ROOT
    const wanted = verdict ? undefined : this.#wanted.get(key)
    if (wanted !== undefined) return wanted
    const stored = this.#tasks.get(key)
    return stored ? parentKey(stored) : ROOT
  }

  /** Cuts every cycle that the moves close; true if there was one. Costs the ways from the moved tasks to the root. */
  #cutCycles(round: number): boolean {
    if (round === ROUNDS) {
      for (const key of this.#wanted.keys()) if (this.#mayStay(key)) this.#verdicts.set(key, 'stay')
    }
    let cut = false
    const climbed = new Set<RecordKey>()
    for (const start of this.#wanted.keys()) {
      const path: RecordKey[] = []
      let at = start
      while (at !== ROOT && !climbed.has(at)) {
        climbed.add(at)
        path.push(at)
        at = this.#parentOf(at)
      }
      const from = path.indexOf(at)
      if (from < 0) continue
      const cycle = path.slice(from).sort(compareKeys)
      const mover = cycle.find((key) => this.#mayStay(key))
      // The stored tree has no cycle, so one without a move is made of new tasks.
      const cutAt = mover ?? cycle.find((key) => this.#added.has(key))
      if (cutAt === undefined) continue
      this.#verdicts.set(cutAt, mover === undefined ? 'root' : 'stay')
      cut = true
    }
    return cut
  }

  #mayStay(key: RecordKey): boolean {
    return this.#wanted.has(key) && !this.#added.has(key) && !this.#verdicts.has(key)
  }

  #rooted(key: RecordKey): Amendment {
    const place = this.#takePlace(ROOT)
    const ordered = 'orderedParentIndex' in (this.#added.get(key) ?? this.#tasks.get(key) ?? {})
    const sets = { parentId: null, parentIndex: place, ...(ordered ? { orderedParentIndex: place } : {}) }
    return { drops: isPlaceField, sets }
  }

  #takePlace(parent: RecordKey): number {
    const place = this.#next.get(parent) ?? this.#index.nextIndex(parent, this.#tables)
    this.#next.set(parent, place + 1)
    return place
  }

  /** Places that the author chose are taken. */
  #countOwnPlaces(): void {
    const own: readonly { readonly id?: RecordId; readonly parentIndex?: unknown }[] = [
      ...(this.#part.added ?? []),
      ...(this.#part.updated ?? []),
    ]
    for (const { id, parentIndex } of own) {
      if (id === undefined || !isPlace(parentIndex) || this.#verdicts.has(idKey(id))) continue
      const parent = this.#parentOf(idKey(id))
      const next = this.#next.get(parent) ?? this.#index.nextIndex(parent, this.#tables)
      this.#next.set(parent, Math.max(next, parentIndex + 1))
    }
  }
}

/** True for the fields that say where a task stands. */
function isPlaceField(field: string): boolean {
  return groupOf(field) === 'place'
}

function nothing(): boolean {
  return false
}
