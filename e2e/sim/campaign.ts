/** Many fleets in a row, and a report of those that fail. Run by `npm run sim`, by the mutants and by the tests. */
import { run } from './fleet.ts'
import { HAPPENINGS, type Happenings, happened } from './happenings.ts'
import * as seeds from './seeds.ts'
import { shrink } from './shrink.ts'
import { KINDS, type Kind, type Story, storyOf } from './story.ts'

/** A fleet that failed. */
export interface Failure {
  readonly kind: Kind
  readonly seed: number
  readonly problem: string
}

/** What became of the fleets of one kind. */
export interface Tally {
  readonly kind: Kind
  runs: number
  steps: number
  readonly failures: Failure[]
  readonly happenings: Happenings
  /** Milliseconds of this thread. */
  ms: number
}

/** Runs `runs` fleets, shared out among the kinds, seeds counted from `seed`. `progress` is called after each; false ends the campaign. */
export async function campaign(
  runs: number,
  seed: number,
  kinds: readonly Kind[] = KINDS,
  progress: (tally: Tally, done: number) => boolean | undefined = () => undefined,
): Promise<Tally[]> {
  const tallies = kinds.map((kind): Tally => ({ kind, runs: 0, steps: 0, failures: [], happenings: new Map(), ms: 0 }))
  for (let done = 0; done < runs; done++) {
    const tally = tallies[done % tallies.length] as Tally
    const story = storyOf(tally.kind, seed + Math.floor(done / tallies.length))
    const since = performance.now()
    const { problems, happenings } = await run(story)
    for (const [what, times] of happenings) happened(tally.happenings, what, times)
    tally.ms += performance.now() - since
    tally.runs += 1
    tally.steps += story.steps.length
    const [problem] = problems
    if (problem !== undefined) tally.failures.push({ kind: story.kind, seed: story.seed, problem })
    if (progress(tally, done + 1) === false) break
  }
  return tallies
}

/** The first named seed that fails, and what is wrong with it. */
export async function namedFailure(): Promise<{ readonly name: string; readonly problem: string } | undefined> {
  for (const [name, story] of Object.entries(seeds)) {
    const [problem] = (await run(story)).problems
    if (problem !== undefined) return { name, problem }
  }
  return undefined
}

/** The shortest story of a failure, what happened in it, and the data with which it becomes a named seed. */
export async function report(kind: Kind, seed: number, frames = false): Promise<string> {
  return describe(await shrink(storyOf(kind, seed)), frames)
}

/** A story as a person reads it, if it fails; else undefined. */
export async function failureOf(story: Story): Promise<string | undefined> {
  const { problems } = await run(story)
  return problems.length ? describe(story) : undefined
}

async function describe(story: Story, frames = false): Promise<string> {
  const { steps, ...rest } = story
  const { log, problems } = await run(story, frames)
  const what = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  return [
    what.join(', '),
    ...log,
    ...problems.slice(0, 10).map((problem) => `=> ${problem}`),
    JSON.stringify(story),
  ].join('\n')
}

export { HAPPENINGS, KINDS }
