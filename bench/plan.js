/** Owns the plan that every benchmark works on: tasks as a Bryntum Gantt stores them, three levels deep, and the edits of them. */

/** The day on which the plan begins; task number n begins n % 365 days later. */
const BEGIN = Date.UTC(2026, 0, 5)
const DAY_MS = 86_400_000

/** @param {number} time @returns {string} as the vendor's clients write dates */
const dated = (time) => new Date(time).toISOString().slice(0, 19)

/**
 * @typedef {object} PlanTask
 * @property {number} id from 1 on
 * @property {string} name
 * @property {number | null} parentId groups of ten under groups of a hundred
 * @property {number} parentIndex
 * @property {string} startDate
 * @property {string} endDate
 * @property {number} duration days
 * @property {string} durationUnit
 * @property {number} percentDone 0 to 100
 * @property {boolean} expanded
 * @property {string} note
 */

/** @param {number} n @returns {PlanTask} the task with the number n, from 0 on */
export function task(n) {
  const duration = 1 + (n % 9)
  const start = BEGIN + (n % 365) * DAY_MS
  const parent = n % 100 === 0 ? null : n % 10 === 0 ? n - (n % 100) : n - (n % 10)
  return {
    id: n + 1,
    name: `Task ${n}: pour the foundation`,
    parentId: parent === null ? null : parent + 1,
    parentIndex: parent === null ? n / 100 : n % 10 === 0 ? (n % 100) / 10 - 1 : (n % 10) - 1 + (n % 100 < 10 ? 9 : 0),
    startDate: dated(start),
    endDate: dated(start + duration * DAY_MS),
    duration,
    durationUnit: 'day',
    percentDone: n % 101,
    expanded: n % 10 === 0,
    note: '',
  }
}

/** @param {number} count @returns {PlanTask[]} */
export const tasks = (count) => Array.from({ length: count }, (_, n) => task(n))

/** The configuration of a mock server with one project of so many tasks. @param {number} count */
export const plan = (count) => ({ projects: [{ id: 1, name: 'Plan', tasksData: tasks(count) }] })

/** Which of `count` tasks the n-th edit changes: each in turn, far from the one before. @param {number} n @param {number} count */
const edited = (n, count) => 1 + ((n * 7919) % count)

/** The flat frame of the n-th one-field edit. @param {number} n @param {number} count tasks of the plan @returns {string} */
export const editFrame = (n, count) => changeFrame({ updated: [{ id: edited(n, count), percentDone: (n * 7) % 101 }] })

/** The flat frame that adds a task. @param {number} n @returns {string} */
export const addFrame = (n) =>
  changeFrame({
    added: [{ $PhantomId: `_generatedTask_${n}`, name: `New ${n}`, startDate: dated(BEGIN), duration: 2 }],
  })

/** The flat frame that changes so many tasks at once. @param {number} n @param {number} records @param {number} count */
export const changesetFrame = (n, records, count) =>
  changeFrame({
    updated: Array.from({ length: records }, (_, at) => {
      const start = BEGIN + ((n + at) % 365) * DAY_MS
      const id = 1 + ((n * records + at) % count)
      return { id, startDate: dated(start), endDate: dated(start + 3 * DAY_MS), duration: 3 }
    }),
  })

/** @param {object} tasks @returns {string} */
const changeFrame = (tasks) => JSON.stringify({ command: 'projectChange', project: 1, changes: { tasks } })
