/** Yjs: a map of records. What arrives is in its own binary form, made beforehand by another document. */
import * as Y from 'yjs'
import { offer, tasksIn, updatedIn } from '../page.js'

/** @typedef {import('../../plan.js').PlanTask} PlanTask */

offer(() => {
  const near = new Y.Doc()
  const far = new Y.Doc()
  /** @param {Y.Doc} doc @returns {ReturnType<typeof doc.getMap<PlanTask>>} */
  const tasksOf = (doc) => doc.getMap('tasks')
  let heard = 0
  tasksOf(near).observe(({ keysChanged }) => {
    heard += keysChanged.size
  })
  /** @param {Y.Doc} doc @param {readonly (Partial<PlanTask> & { id: number })[]} changes */
  const write = (doc, changes) =>
    doc.transact(() => {
      const tasks = tasksOf(doc)
      for (const fields of changes) {
        const task = tasks.get(String(fields.id))
        if (task) tasks.set(String(fields.id), { ...task, ...fields })
      }
    })
  return {
    prepareLoad: (frame) => {
      far.transact(() => {
        for (const task of tasksIn(frame)) tasksOf(far).set(String(task.id), task)
      })
      return Y.encodeStateAsUpdate(far)
    },
    load: (update) => Y.applyUpdate(near, /** @type {Uint8Array} */ (update)),
    prepare: (frame) => {
      /** @type {Uint8Array | undefined} */
      let made
      far.once('update', (update) => {
        made = update
      })
      write(far, updatedIn(frame))
      return made
    },
    apply: (update) => Y.applyUpdate(near, /** @type {Uint8Array} */ (update)),
    percentDone: (id) => tasksOf(near).get(String(id))?.percentDone,
    edit: (edits) => {
      /** @type {Uint8Array | undefined} */
      let sent
      near.once('update', (update) => {
        sent = update
      })
      write(near, edits)
      return heard > 0 ? sent : undefined
    },
  }
})
