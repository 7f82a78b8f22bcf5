/**
 * What any client of the protocol has to do, written for this benchmark alone: the limit's work, with each object checked, ids
 * that are numbers here and texts there taken as one, the order of changes looked at, and one listener told of each frame.
 */
import { offer } from '../page.js'

/** @typedef {import('../../plan.js').PlanTask} PlanTask */
/** @typedef {Partial<PlanTask> & { id: number }} Fields */

/** @param {unknown} value */
const check = (value) => {
  const sound =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !Object.hasOwn(value, '__proto__') &&
    !Object.hasOwn(value, 'constructor')
  if (!sound) throw new TypeError('malformed')
}
/** @param {unknown} id */
const keyOf = (id) => {
  if (typeof id === 'number' && Number.isFinite(id)) return id
  if (typeof id !== 'string' || id === '') throw new TypeError('not an id')
  const number = Number(id)
  return String(number) === id && Number.isFinite(number) ? number : id
}

offer(() => {
  /** @type {Map<number | string, PlanTask>} */
  let tasks = new Map()
  let position = { epoch: '', revision: 0 }
  let heard = 0
  /** @typedef {{ added: PlanTask[], updated: { before: PlanTask, after: PlanTask }[] }} Batch */
  const listeners = new Set([(/** @type {Batch} */ { updated }) => (heard += updated.length)])
  const tell = (/** @type {Batch} */ batch) => {
    for (const listener of [...listeners]) listener(batch)
  }
  return {
    load: (text) => {
      const frame = JSON.parse(String(text))
      check(frame)
      tasks = new Map()
      position = frame.planwire
      /** @type {Batch} */
      const batch = { added: [], updated: [] }
      for (const task of /** @type {PlanTask[]} */ (frame.dataset.tasksData)) {
        check(task)
        tasks.set(keyOf(task.id), task)
        batch.added.push(task)
      }
      tell(batch)
    },
    apply: (text) => {
      const frame = JSON.parse(String(text))
      for (const part of [frame, frame.changes, frame.changes.tasks, frame.planwire]) check(part)
      const { epoch, revision } = frame.planwire
      if (epoch !== position.epoch || revision !== position.revision + 1) throw new RangeError('a change is missing')
      position = { epoch, revision }
      /** @type {Batch} */
      const batch = { added: [], updated: [] }
      for (const fields of /** @type {Fields[]} */ (frame.changes.tasks.updated)) {
        check(fields)
        const key = keyOf(fields.id)
        const before = tasks.get(key)
        if (!before) continue
        const after = { ...before, ...fields, id: before.id }
        tasks.set(key, after)
        batch.updated.push({ before, after })
      }
      tell(batch)
    },
    percentDone: (id) => tasks.get(keyOf(id))?.percentDone,
  }
})
