import { expect, test } from 'vitest'
import { failureOf } from './campaign.ts'
import { KINDS, storyOf } from './story.ts'

/** Fleets of each kind; all of them together are the promise of at least 2,000. */
const RUNS = Number(process.env['FLEETS'] ?? 210)

test.each(KINDS)(
  'quiet means equal, and nothing is lost in silence: fleets at %s',
  { timeout: 300_000 },
  async (kind) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const failure = await failureOf(storyOf(kind, seed))
      if (failure) expect.fail(`${failure}\nMake it short with: npm run sim -- --kind ${kind} --runs 1 --seed ${seed}`)
    }
  },
)
