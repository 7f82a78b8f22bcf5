/** Connects a dhtmlx-scheduler calendar to planwire, in place of the widget's own data processor and live updates. */
import type { Scheduler } from '../../live-updates/event-store.ts'
import type { Cancel } from '../../ports/ports.ts'
import { invalidArgument } from '../../protocol/errors.ts'
import type { RecordId } from '../../protocol/ids.ts'
import type { PlainRecord } from '../../protocol/records.ts'
import { escapeTemplatesOf } from './escape-templates.ts'
import { MirrorTable } from './mirror.ts'
import type { SchedulerApi } from './scheduler-api.ts'
import { SchedulerEdits } from './scheduler-edits.ts'
import { SchedulerPainter } from './scheduler-painter.ts'

/** What the calendar needs of a live store. */
export type LiveSchedulerStore = Pick<Scheduler, 'events' | 'transact' | 'on' | 'showRange' | 'dateRules'>

/** Settings of {@link connectScheduler}. */
export interface ConnectSchedulerOptions {
  /** Shows changes of others and lets the user make none. Default false. */
  readonly readOnly?: boolean
  /** Whether texts are escaped before templates write them as HTML. Default true. Set your own templates before you connect. */
  readonly escapeText?: boolean
  /** An event that the user was editing, or has just edited, was removed by somebody else. An open form is closed by then. */
  readonly onLost?: (event: PlainRecord) => void
  /** An edit could not be handed over; the calendar shows the stored events again. Default: reported to the page. */
  readonly onError?: (error: unknown) => void
  /** Reads what comes into view and is not there yet: for a store that was loaded with a range. Default false. */
  readonly loadVisible?: boolean
}

/** A connected calendar. */
export interface SchedulerConnection {
  /** Leaves the calendar as it is, with no listener left behind. Idempotent. */
  disconnect(): void
}

/**
 * Shows live events in a dhtmlx-scheduler calendar (after `scheduler.init`) and hands the user's edits over, one
 * transaction per action. Neither `load` nor `createDataProcessor` nor `RemoteEvents` of the widget may be in use beside
 * it. What dates mean, the store says (`createScheduler({ dates: 'instant' })`), not the widget's `server_utc`.
 * Error `invalid-argument` for a calendar that is connected already.
 * @example
 * const events = createScheduler()
 * void events.load('/events')
 * events.createDataProcessor({ url: '/events', mode: 'REST-JSON' })
 * new RemoteEvents('/api/v1', 'token').on(remoteUpdates(events))
 * connectScheduler(scheduler, events)
 */
export function connectScheduler(
  scheduler: SchedulerApi,
  store: LiveSchedulerStore,
  options: ConnectSchedulerOptions = {},
): SchedulerConnection {
  if (connected.has(scheduler)) {
    throw invalidArgument('This calendar is connected already: disconnect it first')
  }
  connected.add(scheduler)
  const { events } = store
  const readOnly = options.readOnly ?? false
  const rules = store.dateRules
  const mirror = new MirrorTable()
  const lost = options.onLost ?? (() => undefined)
  const painter = new SchedulerPainter({
    scheduler,
    record: (id) => events.get(id),
    records: () => events.all(),
    mirror,
    rules,
    lost,
  })
  const edits = new SchedulerEdits({
    scheduler,
    events,
    transact: (run) => store.transact(run),
    mirror,
    rules,
    readOnly,
    lost,
    failed: options.onError ?? ((error: unknown) => reportError(error)),
    repaint: (ids) => painter.changed(ids),
    asPainter: (run) => painter.asPainter(run),
  })

  const cleanUp: Cancel[] = []
  const listen = (name: string, handler: (...args: never[]) => unknown): void => {
    const id = scheduler.attachEvent(name, handler)
    cleanUp.push(() => scheduler.detachEvent(id))
  }
  if (options.escapeText ?? true) cleanUp.push(escapeTemplatesOf(scheduler, SCHEDULER_TEMPLATES))
  if (readOnly) {
    const before = scheduler.config.readonly
    scheduler.config.readonly = true
    cleanUp.push(() => {
      scheduler.config.readonly = before ?? false
    })
  }
  for (const name of ['onEventAdded', 'onEventChanged', 'onEventDeleted']) {
    listen(name, (id: RecordId) => {
      // The painter's own changes raise the same events.
      if (!painter.painting) edits.touched(id)
      return true
    })
  }
  // What waited for the end of a drag or of a form can be painted now.
  listen('onDragEnd', () => painter.wake())
  listen('onAfterLightbox', () => painter.wake())
  if (options.loadVisible) {
    const look = (): void => {
      const { min_date, max_date } = scheduler.getState()
      // A failure is told by the store.
      if (min_date && max_date) store.showRange(min_date, max_date).catch(() => undefined)
    }
    listen('onViewChange', look)
    look()
  }

  painter.paintAll()
  cleanUp.push(
    store.on('change', ({ stores }) => {
      const { added, updated, removed, rekeyed } = stores['events'] ?? nothing
      painter.changed(
        [...added, ...updated.map(({ after }) => after), ...removed, ...rekeyed.map(({ record }) => record)].map(
          ({ id }) => id,
        ),
        rekeyed,
      )
    }),
    store.on('conflict', ({ id, ours, theirs }) => lost({ ...theirs, ...ours, id })),
  )

  return {
    disconnect() {
      if (!connected.delete(scheduler)) return
      edits.flush()
      edits.stop()
      painter.stop()
      for (const cancel of cleanUp.splice(0).reverse()) cancel()
    },
  }
}

/** Calendars that are connected now. */
const connected = new WeakSet<SchedulerApi>()

const nothing = { added: [], updated: [], removed: [], rekeyed: [] }

/** Templates of the widget that show an event, called with (start, end, event). */
const SCHEDULER_TEMPLATES = [
  'event_text',
  'event_header',
  'event_bar_text',
  'event_bar_date',
  'agenda_text',
  'week_agenda_event_text',
  'map_text',
  'year_tooltip',
  'tooltip_text',
  'lightbox_header',
  'quick_info_title',
  'quick_info_content',
  'quick_info_date',
]
