import { expect, test } from 'vitest'
import { runLiveFleet } from './live-fleet.ts'

const runs = Number(process.env['LIVE_RUNS'] ?? 50)
const first = Number(process.env['LIVE_SEED'] ?? 1)

test.each([
  { name: 'on a quiet network', latencyMs: 0, faults: 0 },
  { name: 'when answers and frames overtake each other', latencyMs: 80, faults: 0 },
  { name: 'when requests and answers are lost, refused, and sockets drop', latencyMs: 80, faults: 12 },
])(
  '[DC1 DC9 DC15] quiet means equal for three live-updates clients $name',
  async ({ latencyMs, faults }) => {
    for (let seed = first; seed < first + runs; seed++) {
      const { differences, log, looks, seriesEdits, refused } = await runLiveFleet({
        seed,
        clients: 3,
        steps: 25,
        latencyMs,
        faults,
      })
      expect(differences, `seed ${seed}\n${log.join('\n')}`).toEqual([])
      // Without faults, frames and answers are enough to know; only a refusal, or a series without its exceptions, makes a client look.
      const most = refused + 3 * seriesEdits
      if (faults === 0) expect(looks, `seed ${seed}: reloads\n${log.join('\n')}`).toBeLessThanOrEqual(most)
    }
  },
  600_000,
)
