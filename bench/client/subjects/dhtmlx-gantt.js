/** dhtmlx-gantt with a chart on the page, and its `remoteUpdates`, which collects for 50 ms and applies in one go. */
import { Gantt } from 'dhtmlx-gantt'
import 'dhtmlx-gantt/codebase/dhtmlxgantt.css'
import { offer, tasksIn, updatedIn } from '../page.js'

/** @typedef {import('../../plan.js').PlanTask} PlanTask */

/** A task in the vendor's words, with all its fields: what the widget does not know it keeps. @param {PlanTask} task */
const inWidgetWords = ({ id, name, parentId, startDate, endDate: _, duration, percentDone, ...others }) => ({
  ...others,
  id,
  text: name,
  parent: parentId ?? 0,
  start_date: startDate.replace('T', ' '),
  duration,
  progress: percentDone / 100,
})

offer(() => {
  const gantt = Gantt.getGanttInstance()
  gantt.config.date_format = '%Y-%m-%d %H:%i:%s'
  gantt.init('view')
  gantt.createDataProcessor(() => new Promise(() => {}))
  const { remoteUpdates } = gantt.ext.liveUpdates
  /** @type {Map<number, PlanTask>} */
  const known = new Map()
  return {
    prepareLoad: (frame) => {
      for (const task of tasksIn(frame)) known.set(task.id, task)
      return JSON.stringify({ data: tasksIn(frame).map(inWidgetWords), links: [] })
    },
    load: (text) => {
      gantt.clearAll()
      gantt.parse(String(text))
    },
    // A frame of the live updates holds one whole task.
    prepare: (frame) =>
      JSON.stringify(
        updatedIn(frame).flatMap((fields) => {
          const before = known.get(fields.id)
          if (!before) return []
          const task = { ...before, ...fields }
          known.set(task.id, task)
          return { type: 'update-task', task: inWidgetWords(task) }
        }),
      ),
    apply: (text) => {
      for (const message of JSON.parse(String(text))) remoteUpdates.tasks(message)
    },
    settled: () => new Promise((resolve) => setTimeout(resolve, 60)),
    settledMs: 60,
    percentDone: (id) => Math.round((gantt.getTask(id).progress ?? Number.NaN) * 100),
  }
})
