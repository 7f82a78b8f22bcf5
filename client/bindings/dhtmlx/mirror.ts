/**
 * What the widget is known to show: per record the source's fields as last painted, and the widget's own reading right
 * after. A remote change is what differs from the first, a user's edit what differs from the second, so neither is
 * ever taken for the other and nothing echoes.
 */
import { idKey, type RecordId, type RecordKey } from '../../protocol/ids.ts'
import type { GanttFields } from './gantt-source.ts'

/** One record, seen from both sides. */
export interface MirrorRow {
  readonly id: RecordId
  /** The source's fields, as last painted. */
  source: GanttFields
  /** The widget's fields, as last read. */
  widget: GanttFields
}

/** Rows of tasks, or of links, by id. */
export class MirrorTable {
  readonly #rows = new Map<RecordKey, MirrorRow>()

  get size(): number {
    return this.#rows.size
  }

  get(id: RecordId): MirrorRow | undefined {
    return this.#rows.get(idKey(id))
  }

  set(id: RecordId, source: GanttFields, widget: GanttFields): void {
    this.#rows.set(idKey(id), { id, source, widget })
  }

  delete(id: RecordId): void {
    this.#rows.delete(idKey(id))
  }

  /** Files a row under its real id. */
  rekey(from: RecordId, to: RecordId): void {
    const row = this.get(from)
    if (!row) return
    this.delete(from)
    this.set(to, row.source, row.widget)
  }

  ids(): RecordId[] {
    return [...this.#rows.values()].map((row) => row.id)
  }

  clear(): void {
    this.#rows.clear()
  }
}

/** Both tables of one chart. */
export interface Mirror {
  readonly tasks: MirrorTable
  readonly links: MirrorTable
}

/** A set of record ids that keeps the ids as they were written. */
export class IdSet {
  readonly #ids = new Map<RecordKey, RecordId>()

  get size(): number {
    return this.#ids.size
  }

  add(id: RecordId): void {
    this.#ids.set(idKey(id), id)
  }

  has(id: RecordId): boolean {
    return this.#ids.has(idKey(id))
  }

  /** The ids, of which none is left. */
  take(): RecordId[] {
    const ids = [...this.#ids.values()]
    this.#ids.clear()
    return ids
  }

  /** Replaces an id by another, if it is there. */
  rekey(from: RecordId, to: RecordId): void {
    if (this.#ids.delete(idKey(from))) this.add(to)
  }
}
