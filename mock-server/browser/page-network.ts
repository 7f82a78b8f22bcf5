/**
 * The page's network with the mock in it, without a service worker: `fetch`, `XMLHttpRequest` and `WebSocket` calls to
 * the mock's paths go to the backend, by `page-fetch.ts`, `page-xhr.ts` and `page-socket.ts`
 * (client/decisions/0008-emulated-sockets.md).
 *
 * Everything else passes through untouched: in front stands a gate that looks at the URL and hands what is not ours to the
 * browser's own function.
 *
 * The interception is the page's, not a server's: it begins with the first network and ends with the last.
 */
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Routes } from '../core/routes.ts'
import { fetchFromBackend } from './page-fetch.ts'
import { asInstanceOf, PageWebSocket, socketUrl } from './page-socket.ts'
import { interceptXhr } from './page-xhr.ts'
import type { TabBridge } from './tab-bridge.ts'

/** What of the page's network belongs to one server. */
export interface NetworkClaim {
  /** Name of the server. */
  readonly name: string
  /** Host and port that the app calls, for example `localhost:8080`. */
  readonly host: string
  readonly routes: Routes
  readonly bridge: TabBridge
  readonly logger: Logger
}

/** Sockets of Vite's own client: they are never claimed, whatever their path. */
const VITE_PROTOCOLS = ['vite-hmr', 'vite-ping']

const claims = new Set<NetworkClaim>()
let removeInterception: Cancel | undefined

/**
 * Puts a server into the page's network; returns what takes it out again (idempotent). Throws `invalid-argument` where
 * another server of the page has one of its paths.
 */
export function joinPageNetwork(claim: NetworkClaim): Cancel {
  for (const other of claims) {
    const path = other.host === claim.host ? sharedPath(other.routes, claim.routes) : undefined
    if (path === undefined) continue
    throw new PlanwireError(
      'invalid-argument',
      `The mock server "${other.name}" has ${claim.host}${path} in this page already: close it, or give "${claim.name}" another \`url\` or other \`paths\` and \`collections\`.`,
      'fatal',
      { path },
    )
  }
  claims.add(claim)
  removeInterception ??= intercept()
  return () => {
    if (!claims.delete(claim) || claims.size > 0) return
    removeInterception?.()
    removeInterception = undefined
  }
}

function sharedPath(one: Routes, other: Routes): string | undefined {
  return (
    one.socketPaths.find((path) => other.socketPaths.includes(path)) ??
    one.httpPaths.find((path) => other.httpPaths.includes(path))
  )
}

function claimOfRequest(url: URL | undefined): NetworkClaim | undefined {
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined
  return find((claim) => claim.host === url.host && claim.routes.http(url.pathname) !== undefined)
}

/** What the platform refuses is left to the platform: other schemes, and addresses with a fragment. */
function claimOfSocket(url: URL | undefined, protocols: unknown): NetworkClaim | undefined {
  if (url === undefined || url.hash !== '' || !/^(?:ws|http)s?:$/.test(url.protocol)) return undefined
  if ([protocols].flat().some((protocol) => VITE_PROTOCOLS.includes(String(protocol)))) return undefined
  return find((claim) => claim.host === url.host && claim.routes.socket(url.pathname) !== undefined)
}

function find(matches: (claim: NetworkClaim) => boolean): NetworkClaim | undefined {
  for (const claim of claims) if (matches(claim)) return claim
  return undefined
}

function intercept(): Cancel {
  const native = { fetch: globalThis.fetch, WebSocket: globalThis.WebSocket }
  const releaseXhr = interceptXhr((url) => claimOfRequest(urlOf(url)))
  const gate: { fetch: typeof fetch; WebSocket: typeof WebSocket } = {
    async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
      const claim = claimOfRequest(urlOf(input instanceof Request ? input.url : input))
      if (claim === undefined) return native.fetch.call(globalThis, input, init)
      const request = new Request(input, init)
      const answer = await fetchFromBackend(claim.bridge, request.clone())
      return answer ?? native.fetch.call(globalThis, request)
    },
    WebSocket: new Proxy(native.WebSocket, {
      construct(target, args, newTarget) {
        const claim = claimOfSocket(urlOf(args[0]), args[1])
        if (claim === undefined) return Reflect.construct(target, args, newTarget)
        const socket = new PageWebSocket(claim, socketUrl(args[0]), args[1])
        return asInstanceOf(target, newTarget === gate.WebSocket ? undefined : newTarget.prototype, socket)
      },
    }),
  }
  replaceGlobal('fetch', gate.fetch)
  replaceGlobal('WebSocket', gate.WebSocket)

  return () => {
    releaseXhr()
    // Where others have wrapped them meanwhile, the gate is left: without claims it lets everything pass.
    if (globalThis.fetch === gate.fetch) replaceGlobal('fetch', native.fetch)
    if (globalThis.WebSocket === gate.WebSocket) replaceGlobal('WebSocket', native.WebSocket)
  }
}

/** As the browser has them: assignable, so that others can wrap them in turn. */
function replaceGlobal<Name extends 'fetch' | 'WebSocket'>(name: Name, value: (typeof globalThis)[Name]): void {
  Object.defineProperty(globalThis, name, { value, configurable: true, enumerable: name === 'fetch', writable: true })
}

function urlOf(input: unknown): URL | undefined {
  try {
    return new URL(String(input), document.baseURI)
  } catch {
    return undefined
  }
}
