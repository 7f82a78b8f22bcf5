/**
 * Hands what the user did in a calendar to the store: everything of one user action as one transaction.
 *
 * The widget tells of an action in several events of one turn (a series cut in two, an occurrence that becomes a record
 * of its own), so events only mark what was touched, and a microtask behind them reads what really differs.
 */
import type { NewFields, RecordStore } from '../../project/record-store.ts'
import type { DateRules } from '../../protocol/dialects/dhtmlx/date-rules.ts'
import { type RecordId, sameId } from '../../protocol/ids.ts'
import type { Fields, PlainRecord } from '../../protocol/records.ts'
import type { Rekeyed } from './gantt-source.ts'
import { IdSet, type MirrorTable } from './mirror.ts'
import type { SchedulerApi } from './scheduler-api.ts'
import { isOccurrence, readEvent, withBothEnds } from './scheduler-fields.ts'
import { changedFields } from './widget-fields.ts'

/** Events of a calendar that edits go to. */
export type SchedulerRecords = Pick<RecordStore<PlainRecord>, 'get' | 'add' | 'update' | 'remove'>

/** What the collector needs and tells. */
export interface SchedulerEditsOptions {
  readonly scheduler: SchedulerApi
  readonly events: SchedulerRecords
  readonly transact: (run: () => void) => void
  readonly mirror: MirrorTable
  readonly rules: DateRules
  readonly readOnly: boolean
  /** Puts events back to what the store holds. */
  readonly repaint: (ids: readonly RecordId[]) => void
  /** Runs changes of the widget that are not the user's. */
  readonly asPainter: (run: () => void) => void
  /** The user edited an event that somebody else had removed meanwhile. */
  readonly lost: (event: PlainRecord) => void
  readonly failed: (error: unknown) => void
}

/** The way from the widget to the store. */
export class SchedulerEdits {
  readonly #options: SchedulerEditsOptions
  readonly #touched = new IdSet()
  #stopped = false

  constructor(options: SchedulerEditsOptions) {
    this.#options = options
  }

  /** An event was added, changed or removed. */
  touched(id: RecordId): void {
    // Occurrences are the widget's arithmetic; one that was edited comes as a record of its own.
    if (isOccurrence(id)) return
    if (this.#touched.size === 0) queueMicrotask(() => this.flush())
    this.#touched.add(id)
  }

  stop(): void {
    this.#stopped = true
  }

  /** Hands over what is collected, now. */
  flush(): void {
    const ids = this.#touched.take()
    if (this.#stopped || ids.length === 0) return
    const { scheduler, events, mirror, readOnly, transact, repaint, asPainter, failed } = this.#options
    const putBack = (): void => {
      asPainter(() => {
        for (const id of ids) if (!events.get(id) && scheduler.getEvent(id)) scheduler.deleteEvent(id, true)
      })
      for (const id of ids) {
        const row = mirror.get(id)
        if (row) row.source = {}
      }
      repaint(ids)
    }
    if (readOnly) {
      putBack()
      return
    }
    const named: Rekeyed[] = []
    try {
      transact(() => {
        for (const id of ids) this.#handOver(id, named)
      })
    } catch (error) {
      putBack()
      failed(error)
    }
    this.#adoptIds(named)
  }

  #handOver(id: RecordId, named: Rekeyed[]): void {
    const { scheduler, events, mirror, rules, lost, repaint } = this.#options
    const event = scheduler.getEvent(id)
    const row = mirror.get(id)
    // Of a deleted exception the widget keeps a mark, and makes a new record that says so.
    const gone = !event || (row !== undefined && event['deleted'] === true && row.widget['deleted'] !== true)
    if (gone) {
      if (!row) return
      mirror.delete(id)
      if (events.get(id)) events.remove(id)
      return
    }
    const now = readEvent(event, rules)
    if (!row) {
      const { id: added } = events.add(written(now))
      named.push({ from: id, to: added })
      mirror.set(id, now, now)
      return
    }
    const changed = changedFields(row.widget, now)
    if (!changed) return
    if (!events.get(id)) {
      lost({ ...row.source, id })
      repaint([id])
      return
    }
    const edit = withBothEnds(changed, now)
    row.widget = now
    row.source = { ...row.source, ...edit }
    events.update(id, written(edit))
    repaint([id])
  }

  /** Gives new events of the widget the ids that the store knows them by. */
  #adoptIds(named: readonly Rekeyed[]): void {
    const { scheduler, mirror, repaint, asPainter } = this.#options
    asPainter(() => {
      for (const { from, to } of named) {
        if (sameId(from, to)) continue
        mirror.rekey(from, to)
        if (scheduler.getEvent(from) && !scheduler.getEvent(to)) scheduler.changeEventId(from, to)
      }
    })
    if (named.length > 0) repaint(named.map(({ to }) => to))
  }
}

/** Any field but the id may be given. */
function written({ id: _, ...fields }: Fields): NewFields<PlainRecord> {
  return fields
}
