/** Connects a dhtmlx-gantt chart to planwire, in place of the widget's own data processor and live updates. */
import type { Cancel } from '../../ports/ports.ts'
import { invalidArgument } from '../../protocol/errors.ts'
import type { RecordId } from '../../protocol/ids.ts'
import { Edits } from './edits.ts'
import { escapeTemplates } from './escape-templates.ts'
import type { GanttApi } from './gantt-api.ts'
import type { GanttFields, GanttSource } from './gantt-source.ts'
import { type LiveGanttStore, liveSource } from './live-source.ts'
import { type Mirror, MirrorTable } from './mirror.ts'
import { Painter } from './painter.ts'
import { type ProjectForGantt, projectSource } from './project-source.ts'

/** Settings of {@link connectGantt}. */
export interface ConnectGanttOptions {
  /** Shows changes of others and lets the user make none. Default false. */
  readonly readOnly?: boolean
  /** Whether texts are escaped before templates and columns write them as HTML. Default true. Set your own templates before you connect; columns may change later. */
  readonly escapeText?: boolean
  /** A task that the user was editing, or has just edited, was removed by somebody else. An open form is closed by then. */
  readonly onLost?: (task: GanttFields) => void
  /** An edit could not be handed over; the chart shows the stored plan again. Default: reported to the page. */
  readonly onError?: (error: unknown) => void
}

/** A connected chart. */
export interface GanttConnection {
  /** Leaves the chart as it is, with no listener left behind. Idempotent. */
  disconnect(): void
}

/**
 * Shows a live plan in a dhtmlx-gantt chart (after `gantt.init`) and hands the user's edits over, one transaction per
 * action. Neither `createDataProcessor` nor `RemoteEvents` of the widget may be in use beside it (error `invalid-argument`).
 * @example
 * gantt.init('chart')
 * const connection = connectGantt(gantt, new ProjectClient({ wsAddress: '/ws', wsProjectId: 1 }))
 */
export function connectGantt(
  gantt: GanttApi,
  from: ProjectForGantt | LiveGanttStore | GanttSource,
  options: ConnectGanttOptions = {},
): GanttConnection {
  if (connected.has(gantt)) {
    throw invalidArgument('This chart is connected already: disconnect it first')
  }
  connected.add(gantt)
  const source = sourceOf(from)
  const readOnly = options.readOnly ?? false
  const mirror: Mirror = { tasks: new MirrorTable(), links: new MirrorTable() }
  const lost = options.onLost ?? (() => undefined)
  const failed = options.onError ?? ((error: unknown) => reportError(error))
  const painter = new Painter({ gantt, source, mirror, lost })
  const edits = new Edits({
    gantt,
    source,
    mirror,
    readOnly,
    lost,
    failed,
    repaint: (change) => painter.changed(change),
    asPainter: (run) => painter.asPainter(run),
  })

  const cleanUp: Cancel[] = []
  if (options.escapeText ?? true) cleanUp.push(escapeTemplates(gantt))
  if (readOnly) {
    const before = gantt.config.readonly
    gantt.config.readonly = true
    cleanUp.push(() => {
      gantt.config.readonly = before ?? false
    })
  }
  const listen = (name: string, handler: (...args: never[]) => unknown): void => {
    const id = gantt.attachEvent(name, handler)
    cleanUp.push(() => gantt.detachEvent(id))
  }
  /** Follows events of the user's edits; the painter's own changes raise the same ones. */
  const onEdit = (name: string, mark: (id: RecordId) => void): void =>
    listen(name, (id: RecordId) => {
      if (!painter.painting) mark(id)
    })

  onEdit('onAfterTaskAdd', (id) => edits.taskTouched(id))
  onEdit('onAfterTaskUpdate', (id) => edits.taskTouched(id))
  onEdit('onAfterTaskMove', (id) => edits.taskMoved(id))
  onEdit('onAfterTaskDelete', (id) => edits.taskRemoved(id))
  onEdit('onAfterLinkAdd', (id) => edits.linkTouched(id))
  onEdit('onAfterLinkUpdate', (id) => edits.linkTouched(id))
  onEdit('onAfterLinkDelete', (id) => edits.linkRemoved(id))
  // What waited for the end of a drag or of a form can be painted now.
  listen('onAfterTaskDrag', () => painter.wake())
  listen('onAfterLightbox', () => painter.wake())
  listen('onRowDragStart', () => {
    painter.pause()
    return true
  })
  cleanUp.push(afterPointer(() => painter.resume()))

  painter.paintAll()
  cleanUp.push(source.onChange((change) => painter.changed(change)))

  return {
    disconnect() {
      if (!connected.delete(gantt)) return
      edits.flush()
      edits.stop()
      painter.stop()
      for (const cancel of cleanUp.splice(0).reverse()) cancel()
    },
  }
}

function sourceOf(from: ProjectForGantt | LiveGanttStore | GanttSource): GanttSource {
  if ('dependencies' in from) return projectSource(from)
  return 'tasks' in from ? liveSource(from) : from
}

/** Charts that are connected now. */
const connected = new WeakSet<GanttApi>()

/**
 * Calls `run` when a pointer was let go, after the widget has dealt with it. The widget has no event for a drag that
 * ends without an effect.
 */
function afterPointer(run: () => void): Cancel {
  let timer: ReturnType<typeof setTimeout> | undefined
  const later = (): void => {
    clearTimeout(timer)
    timer = setTimeout(run, 0)
  }
  const names = ['mouseup', 'touchend', 'touchcancel'] as const
  for (const name of names) window.addEventListener(name, later, true)
  return () => {
    clearTimeout(timer)
    for (const name of names) window.removeEventListener(name, later, true)
  }
}
