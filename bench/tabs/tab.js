/** Owns what a tab is asked to do: edit, answer the edits of another, edit at a pace; and the times of all that. */

/** Tasks of the plan. */
export const TASKS = 100
/** The task that is edited, and the one that is edited in answer. */
const CALL = 1
const ANSWER = 2

/**
 * @typedef {object} Line
 * @property {(id: number, note: string) => unknown} edit
 * @property {() => Promise<void>} synced resolves when all own edits are stored
 * @property {() => number} pending own edits that are not
 */

/** @typedef {{ editsPerSecond: number, mostPending: number, lastPending: number, drainMs: number }} Paced */

/** @param {(ears: { arrived: (id: number, note: string) => void }) => Promise<Line>} open */
export function tab(open) {
  /** @type {Line | undefined} */
  let line
  /** @type {(note: string) => void} */
  let isAnswered = () => {}
  let answers = false
  /** Delays of edits that others made at a pace, in milliseconds. @type {number[]} */
  let delays = []
  const here = () => {
    if (!line) throw new Error('open first')
    return line
  }
  const now = () => performance.timeOrigin + performance.now()
  const arrived = (/** @type {number} */ id, /** @type {string} */ note) => {
    if (id === CALL && answers) here().edit(ANSWER, note)
    else if (id === ANSWER) isAnswered(note)
    else if (note.startsWith('at ')) delays.push(now() - Number(note.slice(3)))
  }
  const tabs = {
    async open() {
      line = await open({ arrived })
    },
    answer() {
      answers = true
    },
    /**
     * Edits, and waits until the answer of another tab is in the store here; one after another. A round goes twice from tab
     * to tab: half of it is one way.
     * @param {number} rounds @returns {Promise<number[]>} milliseconds there and back
     */
    async call(rounds) {
      const times = []
      for (let n = 0; n < rounds; n++) {
        const note = `${n} of ${performance.timeOrigin}`
        const start = performance.now()
        await new Promise((resolve) => {
          isAnswered = (answer) => {
            if (answer === note) resolve(undefined)
          }
          here().edit(CALL, note)
        })
        times.push(performance.now() - start)
        // Not from within the task that brought the answer: what a tab does next is another task.
        await new Promise((resolve) => setTimeout(resolve))
      }
      return times
    },
    /** Edits so often for so long, each time a task of its own. @param {number} perSecond @param {number} ms @param {number} who @returns {Promise<Paced>} */
    async pace(perSecond, ms, who) {
      const start = performance.now()
      let made = 0
      let mostPending = 0
      await new Promise((resolve) => {
        const timer = setInterval(() => {
          const passed = Math.min(performance.now() - start, ms)
          for (const due = (passed * perSecond) / 1000; made < due; made++) {
            here().edit(3 + ((made * 4 + who) % (TASKS - 3)), `at ${now()}`)
          }
          mostPending = Math.max(mostPending, here().pending())
          if (passed < ms) return
          clearInterval(timer)
          resolve(undefined)
        }, 4)
      })
      const end = performance.now()
      const lastPending = here().pending()
      await here().synced()
      return {
        editsPerSecond: (made / (end - start)) * 1000,
        mostPending,
        lastPending,
        drainMs: performance.now() - end,
      }
    },
    /** What arrived at a pace, and forgets it. @returns {number[]} */
    takeDelays() {
      const taken = delays
      delays = []
      return taken
    },
    isHidden: () => document.hidden,
  }
  Object.assign(globalThis, { tabs })
  return tabs
}

/** @typedef {ReturnType<typeof tab>} Tabs */
