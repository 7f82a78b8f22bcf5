import { expect, test } from 'vitest'
import { campaign, report } from './campaign.ts'
import { HAPPENINGS, type Happenings, happened } from './happenings.ts'
import { KINDS } from './story.ts'

/** Fleets of each kind, of which there are ten; `npm run sim` runs as many as it is told. */
const RUNS = Number(process.env['FLEETS'] ?? 200)

const all: Happenings = new Map()

test.each(KINDS)(
  'quiet means equal, and nothing is lost in silence: fleets at %s',
  { timeout: 300_000 },
  async (kind) => {
    const [tally] = await campaign(RUNS, 1, [kind], ({ failures }) => failures.length === 0)
    for (const [what, times] of tally?.happenings ?? []) happened(all, what, times)
    const [failure] = tally?.failures ?? []
    expect(failure && (await report(kind, failure.seed))).toBeUndefined()
    expect(tally?.runs).toBe(RUNS)
  },
)

test.runIf(RUNS >= 100)('the fleets lived through everything that they must survive', () => {
  expect(HAPPENINGS.filter((what) => (all.get(what) ?? 0) < 10)).toEqual([])
})
