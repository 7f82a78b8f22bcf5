/**
 * dhtmlx-gantt as every page of the demo shows it. Import this module only after the backend is open: the widget's own
 * data processor, on the vendor page, makes requests.
 */
import { Gantt, type GanttStatic, type GridColumn, type Scale, type Scales } from 'dhtmlx-gantt'
import vendorSkin from 'dhtmlx-gantt/codebase/dhtmlxgantt.css?inline'
import ownSkin from './gantt-skin.css?inline'

/** How far apart the lines of the time scale are. */
export const ZOOMS = ['day', 'week', 'month', 'quarter'] as const
/** One of {@link ZOOMS}. */
export type Zoom = (typeof ZOOMS)[number]

const DAY_MS = 86_400_000
/** Room that a letter of a bar's name takes at most, on average. */
const LETTER_PX = 7.5

/** Room for a sign and two faces. */
const MARKS_PX = 52
const MARKS_LABEL = '<span class="visually-hidden">Status</span>'

/** A chart in an element. */
export interface Chart {
  readonly gantt: GanttStatic
  zoom(zoom: Zoom): void
  /** The zoom at which the whole plan is seen without endless scrolling. */
  fittingZoom(): Zoom
}

/** Puts the vendor's skin on the page, without its web font: the demo asks no other host for anything. */
function applySkin(): void {
  if (document.querySelector('style[data-gantt]')) return
  const vendor = vendorSkin.replace(/@charset[^;]*;/g, '').replace(/@font-face\s*\{[^}]*url\(https?:[^}]*\}/g, '')
  const style = document.createElement('style')
  style.dataset['gantt'] = ''
  style.textContent = `@layer vendor{${vendor}}${ownSkin}`
  document.head.append(style)
}

/** What only some pages have. */
export interface ChartOptions {
  /** Who works on a task, and the signs of its row, both as HTML. */
  readonly owners?: (task: { readonly id: string | number }) => string
  readonly marks?: (task: { readonly id: string | number }) => string
  /** True for a small plan on a stage: narrow weeks, nothing scrolls or takes the focus by itself. */
  readonly small?: boolean
}

/** Makes a chart in `host`. */
export function createChart(host: HTMLElement, { owners, marks, small = false }: ChartOptions = {}): Chart {
  applySkin()
  host.classList.add('gantt-host')
  const gantt = Gantt.getGanttInstance()
  // On a stage the focus stays with the visitor, whatever is clicked there.
  gantt.plugins({ keyboard_navigation: !small })
  Object.assign(gantt.config, {
    row_height: small ? 30 : 32,
    bar_height: 18,
    scale_height: small ? 40 : 48,
    order_branch: 'marker',
    order_branch_free: true,
    open_tree_initially: true,
    fit_tasks: true,
    show_errors: false,
    grid_elastic_columns: true,
    details_on_dblclick: true,
    keyboard_navigation: !small,
    keyboard_navigation_cells: false,
    placeholder_task: false,
    date_grid: '%j %M %y',
    scroll_on_click: !small,
    autoscroll: !small,
  })
  gantt.locale.labels.new_task = 'New task'
  const columns: (GridColumn & { name: string })[] = [
    { name: 'text', label: 'Task', tree: true, width: '*', min_width: 150 },
    ...(marks ? [{ name: 'marks', label: MARKS_LABEL, width: MARKS_PX, min_width: 20, template: marks }] : []),
    ...(owners ? [{ name: 'owner', label: 'Owner', width: 118, template: owners }] : []),
    { name: 'start_date', label: 'Start', align: 'center', width: 88 },
    { name: 'duration', label: 'Days', align: 'center', width: 52 },
  ]
  /** Gives the grid what the chart can spare. */
  const fit = (): boolean => {
    const width = host.clientWidth
    const all = columns.map(({ name }) => name)
    const shown = width < 700 ? ['text', 'marks'] : width < 1000 ? ['text', 'marks', 'start_date'] : all
    const room = width < 520 ? 150 : width < 700 ? 200 : width < 1000 ? 300 : owners ? 556 : 416
    // With a sign and a face, where there is room for both.
    const marksWidth = width < 520 ? MARKS_PX * 0.6 : MARKS_PX
    const gridWidth = room + (marks ? marksWidth : 0)
    if (gantt.config.grid_width === gridWidth) return false
    gantt.config.columns = columns
      .filter(({ name }) => shown.includes(name))
      .map((column) => (column.name === 'marks' ? { ...column, width: marksWidth } : column))
    gantt.config.grid_width = gridWidth
    return true
  }
  fit()
  // The widget's own data has no types: what has tasks below it looks like a phase either way.
  const phaseClass = ({ id }: { id: string | number }): string => (isPhase(gantt, id) ? 'phase' : '')
  const namedInside = (task: { id: string | number; text?: unknown }, start: Date, end: Date): boolean =>
    isPhase(gantt, task.id) &&
    gantt.posFromDate(end) - gantt.posFromDate(start) > String(task.text).length * LETTER_PX + LETTER_PX
  gantt.templates.grid_row_class = (_start, _end, task) => phaseClass(task)
  gantt.templates.task_class = (_start, _end, task) => phaseClass(task)
  gantt.templates.lightbox_header = () => 'Task'
  gantt.templates.task_text = (start, end, task) => (namedInside(task, start, end) ? String(task.text) : '')
  gantt.templates.rightside_text = (start, end, task) => (namedInside(task, start, end) ? '' : String(task.text))

  const chart: Chart = {
    gantt,
    zoom(zoom) {
      setScale(gantt, zoom)
      gantt.render()
    },
    fittingZoom() {
      const { start_date, end_date } = gantt.getSubtaskDates()
      const days = start_date && end_date ? (Number(end_date) - Number(start_date)) / DAY_MS : 100
      return days > 1_000 ? 'quarter' : days > 250 ? 'month' : days > 45 ? 'week' : 'day'
    },
  }
  setScale(gantt, small ? 'small' : 'week')
  gantt.init(host)
  new ResizeObserver(() => {
    if (fit()) gantt.render()
  }).observe(host)
  return chart
}

/** True for a task with others below it. */
export function isPhase(gantt: GanttStatic, id: string | number): boolean {
  return gantt.getChildren(id).length > 0 || gantt.getTask(id).type === gantt.config.types.project
}

const SCALES: Readonly<Record<Zoom | 'small', { width: number; scales: Scale[] }>> = {
  day: {
    width: 40,
    scales: [
      { unit: 'month', step: 1, format: '%F %Y' },
      { unit: 'day', step: 1, format: '%j %D' },
    ],
  },
  week: {
    width: 62,
    scales: [
      { unit: 'month', step: 1, format: '%F %Y' },
      { unit: 'week', step: 1, format: '%j %M' },
    ],
  },
  small: {
    width: 34,
    scales: [
      { unit: 'month', step: 1, format: '%M %Y' },
      { unit: 'week', step: 1, format: '%j' },
    ],
  },
  month: {
    width: 56,
    scales: [
      { unit: 'year', step: 1, format: '%Y' },
      { unit: 'month', step: 1, format: '%M' },
    ],
  },
  quarter: {
    width: 44,
    scales: [
      { unit: 'year', step: 1, format: '%Y' },
      { unit: 'quarter', step: 1, format: quarter },
    ],
  },
}

function setScale(gantt: GanttStatic, zoom: keyof typeof SCALES): void {
  // The widget's type asks for an array with a method of its own that no array of an app has.
  gantt.config.scales = [...SCALES[zoom].scales] as Scales
  gantt.config.min_column_width = SCALES[zoom].width
}

function quarter(date: Date): string {
  return `Q${Math.floor(date.getMonth() / 3) + 1}`
}
