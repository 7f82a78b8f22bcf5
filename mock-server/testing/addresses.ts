/** Which addresses are the mock's: its own origin, and that of the page where a test has one (jsdom, happy-dom). */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Routes } from '../core/routes.ts'

/** Decides what to answer and what to let pass. */
export interface Addresses {
  /** Hosts and ports of the mock. */
  readonly hosts: readonly string[]
  /** Every URL that takes a socket, without a query. */
  readonly sockets: readonly string[]
  /** The whole URL of a socket that is the mock's; relative ones count from the page. */
  socket(url: string): string | undefined
  /** Path and query of a request that is the mock's. */
  request(url: string): string | undefined
}

/** The addresses of a mock whose sockets live at `base`, for example `ws://localhost:8080`. */
export function addressesOf(base: string, routes: Routes): Addresses {
  const page: string | undefined = globalThis.location?.href
  const own = originOf(base)
  // A page such as `about:blank` has no origin that a relative URL could use.
  const origins = page?.startsWith('http') ? [...new Set([own, originOf(page)])] : [own]
  return {
    hosts: origins.map((origin) => new URL(origin).host),
    sockets: origins.flatMap((origin) => routes.socketPaths.map((path) => inSocketScheme(origin) + path)),
    socket(url) {
      const parsed = parse(url, page)
      if (parsed === undefined || !origins.includes(originOf(parsed.href))) return undefined
      return routes.socket(parsed.pathname) === undefined ? undefined : inSocketScheme(parsed.href)
    },
    request(url) {
      const parsed = parse(url, page)
      if (parsed === undefined || !origins.includes(parsed.origin)) return undefined
      return routes.http(parsed.pathname) === undefined ? undefined : parsed.pathname + parsed.search
    },
  }
}

/** Scheme, host and port of a URL of either kind, in the scheme of requests. */
function originOf(url: string): string {
  const parsed = parse(inRequestScheme(url), undefined)
  if (parsed === undefined || parsed.origin === 'null') {
    throw new PlanwireError(
      'invalid-argument',
      `${url} is no address for a mock server: use one like ws://localhost:8080`,
      'fatal',
    )
  }
  return parsed.origin
}

function parse(url: string, base: string | undefined): URL | undefined {
  try {
    return new URL(url, base)
  } catch {
    return undefined
  }
}

function inRequestScheme(url: string): string {
  return url.replace(/^ws/, 'http')
}

function inSocketScheme(url: string): string {
  return url.replace(/^http/, 'ws')
}
