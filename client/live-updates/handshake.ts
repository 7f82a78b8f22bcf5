/**
 * The way to an open live-updates socket: `GET <url>` with `Remote-Token`, answered by `{"api":{},"data":{},"websocket":true}`,
 * then `<url>?token=<token>&ws=1` (source: "Multi-User Live Updates"; `key` of the answer replaces the token: recorded frames).
 */
import type { HttpPort } from '../ports/ports.ts'
import { type ErrorCode, PlanwireError, type Recovery } from '../protocol/errors.ts'
import { isObject, parsed } from '../protocol/guards.ts'
import type { Fields } from '../protocol/records.ts'
import { HANDSHAKE_TIMEOUT_MS } from './live-ports.ts'
import { addedTo } from './positions.ts'

/** What the server says before there is a socket. */
export interface Handshake {
  /** Whatever the server wants the page to know. */
  readonly data: Fields
  /** Stands in for the token from now on. */
  readonly key: string | undefined
  readonly websocket: boolean
  /** It is a planwire server: it answers calls, an empty list of them as well. */
  readonly answers: boolean
  /** What it offers beyond the vendor's protocol; nothing elsewhere. */
  readonly offers: LiveOffers
}

/** The extensions of live updates, each `true` where it is offered. Headers that were not offered are never sent: they would fail a strict CORS preflight. */
export interface LiveOffers {
  /** `Idempotency-Key`: a request that comes twice under one key is done once, and answered alike. */
  readonly idempotencyKey?: unknown
  /** `If-Match`: a PUT built on an older version is refused (409 or 412) with the newest as `item`. */
  readonly ifMatch?: unknown
  /** A subscription that says up to where its client heard is told what came since. */
  readonly catchUp?: unknown
}

/**
 * Asks the server. Rejects with a {@link PlanwireError}: `forbidden` (403) or `authentication-required` (401),
 * `not-a-planwire-endpoint` (a page, or JSON of another kind), `server-error`, `handshake-failed` (any other status), `connection-lost`, `timeout`.
 */
export async function shakeHands(http: HttpPort, url: string, token: string): Promise<Handshake> {
  const { status, body } = await http.request({
    method: 'GET',
    url,
    headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'Remote-Token': token },
    timeoutMs: HANDSHAKE_TIMEOUT_MS,
  })
  const failure = (code: ErrorCode, recovery: Recovery, text = `HTTP ${status}`): PlanwireError =>
    new PlanwireError(code, `${url}: ${text}`, recovery, { url, status })
  if (status === 401 || status === 403)
    throw failure(
      status === 401 ? 'authentication-required' : 'forbidden',
      'reauthenticate',
      'The server refused the token',
    )
  if (status < 200 || status > 299) throw failure(status < 500 ? 'handshake-failed' : 'server-error', 'retry')
  const read = parsed(body, 'fatal', (json) => json)
  const said = read.ok && isObject(read.message) ? read.message : {}
  if (!('websocket' in said))
    throw failure('not-a-planwire-endpoint', 'fatal', 'the answer is not that of a live-updates server')
  const { data, key, websocket, planwire } = said
  return {
    data: isObject(data) ? data : {},
    key: typeof key === 'string' && key !== '' ? key : undefined,
    websocket: Boolean(websocket),
    answers: isObject(planwire),
    offers: addedTo(said),
  }
}

/**
 * The address of the socket: `ws` for `http`, a relative URL against `base` (the page's address), the token percent-encoded;
 * `extended` asks a server that offers it for positions.
 * @example
 * socketUrl('/api/v1', 'a b', 'https://plan.example/app/') // 'wss://plan.example/api/v1?token=a%20b&ws=1'
 */
export function socketUrl(url: string, token: string, base: string | undefined, extended = false): string {
  const absolute = base === undefined ? url : new URL(url, base).href
  const address = absolute.replace(/^http/i, 'ws').replace(/#.*/, '')
  const joint = address.includes('?') ? '&' : '?'
  return `${address}${joint}token=${encodeURIComponent(token)}&ws=1${extended ? '&planwire=1' : ''}`
}
