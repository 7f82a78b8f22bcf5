/** @tanstack/db: a collection whose sync writes what arrives, with one subscriber. */
import { createCollection } from '@tanstack/db'
import { offer, tasksIn, updatedIn } from '../page.js'

/** @typedef {import('../../plan.js').PlanTask} PlanTask */

offer(() => {
  /** @type {import('@tanstack/db').SyncWriter<PlanTask> | undefined} */
  let writer
  let heard = 0
  /** What would be sent of the last own edits. @type {string | undefined} */
  let sent
  const tasks = createCollection({
    getKey: (/** @type {PlanTask} */ task) => task.id,
    startSync: true,
    sync: {
      sync: (given) => {
        writer = given
      },
    },
    // The answer of the server that never comes: what is edited stays optimistic.
    onUpdate: ({ transaction }) => {
      sent = JSON.stringify(transaction.mutations.map(({ key, changes }) => ({ id: key, ...changes })))
      return new Promise(() => {})
    },
  })
  tasks.subscribeChanges((/** @type {readonly unknown[]} */ changes) => {
    heard += changes.length
  })
  /** @param {'insert' | 'update'} type @param {readonly PlanTask[]} records */
  const write = (type, records) => {
    writer?.begin()
    for (const value of records) writer?.write({ type, value })
    writer?.commit()
  }
  return {
    load: (frame) => {
      writer?.begin()
      writer?.truncate()
      writer?.commit()
      write('insert', tasksIn(String(frame)))
      writer?.markReady()
    },
    apply: (frame) =>
      write(
        'update',
        updatedIn(String(frame)).flatMap((fields) => {
          const task = tasks.get(fields.id)
          return task ? { ...task, ...fields } : []
        }),
      ),
    percentDone: (id) => tasks.get(id)?.percentDone,
    edit: (edits) => {
      const done = new Map(edits.map(({ id, percentDone }) => [id, percentDone]))
      tasks.update([...done.keys()], (/** @type {PlanTask[]} */ drafts) => {
        for (const draft of drafts) draft.percentDone = done.get(draft.id) ?? draft.percentDone
      })
      return heard > 0 ? sent : undefined
    },
  }
})
