/**
 * Owns which web pages may use the server. Browsers say where a page comes from; other programs say nothing, or what they
 * like, so this protects users of browsers, and is no login.
 */
import type { IncomingMessage } from 'node:http'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { RestAnswer } from '../core/contract.ts'

/**
 * `any`: every page. `local`: pages of the server's own address, or of this machine. Else the listed origins, such as
 * `https://plans.example.com`.
 */
export type Origins = 'any' | 'local' | readonly string[]

const CORS_ORIGIN = 'access-control-allow-origin'

/** The origins of a list as browsers write them. Throws `invalid-argument` for one that is none. `*` stands for any. */
export function originsOf(list: readonly string[] | undefined): Origins {
  if (list === undefined || list.includes('*')) return 'any'
  return list.map(originOf)
}

function originOf(text: string): string {
  try {
    const { protocol, pathname, search, hash, username, origin } = new URL(text)
    if (/^https?:$/.test(protocol) && pathname === '/' && search + hash + username === '') return origin
  } catch {
    // told below
  }
  throw new PlanwireError(
    'invalid-argument',
    `${text} is no origin: use one such as http://localhost:5173 (scheme, host and port, no path), or * for any`,
    'fatal',
    { origin: text },
  )
}

/** True unless the request comes from a page that may not use the server. */
export function isWelcome({ headers }: IncomingMessage, origins: Origins): boolean {
  const { origin, host = headers[':authority'] } = headers
  if (origin === undefined || origins === 'any') return true
  if (origins !== 'local') return origins.includes(origin)
  const page = URL.canParse(origin) ? new URL(origin) : undefined
  return page !== undefined && (page.host === host || isLoopback(page.hostname))
}

/** The headers of an answer, which the core opens to every page, for the page that asked. */
export function headersFor(
  request: IncomingMessage,
  { headers }: RestAnswer,
  origins: Origins,
): Readonly<Record<string, string>> {
  if (origins === 'any') return headers
  const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== CORS_ORIGIN)
  const { origin } = request.headers
  // Caches must not hand one page the answer that opened to another.
  return { ...Object.fromEntries(kept), ...(origin !== undefined && { [CORS_ORIGIN]: origin }), vary: 'Origin' }
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\./.test(host)
}
