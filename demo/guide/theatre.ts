/** Where the guided minute plays: a server of its own in this browser, its bot, and the network of its tabs. */
import type { BrowserMockServer } from 'planwire/mock-server'
import type { Bots } from 'planwire/mock-server/bots'
import type { TwinPanes } from '../widgets/twin-panes.ts'
import { Actor, type Pace } from './actor.ts'
import { minuteConfig } from './minute-plan.ts'
import type { Cast } from './steps.ts'

/** Titles of the tabs on the stage. */
export const TABS = { ada: 'Tab one', grace: 'Tab two', vendor: 'The vendor’s client' } as const

/** Longest wait for tabs to become equal, in milliseconds. */
const PATIENCE_MS = 15_000
const POLL_MS = 80

/** A theatre. */
export interface Theatre {
  /** Those who play in one run, at its pace; `vendor` puts the vendor's client beside them. */
  cast(pace: Pace, vendor: boolean): Cast
  /** Everything is as it was configured, and nobody is there. */
  prepare(): Promise<void>
  /** Sends everybody home; the network is whole again. Idempotent. */
  empty(): Promise<void>
}

/** Opens the server of a minute called `name`, as long as the page lives. */
export async function openTheatre(name: string, panes: TwinPanes): Promise<Theatre> {
  const [{ startMockServer }, { startBots }] = await Promise.all([
    import('planwire/mock-server'),
    import('planwire/mock-server/bots'),
  ])
  const mock = await startMockServer({ ...minuteConfig(), name }, { lab: false })
  let bots: Bots | undefined
  let players: readonly Actor[] = []

  const empty = async (): Promise<void> => {
    bots?.close()
    bots = undefined
    for (const player of players) player.rest()
    await mock.lab.stop()
  }
  const cast = (pace: Pace, vendor: boolean): Cast => {
    const titles = [TABS.ada, TABS.grace, ...(vendor ? [TABS.vendor] : [])]
    /** Where a tab is too low to show the whole plan, all of them scroll to what happens. */
    const reveal = (task: string | number): void => {
      for (const title of titles) {
        const gantt = panes.frame(title).contentWindow?.demo?.gantt
        if (gantt?.isTaskExists(task)) gantt.showTask(task)
      }
    }
    const actor = (who: string, title: string): Actor => new Actor(who, () => panes.frame(title), pace, reveal)
    const ada = actor('Ada', TABS.ada)
    const grace = actor('Grace', TABS.grace)
    const theirs = vendor ? actor('Ada', TABS.vendor) : undefined
    players = [ada, grace, ...(theirs ? [theirs] : [])]
    const isLoaded = (): boolean => panes.verdict.state === 'equal' && titles.every((title) => panes.isReady(title))
    return {
      ada,
      grace,
      vendor: theirs,
      loaded: () => until(isLoaded, 'the tabs are loaded', pace),
      async botJoins() {
        bots ??= startBots({
          wsAddress: `${mock.url}/ws`,
          project: 1,
          count: 1,
          names: ['Robin'],
          seed: 4,
          rate: pace.calm ? 600 : 60,
          // What can be followed with the eye.
          mix: { ...QUIET, drag: 3, resize: 1, progress: 1 },
        })
        const edited = new Promise<void>((resolve) => bots?.onEdit(() => resolve()))
        bots.set({ paused: false })
        await edited
        await pace.pass(2_000)
        bots.set({ paused: true })
      },
      async botWorks(ms) {
        bots?.set({ paused: false })
        await pace.pass(ms)
        bots?.set({ paused: true })
      },
      async cut() {
        for (const { stage } of theirs ? [ada, theirs] : [ada]) await takeOffline(mock, stage.tab)
      },
      async mend() {
        await mock.lab.stop()
        // What a browser says when its network is back.
        for (const title of theirs ? [TABS.ada, TABS.vendor] : [TABS.ada])
          panes.frame(title).contentWindow?.dispatchEvent(new Event('online'))
      },
      equal: () => until(() => panes.verdict.state === 'equal', 'the tabs are equal', pace),
    }
  }
  return {
    cast,
    empty,
    async prepare() {
      await empty()
      await mock.reset()
    },
  }
}

/** Nothing that removes or renames what the others are about to use. */
const QUIET = {
  rename: 0,
  nest: 0,
  reorder: 0,
  link: 0,
  assign: 0,
  create: 0,
  delete: 0,
  undo: 0,
  redo: 0,
  offline: 0,
} as const

async function takeOffline({ lab }: BrowserMockServer, tab: unknown): Promise<void> {
  if (typeof tab !== 'string') throw new Error('The tab has no server in this browser')
  await lab.inject({ fault: 'offline', to: { tab } })
}

/** Resolves as soon as something holds. Rejects after a while, and when the minute was left. */
async function until(holds: () => boolean, what: string, pace: Pace): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`Waited too long until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    await pace.pass(0)
  }
}
