/**
 * Owns the bodies of the widgets' REST calls: `REST-JSON` of the data processors of DHTMLX Scheduler and Gantt
 * (source: recorded requests) and of the document's own server (source: "Multi-User Live Updates").
 */
import { type ErrorCode, type Parsed, PlanwireError, type Recovery } from '../../errors.ts'
import { clean, isObject, parsed } from '../../guards.ts'
import { isRecordId, type RecordId } from '../../ids.ts'
import { recordsAt } from '../../record-guards.ts'
import type { Fields, PlainRecord } from '../../records.ts'
import { unwrapped } from './entities.ts'

/** What a server answers to a write. */
export interface RestAnswerBody {
  /** `deleted` also answers the POST that deletes one occurrence of a series. */
  readonly action: 'inserted' | 'updated' | 'deleted'
  /** The id under which the record is stored. Written as `tid`, where the widgets look, and as `id`, where the document's clients look. */
  readonly id?: RecordId
  /** The record as stored. */
  readonly item?: Fields
}

/** What a client learns from the answer to a write: nothing, if the server says nothing. */
export interface RestOutcome {
  readonly action?: string
  /** Real id of an inserted record. */
  readonly id?: RecordId
  /** The record as stored: the server may have rewritten it. */
  readonly item?: Fields
}

/** Server side: the record of a POST or PUT to a collection, bare or wrapped. An `id` is kept if it is one. */
export function readRestBody(body: string, collection: string): Parsed<Fields> {
  return parsed(body, 'fatal', (json) => unwrapped(json, collection))
}

/** Client side: the body of a POST or PUT, bare. The id stands in the address; the widgets' private keys (`_x`, `$x`, `!x`) stay at home. */
export function writeRestBody(record: Fields): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'id' && !/^[_$!]/.test(key))),
  )
}

/** Server side: the answer to a write, for both kinds of client. */
export function writeRestAnswer({ action, id, item }: RestAnswerBody): string {
  return JSON.stringify({ action, tid: id, id, item })
}

/**
 * Client side: the outcome of a write. Every 2xx is a success, with an empty body too; of a body that is no JSON object only the
 * status counts. Everything else is an error: `authentication-required` (401), `forbidden` (403), `not-found`, `conflict` (409),
 * `frame-too-large` (413), `rejected` (any other 4xx, and the widgets' own `error` and `invalid`), `server-error`;
 * `not-a-planwire-endpoint` for a page instead of data.
 */
export function readRestAnswer(status: number, body: string): Parsed<RestOutcome> {
  const json = looseJson(body)
  const answer = isObject(json) ? clean(json) : {}
  const reason =
    typeof answer.error === 'string' ? answer.error : typeof answer.message === 'string' ? answer.message : undefined
  if (status < 200 || status > 299) {
    const [code, recovery] = failureOf(status)
    // A refusal for want of the newest version may bring it.
    const newest = code === 'conflict' && isObject(answer.item) ? { item: clean(answer.item) } : {}
    return { ok: false, error: new PlanwireError(code, reason ?? `HTTP ${status}`, recovery, { status, ...newest }) }
  }
  if (/^\s*</.test(body)) {
    return {
      ok: false,
      error: new PlanwireError('not-a-planwire-endpoint', 'A page came instead of data', 'fatal', { status }),
    }
  }
  const { action, item } = answer
  if (action === 'error' || action === 'invalid') {
    return {
      ok: false,
      error: new PlanwireError('rejected', reason ?? `The server answered "${action}"`, 'drop-changeset', { status }),
    }
  }
  const id = [answer.tid, answer.id].find(isRecordId)
  return {
    ok: true,
    message: {
      ...(typeof action === 'string' ? { action } : {}),
      ...(id === undefined ? {} : { id }),
      ...(isObject(item) ? { item: clean(item) } : {}),
    },
  }
}

function looseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function failureOf(status: number): readonly [ErrorCode, Recovery] {
  switch (status) {
    case 401:
      return ['authentication-required', 'reauthenticate']
    case 403:
      return ['forbidden', 'reauthenticate']
    case 404:
    case 410:
      return ['not-found', 'drop-changeset']
    case 409:
    case 412:
      return ['conflict', 'drop-changeset']
    case 413:
      return ['frame-too-large', 'drop-changeset']
    case 408:
    case 425:
    case 429:
      return ['server-error', 'retry']
    default:
      return status >= 400 && status < 500 ? ['rejected', 'drop-changeset'] : ['server-error', 'retry']
  }
}

/** Client side: a loaded collection, as a list or under `data`. */
export function readRecords(body: string): Parsed<readonly PlainRecord[]> {
  return parsed(body, 'retry', (json) => {
    const list = isObject(json) && 'data' in json ? json.data : json
    return recordsAt(list, 'data')
  })
}

/** A plan as Gantt loads it, in the widget's own records. */
export interface GanttLoad {
  readonly tasks: readonly PlainRecord[]
  readonly links: readonly PlainRecord[]
}

/** Client side: a loaded plan: `{ data, links }`, or `tasks` for `data`; links may be missing or stand under `collections`. */
export function readGanttLoad(body: string): Parsed<GanttLoad> {
  return parsed(body, 'retry', (json) => {
    const load = isObject(json) ? json : { data: json }
    const nested = isObject(load.collections) ? load.collections.links : undefined
    return {
      tasks: recordsAt(load.tasks ?? load.data, 'data'),
      links: recordsAt(load.links ?? nested ?? [], 'links'),
    }
  })
}

/** Server side: the plan for Gantt's `load`. */
export function writeGanttLoad({ tasks, links }: GanttLoad): string {
  return JSON.stringify({ data: tasks, links })
}
