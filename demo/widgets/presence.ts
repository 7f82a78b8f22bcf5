/** Who looks at which task, and who drags which bar: told to the other tabs, and read from what they tell. */
import type { Fields, Peer, ProjectClient, RecordId } from 'planwire'
import type { Chart } from './gantt-chart.ts'

/** A bar on its way, not yet let go. Dates are wall clock, `YYYY-MM-DDTHH:mm`. */
export interface Drag {
  readonly task: RecordId
  readonly startDate: string
  readonly endDate: string
}

/** Somebody else as their app describes them. */
export interface Colleague {
  /** Of this tab of theirs. */
  readonly client: string
  readonly name: string
  readonly color: string | undefined
  readonly bot: boolean
  readonly task: RecordId | undefined
  readonly drag: Drag | undefined
}

/** Reads what peers tell; anything may be in it. */
export function colleagues(peers: readonly Peer[]): Colleague[] {
  return peers.map(({ client, userName, state }) => ({
    client,
    name: userName,
    color: typeof state['color'] === 'string' ? state['color'] : undefined,
    bot: state['bot'] === true,
    task: idOf(state['task']),
    drag: dragOf(state['drag']),
  }))
}

function idOf(value: unknown): RecordId | undefined {
  return typeof value === 'string' || typeof value === 'number' ? value : undefined
}

function dragOf(value: unknown): Drag | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { task, startDate, endDate }: Fields = { ...value }
  const id = idOf(task)
  if (id === undefined || !isTime(startDate) || !isTime(endDate)) return undefined
  return { task: id, startDate, endDate }
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
}

/** Tells the others what is selected in the chart, and where a bar is dragged to while it is dragged. */
export function tellPresence(client: ProjectClient, { gantt }: Chart): void {
  let drag: Drag | undefined
  const tell = (): void => {
    const selected = gantt.getSelectedId()
    const task = selected && client.tasks.get(selected)?.id
    client.setPresence({ task: task ?? null, ...(drag ? { drag } : {}) })
  }
  const over = (): void => {
    if (!drag) return
    drag = undefined
    tell()
  }
  gantt.attachEvent('onTaskSelected', tell)
  gantt.attachEvent('onTaskUnselected', tell)
  gantt.attachEvent('onTaskDrag', (id, mode, task) => {
    const real = client.tasks.get(id)?.id
    // The widget tells once more after a bar was let go.
    if (real === undefined || !gantt.getState().drag_id || mode === gantt.config.drag_mode.progress) return
    if (!(task.start_date instanceof Date) || !(task.end_date instanceof Date)) return
    drag = { task: real, startDate: wallClock(task.start_date), endDate: wallClock(task.end_date) }
    tell()
  })
  gantt.attachEvent('onAfterTaskDrag', over)
  // A drag that ends where it began has no event of its own.
  for (const name of ['mouseup', 'touchend', 'touchcancel'] as const)
    addEventListener(name, () => setTimeout(over), true)
}

function wallClock(date: Date): string {
  const two = (part: number): string => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`
}
