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
  readonly cast: Cast
  /** Everything is as it was configured. */
  prepare(): Promise<void>
  /** Sends everybody home; the network is whole again. Idempotent. */
  close(): Promise<void>
}

/** Opens the server of a minute called `name`. `vendor` tells whether the vendor's client is on the stage. */
export async function openTheatre(name: string, panes: TwinPanes, pace: Pace, vendor: () => boolean): Promise<Theatre> {
  const [{ startMockServer }, { startBots }] = await Promise.all([
    import('planwire/mock-server'),
    import('planwire/mock-server/bots'),
  ])
  const mock = await startMockServer({ ...minuteConfig(), name }, { lab: false })
  let bots: Bots | undefined
  /** Where a tab is too low to show the whole plan, all of them scroll to what happens. */
  const reveal = (task: string | number): void => {
    for (const title of [TABS.ada, TABS.grace, ...(vendor() ? [TABS.vendor] : [])]) {
      const gantt = panes.frame(title).contentWindow?.demo?.gantt
      if (gantt?.isTaskExists(task)) gantt.showTask(task)
    }
  }
  const actor = (who: string, title: string): Actor => new Actor(who, () => panes.frame(title), pace, reveal)
  const ada = actor('Ada', TABS.ada)
  const grace = actor('Grace', TABS.grace)
  const theirs = actor('Ada', TABS.vendor)

  const cast: Cast = {
    ada,
    grace,
    loaded: () =>
      until(
        () => panes.verdict.state === 'equal' && (!vendor() || panes.isReady(TABS.vendor)),
        'the tabs are loaded',
        pace,
      ),
    vendor: () => (vendor() ? theirs : undefined),
    async botJoins() {
      bots ??= startBots({
        wsAddress: `${mock.url}/ws`,
        project: 1,
        count: 1,
        names: ['Robin'],
        seed: 4,
        rate: 60,
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
      for (const { stage } of cast.vendor() ? [ada, theirs] : [ada]) await takeOffline(mock, stage.tab)
    },
    async mend() {
      await mock.lab.stop()
      // What a browser says when its network is back.
      for (const title of [TABS.ada, ...(vendor() ? [TABS.vendor] : [])])
        panes.frame(title).contentWindow?.dispatchEvent(new Event('online'))
    },
    equal: () => until(() => panes.verdict.state === 'equal', 'the tabs are equal', pace),
  }
  const ended = async (): Promise<void> => {
    bots?.close()
    bots = undefined
    for (const each of [ada, grace, theirs]) each.rest()
    await mock.lab.stop()
  }
  return {
    cast,
    async prepare() {
      await ended()
      await mock.reset()
    },
    async close() {
      await ended()
      await mock.close()
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
