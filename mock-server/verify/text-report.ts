/** Owns the report as people read it: a line per clause, what was seen of those that failed, and the sum. */
import { assertNever } from '../../client/protocol/errors.ts'
import { type ClauseResult, type ClauseStatus, counts, type Report } from './report.ts'

/** How a report looks. */
export interface TextOptions {
  /** Default false: no escape sequences. */
  readonly color?: boolean
  /** Whether to show the frames of clauses that passed or were skipped too. Default false. */
  readonly verbose?: boolean
  /** Whether a failed `should` counts. Default: as the report says, else false. */
  readonly strict?: boolean
}

/** The whole report. */
export function textReport(report: Report, options: TextOptions = {}): string {
  const strict = options.strict ?? report.strict
  return [
    ...report.clauses.map((clause) => clauseLine(clause, { ...options, strict })),
    '',
    summaryText(report, options),
  ].join('\n')
}

/** One clause, as it is found: a line, and below it what helps to mend a failure. */
export function clauseLine(
  clause: ClauseResult,
  { color = false, verbose = false, strict = false }: TextOptions = {},
): string {
  const paint = painter(color)
  const { status } = clause
  const counted = counts(clause, strict)
  const mark = status === 'failed' && !counted ? paint('yellow', 'advice') : paint(colorOf(status), wordOf(status))
  const lines = [`${mark} ${paint('bold', clause.id.padEnd(28))} ${clause.title}`]
  if (status !== 'passed' || verbose) lines.push(`         ${clause.seen}`)
  if (status === 'failed') {
    lines.push(`         says:  ${clause.says}`, `                (${clause.source})`, `         do:    ${clause.hint}`)
    if (clause.finds.length > 0) lines.push(`         known: ${clause.finds.join(', ')}`)
  }
  if (status === 'failed' || status === 'inconclusive' || verbose) {
    for (const { atMs, peer, direction, text } of clause.frames) {
      lines.push(
        paint(
          'dim',
          `         ${String(atMs).padStart(5)} ms ${peer} ${direction === 'out' ? '>' : '<'} ${printable(text)}`,
        ),
      )
    }
  }
  if (clause.left.length > 0) lines.push(paint('yellow', `         left behind: ${clause.left.join(', ')}`))
  return lines.join('\n')
}

/** What was learned, and the sum. */
export function summaryText(report: Report, { color = false }: TextOptions = {}): string {
  const paint = painter(color)
  const { summary } = report
  const findings = report.findings.map(({ name, value, means }) => `${name}: ${value} (${means})`)
  const advice = report.clauses.filter((clause) => clause.status === 'failed' && !counts(clause, report.strict)).length
  const numbers = { ...summary, failed: summary.failed - advice, advice }
  const parts = (['passed', 'failed', 'advice', 'inconclusive', 'skipped'] as const)
    .filter((status) => numbers[status] > 0)
    .map((status) => `${numbers[status]} ${status}${status === 'advice' ? ' (--strict counts it as failed)' : ''}`)
  const verdict = report.passed ? paint('green', 'PASSED') : paint('red', 'FAILED')
  return [
    ...findings,
    `${verdict} ${report.url} ${report.dialect}: ${parts.join(', ')}, in ${Math.round(report.tookMs)} ms`,
  ].join('\n')
}

type Color = 'red' | 'green' | 'yellow' | 'dim' | 'bold'
const CODES: Readonly<Record<Color, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  dim: [2, 22],
  bold: [1, 22],
}

function painter(color: boolean): (as: Color, text: string) => string {
  return (as, text) => (color ? `\u001b[${CODES[as][0]}m${text}\u001b[${CODES[as][1]}m` : text)
}

function wordOf(status: ClauseStatus): string {
  switch (status) {
    case 'passed':
      return 'pass  '
    case 'failed':
      return 'FAIL  '
    case 'skipped':
      return 'skip  '
    case 'inconclusive':
      return 'unsure'
    default:
      return assertNever(status)
  }
}

function colorOf(status: ClauseStatus): Color {
  switch (status) {
    case 'passed':
      return 'green'
    case 'failed':
      return 'red'
    case 'skipped':
      return 'dim'
    case 'inconclusive':
      return 'yellow'
    default:
      return assertNever(status)
  }
}

/** A peer's text must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ')
}
