/** Owns the report as JUnit XML, for the machines that build software: one test case per clause. */
import { type ClauseResult, counts, type Report } from './report.ts'

/**
 * The report as JUnit XML. What fails the run is a `failure`; a failed `should` is none unless the run was strict, and an
 * inconclusive clause is `skipped`, so that the file says what the exit code says.
 */
export function junitReport(report: Report): string {
  const failures = report.clauses.filter((clause) => counts(clause, report.strict)).length
  const notRun = report.summary.skipped + report.summary.inconclusive
  const totals = `tests="${report.clauses.length}" failures="${failures}" errors="0" skipped="${notRun}" time="${seconds(report.tookMs)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="planwire verify" ${totals}>`,
    `  <testsuite name=${attribute(`${report.dialect} ${report.url}`)} ${totals} timestamp=${attribute(report.startedAt)}>`,
    '    <properties>',
    ...report.findings.map(
      ({ name, value }) => `      <property name=${attribute(name)} value=${attribute(String(value))}/>`,
    ),
    '    </properties>',
    ...report.clauses.flatMap((clause) => testCase(clause, report)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(clause: ClauseResult, { dialect, strict }: Report): readonly string[] {
  const open = `    <testcase classname=${attribute(`planwire.verify.${dialect}`)} name=${attribute(`${clause.id}: ${clause.title}`)} time="${seconds(clause.tookMs)}"`
  const frames = clause.frames.map(
    ({ atMs, peer, direction, text }) => `${atMs} ms ${peer} ${direction === 'out' ? '>' : '<'} ${text}`,
  )
  const about = [clause.seen, `says: ${clause.says} (${clause.source})`, `do: ${clause.hint}`, ...frames].join('\n')
  const left =
    clause.left.length > 0
      ? [`      <system-err>${escaped(`left behind: ${clause.left.join(', ')}`)}</system-err>`]
      : []
  const inside = (): readonly string[] => {
    if (counts(clause, strict)) {
      return [
        `      <failure type=${attribute(clause.severity)} message=${attribute(clause.seen)}>${escaped(about)}</failure>`,
        ...left,
      ]
    }
    if (clause.status === 'skipped' || clause.status === 'inconclusive') {
      return [`      <skipped message=${attribute(`${clause.status}: ${clause.seen}`)}/>`, ...left]
    }
    return clause.status === 'failed'
      ? [`      <system-out>${escaped(`advice: ${about}`)}</system-out>`, ...left]
      : left
  }
  const lines = inside()
  return lines.length === 0 ? [`${open}/>`] : [`${open}>`, ...lines, '    </testcase>']
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

function attribute(text: string): string {
  return `"${escaped(text).replace(/\n/g, '&#10;')}"`
}

/** XML 1.0 knows no escape for most control characters, nor for halves of surrogate pairs: they are replaced. */
function escaped(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (control) => (/[\t\n\r]/.test(control) ? control : '\ufffd'))
    .replace(/\p{Cs}|\ufffe|\uffff/gu, '\ufffd')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
}
