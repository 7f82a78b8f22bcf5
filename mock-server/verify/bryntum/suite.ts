/** Owns the order of the Bryntum clauses, and the first look at a server: what is there before anything is written. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, type ProjectId, sameId } from '../../../client/protocol/ids.ts'
import type { Clause } from '../clause.ts'
import type { VerifySettings } from '../options.ts'
import type { VerifyPorts } from '../platform.ts'
import { median, type Suite } from '../suite.ts'
import { Trace } from '../trace.ts'
import { NoAnswer, Unreachable, Verdict } from '../verdict.ts'
import { addClauses } from './add-clauses.ts'
import { BryntumBench, idsOf, type KnownPlan } from './bench.ts'
import { changeClauses } from './change-clauses.ts'
import { frameClauses } from './frame-clauses.ts'
import { orphanClauses } from './orphan-clauses.ts'
import { serverClauses } from './server-clauses.ts'
import { sessionClauses } from './session-clauses.ts'
import type { BryntumDialect } from './speech.ts'
import { treeClauses } from './tree-clauses.ts'
import { troubleClauses } from './trouble-clauses.ts'

/** Every clause of the Bryntum dialects, in the order in which they run: what may do harm comes late. */
export const bryntumClauses: readonly Clause<BryntumBench>[] = [
  ...sessionClauses,
  ...frameClauses,
  // `add.fresh-ids` leads: a server that gives ids twice would have the others work on somebody's records.
  ...addClauses,
  ...changeClauses,
  ...troubleClauses,
  ...serverClauses.filter(({ needs }) => needs !== 'reset'),
  ...orphanClauses,
  ...treeClauses,
  ...serverClauses.filter(({ needs }) => needs === 'reset'),
]

const PINGS = 5

/** Looks at the server. Rejects with `Unreachable` when no connection comes about. */
export async function bryntumSuite(
  given: VerifySettings,
  dialect: BryntumDialect,
  ports: VerifyPorts,
  tag: string,
): Promise<Suite<BryntumBench>> {
  const settings = { ...given, dialect }
  const { known, roundTripMs, unwritable } = await look(settings, ports, tag)
  let phantoms = 0
  const count = (): number => (phantoms += 1)
  return {
    clauses: bryntumClauses,
    roundTripMs,
    unwritable,
    bench: (trace) => new BryntumBench({ settings, ports, trace, tag, known, count }),
  }
}

interface FirstLook {
  readonly known: KnownPlan
  readonly roundTripMs: number | undefined
  readonly unwritable: string | undefined
}

async function look(
  settings: VerifySettings & { readonly dialect: BryntumDialect },
  ports: VerifyPorts,
  tag: string,
): Promise<FirstLook> {
  const nothing: KnownPlan = {
    project: settings.project ?? 1,
    elsewhere: undefined,
    ids: new Map(),
    quietMs: settings.quietMs,
  }
  const trace = new Trace(ports.clock, (text) => text)
  const bench = new BryntumBench({ settings, ports, trace, tag, known: nothing, count: () => 0 })
  try {
    const planner = await bench.connect('first').catch((error: unknown) => {
      throw error instanceof NoAnswer ? new Unreachable(error.message) : error
    })
    const login = await planner.login(settings.user)
    if (login.error !== undefined) {
      return { known: nothing, roundTripMs: undefined, unwritable: `the login was refused: ${login.error}` }
    }
    const pings: number[] = []
    let projects: readonly ProjectId[] = []
    for (let ping = 0; ping < PINGS; ping += 1) {
      const began = ports.clock.now()
      const { fields } = await planner.fence()
      pings.push(ports.clock.now() - began)
      const list = fields['projects']
      projects = Array.isArray(list) ? list.filter(isObject).flatMap(({ id }) => (isRecordId(id) ? [id] : [])) : []
    }
    const roundTripMs = median(pings)
    const project = settings.project ?? projects[0] ?? nothing.project
    const elsewhere = projects.find((id) => !sameId(id, project))
    const quietMs = Math.max(settings.quietMs, roundTripMs * 5)
    const rows = await planner.load(project)
    return { known: { project, elsewhere, ids: idsOf(rows), quietMs }, roundTripMs, unwritable: undefined }
  } catch (error) {
    if (!(error instanceof NoAnswer || error instanceof Verdict)) throw error
    return { known: nothing, roundTripMs: undefined, unwritable: error.message }
  } finally {
    bench.close()
  }
}
