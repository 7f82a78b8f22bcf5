/** Owns a run: which clauses, one after another, what became of each, and the report. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import { bryntumSuite } from './bryntum/suite.ts'
import type { Clause } from './clause.ts'
import { liveSuite } from './dhtmlx/suite.ts'
import { settingsOf, type VerifyOptions, type VerifySettings } from './options.ts'
import { platformPorts, type VerifyPorts } from './platform.ts'
import { type ClauseResult, type ClauseStatus, counts, type Finding, type Report } from './report.ts'
import type { LentBench, Suite } from './suite.ts'
import { redactor, Trace } from './trace.ts'
import { NoAnswer, Unreachable, Verdict } from './verdict.ts'

/**
 * Holds a server to its dialect, clause by clause. Rejects with `invalid-argument` for options that cannot be, and with
 * `connection-lost` when the server cannot be reached at all; everything else is in the report.
 * @example
 * const report = await verify({ url: 'ws://127.0.0.1:8080', dialect: 'bryntum-flat', write: true })
 * for (const { id, seen } of report.clauses.filter(({ status }) => status === 'failed')) console.log(id, seen)
 */
export async function verify(options: VerifyOptions): Promise<Report> {
  const settings = settingsOf(options)
  const ports: VerifyPorts = { ...platformPorts(options.WebSocket), ...options.ports }
  const began = ports.clock.now()
  const tag = `verify-${ports.random.id().replace(/\W/g, '').slice(0, 8)}`
  const run = <Bench extends LentBench>(suite: Suite<Bench>): Promise<Ran> => runSuite(suite, options, settings, ports)
  try {
    const { dialect } = settings
    const { clauses, findings } =
      dialect === 'dhtmlx'
        ? await run(await liveSuite(settings, ports, tag))
        : await run(await bryntumSuite(settings, dialect, ports, tag))
    const summary: Record<ClauseStatus, number> = { passed: 0, failed: 0, skipped: 0, inconclusive: 0 }
    for (const { status } of clauses) summary[status] += 1
    return {
      format: 1,
      url: redactor([])(options.url),
      dialect,
      startedAt: new Date(began).toISOString(),
      tookMs: ports.clock.now() - began,
      passed: !clauses.some((clause) => counts(clause, settings.strict)),
      strict: settings.strict,
      summary,
      findings,
      clauses,
    }
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
    throw new PlanwireError('connection-lost', `The server cannot be reached: ${error.message}`, 'retry', {
      url: options.url,
    })
  }
}

interface Ran {
  readonly clauses: readonly ClauseResult[]
  readonly findings: readonly Finding[]
}

async function runSuite<Bench extends LentBench>(
  suite: Suite<Bench>,
  options: VerifyOptions,
  settings: VerifySettings,
  ports: VerifyPorts,
): Promise<Ran> {
  const asked = suite.clauses.filter(
    ({ id, dialects }) =>
      dialects.includes(settings.dialect) && named(options.only, id, true) && !named(options.skip, id, false),
  )
  if (asked.length === 0) {
    throw new PlanwireError('invalid-argument', 'verify: no clause is left of "only" and "skip"', 'fatal')
  }
  const findings = new Map<Finding['name'], Finding>()
  if (suite.roundTripMs !== undefined) {
    const means = 'the median of five questions before the first clause'
    findings.set('roundTripMs', { name: 'roundTripMs', value: Math.round(suite.roundTripMs * 100) / 100, means })
  }
  const clauses: ClauseResult[] = []
  const redact = redactor([settings.user.password, settings.otherUser?.password, settings.token])
  for (const clause of asked) {
    const trace = new Trace(ports.clock, redact)
    const began = ports.clock.now()
    const why = options.signal?.aborted ? 'the run was stopped' : whyNot(clause, settings, suite.unwritable)
    const outcome =
      why === undefined
        ? await runClause(clause, suite.bench(trace), findings)
        : { status: 'skipped' as const, seen: why, left: [] }
    const { id, title, severity, says, source, finds, hint } = clause
    const result: ClauseResult = {
      ...{ id, title, severity, says, source, finds, hint },
      ...outcome,
      seen: redact(outcome.seen),
      frames: trace.frames,
      tookMs: Math.round(ports.clock.now() - began),
    }
    clauses.push(result)
    options.onClause?.(result)
  }
  return { clauses, findings: [...findings.values()] }
}

type Outcome = Pick<ClauseResult, 'status' | 'seen' | 'left'>

async function runClause<Bench extends LentBench>(
  clause: Clause<Bench>,
  bench: Bench,
  findings: Map<Finding['name'], Finding>,
): Promise<Outcome> {
  try {
    const outcome = await judged(clause, bench)
    return { ...outcome, left: await bench.cleanUp() }
  } finally {
    for (const finding of bench.findings) findings.set(finding.name, finding)
    bench.close()
  }
}

async function judged<Bench>(clause: Clause<Bench>, bench: Bench): Promise<Pick<Outcome, 'status' | 'seen'>> {
  try {
    return { status: 'passed', seen: await clause.run(bench) }
  } catch (error) {
    if (error instanceof Verdict) return { status: error.status, seen: error.message }
    if (error instanceof NoAnswer) return { status: 'failed', seen: error.message }
    throw error
  }
}

/** Why a clause is not run with these settings. */
function whyNot(
  { needs }: { readonly needs: 'read' | 'write' | 'reset' },
  { write, reset }: VerifySettings,
  unwritable: string | undefined,
): string | undefined {
  if (needs === 'read') return undefined
  if (needs === 'reset' && !reset) return 'puts the project back to its default content (--reset)'
  if (!write) return 'adds records of its own (--write)'
  return unwritable === undefined ? undefined : `nothing is written: ${unwritable}`
}

/** True for an id in a list, by itself or by its first part; `otherwise` when there is no list. */
function named(list: readonly string[] | undefined, id: string, otherwise: boolean): boolean {
  return list === undefined || list.length === 0
    ? otherwise
    : list.some((each) => id === each || id.startsWith(`${each}.`))
}
