/**
 * The part of dhtmlx-scheduler's public API that the binding drives, as a structural type: shipped code never imports
 * the widget, so an app brings any edition of it. Source: the API reference of dhtmlx-scheduler 7.2.
 */
import type { RecordId } from '../../protocol/ids.ts'

/** An event as the widget holds it. Fields that begin with `_` or `$` are the widget's own. */
export interface SchedulerEventObject {
  id: RecordId
  start_date: Date
  end_date: Date
  [field: string]: unknown
}

/** What `scheduler.getState()` tells: what the user is doing, and what is in view. */
export interface SchedulerUiState {
  /** The event that is being dragged or resized. */
  drag_id?: RecordId | null | undefined
  /** The event whose form is open. */
  lightbox_id?: RecordId | null | undefined
  /** The event whose text is being edited in place. */
  editor_id?: RecordId | null | undefined
  select_id?: RecordId | null | undefined
  min_date?: Date
  max_date?: Date
}

/** The widget. Declared with methods, so that an instance typed by the widget fits. */
export interface SchedulerApi {
  config: { readonly?: boolean; event_duration?: number; time_step?: number }
  templates: object

  attachEvent(name: string, handler: (...args: never[]) => unknown): string
  detachEvent(id: string): void
  batchUpdate(run: () => void, noRedraw?: boolean): void
  updateView(): void
  getState(): SchedulerUiState

  clearAll(): void
  parse(events: unknown): void
  getEvent(id: RecordId): SchedulerEventObject | undefined
  addEvent(event: object): unknown
  updateEvent(id: RecordId): void
  /** `silent`: without asking the user or anybody else. */
  deleteEvent(id: RecordId, silent?: boolean): void
  changeEventId(id: RecordId, newId: RecordId): void
  select?(id: RecordId): void
  hideLightbox(): void
}
