/** Owns what a run is told: options with their defaults, checked before anything is sent. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { ProjectId } from '../../client/protocol/ids.ts'
import type { VerifyPorts, VerifySocketConstructor } from './platform.ts'
import type { ClauseResult, VerifyDialect } from './report.ts'

/** A user of the server. */
export interface VerifyUser {
  readonly login: string
  /** Left out: log in by name alone, as the documents show. */
  readonly password?: string
}

/** What to verify and how. */
export interface VerifyOptions {
  /** `ws://` or `wss://` address of the project socket; for `dhtmlx` the base of server, `http://` or `ws://`. */
  readonly url: string
  readonly dialect: VerifyDialect
  /** Bryntum dialects: who to be. Default `admin` with password `admin`. */
  readonly user?: VerifyUser
  /** Bryntum dialects: somebody with fewer rights, for the clause about logging in again. */
  readonly otherUser?: VerifyUser
  /** Bryntum dialects: which project to work in. Default: the first one listed. */
  readonly project?: ProjectId
  /** `dhtmlx`: the token. Default `token`. */
  readonly token?: string
  /** `dhtmlx`: path of handshake and socket. Default `/api/v1`. */
  readonly livePath?: string
  /** `dhtmlx`: name of a collection of events, which is its path too. Default `events`. */
  readonly collection?: string
  /** `dhtmlx`: path from which DHTMLX Gantt loads its plan, such as `/data`, for the clauses about it. Default: none. */
  readonly gantt?: string
  /** Whether clauses may write. They write records of their own alone and take them away again. Default false. */
  readonly write?: boolean
  /** Whether the project may be put back to its default content, which ends the work of everybody in it. Default false. */
  readonly reset?: boolean
  /** The server lets unknown names in on purpose. Default false. */
  readonly anonymous?: boolean
  /** `dhtmlx`: the server takes requests without a token on purpose, as an unmodified Scheduler sends them. Default false. */
  readonly openRest?: boolean
  /** Whether a failed `should` clause fails the run. Default false. */
  readonly strict?: boolean
  /** Clauses to run, by id or by its first part (`login`). Default: all. */
  readonly only?: readonly string[]
  /** Clauses to leave out, likewise. */
  readonly skip?: readonly string[]
  /** Longest wait for an answer, in milliseconds. Default 5000. */
  readonly timeoutMs?: number
  /** How long nothing has to arrive to count as silence, in milliseconds; at least five measured round trips. Default 250. */
  readonly quietMs?: number
  /** How long a stored change may take to show in what is read, in milliseconds. Default 2000. */
  readonly settleMs?: number
  /** Rounds of the clause that provokes crossings. Default 20. */
  readonly rounds?: number
  /** Called with each result as it is found. */
  readonly onClause?: (result: ClauseResult) => void
  /** Stops the run: the clause under way ends, its records are taken away, the others are skipped. */
  readonly signal?: AbortSignal
  /** Constructor of sockets where the platform has none. */
  readonly WebSocket?: VerifySocketConstructor
  /** Replaces sockets, requests, time or randomness. */
  readonly ports?: Partial<VerifyPorts>
}

/** Options with nothing left out. */
export interface VerifySettings {
  readonly url: string
  readonly httpUrl: string
  readonly dialect: VerifyDialect
  readonly user: VerifyUser
  readonly otherUser: VerifyUser | undefined
  readonly project: ProjectId | undefined
  readonly token: string
  readonly livePath: string
  readonly collection: string
  readonly gantt: string | undefined
  readonly write: boolean
  readonly reset: boolean
  readonly anonymous: boolean
  readonly openRest: boolean
  readonly strict: boolean
  readonly timeoutMs: number
  readonly quietMs: number
  readonly settleMs: number
  readonly rounds: number
}

/** Every dialect that can be verified. */
export const DIALECTS: readonly VerifyDialect[] = ['bryntum-flat', 'bryntum-revisions', 'dhtmlx']

/** Fills in the defaults. Throws `invalid-argument` for options that cannot be. */
export function settingsOf(options: VerifyOptions): VerifySettings {
  const { dialect, url } = options
  if (!DIALECTS.includes(dialect)) throw invalid(`dialect must be one of ${DIALECTS.join(', ')}`)
  if (!/^(?:wss?|https?):\/\/[^\s/]/.test(url)) throw invalid('url must begin with ws://, wss://, http:// or https://')
  const base = url.replace(/\/+$/, '')
  return {
    url: base.replace(/^http/, 'ws'),
    httpUrl: base.replace(/^ws/, 'http'),
    dialect,
    user: options.user ?? { login: 'admin', password: 'admin' },
    otherUser: options.otherUser,
    project: options.project,
    token: options.token ?? 'token',
    livePath: options.livePath ?? '/api/v1',
    collection: options.collection ?? 'events',
    gantt: options.gantt?.replace(/\/+$/, ''),
    write: options.write === true || options.reset === true,
    reset: options.reset === true,
    anonymous: options.anonymous === true,
    openRest: options.openRest === true,
    strict: options.strict === true,
    timeoutMs: positive('timeoutMs', options.timeoutMs ?? 5000),
    quietMs: positive('quietMs', options.quietMs ?? 250),
    settleMs: positive('settleMs', options.settleMs ?? 2000),
    rounds: positive('rounds', options.rounds ?? 20),
  }
}

function positive(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= 600_000) return value
  throw invalid(`${name} must be a number above 0 and at most 600000`)
}

function invalid(message: string): PlanwireError {
  return new PlanwireError('invalid-argument', `verify: ${message}`, 'fatal')
}
