/**
 * Owns the bodies of the widgets' REST calls: `REST-JSON` of the data processors of DHTMLX Scheduler and Gantt
 * (source: recorded requests) and of the document's own server (source: "Multi-User Live Updates").
 */
import { type ErrorCode, type Parsed, PlanwireError, type Recovery } from '../../errors.ts'
import { clean, isObject, parsed } from '../../guards.ts'
import type { RecordId } from '../../ids.ts'
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

/** Server side: the record of a POST or PUT to a collection, bare or wrapped. An `id` is kept if it is one. */
export function readRestBody(body: string, collection: string): Parsed<Fields> {
  return parsed(body, 'fatal', (json) => unwrapped(json, collection))
}

/** Server side: the answer to a write, for both kinds of client. */
export function writeRestAnswer({ action, id, item }: RestAnswerBody): string {
  return JSON.stringify({ action, tid: id, id, item })
}

/**
 * Client side: why a request that was answered failed: `authentication-required` (401), `forbidden` (403), `not-found`, `conflict`
 * (409), `frame-too-large` (413), `rejected` (any other 4xx), `server-error`.
 */
export function restFailure(status: number, body: string): PlanwireError {
  const answer = looseAnswer(body)
  const [code, recovery] = failureOf(status)
  // A refusal for want of the newest version may bring it.
  const newest = code === 'conflict' && isObject(answer.item) ? { item: clean(answer.item) } : {}
  return new PlanwireError(code, reasonOf(answer) ?? `HTTP ${status}`, recovery, { status, ...newest })
}

/** The JSON object of a body; an empty one for anything else. */
export function looseAnswer(body: string): Fields {
  try {
    const json: unknown = JSON.parse(body)
    return isObject(json) ? clean(json) : {}
  } catch {
    return {}
  }
}

/** What the server says about it, in words. */
export function reasonOf({ error, message }: Fields): string | undefined {
  return [error, message].find((text) => typeof text === 'string')
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
