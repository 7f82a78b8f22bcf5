/**
 * Saves of single records, mode `REST-JSON`. Owns their URLs, headers, bodies, and what an answer means; what happens to the
 * records then is the engine's.
 */
import type { HttpAnswer } from '../ports/ports.ts'
import { payloadKeyOf } from '../protocol/dialects/dhtmlx/entities.ts'
import { recordTag } from '../protocol/dialects/dhtmlx/record-tag.ts'
import { readRestAnswer, writeRestBody } from '../protocol/dialects/dhtmlx/rest-saves.ts'
import { invalidArgument, PlanwireError } from '../protocol/errors.ts'
import { isObject } from '../protocol/guards.ts'
import { isRecordId } from '../protocol/ids.ts'
import type { Fields } from '../protocol/records.ts'
import type { Outcome } from './answers.ts'
import { shownOf } from './echo.ts'
import type { Again, LiveEffect } from './live-state.ts'
import { type DataProcessorOptions, type RestEnvironment, request, type SaveTarget } from './rest-client.ts'

/** Saves one record. Never rejects. */
export async function saveRecord(
  environment: RestEnvironment,
  { store, method, record, base, key, again }: Extract<LiveEffect, { type: 'save' }>,
): Promise<Outcome> {
  const { options, link } = environment
  if (!options) return { type: 'refused', error: invalidArgument('Nowhere to save to') }
  const target: SaveTarget = { store, method, id: method === 'POST' ? undefined : record.id, record }
  const guarded = method === 'PUT' && link?.offers?.ifMatch === true
  if (again && link?.offers?.idempotencyKey !== true) {
    const error = new PlanwireError('connection-lost', `${method}: the server knows no keys any more`, 'retry')
    return { type: 'unsure', error, leastMs: 0, parked: false, again: 'look' }
  }
  // A whole record that is sent twice without a look at its version may undo what others did in between.
  const repeatable = key !== undefined && (method !== 'PUT' || guarded)
  try {
    const answer = await request(environment, {
      method,
      url: urlOf(environment, options, target),
      ...(method === 'DELETE' ? {} : { body: bodyOf(options, target) }),
      headers: {
        ...(key !== undefined ? { 'Idempotency-Key': key.replaceAll(':', '-') } : {}),
        ...(guarded && base ? { 'If-Match': recordTag(shownOf(store, base)) } : {}),
      },
    })
    return outcomeOf(answer, target, again, repeatable)
  } catch (cause) {
    const error =
      cause instanceof PlanwireError
        ? cause
        : new PlanwireError('connection-lost', `${method}: no answer`, 'retry', {}, { cause })
    const unsent = error.details['sent'] === false && !again
    return { type: 'unsure', error, leastMs: 0, parked: false, again: unsent ? 'anew' : repeatable ? 'same' : 'look' }
  }
}

/** The URL of a record. Colons stay as they are: the vendor's ids hold them (`ID:17`), and so do its paths. */
function urlOf({ pathOf }: RestEnvironment, { url }: DataProcessorOptions, target: SaveTarget): string {
  if (typeof url === 'function') return url(target)
  const [path = '', query] = url.split('?')
  const id = target.id === undefined ? '' : `/${encodeURIComponent(target.id).replaceAll('%3A', ':')}`
  return `${path.replace(/\/$/, '')}${pathOf(target.store)}${id}${query === undefined ? '' : `?${query}`}`
}

function bodyOf({ wrap, body }: DataProcessorOptions, target: SaveTarget): string {
  if (body) return body(target)
  const bare = writeRestBody(target.record)
  if (wrap === undefined || wrap === false) return bare
  // Servers written after the document broadcast what they were sent: without an id nobody could tell whose record it is.
  const fields: Fields = JSON.parse(bare)
  const key = wrap === true ? payloadKeyOf(target.store) : wrap
  return JSON.stringify({ [key]: target.id === undefined ? fields : { ...fields, id: target.id } })
}

function outcomeOf(
  answer: HttpAnswer,
  { store, method, id, record }: SaveTarget,
  again: boolean,
  repeatable: boolean,
): Outcome {
  const read = readRestAnswer(answer.status, answer.body)
  if (read.ok) {
    const { id: named, item, action } = read.message
    // The answer to an insert that is at once removed; a deleted occurrence of a series is an insert as well, and stored.
    if (method === 'POST' && action === 'deleted' && record['deleted'] !== true) {
      const text = 'Not stored: what the record refers to was removed by somebody else'
      return { type: 'refused', error: new PlanwireError('conflict', text, 'drop-changeset', { store, method }) }
    }
    const real = named ?? (isRecordId(item?.['id']) ? item['id'] : undefined)
    return {
      type: 'stored',
      id: real,
      item: item && real !== undefined ? { ...item, id: real } : item && id !== undefined ? { ...item, id } : undefined,
    }
  }
  const item = method === 'PUT' && read.error.code === 'conflict' ? read.error.details['item'] : undefined
  if (isObject(item) && id !== undefined) return { type: 'stale', item: { ...item, id } }
  const error = new PlanwireError(read.error.code, read.error.message, read.error.recovery, {
    ...read.error.details,
    store,
    method,
    ...(id === undefined ? {} : { id }),
  })
  const doubt: Again = repeatable ? 'same' : 'look'
  // Refused before it was looked at; one that was sent before may have been stored then.
  if (error.code === 'authentication-required')
    return { type: 'unsure', error, leastMs: 0, parked: true, again: again ? doubt : 'anew' }
  if (error.recovery === 'retry')
    return { type: 'unsure', error, leastMs: retryAfterMs(answer), parked: false, again: doubt }
  // The key stands for another body: what was sent first was stored, or is still on its way.
  if (answer.status === 422 && answer.body.includes('idempotency-key-reused'))
    return { type: 'unsure', error, leastMs: 0, parked: false, again: 'look' }
  return { type: 'refused', error }
}

/** `Retry-After` in seconds; its form with a date is passed over. */
function retryAfterMs(answer: HttpAnswer): number {
  const seconds = Number(answer.header('retry-after'))
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0
}
