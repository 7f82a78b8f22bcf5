/** Bars that others are dragging, drawn over the chart where they would land, with the name of whose hand it is. */
import { h } from '../ui/dom.ts'
import { paint } from '../ui/people.ts'
import type { Chart } from './gantt-chart.ts'
import type { Colleague } from './presence.ts'

/** Draws ghost bars. */
export interface GhostBars {
  show(people: readonly Colleague[]): void
}

/** A layer of ghost bars over a chart. They cannot be clicked and are not read out: the edit that follows them is. */
export function ghostBars({ gantt }: Chart): GhostBars {
  const layer = h('div', { className: 'ghosts', 'aria-hidden': 'true' })
  const bars = new Map<string, HTMLElement>()
  let shown: readonly Colleague[] = []
  const draw = (): void => {
    if (layer.parentElement !== gantt.$task_data) gantt.$task_data?.append(layer)
    const gone = new Set(bars.keys())
    for (const { client, name, color, drag } of shown) {
      if (!drag || !gantt.isTaskExists(drag.task) || !gantt.isTaskVisible(drag.task)) continue
      gone.delete(client)
      let bar = bars.get(client)
      if (!bar) {
        bar = h('div', { className: 'ghost' }, h('span', { className: 'ghost-name' }, name))
        paint(bar, name, color)
        bars.set(client, bar)
        layer.append(bar)
      }
      const task = gantt.getTask(drag.task)
      const { left, top, width, height } = gantt.getTaskPosition(task, new Date(drag.startDate), new Date(drag.endDate))
      Object.assign(bar.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` })
    }
    for (const client of gone) {
      bars.get(client)?.remove()
      bars.delete(client)
    }
  }
  gantt.attachEvent('onGanttRender', draw)
  gantt.attachEvent('onDataRender', draw)
  return {
    show(people) {
      shown = people
      draw()
    },
  }
}
