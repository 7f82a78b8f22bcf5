/** Owns what the runner needs of a dialect's suite. */
import type { Clause } from './clause.ts'
import type { Finding } from './report.ts'
import type { Trace } from './trace.ts'

/** What every bench can do for the runner. */
export interface LentBench {
  readonly findings: readonly Finding[]
  /** Closes the clause's connections. */
  close(): void
  /** Takes the clause's records away; answers those that could not be. */
  cleanUp(): Promise<readonly string[]>
}

/** The clauses of a dialect, and a bench for each. */
export interface Suite<Bench extends LentBench> {
  readonly clauses: readonly Clause<Bench>[]
  /** The median of a few round trips, in milliseconds; undefined when none was answered. */
  readonly roundTripMs: number | undefined
  /** Why nothing may be written although it was asked for; undefined when it may. */
  readonly unwritable: string | undefined
  bench(trace: Trace): Bench
}

/** The middle one of some measurements; 0 for none. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
}
