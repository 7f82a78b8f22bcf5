/** A double of dhtmlx-scheduler for unit tests: events, a form, a drag, no screen. Held to the widget by `connect-scheduler.contract.ts`. */
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { SchedulerApi, SchedulerEventObject, SchedulerUiState } from './scheduler-api.ts'

const MINUTE_MS = 60_000

export class SchedulerDouble implements SchedulerApi {
  config: SchedulerApi['config'] = { readonly: false, time_step: 5 }
  templates: object = { event_text: (_start: Date, _end: Date, event: { text: string }) => event.text }
  /** What the user is at. */
  state: SchedulerUiState = { min_date: new Date(2025, 3, 20), max_date: new Date(2025, 3, 27) }
  readonly #handlers = new Map<string, { name: string; handler: (...args: never[]) => unknown }>()
  readonly #events = new Map<RecordKey, SchedulerEventObject>()
  #handlerIds = 0
  #parsing = false

  attachEvent(name: string, handler: (...args: never[]) => unknown): string {
    const id = String(++this.#handlerIds)
    this.#handlers.set(id, { name, handler })
    return id
  }

  detachEvent(id: string): void {
    this.#handlers.delete(id)
  }

  callEvent(name: string, args: readonly unknown[]): void {
    for (const { name: event, handler } of [...this.#handlers.values()])
      if (event === name) handler(...(args as never[]))
  }

  batchUpdate(run: () => void): void {
    run()
  }

  updateView(): void {}

  setCurrentView(date: Date): void {
    const min_date = new Date(date.getFullYear(), date.getMonth(), date.getDate() - date.getDay())
    this.state = { ...this.state, min_date, max_date: new Date(+min_date + 7 * 86_400_000) }
    this.callEvent('onViewChange', ['week', date])
  }

  getState(): SchedulerUiState {
    return this.state
  }

  clearAll(): void {
    this.#events.clear()
  }

  parse(events: unknown): void {
    this.#parsing = true
    for (const event of events as object[]) this.addEvent(event)
    this.#parsing = false
  }

  getEvent(id: RecordId): SchedulerEventObject | undefined {
    return this.#events.get(idKey(id))
  }

  addEvent(event: object): RecordId {
    const added = event as SchedulerEventObject
    added['text'] ??= ''
    const shortest = +added.start_date + (this.config.time_step ?? 5) * MINUTE_MS
    if (+added.end_date <= shortest) added.end_date.setTime(shortest)
    const known = this.#events.has(idKey(added.id))
    this.#events.set(idKey(added.id), added)
    if (!this.#parsing) this.callEvent(known ? 'onEventChanged' : 'onEventAdded', [added.id, added])
    return added.id
  }

  updateEvent(_id: RecordId): void {}

  deleteEvent(id: RecordId, _silent?: boolean): void {
    const event = this.getEvent(id)
    this.#events.delete(idKey(id))
    // Of a deleted exception the widget keeps a mark.
    if (event?.['recurring_event_id']) this.#events.set(idKey(id), Object.assign(event, { deleted: true }))
    this.callEvent('onEventDeleted', [id, event])
  }

  changeEventId(id: RecordId, newId: RecordId): void {
    const event = this.getEvent(id)
    if (!event) return
    this.#events.delete(idKey(id))
    event.id = newId
    this.#events.set(idKey(newId), event)
    if (sameId(this.state.select_id, id)) this.state = { ...this.state, select_id: newId }
    this.callEvent('onEventIdChange', [id, newId])
  }

  select(id: RecordId): void {
    this.state = { ...this.state, select_id: id }
  }

  showLightbox(id: RecordId): void {
    this.state = { ...this.state, lightbox_id: id }
  }

  hideLightbox(): void {
    this.state = { ...this.state, lightbox_id: null }
    this.callEvent('onAfterLightbox', [])
  }
}
