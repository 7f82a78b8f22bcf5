/** Requests of a store to its REST server, mode `REST-JSON`: headers, tokens, and loads. Saves stand in `save-request.ts`. */
import type { HttpAnswer } from '../ports/ports.ts'
import { restFailure } from '../protocol/dialects/dhtmlx/rest.ts'
import { type Parsed, PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { type LiveLink, type LivePorts, REQUEST_TIMEOUT_MS } from './live-ports.ts'

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

/** Loads a URL. Rejects with a {@link PlanwireError}. */
export async function loadRecords<T>(
  environment: RestEnvironment,
  url: string,
  read: (body: string) => Parsed<T>,
): Promise<T> {
  const answer = await request(environment, { method: 'GET', url })
  const { status, body } = answer
  if (status < 200 || status > 299) throw restFailure(status, body)
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

/** A request of a store. */
export interface RestRequest {
  readonly method: 'GET' | SaveTarget['method']
  readonly url: string
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request with the token of the RemoteEvents in use; a token that is refused is replaced once. */
export async function request(
  environment: RestEnvironment,
  { method, url, body, headers }: RestRequest,
): Promise<HttpAnswer> {
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
  if (answer.status !== 401 || own) return answer
  const fresh = await link?.token(token)
  return fresh === undefined ? answer : send(fresh)
}
