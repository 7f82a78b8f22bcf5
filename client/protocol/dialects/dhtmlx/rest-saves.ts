/** Owns what a client sends and reads when it saves a record (source: as in `rest.ts`). */
import { type Parsed, PlanwireError } from '../../errors.ts'
import { clean, isObject } from '../../guards.ts'
import { isRecordId, type RecordId } from '../../ids.ts'
import type { Fields } from '../../records.ts'
import { looseAnswer, reasonOf, restFailure } from './rest.ts'

/** What a client learns from the answer to a write: nothing, if the server says nothing. */
export interface RestOutcome {
  readonly action?: string
  /** Real id of an inserted record. */
  readonly id?: RecordId
  /** The record as stored: the server may have rewritten it. */
  readonly item?: Fields
}

/** The body of a POST or PUT, bare. The id stands in the address; the widgets' private keys (`_x`, `$x`, `!x`) stay at home. */
export function writeRestBody(record: Fields): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(record).filter(([key]) => key !== 'id' && !/^[_$!]/.test(key))),
  )
}

/**
 * The outcome of a write. Every 2xx is a success, with an empty body too; of a body that is no JSON object only the status
 * counts. Everything else is an error: that of `restFailure`, `rejected` for the widgets' own `error` and `invalid`, and
 * `not-a-planwire-endpoint` for a page instead of data.
 */
export function readRestAnswer(status: number, body: string): Parsed<RestOutcome> {
  if (status < 200 || status > 299) return { ok: false, error: restFailure(status, body) }
  if (/^\s*</.test(body)) {
    return {
      ok: false,
      error: new PlanwireError('not-a-planwire-endpoint', 'A page came instead of data', 'fatal', { status }),
    }
  }
  const answer = looseAnswer(body)
  const { action, item } = answer
  if (action === 'error' || action === 'invalid') {
    const reason = reasonOf(answer) ?? `The server answered "${action}"`
    return { ok: false, error: new PlanwireError('rejected', reason, 'drop-changeset', { status }) }
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
