/**
 * Requests of a store to its REST server, mode `REST-JSON`: loads, and saves of single records. Owns URLs, headers, bodies,
 * and what an answer means; what happens to the records then is the engine's.
 */
import type { HttpAnswer } from '../ports/ports.ts'
import { payloadKeyOf } from '../protocol/dialects/dhtmlx/entities.ts'
import { recordTag } from '../protocol/dialects/dhtmlx/record-tag.ts'
import { readRestAnswer, writeRestBody } from '../protocol/dialects/dhtmlx/rest.ts'
import { type Parsed, PlanwireError } from '../protocol/errors.ts'
import { isObject } from '../protocol/guards.ts'
import { isRecordId, type RecordId } from '../protocol/ids.ts'
import type { Fields, PlainRecord } from '../protocol/records.ts'
import type { Outcome } from './answers.ts'
import { shownOf } from './echo.ts'
import { type LiveLink, type LivePorts, REQUEST_TIMEOUT_MS } from './live-ports.ts'
import type { Again, LiveEffect } from './live-state.ts'

/** One record on its way: what a URL or a body may depend on. */
export interface SaveTarget {
  /** `events`, `tasks`, `links`. */
  readonly store: string
  readonly method: 'POST' | 'PUT' | 'DELETE'
  /** Undefined for an insert. */
  readonly id: RecordId | undefined
  readonly record: PlainRecord
}

/** Options of `createDataProcessor`. */
export interface DataProcessorOptions {
  /** Where to save: a base URL (`/events`, then `/events/7`; Gantt: `/data`, then `/data/task/7`), or a function. */
  readonly url: string | ((target: SaveTarget) => string)
  /** The only mode there is; named so that the vendor's options can be passed as they are. */
  readonly mode?: 'REST-JSON'
  /** Sent with every request, loads too. `Remote-Token` of the RemoteEvents in use is added unless it is here. */
  readonly headers?: Readonly<Record<string, string>> | (() => Readonly<Record<string, string>>)
  /** Bodies as `{ event: {...} }` for servers that read them so; the id is in it. A string names the key. */
  readonly wrap?: boolean | string
  /** Writes the body itself. */
  readonly body?: (target: SaveTarget) => string
  /**
   * Whose edits these are. The outbox files what is not stored yet by URL and account, so that nobody's edits are sent in
   * another's session; without it, by URL alone. With a URL function it must name the server as well, else nothing is kept.
   */
  readonly account?: string
  /** How long to wait for an answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number
}

/** What requests need to know of their store. */
export interface RestEnvironment {
  readonly ports: LivePorts
  readonly link: LiveLink | undefined
  readonly options: DataProcessorOptions | undefined
  /** The path of a store under the base URL: `''`, `/task`, `/link`. */
  readonly pathOf: (store: string) => string
}

/** The box of the outbox for edits of these stores; undefined where nothing names the server. */
export function boxOf(stores: readonly string[], { url, account }: DataProcessorOptions): string | undefined {
  if (typeof url !== 'function') return JSON.stringify(['live-updates', stores, absolute(url), account ?? null])
  return account === undefined ? undefined : JSON.stringify(['live-updates', stores, null, account])
}

/** A relative URL means another server on another page. */
function absolute(url: string): string {
  const page = globalThis.location?.href
  return page !== undefined && URL.canParse(url, page) ? new URL(url, page).href : url
}

/** Saves one record. Never rejects. */
export async function saveRecord(
  environment: RestEnvironment,
  { store, method, record, base, key, again }: Extract<LiveEffect, { type: 'save' }>,
): Promise<Outcome> {
  const { options, link } = environment
  if (!options) return { type: 'refused', error: new PlanwireError('invalid-argument', 'Nowhere to save to', 'fatal') }
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

/** Loads a URL. Rejects with a {@link PlanwireError}. */
export async function loadRecords<T>(
  environment: RestEnvironment,
  url: string,
  read: (body: string) => Parsed<T>,
): Promise<T> {
  const answer = await request(environment, { method: 'GET', url })
  const { status, body } = answer
  if (status < 200 || status > 299) {
    const failed = readRestAnswer(status, body)
    throw failed.ok
      ? new PlanwireError('server-error', `${url}: HTTP ${status}`, 'retry', { url, status })
      : failed.error
  }
  if (/^\s*</.test(body))
    throw new PlanwireError('not-a-planwire-endpoint', `${url}: a page came instead of data`, 'fatal', { url, status })
  const records = read(body)
  if (records.ok) return records.message
  throw new PlanwireError(
    records.error.code,
    `${url}: ${records.error.message}`,
    'fatal',
    { ...records.error.details, url },
    { cause: records.error },
  )
}

interface Request {
  readonly method: 'GET' | SaveTarget['method']
  readonly url: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request with the token of the RemoteEvents in use; a token that is refused is replaced once. */
async function request(environment: RestEnvironment, { method, url, body, headers }: Request): Promise<HttpAnswer> {
  const { ports, link, options } = environment
  const given = typeof options?.headers === 'function' ? options.headers() : (options?.headers ?? {})
  const own = Object.keys(given).some((name) => name.toLowerCase() === 'remote-token')
  const send = (token: string | undefined): Promise<HttpAnswer> =>
    ports.http.request({
      method,
      url,
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined || own ? {} : { 'Remote-Token': token }),
        ...headers,
        ...given,
      },
      ...(body === undefined ? {} : { body }),
      timeoutMs: options?.timeoutMs ?? REQUEST_TIMEOUT_MS,
    })
  const token = own ? undefined : await link?.token()
  const answer = await send(token)
  if (answer.status !== 401 || own || !link) return answer
  const fresh = await link.refreshedToken(token)
  return fresh === undefined ? answer : send(fresh)
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
