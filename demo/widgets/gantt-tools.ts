/** The buttons of a Gantt chart: they act on the widget, as a user's mouse would, and on nothing else. */
import type { GanttStatic } from 'dhtmlx-gantt'
import { h, toolButton } from '../ui/dom.ts'
import { type Chart, isPhase, ZOOMS, type Zoom } from './gantt-chart.ts'

/** Adds the buttons to a toolbar. Answers the groups that a narrow one can do without, the most dispensable first. */
export function ganttTools(chart: Chart, toolbar: HTMLElement): HTMLElement[] {
  const { gantt } = chart
  const add = toolButton('plus', 'Add task', () => addTask(gantt), 'button-primary')
  const indent = toolButton('indent', 'Indent', () => indentTask(gantt))
  const outdent = toolButton('outdent', 'Outdent', () => outdentTask(gantt))
  const remove = toolButton('trash', 'Delete', () => deleteTask(gantt), 'button-danger')
  const zoom = h(
    'select',
    { className: 'select', 'aria-label': 'Time scale', onchange: () => chart.zoom(zoom.value as Zoom) },
    ...ZOOMS.map((name) =>
      h('option', { value: name }, { day: 'Days', week: 'Weeks', month: 'Months', quarter: 'Quarters' }[name]),
    ),
  )
  zoom.value = 'week'
  const structure = h('div', { className: 'toolbar-group' }, outdent, indent, remove)
  const scale = h('div', { className: 'toolbar-group' }, zoom)
  toolbar.append(h('div', { className: 'toolbar-group' }, add), structure, scale)
  const refresh = (): void => {
    const id = selected(gantt)
    remove.disabled = id === undefined
    indent.disabled = id === undefined || gantt.getTaskIndex(id) === 0
    outdent.disabled = id === undefined || !hasParent(gantt, id)
  }
  for (const name of [
    'onTaskSelected',
    'onTaskUnselected',
    'onAfterTaskMove',
    'onAfterTaskDelete',
    'onParse',
    'onGanttRender',
  ] as const) {
    gantt.attachEvent(name, refresh)
  }
  gantt.attachEvent('onParse', () => {
    const fitting = chart.fittingZoom()
    if (zoom.value === fitting) return
    zoom.value = fitting
    chart.zoom(fitting)
  })
  refresh()
  return [scale, structure]
}

function selected(gantt: GanttStatic): string | number | undefined {
  const id = gantt.getSelectedId()
  return id && gantt.isTaskExists(id) ? gantt.getTask(id).id : undefined
}

function hasParent(gantt: GanttStatic, id: string | number): boolean {
  const parent = gantt.getParent(id)
  return parent !== gantt.config.root_id && gantt.isTaskExists(parent)
}

/** Opens the form for a new task right under the selected phase, or beside the selected task. */
function addTask(gantt: GanttStatic): void {
  const id = selected(gantt)
  const near = id === undefined ? undefined : gantt.getTask(id)
  const start_date =
    near?.start_date instanceof Date ? near.start_date : (gantt.getSubtaskDates().start_date ?? new Date())
  const parent = near === undefined ? undefined : isPhase(gantt, near.id) ? near.id : (near.parent as string | number)
  gantt.createTask({ id: gantt.uid(), text: 'New task', start_date: new Date(start_date), duration: 3 }, parent)
}

function indentTask(gantt: GanttStatic): void {
  const id = selected(gantt)
  if (id === undefined) return
  const above = gantt.getPrevSibling(id)
  if (above === null || !gantt.isTaskExists(above)) return
  moveTask(gantt, id, gantt.getChildren(above).length, above)
  gantt.open(above)
}

/** A move by program: the widget's own data processor hears of it only through the update behind it. */
function moveTask(gantt: GanttStatic, id: string | number, index: number, parent: string | number): void {
  gantt.moveTask(id, index, parent)
  gantt.updateTask(id)
}

function outdentTask(gantt: GanttStatic): void {
  const id = selected(gantt)
  if (id === undefined || !hasParent(gantt, id)) return
  const parent = gantt.getParent(id)
  moveTask(gantt, id, gantt.getTaskIndex(parent) + 1, gantt.getParent(parent))
}

function deleteTask(gantt: GanttStatic): void {
  const id = selected(gantt)
  if (id === undefined) return
  gantt.deleteTask(id)
  // The button is disabled now, and would take the focus of the keyboard with it.
  gantt.focus()
}
