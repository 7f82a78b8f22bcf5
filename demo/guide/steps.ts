/** What happens in the guided minute, step by step, and what is said about it. */

import type { Actor } from './actor.ts'
import { TASKS } from './minute-plan.ts'

/** Who and what takes part. */
export interface Cast {
  readonly ada: Actor
  readonly grace: Actor
  /** Resolves when every tab on the stage shows its plan. */
  loaded(): Promise<void>
  /** The vendor's own client, while it is on the stage. */
  readonly vendor: Actor | undefined
  /** Lets a bot in; resolves when it has made an edit. */
  botJoins(): Promise<void>
  /** Lets the bot go on for a while. */
  botWorks(ms: number): Promise<void>
  /** Ada and the vendor's client lose their network. */
  cut(): Promise<void>
  mend(): Promise<void>
  /** Resolves when both tabs hold the same and nothing waits. */
  equal(): Promise<void>
}

/** One step. */
export interface Step {
  readonly title: string
  /** What happens. */
  readonly what: string
  /** What to look at. */
  readonly look: string
  act(cast: Cast): Promise<void>
}

const RENAMED = 'Interviews with planners'

/** The steps, in order. */
export const STEPS: readonly Step[] = [
  {
    title: 'Two tabs, one plan',
    what: 'Ada drags a task. No server is running: the backend lives in this browser.',
    look: 'Grace’s tab: a ghost bar moves under Ada’s hand before she lets go.',
    async act({ ada }) {
      await ada.drag(TASKS.docs, 4)
    },
  },
  {
    title: 'A bot joins',
    what: 'Robin is a third client, with a seed: the same edits in every run.',
    look: 'One more face at the foot of each tab, and Robin’s ghost bar in both.',
    async act({ botJoins }) {
      await botJoins()
    },
  },
  {
    title: 'Ada’s network drops',
    what: 'Her tab notices at once, and she plans on.',
    look: 'The clocks in her rows: shown, kept even through a reload, not stored yet.',
    async act({ ada, vendor, cut }) {
      await cut()
      await Promise.all([
        (async () => {
          await ada.drag(TASKS.importer, 5)
          await ada.rename(TASKS.interviews, RENAMED)
        })(),
        vendor?.drag(TASKS.importer, 5),
      ])
    },
  },
  {
    title: 'The others carry on',
    what: 'Grace moves a task and deletes the one that Ada has just renamed; Robin plans too.',
    look: 'The count of records that differ: the two sides drift apart.',
    async act({ grace, botWorks }) {
      await grace.drag(TASKS.announcement, 5)
      await grace.remove(TASKS.interviews)
      await botWorks(2_500)
    },
  },
  {
    title: 'The network is back',
    what: 'Ada’s edits are replayed on top of what the others did. Where both cannot be, she is told and may bring hers back.',
    look: 'The clocks go, and both sides are equal again.',
    async act({ mend, equal }) {
      await mend()
      await equal()
    },
  },
  {
    title: 'Undo takes back only your own',
    what: 'Ada undoes her last move. Nobody else’s work goes with it.',
    look: `“${TASKS.importer}” goes home in both tabs; Grace’s and Robin’s bars stay.`,
    async act({ ada, equal }) {
      ada.undo()
      await equal()
    },
  },
]

/** What is said at the end. */
export const END = {
  title: 'That was a minute. Your turn.',
  what: 'What you saw were the real client and the real mock server: the same code that your app gets.',
} as const
