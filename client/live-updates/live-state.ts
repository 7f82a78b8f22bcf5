/**
 * The vocabulary of the live engine: its state, what it is told of records by servers, and what it wants done.
 *
 * A lane is one record on its way to a REST server: at most one request at a time, later edits gather behind it.
 *
 *     (no lane) ──edit──> gathering ──hand over──> asking ──2xx, socket live──> answered ──own frame, or a reload──> gathering | (no lane)
 *                            ^                       │ │ └─2xx, no socket──────────────────────────────────────────────^
 *                            │                       │ └4xx─> rolled back, told
 *                            └──not stored──unsure <─┴ no answer, 5xx       (unsure: a reload shows whether it was stored)
 */

import type { DateZone } from '../protocol/dialects/dhtmlx/date-rules.ts'
import type { PlanwireError } from '../protocol/errors.ts'
import type { ClientId, RecordId, RecordKey } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { Operation } from '../store/operations.ts'
import type { Pending, Replica, ViewChange } from '../sync/replica.ts'
import type { LoadedRanges, Range } from './ranges.ts'
import type * as saving from './saving.ts'

/** What a frame says of one record. */
export type RemoteChange =
  | { readonly type: 'add' | 'update'; readonly store: string; readonly record: PlainRecord }
  | { readonly type: 'remove'; readonly store: string; readonly id: RecordId }

/** A frame about a record that was being saved when it arrived: the confirmed record before and after it. */
export interface Seen {
  readonly before: PlainRecord | undefined
  readonly after: PlainRecord | undefined
}

/** One request that saves a record. */
export interface Save {
  readonly number: number
  readonly method: 'POST' | 'PUT' | 'DELETE'
  readonly pending: Pending
  readonly operation: Operation
  /** The record as it was sent: the body of a PUT holds all of it. */
  readonly sent: PlainRecord
  /** Where a task's row goes (`next:7`): travels with the record, and is none of its fields. */
  readonly place: unknown
  /** The confirmed record that the body was built on. */
  readonly base: PlainRecord | undefined
  /** Frames about the record since the request left, in the server's order. */
  readonly seen: Seen[]
  /** POST: records that turned up in a load meanwhile and hold all that was sent. */
  readonly candidates: RecordId[]
  /** POST: keys of records that said the same before the request left. None of them is it. */
  readonly twins: ReadonlySet<RecordKey>
  /** POST: ids of records that were removed meanwhile. */
  readonly removed: Set<RecordKey>
  /** Under which a server that offers it knows the request again, kept through reloads and adoption. */
  readonly key: string
  /** It went out under its key. */
  readonly keyed: boolean
}

/**
 * How a request that may or may not have been stored is sent again. `look`: not before a read showed that it was not
 * stored. `same`: as it was, under its key. `anew`: it never left.
 */
export type Again = 'look' | 'same' | 'anew'

/** How far the request of a lane has come. `mark`: requests made when the answer came or failed to; a load with a higher number left later. */
export type Phase =
  /** No request: edits wait for their turn, or for the real id of a record that they refer to. */
  | { readonly at: 'gathering' }
  /** `replay`: not for the first time, so that the answer may be older than what is known. */
  | { readonly at: 'asking'; readonly save: Save; readonly replay: boolean }
  /** Stored, says the answer; where among the changes of others, the frame will say. */
  | {
      readonly at: 'answered'
      readonly save: Save
      readonly stored: PlainRecord
      readonly mark: number
      readonly overdue: boolean
    }
  /** Nobody knows whether it was stored. `parked`: until there are new credentials. */
  | {
      readonly at: 'unsure'
      readonly save: Save
      readonly mark: number
      readonly parked: boolean
      readonly again: Again
    }

/** One record on its way to the server. */
export interface Lane {
  readonly store: string
  /** A phantom id until the server named the record. */
  id: RecordId
  phase: Phase
  /** Edits that no request holds yet. */
  next: Pending | undefined
  /** Its edits were left by a tab that is gone: nothing leaves before a read with a higher number than `mark` was applied. */
  left: LeftEdits | undefined
  /** Of a new record that another tab may have sent: the key that it went under. */
  key: string | undefined
  /** The series whose removal or edit takes this exception along on the server: nothing is sent for it. */
  follows: Lane | undefined
  /** Requests in a row that failed. */
  failures: number
}

/** Of edits that a tab left: what a read must be newer than, and how a new record may be recognised. */
export interface LeftEdits {
  readonly mark: number
  readonly twins: ReadonlySet<RecordKey>
  readonly again: Again
}

/** What a tab that is gone had not saved of one record. */
export interface RestoredEdit {
  readonly store: string
  /** What its request said, or all there was to say. */
  readonly first: Operation
  /** Of a new record: what came after the request. */
  readonly later: Operation | undefined
  /** Of a new record: ids of records that said the same before it could have been stored. */
  readonly twins: readonly RecordId[]
  /** Of a new record: the key of its request, and how that may be sent again. */
  readonly key: string | undefined
  readonly again: Again
}

/** Something that can be read as a whole: one URL, one or more stores. */
export interface Source {
  readonly name: string
  readonly stores: readonly string[]
  /** Number of the request under way. */
  running: number | undefined
  /** Something happened meanwhile that a further read must show. */
  again: boolean
  failures: number
  /** The last read was refused: it waits for other credentials. */
  parked: boolean
  /** What was confirmed since the request left: the answer may or may not show it. */
  journal: RemoteChange[]
  /** Ranges of dates that the app asked for, and those that were read; undefined where everything is read. */
  readonly ranges: LoadedRanges | undefined
  /** A read that left well after the subscription was applied: with every frame since, nothing is missed. */
  fresh: boolean
  /** Own new records that only an answer told of: were they removed during a loss, no server would say so to who never heard of them. */
  readonly unheard: Set<RecordKey>
  /** Number of the first request whose answer makes it so. */
  freshBy: number
  /** What the request under way reads; undefined for everything. `whole`: all that is loaded, so that what it does not show is gone. */
  parts: { readonly ranges: readonly Range[]; readonly whole: boolean } | undefined
}

/** The half of the engine that saves. */
export type Saver = typeof saving

/** The whole state. */
export interface LiveState {
  readonly client: ClientId
  /** What dates mean. */
  readonly zone: DateZone
  readonly replica: Replica
  /** Changesets made. */
  counter: number
  /** Requests made, saves and loads in one sequence: a logical clock. */
  requests: number
  readonly lanes: Map<string, Map<RecordKey, Lane>>
  /** Lanes with a request, by its number. */
  readonly saves: Map<number, Lane>
  /** When the app edited what, until no request is under way: a new record may be shown twice before it is named. */
  readonly made: Map<string, number>
  /** Lanes that have something to hand over and no request. */
  readonly waiting: Set<Lane>
  /** Frames about records that may be own inserts whose answer is still to come, by store and id. */
  readonly held: Map<string, Map<RecordKey, RemoteChange[]>>
  readonly sources: Map<string, Source>
  /** The half of the engine that saves, once its code is there. */
  saver: Saver | undefined
  /** There is somewhere to save to. */
  saving: boolean
  /** The server knows a request again by its key; undefined before it said whether it does. */
  keys: boolean | undefined
  /** Frames arrive: own changes come back through the socket too. */
  live: boolean
  /** Frames bring also what was missed: a record that came and was changed since comes with one, as it is now. */
  resumed: boolean
}

/** Names of timers; setting one replaces the former of its name. */
export type TimerName = `echo:${number}` | `retry:${number}` | `load:${string}` | `series:${string}` | 'reread'

/** A change of somebody else that took the ground from under an own edit. */
export interface LiveConflict {
  readonly store: string
  readonly id: RecordId
  /** The record is gone; the edit has no effect any more. */
  readonly kind: 'removed'
  readonly ours: Fields
  readonly theirs: PlainRecord | undefined
}

/** An own change that the server refused, or that was built on one: it was rolled back. */
export interface LiveRejection {
  readonly error: PlanwireError
  readonly store: string
  readonly id: RecordId
  readonly operation: Operation['type']
  /** What the app wanted to write; empty for a removal. */
  readonly fields: Fields
}

/** What the app is told. */
export type LiveEvent =
  | { readonly type: 'error'; readonly error: PlanwireError }
  | { readonly type: 'rejected'; readonly rejection: LiveRejection }
  | { readonly type: 'conflict'; readonly conflict: LiveConflict }
  | { readonly type: 'presumed'; readonly store: string; readonly id: RecordId }
  | { readonly type: 'saved'; readonly store: string; readonly id: RecordId; readonly operation: Operation['type'] }

/** What the engine wants done. */
export type LiveEffect =
  | {
      readonly type: 'save'
      readonly number: number
      readonly store: string
      readonly method: Save['method']
      readonly record: PlainRecord
      /** The confirmed record that a PUT is built on; undefined where its version does not matter. */
      readonly base: PlainRecord | undefined
      /** Undefined where the server knows no keys. */
      readonly key: string | undefined
      /** Sent under this key before: without it, it must not leave. */
      readonly again: boolean
    }
  | {
      readonly type: 'load'
      readonly number: number
      readonly source: string
      readonly ranges: readonly Range[] | undefined
    }
  | { readonly type: 'timer'; readonly name: TimerName; readonly delayMs: number }
  /** Wait with full jitter; `failures` in a row, at least `leastMs`. */
  | { readonly type: 'backoff'; readonly name: TimerName; readonly failures: number; readonly leastMs: number }
  | { readonly type: 'stopTimer'; readonly name: TimerName }
  | { readonly type: 'emit'; readonly event: LiveEvent }

/** One input at work: the state, what the app will see changed, and what is to be done. */
export interface Step {
  readonly state: LiveState
  readonly changes: ViewChange[]
  readonly effects: LiveEffect[]
}

/** How long an own frame may stay behind the answer before the records are read again, in milliseconds. */
export const ECHO_TIMEOUT_MS = 2_000
/**
 * How long after a subscription the records are read once more, in milliseconds: `subscribe` has no answer, so the first
 * read may be served before it, and what changes between the two would come neither way.
 */
export const REREAD_MS = 2_000
