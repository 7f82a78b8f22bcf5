/** Everything that a chart shows besides the plan: signs in its rows, faces, ghost bars, and what became of lost tasks. */
import type { ProjectClient, RecordId } from 'planwire'
import { legend } from '../ui/badges.ts'
import { h } from '../ui/dom.ts'
import type { Person } from '../ui/people.ts'
import type { Shell } from '../ui/shell.ts'
import { toast } from '../ui/toasts.ts'
import type { Chart } from './gantt-chart.ts'
import { ghostBars } from './ghost-bars.ts'
import { LostTasks } from './lost-tasks.ts'
import { type Colleague, colleagues, tellPresence } from './presence.ts'
import { rowMarks } from './row-marks.ts'

/** So many people's colours are remembered. */
const MOST_COLORS = 100

/** The signs of a client's plan, before there is a chart. */
export interface PlanSigns {
  /** The content of the column of signs, as HTML. */
  html(task: { readonly id: RecordId }): string
  /** Begins to draw. */
  draw(chart: Chart): void
}

/** Makes the signs. `me` is this tab's user. */
export function planSigns(client: ProjectClient, frame: Shell, me: () => string): PlanSigns {
  let chart: Chart | undefined
  /** Colours that people chose, also of those whom a lost connection hides. */
  const colors = new Map<string, string>()
  const redraw = (ids: Iterable<RecordId | undefined>): void => {
    if (!chart) return
    const { gantt } = chart
    const dragged = gantt.getState().drag_id
    for (const id of ids) {
      if (id === undefined || !gantt.isTaskExists(id) || String(id) === String(dragged)) continue
      gantt.refreshTask(id)
    }
  }
  const lost = new LostTasks(client, (parent) => redraw([parent]))
  const marks = rowMarks(client, (task) => lost.under(task))

  client.on('status', (changes) => redraw(changes.flatMap(({ store, id }) => (store === 'tasks' ? [id] : []))))
  client.on('conflict', ({ store, id }) => {
    if (store !== 'tasks') return
    const run = (): void => lost.bringBack(id)
    toast('Somebody else removed a task that you were editing', 'bad', { label: 'Bring it back', run })
  })
  frame.status.explain((surface) => {
    surface.replaceChildren(h('h2', {}, 'Where your edits are'), ...lostList(lost, surface), legend())
  })

  return {
    html: ({ id }) => marks.html(id),
    draw(made) {
      chart = made
      const ghosts = ghostBars(made)
      tellPresence(client, made)
      const show = (): void => {
        const others = colleagues(client.peers)
        for (const { name, color } of others)
          if (color && (colors.has(name) || colors.size < MOST_COLORS)) colors.set(name, color)
        redraw(marks.show(others))
        ghosts.show(others)
        frame.status.people(people(client, others, me(), colors))
      }
      client.on('presence', show)
      client.on('users', show)
      made.gantt.attachEvent('onTaskClick', (_id, event) => {
        if (!(event?.target instanceof Element) || !event.target.closest('.badge-conflict')) return true
        frame.status.element.querySelector<HTMLButtonElement>('.status-button')?.click()
        return false
      })
    },
  }
}

/** Everybody who is logged in, with what is known of where they are; this user first. */
function people(
  client: ProjectClient,
  others: readonly Colleague[],
  me: string,
  colors: ReadonlyMap<string, string>,
): Person[] {
  const known = new Map(others.map((other) => [other.name, other]))
  const names = [...client.users].sort((a, b) => Number(b === me) - Number(a === me))
  return names.map((name) => {
    const other = known.get(name)
    const task = other?.task === undefined ? undefined : client.tasks.get(other.task)?.name
    const where = other?.drag ? `drags “${task ?? 'a task'}”` : task && `at “${task}”`
    const note = name === me ? 'you' : [other?.bot && 'bot', where].filter(Boolean).join(', ') || undefined
    return { name, note, color: other?.color ?? colors.get(name) }
  })
}

function lostList(lost: LostTasks, surface: HTMLElement): HTMLElement[] {
  const tasks = lost.all
  if (tasks.length === 0) return []
  const button = (label: string, run: () => void): HTMLButtonElement =>
    h(
      'button',
      {
        type: 'button',
        className: 'button',
        onclick: () => {
          run()
          surface.hidePopover()
        },
      },
      label,
    )
  return [
    h(
      'ul',
      { className: 'lost' },
      ...tasks.map(({ id, name }) =>
        h(
          'li',
          {},
          h('span', {}, `“${name}” was removed while you edited it`),
          button('Bring it back', () => lost.bringBack(id)),
          button('Let it go', () => lost.letGo(id)),
        ),
      ),
    ),
  ]
}
