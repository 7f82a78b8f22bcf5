/**
 * Paints what the store holds into a calendar: everything that changed since the last frame, in one redraw. A steady
 * stream of changes can therefore delay nothing by more than a frame.
 *
 * What the user is at is left alone until it is over: the event being dragged and the one whose form is open are painted
 * afterwards, and nothing at all is painted while a text is being edited in place. A removal does not wait for a form.
 */
import type { Cancel } from '../../ports/ports.ts'
import type { DateRules } from '../../protocol/dialects/dhtmlx/date-rules.ts'
import { isRecordId, type RecordId, sameId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { onNextFrame } from './frame.ts'
import type { Rekeyed } from './gantt-source.ts'
import { IdSet, type MirrorTable } from './mirror.ts'
import type { SchedulerApi } from './scheduler-api.ts'
import { canBeShown, isOf, readEvent, widgetEvent } from './scheduler-fields.ts'
import { changedFields } from './widget-fields.ts'

/** What the painter needs to know and to tell. */
export interface SchedulerPainterOptions {
  readonly scheduler: SchedulerApi
  readonly record: (id: RecordId) => PlainRecord | undefined
  readonly records: () => Iterable<PlainRecord>
  readonly mirror: MirrorTable
  readonly rules: DateRules
  /** An event was removed by somebody else while its form was open; the form is closed by then. */
  readonly lost: (event: PlainRecord) => void
}

/** The way from the store to the widget. */
export class SchedulerPainter {
  readonly #options: SchedulerPainterOptions
  readonly #scheduler: SchedulerApi
  readonly #mirror: MirrorTable
  readonly #events = new IdSet()
  #rekeyed: Rekeyed[] = []
  #painting = false
  #cancelFrame: Cancel | undefined

  constructor(options: SchedulerPainterOptions) {
    this.#options = options
    this.#scheduler = options.scheduler
    this.#mirror = options.mirror
  }

  /** True while the painter itself changes the widget: its events are no edits of the user then. */
  get painting(): boolean {
    return this.#painting
  }

  /** Marks what changed and paints it with the next frame. */
  changed(ids: readonly RecordId[], rekeyed: readonly Rekeyed[] = []): void {
    for (const id of ids) this.#events.add(id)
    this.#rekeyed.push(...rekeyed)
    this.wake()
  }

  /** Tries again to paint what had to wait. */
  wake(): void {
    if (this.#events.size + this.#rekeyed.length > 0) this.#cancelFrame ??= onNextFrame(() => this.#frame())
  }

  /** Shows the store from scratch. */
  paintAll(): void {
    const { rules, records } = this.#options
    this.stop()
    this.asPainter(() => {
      if (isRecordId(this.#scheduler.getState().lightbox_id)) this.#scheduler.hideLightbox()
      this.#scheduler.clearAll()
      this.#mirror.clear()
      const shown = [...records()].filter((record) => canBeShown(record, rules))
      if (shown.length === 0) return
      this.#scheduler.parse(shown.map((record) => widgetEvent(this.#scheduler, record, rules)))
      for (const { id } of shown) this.#readBack(id)
    })
  }

  stop(): void {
    this.#cancelFrame?.()
    this.#cancelFrame = undefined
    this.#events.take()
    this.#rekeyed = []
  }

  /** Runs changes of the widget that are not the user's. */
  asPainter(run: () => void): void {
    const outer = this.#painting
    this.#painting = true
    try {
      run()
    } finally {
      this.#painting = outer
    }
  }

  #frame(): void {
    this.#cancelFrame = undefined
    // A redraw would take the text away; its editor has no event of its own for its end, so look again.
    if (isGiven(this.#scheduler.getState().editor_id)) {
      this.wake()
      return
    }
    this.asPainter(() => {
      const selected = this.#scheduler.getState().select_id
      const rekeyed = this.#rekeyed
      this.#rekeyed = []
      for (const one of rekeyed) this.#rekey(one)
      const ids = this.#events.take()
      if (ids.length === 1) for (const id of ids) this.#paint(id)
      else if (ids.length > 1) this.#paintTogether(ids)
      if (isGiven(selected) && this.#scheduler.getEvent(selected)) this.#keepSelected(selected)
    })
  }

  /** One redraw for all. The widget swallows what is thrown in a batch: it is thrown again behind it. */
  #paintTogether(ids: readonly RecordId[]): void {
    const failures: unknown[] = []
    this.#scheduler.batchUpdate(() => {
      for (const id of ids) {
        try {
          this.#paint(id)
        } catch (error) {
          failures.push(error)
        }
      }
    }, true)
    // Not `render`, which tells the app that the view was changed.
    this.#scheduler.updateView()
    for (const error of failures) reportError(error)
  }

  #keepSelected(id: RecordId): void {
    const now = this.#scheduler.getState().select_id
    if (!isGiven(now) || !sameId(now, id)) this.#scheduler.select?.(id)
  }

  #rekey({ from, to }: Rekeyed): void {
    // An open form goes on under the id with which it was opened.
    if (this.#inHand(from)) {
      this.#rekeyed.push({ from, to })
      return
    }
    this.#events.rekey(from, to)
    this.#events.add(to)
    this.#mirror.rekey(from, to)
    if (this.#scheduler.getEvent(from) && !this.#scheduler.getEvent(to)) this.#scheduler.changeEventId(from, to)
  }

  #paint(id: RecordId): void {
    const scheduler = this.#scheduler
    const record = this.#options.record(id)
    if (!record || !canBeShown(record, this.#options.rules)) {
      this.#remove(id)
      return
    }
    // Its new id waits until the form is closed, and so does everything else.
    if (!sameId(record.id, id)) return
    const row = this.#mirror.get(id)
    const event = scheduler.getEvent(id)
    if (row && event && !changedFields(row.source, record)) return
    if (this.#inHand(id)) {
      this.#events.add(id)
      return
    }
    const next = widgetEvent(scheduler, record, this.#options.rules)
    if (event) {
      for (const field of Object.keys(readEvent(event, this.#options.rules))) if (!(field in next)) delete event[field]
      Object.assign(event, next)
      scheduler.updateEvent(id)
    } else scheduler.addEvent(next)
    this.#readBack(id)
  }

  #remove(id: RecordId): void {
    const scheduler = this.#scheduler
    const { drag_id, lightbox_id } = scheduler.getState()
    const event = scheduler.getEvent(id)
    if (event) {
      if (isGiven(drag_id) && isOf(drag_id, id)) {
        this.#events.add(id)
        return
      }
      if (isGiven(lightbox_id) && isOf(lightbox_id, id)) {
        scheduler.hideLightbox()
        const fields = this.#mirror.get(id)?.source
        if (fields) this.#options.lost({ ...fields, id })
      }
      // Of an exception that is deleted the widget keeps a mark that hides the occurrence: that is for the record to say.
      event['recurring_event_id'] = null
      scheduler.deleteEvent(id, true)
    }
    this.#mirror.delete(id)
  }

  /** True while the user drags or edits the event, or an occurrence of it. */
  #inHand(id: RecordId): boolean {
    const { drag_id, lightbox_id } = this.#scheduler.getState()
    return (isGiven(drag_id) && isOf(drag_id, id)) || (isGiven(lightbox_id) && isOf(lightbox_id, id))
  }

  #readBack(id: RecordId): void {
    const record = this.#options.record(id)
    const event = this.#scheduler.getEvent(id)
    if (record && event) this.#mirror.set(id, record, readEvent(event, this.#options.rules))
  }
}

function isGiven(id: RecordId | null | undefined): id is RecordId {
  return id !== null && id !== undefined && id !== ''
}
