/**
 * Owns which run of the server gave a revision. A run lasts from one opening of a log to the next, and gives each revision
 * once. A log that lost its tail gives revisions again, but in another run: so whoever stands at a revision of a run stands
 * in this history if, and only if, the log has that revision of that run. (Raft tells logs apart by index and term alike.)
 *
 *     log        1 2 3 | 4 5        revisions 4 and 5 are told to A, and never reach the disk
 *     run        '' '' '' r1 r1
 *     restarted  1 2 3 | 4 5        other commits
 *     run        '' '' '' r2 r2     A comes back with 5 of r1: its revisions 4 and 5 are not these
 */
/** Runs that a room remembers: a client that was away for more of them gets the dataset. */
const RUNS = 200

/** A run and its first revision. The run in which the epoch began has an empty name. */
export type RunStart = readonly [from: number, run: string]

/** The runs of a room's history. */
export class Runs {
  /** Oldest first. */
  #starts: RunStart[]

  constructor(starts: readonly RunStart[] = [[0, '']]) {
    this.#starts = [...starts]
  }

  /** The run that gave a revision; undefined for one that is too old to know. */
  at(revision: number): string | undefined {
    let found: string | undefined
    for (const [from, run] of this.#starts) if (from <= revision) found = run
    return found
  }

  /** The run that began last. */
  get newest(): string | undefined {
    return this.#starts.at(-1)?.[1]
  }

  /** A run gave its first revision. */
  began(from: number, run: string): void {
    this.#starts.push([from, run])
    if (this.#starts.length > RUNS) this.#starts.shift()
  }

  /** For a snapshot; nothing while there is no run but the first. */
  starts(): { readonly runs?: readonly RunStart[] } {
    return this.#starts.length === 1 && this.#starts[0]?.[1] === '' ? {} : { runs: this.#starts.slice() }
  }
}
