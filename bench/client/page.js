/**
 * Owns what is done in the page of a subject: the same frames for each, as a server would send them, and what taking them
 * in costs. A page measures one subject, so that no heap and no compiler holds anything of another.
 */
import { task, tasks } from '../plan.js'

/**
 * A store under test. Frames are the texts that planwire's server sends; a peer with a wire format of its own may prepare
 * its form of them beforehand (`prepare`), and is not charged for it.
 * @typedef {object} Subject
 * @property {(frame: unknown) => unknown} load takes a whole project in; done when it returns or resolves
 * @property {(frame: string) => unknown} [prepareLoad]
 * @property {(frame: unknown) => unknown} apply takes a remote changeset in
 * @property {(frame: string) => unknown} [prepare]
 * @property {() => Promise<void>} [settled] resolves when everything that was applied can be read
 * @property {number} [settledMs] how long `settled` waits at least: a wait of the peer's own choice is not charged
 * @property {(id: number) => number | undefined} percentDone reads a task
 * @property {(edits: readonly { id: number, percentDone: number }[]) => string | Uint8Array | undefined} [edit] edits by the user of this page, as one transaction; returns what would be sent, ready to be sent
 * @property {(id: number) => unknown} [pend] one own edit of another field, which stays unsent
 * @property {() => boolean} [undo]
 * @property {(revision: number) => Promise<void>} [confirm] from now on the server confirms what is edited; its newest revision is this
 */

/** @param {number} count @returns {string} */
const datasetFrame = (count) =>
  JSON.stringify({
    command: 'dataset',
    project: 1,
    dataset: { tasksData: tasks(count) },
    planwire: { epoch: 'e', revision: 0 },
  })

let revision = 0
/** @param {object[]} updated @returns {string} */
const changeFrame = (updated) =>
  JSON.stringify({
    command: 'projectChange',
    project: 1,
    changes: { tasks: { updated } },
    planwire: { epoch: 'e', revision: ++revision },
  })

/** @param {number} n @param {number} count */
const idOf = (n, count) => 1 + ((n * 7919) % count)
/** Never what the plan holds already: a change that changes nothing costs less. @param {number} id @param {number} n */
const other = (id, n) => (task(id - 1).percentDone + 1 + n) % 101

/** @typedef {{ ms: number }} Taken */

/** What the driver calls. @param {() => Subject | Promise<Subject>} make */
export function offer(make) {
  /** @type {Subject | undefined} */
  let subject
  let count = 0
  /** @type {unknown} */
  let frame
  const here = () => {
    if (!subject) throw new Error('load first')
    return subject
  }
  /** @param {number} id @param {number | undefined} wanted */
  const check = (id, wanted) => {
    const found = here().percentDone(id)
    if (found !== wanted)
      throw new Error(`task ${id} is at ${found} %, not ${wanted}: the subject does not do its work`)
  }
  /** How often updates were made: the same ones again would change nothing. */
  let turns = 0
  const pages = {
    /** The page before anything is loaded. */
    async open() {
      subject = await make()
    },
    /** Makes the frame of a project, which stays here until `drop`. @param {number} wanted tasks @returns {Promise<number>} bytes of it in the heap */
    async prepare(wanted) {
      count = wanted
      revision = 0
      const text = datasetFrame(count)
      const { prepareLoad } = here()
      frame = prepareLoad ? await prepareLoad(text) : text
      // One byte a character: a plan is written in ASCII. What is not a text has its bytes elsewhere.
      return typeof frame === 'string' ? frame.length : 0
    },
    /** @returns {Promise<Taken>} */
    async load() {
      const { load } = here()
      const start = performance.now()
      await load(frame)
      const ms = performance.now() - start
      check(count, task(count - 1).percentDone)
      return { ms }
    },
    drop() {
      frame = undefined
    },
    /** Remote changesets of one field each. @param {number} updates @returns {Promise<Taken>} in all */
    async updates(updates) {
      const { apply, prepare, settled, settledMs = 0 } = here()
      const turn = turns++
      const frames = Array.from({ length: updates }, (_, n) => {
        const id = idOf(n, count)
        const frame = changeFrame([{ id, percentDone: other(id, n + turn) }])
        return prepare ? prepare(frame) : frame
      })
      const start = performance.now()
      for (const frame of frames) apply(frame)
      await settled?.()
      const ms = performance.now() - start - settledMs
      const last = idOf(updates - 1, count)
      check(last, other(last, updates - 1 + turn))
      return { ms }
    },
    /** One remote changeset of so many records. @param {number} records @param {number} round @returns {Promise<Taken>} */
    async changeset(records, round) {
      const { apply, prepare, settled, settledMs = 0 } = here()
      const day = `2027-03-${String(1 + (round % 28)).padStart(2, '0')}T00:00:00`
      const text = changeFrame(
        Array.from({ length: records }, (_, at) => ({
          id: at + 1,
          startDate: day,
          endDate: '2027-04-01T00:00:00',
          duration: 3,
          percentDone: (round + at) % 101,
        })),
      )
      const frame = prepare ? prepare(text) : text
      const start = performance.now()
      apply(frame)
      await settled?.()
      const ms = performance.now() - start - settledMs
      check(records, (round + records - 1) % 101)
      return { ms }
    },
    /** Own edits of so many records in one transaction, and the text or bytes that would be sent. @param {number} records @returns {Promise<Taken>} */
    async edits(records) {
      const { edit, settled } = here()
      if (!edit) throw new Error('this subject has no edits of its own')
      const edits = Array.from({ length: records }, (_, at) => ({ id: at + 1, percentDone: other(at + 1, 50) }))
      const start = performance.now()
      const sent = edit(edits)
      await settled?.()
      const ms = performance.now() - start
      // A field and its record take more than that in any form.
      if (!sent || sent.length < 8 * records) throw new Error('the edits would not be sent')
      check(records, other(records, 50))
      return { ms }
    },
    /** Remote edits of records that have unsent edits here. @param {number} edits @returns {Promise<Taken>} */
    async rebase(edits) {
      const { apply, pend } = here()
      if (!pend) throw new Error('this subject rebases nothing')
      for (let n = 0; n < edits; n++) pend(n + 1)
      const frames = Array.from({ length: edits }, (_, n) => changeFrame([{ id: n + 1, percentDone: (n * 3) % 101 }]))
      const start = performance.now()
      for (const text of frames) apply(text)
      const ms = performance.now() - start
      check(edits, ((edits - 1) * 3) % 101)
      return { ms }
    },
    /** Takes back the last edits, one step each. @param {number} edits @returns {Promise<Taken>} */
    async undo(edits) {
      const { pend, undo, confirm } = here()
      if (!pend || !undo || !confirm) throw new Error('this subject takes nothing back')
      await confirm(revision)
      for (let n = 0; n < edits; n++) pend(n + 1)
      const start = performance.now()
      for (let n = 0; n < edits; n++) if (!undo()) throw new Error(`only ${n} steps could be taken back`)
      return { ms: performance.now() - start }
    },
    can: () => ({
      edit: here().edit !== undefined,
      rebase: here().pend !== undefined,
      undo: here().undo !== undefined,
    }),
  }
  Object.assign(globalThis, { pages })
  return pages
}

/** @typedef {ReturnType<typeof offer>} Pages */

/**
 * What a changeset frame says. @param {string} frame
 * @returns {(Partial<import('../plan.js').PlanTask> & { id: number })[]}
 */
export const updatedIn = (frame) => JSON.parse(frame).changes.tasks.updated

/** What a dataset frame says. @param {string} frame @returns {import('../plan.js').PlanTask[]} */
export const tasksIn = (frame) => JSON.parse(frame).dataset.tasksData
