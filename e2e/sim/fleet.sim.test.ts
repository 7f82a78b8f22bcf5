import { describe, expect, test } from 'vitest'
import { Fleet, type FleetOptions } from './fleet.ts'

/** Runs one fleet; a failure prints its seed and the whole log. */
async function prove(options: FleetOptions): Promise<void> {
  const fleet = new Fleet(options)
  let differences: string[]
  try {
    differences = await fleet.run()
  } catch (error) {
    throw new Error(`${JSON.stringify(options)}\n${fleet.log.join('\n')}\n${String((error as Error).stack)}`)
  }
  if (differences.length) {
    expect.fail(`${JSON.stringify(options)}\n${fleet.log.join('\n')}\n${differences.slice(0, 10).join('\n')}`)
  }
}

const RUNS = Number(process.env['FLEETS'] ?? 60)

describe.each(['extension', 'revisions', 'flat-serial', 'flat'] as const)('fleets that speak %s', (speech) => {
  test('without faults, quiet means equal', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= RUNS; seed++)
      await prove({ seed, clients: 2 + (seed % 3), steps: 40, speech, faults: 0 })
  })

  test('with lost connections, resets and restarts, quiet means equal', { timeout: 120_000 }, async () => {
    for (let seed = 1; seed <= RUNS; seed++)
      await prove({ seed, clients: 2 + (seed % 4), steps: 60, speech, faults: 10 })
  })
})
