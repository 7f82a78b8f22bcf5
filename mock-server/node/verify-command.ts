/** The command `planwire verify`: runs the suite, prints as it goes, and says by its exit code how it ended. */
import { open } from 'node:fs/promises'
import { WebSocket } from 'ws'
import type { Cancel } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import { clauseLine, junitReport, type Report, summaryText, textReport, verify } from '../verify/index.ts'
import { UsageError } from './serve-options.ts'
import { parseVerify, type ReportForm, VERIFY_HELP, type VerifyCommand } from './verify-options.ts'

/** What the command needs from its process. */
export interface VerifyTerminal {
  out(line: string): void
  err(line: string): void
  onEnd(run: () => void): Cancel
  /** Whether `out` shows colours. Default false. */
  readonly color?: boolean
  /** Environment variables. Default: none. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** 0: passed. 1: a clause failed, or the run was stopped. 2: the command was not understood. 3: nobody answers at the address. */
export type VerifyExitCode = 0 | 1 | 2 | 3

/** Runs the command until the report is written. Throws {@link UsageError} for what was not understood. */
export async function runVerify(args: readonly string[], terminal: VerifyTerminal): Promise<VerifyExitCode> {
  const command = parseVerify(args, terminal.environment ?? {})
  if (command === 'help') {
    terminal.out(VERIFY_HELP)
    return 0
  }
  const { output } = command
  // Before the run: nobody wants to hear after minutes that the report has no place.
  const file =
    output === undefined
      ? undefined
      : await open(output, 'w').catch((error: unknown) => {
          throw new UsageError(`--output ${output} cannot be written: ${messageOf(error)}`, 2)
        })
  try {
    const report = await ran(command, terminal)
    const text = written(report, command.form, command.verbose)
    if (file) await file.writeFile(`${text}\n`)
    else if (command.form !== 'text') terminal.out(text)
    const stopped = report.clauses.some(({ seen }) => seen === STOPPED)
    return report.passed && !stopped ? 0 : 1
  } catch (error) {
    if (!(error instanceof PlanwireError)) throw error
    const lost = error.code === 'connection-lost'
    const hint = lost && /^(wss|https):/.test(command.options.url) ? CERTIFICATE_HINT : ''
    terminal.err(`planwire: ${error.message}${hint}`)
    if (lost) return 3
    if (error.code === 'invalid-argument') return 2
    throw error
  } finally {
    await file?.close()
  }
}

/** What Node says of a certificate that it does not trust reaches nobody: a socket tells its code alone. */
const CERTIFICATE_HINT = '; if its certificate is your own, name it: NODE_EXTRA_CA_CERTS=cert.pem planwire verify ...'

const STOPPED = 'the run was stopped'

/** Runs the suite; the first request to end stops it after the clause under way, whose records are taken away. */
async function ran(command: VerifyCommand, terminal: VerifyTerminal): Promise<Report> {
  const stop = new AbortController()
  const cancel = terminal.onEnd(() => {
    terminal.err('planwire: stops after this clause, and takes its records away')
    cancel()
    stop.abort()
  })
  // What is printed as a report must be nothing but the report.
  const progress = command.form === 'text' || command.output !== undefined
  const style = { color: terminal.color === true, verbose: command.verbose }
  try {
    const report = await verify({
      ...command.options,
      WebSocket,
      signal: stop.signal,
      ...(progress && {
        onClause: (clause) => terminal.out(clauseLine(clause, { ...style, strict: command.options.strict === true })),
      }),
    })
    if (progress) terminal.out(`\n${summaryText(report, style)}`)
    return report
  } finally {
    cancel()
  }
}

function written(report: Report, form: ReportForm, verbose: boolean): string {
  if (form === 'json') return JSON.stringify(report, null, 2)
  return form === 'junit' ? junitReport(report).trimEnd() : textReport(report, { verbose })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
