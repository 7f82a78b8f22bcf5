/**
 * The way to an open live-updates socket: `GET <url>` with `Remote-Token`, answered by `{"api":{},"data":{},"websocket":true}`,
 * then `<url>?token=<token>&ws=1` (source: "Multi-User Live Updates"; `key` of the answer replaces the token: recorded frames).
 */
import type { HttpPort } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'
import { fieldsAt, isObject, parsed } from '../protocol/guards.ts'
import type { Fields } from '../protocol/records.ts'
import { HANDSHAKE_TIMEOUT_MS } from './live-ports.ts'
import type { SaveOffers } from './rest-client.ts'

/** What the server says before there is a socket. */
export interface Handshake {
  /** Names of remote services, each with the names of its methods. */
  readonly api: Fields
  /** Whatever the server wants the page to know. */
  readonly data: Fields
  /** Replaces the token from now on. */
  readonly key: string | undefined
  readonly websocket: boolean
  /** What a planwire server offers beyond the vendor's protocol; all of it off elsewhere. */
  readonly offers: LiveOffers
}

/** The extensions of live updates. Headers that were not offered are never sent: they would fail a strict CORS preflight. */
export interface LiveOffers extends SaveOffers {
  /** It is a planwire server: calls are answered, an empty list of them as well. */
  readonly calls: boolean
  /** A subscription that says up to where its client heard is told what came since. */
  readonly catchUp: boolean
}

/**
 * Asks the server. Rejects with a {@link PlanwireError} and nothing else: `forbidden` (403) or `authentication-required` (401),
 * `not-a-planwire-endpoint` (a page, or JSON of another kind), `server-error`, `handshake-failed` (any other status), `connection-lost`, `timeout`.
 */
export async function shakeHands(http: HttpPort, url: string, token: string): Promise<Handshake> {
  const answer = await http
    .request({
      method: 'GET',
      url,
      headers: { Accept: 'application/json', 'Content-Type': 'application/json', 'Remote-Token': token },
      timeoutMs: HANDSHAKE_TIMEOUT_MS,
    })
    .catch((cause: unknown) => {
      throw cause instanceof PlanwireError
        ? cause
        : new PlanwireError('connection-lost', `${url}: no answer`, 'retry', { url }, { cause })
    })
  const { status } = answer
  const details = { url, status }
  if (status === 401)
    throw new PlanwireError('authentication-required', `${url} wants a token`, 'reauthenticate', details)
  if (status === 403) throw new PlanwireError('forbidden', `${url} refused the token`, 'reauthenticate', details)
  if (status >= 500) throw new PlanwireError('server-error', `${url}: HTTP ${status}`, 'retry', details)
  if (status < 200 || status > 299)
    throw new PlanwireError('handshake-failed', `${url}: HTTP ${status}`, 'retry', details)
  const read = parsed(answer.body, 'fatal', (json) => fieldsAt(json, 'handshake'))
  if (!read.ok || !('websocket' in read.message)) {
    throw new PlanwireError(
      'not-a-planwire-endpoint',
      `${url} answered, but not as a live-updates server does`,
      'fatal',
      details,
    )
  }
  const { api, data, key, websocket, planwire } = read.message
  const offered = isObject(planwire) ? planwire : {}
  return {
    api: isObject(api) ? api : {},
    data: isObject(data) ? data : {},
    key: typeof key === 'string' && key !== '' ? key : undefined,
    websocket: Boolean(websocket),
    offers: {
      idempotencyKey: offered['idempotencyKey'] === true,
      ifMatch: offered['ifMatch'] === true,
      calls: isObject(planwire),
      catchUp: offered['catchUp'] === true,
    },
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
  const [address = ''] = absolute.split('#')
  const scheme = address.replace(/^http/i, 'ws')
  const joint = address.includes('?') ? '&' : '?'
  return `${scheme}${joint}token=${encodeURIComponent(token)}&ws=1${extended ? '&planwire=1' : ''}`
}
