/**
 * Finds out whether a server handles messages one after another. An edit and, right behind it, a question:
 *
 *     one after another           with a database of its own
 *     edit      stored            edit      on its way
 *     question  answered          question  answered
 *                                           stored
 *
 * Seen from outside: when the question is answered, the edit must be in what others read, and of two edits that cross the one
 * that a client hears of after its own answer must be the one that stays.
 */
import type { BryntumBench } from './bench.ts'
import { edit, edits, storedValue } from './change-clauses.ts'
import type { Planner } from './planner.ts'

/** What was found. */
export interface SerialFinding {
  readonly serial: boolean
  readonly why: string
}

/** Runs the rounds; ends with the first that shows the contrary. */
export async function isSerial(bench: BryntumBench): Promise<SerialFinding> {
  const [one, two] = [await bench.planner('one'), await bench.planner('two')]
  const [id] = await bench.add(one, 'tasks', [bench.task('serial')])
  const { rounds } = bench.settings
  for (let round = 1; round <= rounds; round += 1) {
    one.change(bench.project, edit(id, { percentDone: round }))
    await one.fence()
    if ((await storedValue(bench, id, 'percentDone')) !== round) {
      return { serial: false, why: `round ${round}: "projects" was answered before the edit in front of it was stored` }
    }
  }
  one.forget()
  two.forget()
  for (let round = 1; round <= rounds; round += 1) {
    const [ofOne, ofTwo] = [round, round + 50]
    one.change(bench.project, edit(id, { duration: ofOne }))
    two.change(bench.project, edit(id, { duration: ofTwo }))
    const [early, earlyTwo] = [await crossedBefore(one, id), await crossedBefore(two, id)]
    const last = await storedValue(bench, id, 'duration')
    // Who heard nothing before the own answer takes the other's edit, which comes later, for the last one.
    if (
      (!early && last === ofOne && (await one.unwanted(edits(id)))) ||
      (!earlyTwo && last === ofTwo && (await two.unwanted(edits(id))))
    ) {
      return { serial: false, why: `round ${round}: an edit that arrived after the answer was not the last one` }
    }
    one.forget()
    two.forget()
  }
  return {
    serial: true,
    why: `${rounds} edits were stored when the answer behind them came, and ${rounds} crossings were told in order`,
  }
}

/** Whether the other's edit came before the answer to a question of this client. */
async function crossedBefore(planner: Planner, id: unknown): Promise<boolean> {
  await planner.fence()
  return (await planner.heard((item) => item.type === 'change' && edits(id)(item.change), 0)) !== undefined
}
