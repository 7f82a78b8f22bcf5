/** Owns what a clause of the suite is. */
import type { Severity, VerifyDialect } from './report.ts'

/** One thing that the suite holds a server to. `Bench` lends connections and own records. */
export interface Clause<Bench> {
  readonly id: string
  /** What users rely on. */
  readonly title: string
  readonly dialects: readonly VerifyDialect[]
  readonly severity: Severity
  /** `reset` clauses put the project back to its default content; `write` clauses add records of their own. */
  readonly needs: 'read' | 'write' | 'reset'
  readonly says: string
  readonly source: string
  readonly finds: readonly string[]
  readonly hint: string
  /** Resolves with what was seen when it passed; throws a `Verdict` or `NoAnswer` otherwise. */
  run(bench: Bench): Promise<string>
}

/** Where the clauses take what they ask for. */
export const SOURCES = {
  bryntum: 'Bryntum, "Sync multiple clients in real-time with WebSockets" (7.3.0)',
  revisions: 'traffic of the Bryntum Gantt 7.3 client with the vendor’s server of 2025',
  dhtmlx: 'DHTMLX, "Multi-User Live Updates" (Scheduler 7.2)',
  widget: 'traffic of DHTMLX Scheduler 7.2.15',
  gantt: 'traffic of DHTMLX Gantt 10.0.3',
  planwire: 'planwire’s extension of the protocol',
  web: 'common practice of web services',
} as const
