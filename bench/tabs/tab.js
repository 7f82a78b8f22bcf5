/** Owns what a tab is asked to do: edit at a pace, and tell how long the edits of others took to get here. */

/** Tasks of the plan. */
export const TASKS = 100
/** Readings of another tab's clock, of which the quickest counts. */
const READINGS = 50

/**
 * @typedef {object} Line
 * @property {(id: number, note: string) => unknown} edit
 * @property {() => Promise<void>} synced resolves when all own edits are stored
 * @property {() => number} pending own edits that are not
 */

/** @typedef {{ editsPerSecond: number, mostPending: number, lastPending: number, drainMs: number }} Paced */

/** @param {(ears: { arrived: (note: string) => void }) => Promise<Line>} open */
export function tab(open) {
  /** @type {Line | undefined} */
  let line
  /** Delays of the edits that others made, in milliseconds. @type {number[]} */
  let delays = []
  /** What the clock here lacks of that of the first tab: two processes begin to count a fraction of a millisecond apart. */
  let behind = 0
  const now = () => performance.timeOrigin + performance.now() + behind
  const here = () => {
    if (!line) throw new Error('open first')
    return line
  }
  const arrived = (/** @type {string} */ note) => {
    if (note.startsWith('at ')) delays.push(now() - Number(note.slice(3)))
  }
  const clock = new BroadcastChannel('clock')
  const tabs = {
    async open() {
      line = await open({ arrived })
    },
    /** Tells its time to whoever asks. */
    keepTime() {
      clock.onmessage = ({ data }) => data === 'asked' && clock.postMessage(now())
    },
    /** Sets the clock by that of the tab that keeps the time: its answer was given halfway between question and answer. */
    async setClock() {
      let quickest = Number.POSITIVE_INFINITY
      let found = 0
      for (let n = 0; n < READINGS; n++) {
        const asked = now()
        const told = await new Promise((resolve) => {
          clock.onmessage = ({ data }) => typeof data === 'number' && resolve(data)
          clock.postMessage('asked')
        })
        const took = now() - asked
        if (took >= quickest) continue
        quickest = took
        found = told - (asked + took / 2)
      }
      clock.onmessage = null
      behind += found
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
            here().edit(1 + ((made * 4 + who) % TASKS), `at ${now()}`)
          }
          // Behind the microtask in which an edit leaves: to count takes longer in some tabs than in others.
          queueMicrotask(() => {
            mostPending = Math.max(mostPending, here().pending())
          })
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
    /** What arrived, and forgets it. @returns {number[]} */
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
