/** Small questions and commands to the widget that painting and editing share. */
import { idKey, type RecordId, type RecordKey, sameId } from '../../protocol/ids.ts'
import type { GanttApi } from './gantt-api.ts'
import type { GanttFields, GanttPlace, GanttSource } from './gantt-source.ts'
import { parseWallClock } from './wall-clock.ts'

/** The id that stands for "no parent". */
function rootId(gantt: GanttApi): RecordId {
  return gantt.config.root_id ?? 0
}

/** The widget's id of a parent. */
export function widgetParent(gantt: GanttApi, parent: RecordId | null): RecordId {
  return parent === null ? rootId(gantt) : parent
}

/** Where a task stands in the widget. */
export function placeOf(gantt: GanttApi, id: RecordId): GanttPlace {
  const parent = gantt.getParent(id)
  return { parent: sameId(parent, rootId(gantt)) ? null : parent, index: gantt.getTaskIndex(id) }
}

/** True if the task or one of the tasks it lies under is `ancestor`. */
export function liesUnder(gantt: GanttApi, id: RecordId, ancestor: RecordId): boolean {
  const seen = new Set<RecordKey>()
  for (let at: RecordId = id; gantt.isTaskExists(at) && !seen.has(idKey(at)); at = gantt.getParent(at)) {
    if (sameId(at, ancestor)) return true
    seen.add(idKey(at))
  }
  return false
}

/** Fields of a task as the widget takes them: dates as `Date`, end and duration made to agree, no start is "unscheduled". */
export function widgetTask(gantt: GanttApi, fields: GanttFields): Record<string, unknown> {
  const task: Record<string, unknown> = { ...fields }
  const start = parseWallClock(fields['start_date'])
  const end = parseWallClock(fields['end_date'])
  delete task['start_date']
  delete task['end_date']
  delete task['unscheduled']
  if (!start) return { ...task, unscheduled: true }
  task['start_date'] = start
  if (end) {
    task['end_date'] = end
    task['duration'] = gantt.calculateDuration(task)
  } else {
    task['end_date'] = gantt.calculateEndDate(task)
  }
  return task
}

/** Every task of a source as `gantt.parse` reads it, parents before their children. */
export function allTasks(gantt: GanttApi, source: GanttSource): Record<string, unknown>[] {
  const tasks: Record<string, unknown>[] = []
  const open: { parent: RecordId | null; ids: readonly RecordId[]; at: number }[] = [
    { parent: null, ids: source.children(null), at: 0 },
  ]
  for (let level = open.at(-1); level; level = open.at(-1)) {
    const id = level.ids[level.at++]
    if (id === undefined) {
      open.pop()
      continue
    }
    const fields = source.task(id)
    if (!fields) continue
    tasks.push({ ...widgetTask(gantt, fields), id, parent: widgetParent(gantt, level.parent) })
    open.push({ parent: id, ids: source.children(id), at: 0 })
  }
  return tasks
}

/** Runs `change` and puts the view back afterwards: the same date at the left edge, the same row on top. */
export function keepingView(gantt: GanttApi, change: () => void): void {
  const before = gantt.getScrollState?.()
  const date = before && gantt.dateFromPos?.(before.x)
  change()
  if (!before) return
  const x = date && gantt.posFromDate ? Math.round(gantt.posFromDate(date)) : before.x
  const after = gantt.getScrollState?.()
  if (after && (Math.abs(after.x - x) > 1 || after.y !== before.y)) gantt.scrollTo?.(x, before.y)
}
