/** dhtmlx-scheduler and its `remoteUpdates`. The calendar on the page shows a day without events: drawing is not what is measured. */
import { scheduler } from 'dhtmlx-scheduler'
import 'dhtmlx-scheduler/codebase/dhtmlxscheduler.css'
import { offer, tasksIn, updatedIn } from '../page.js'

/** @typedef {import('../../plan.js').PlanTask} PlanTask */

/** A task as an event, with all its fields: what the widget does not know it keeps. @param {PlanTask} task */
const inWidgetWords = ({ id, name, startDate, endDate, percentDone, ...others }) => ({
  ...others,
  id,
  text: name,
  start_date: startDate.replace('T', ' ').slice(0, 16),
  end_date: endDate.replace('T', ' ').slice(0, 16),
  done: percentDone,
})

offer(() => {
  scheduler.init('view', new Date(2020, 0, 1), 'day')
  scheduler.createDataProcessor(() => new Promise(() => {}))
  const { remoteUpdates } = scheduler.ext.liveUpdates
  /** @type {Map<number, PlanTask>} */
  const known = new Map()
  return {
    prepareLoad: (frame) => {
      for (const task of tasksIn(frame)) known.set(task.id, task)
      return JSON.stringify(tasksIn(frame).map(inWidgetWords))
    },
    load: (text) => {
      scheduler.clearAll()
      scheduler.parse(String(text))
    },
    prepare: (frame) =>
      JSON.stringify(
        updatedIn(frame).flatMap((fields) => {
          const before = known.get(fields.id)
          if (!before) return []
          const task = { ...before, ...fields }
          known.set(task.id, task)
          return { type: 'update-event', event: inWidgetWords(task) }
        }),
      ),
    apply: (text) => {
      for (const message of JSON.parse(String(text))) remoteUpdates.events(message)
    },
    percentDone: (id) => Number(scheduler.getEvent(id)?.done),
  }
})
