/** Owns how a clause ends early: an exception for each verdict that is not `passed`. */
import type { ClauseStatus } from './report.ts'

/** Ends a clause with a verdict; the message is what was seen. */
export class Verdict extends Error {
  readonly status: Exclude<ClauseStatus, 'passed'>

  constructor(status: Exclude<ClauseStatus, 'passed'>, seen: string) {
    super(seen)
    this.status = status
  }
}

/** Something that was awaited did not come. In a clause that is a failure; on the way to one it decides nothing. */
export class NoAnswer extends Error {}

/** The server cannot be reached at all: no socket opens, or no request is answered. */
export class Unreachable extends Error {}

export function failed(seen: string): never {
  throw new Verdict('failed', seen)
}

export function skipped(why: string): never {
  throw new Verdict('skipped', why)
}

export function inconclusive(why: string): never {
  throw new Verdict('inconclusive', why)
}

/** Runs what a clause needs before it can begin; a failure there is none of the clause. */
export async function needed<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NoAnswer || (error instanceof Verdict && error.status === 'failed')) {
      throw new Verdict('inconclusive', `${what}: ${error.message}`)
    }
    throw error
  }
}
