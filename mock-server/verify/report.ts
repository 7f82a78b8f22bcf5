/** Owns the form of a report: what `verify` answers, what `--report json` prints. */

/** The protocols that can be verified. */
export type VerifyDialect = 'bryntum-flat' | 'bryntum-revisions' | 'dhtmlx'

/** `must`: clients lose or show wrong data without it. `should`: clients get along, with less comfort or less safety. */
export type Severity = 'must' | 'should'

/** `skipped`: not asked for, or nothing to ask it with. `inconclusive`: asked, but what was seen decides nothing. */
export type ClauseStatus = 'passed' | 'failed' | 'skipped' | 'inconclusive'

/** One frame or request as it went over the line: trimmed, passwords and tokens replaced by `***`. */
export interface SeenFrame {
  /** Milliseconds since the clause began. */
  readonly atMs: number
  /** Which of the clause's connections, for example `author`. */
  readonly peer: string
  readonly direction: 'out' | 'in'
  readonly text: string
}

/** What became of one clause. */
export interface ClauseResult {
  /** Stable over versions, for example `add.new-parent`. */
  readonly id: string
  readonly title: string
  readonly severity: Severity
  /** What the vendor's documents and clients ask for, and where that stands. */
  readonly says: string
  readonly source: string
  /** Weaknesses of the vendors' own servers that this clause finds, for example `BS1`; see docs/verify.md. */
  readonly finds: readonly string[]
  readonly status: ClauseStatus
  /** What was seen, or why the clause was skipped, in a sentence or two. */
  readonly seen: string
  /** The last frames of the clause, oldest first. */
  readonly frames: readonly SeenFrame[]
  /** Records that could not be taken away again. */
  readonly left: readonly string[]
  /** What the author of a backend can do when it failed. */
  readonly hint: string
  readonly tookMs: number
}

/** Something learned about the server that is neither right nor wrong. */
export interface Finding {
  readonly name: 'serial' | 'extension' | 'roundTripMs'
  readonly value: boolean | number
  /** What to do with it. */
  readonly means: string
}

/** The outcome of a run. `format` grows when a reader of an earlier form would be wrong. */
export interface Report {
  readonly format: 1
  readonly url: string
  readonly dialect: VerifyDialect
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly tookMs: number
  /** True when no `must` clause failed; with `strict` no clause at all. */
  readonly passed: boolean
  readonly strict: boolean
  readonly summary: { readonly [status in ClauseStatus]: number }
  readonly findings: readonly Finding[]
  readonly clauses: readonly ClauseResult[]
}

/** True for a clause whose failure makes the whole run fail. */
export function counts({ severity, status }: Pick<ClauseResult, 'severity' | 'status'>, strict: boolean): boolean {
  return status === 'failed' && (strict || severity === 'must')
}
