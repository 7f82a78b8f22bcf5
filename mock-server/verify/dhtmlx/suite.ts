/** Owns the order of the live-updates clauses, and the first look at a server. */
import type { Clause } from '../clause.ts'
import type { VerifySettings } from '../options.ts'
import type { VerifyPorts } from '../platform.ts'
import { median, type Suite } from '../suite.ts'
import { Trace } from '../trace.ts'
import { NoAnswer, Unreachable } from '../verdict.ts'
import { LiveBench } from './bench.ts'
import { callClauses } from './call-clauses.ts'
import { ganttClauses } from './gantt-clauses.ts'
import { refusalClauses } from './refusal-clauses.ts'
import { restClauses } from './rest-clauses.ts'
import { socketClauses } from './socket-clauses.ts'

/** Every clause of the live updates, in the order in which they run. */
export const liveClauses: readonly Clause<LiveBench>[] = [
  ...socketClauses,
  ...callClauses,
  ...restClauses,
  ...refusalClauses,
  ...ganttClauses,
]

const PINGS = 5

/** Looks at the server. Rejects with `Unreachable` when no request is answered. */
export async function liveSuite(settings: VerifySettings, ports: VerifyPorts, tag: string): Promise<Suite<LiveBench>> {
  const trace = new Trace(ports.clock, (text) => text)
  const first = new LiveBench({ settings, ports, trace, tag, quietMs: settings.quietMs })
  const pings: number[] = []
  for (let ping = 0; ping < PINGS; ping += 1) {
    const began = ports.clock.now()
    await first.rest('GET', settings.livePath).catch((error: unknown) => {
      throw error instanceof NoAnswer ? new Unreachable(error.message) : error
    })
    pings.push(ports.clock.now() - began)
  }
  const roundTripMs = median(pings)
  const quietMs = Math.max(settings.quietMs, roundTripMs * 5)
  return {
    clauses: liveClauses,
    roundTripMs,
    unwritable: undefined,
    bench: (each) => new LiveBench({ settings, ports, trace: each, tag, quietMs }),
  }
}
