/**
 * Puts cores behind fetch, XMLHttpRequest and node:http. Owns the interceptors: one set for all servers of the process, because
 * the end of one set would take the globals away from another. They are MSW's own, without msw/node around them, which would
 * also replace the platform's WebSocket for everybody. What is no core's passes through untouched.
 */
import { getGlobalSymbol, type HttpRequestEventMap, type Interceptor } from '@mswjs/interceptors'
import { ClientRequestInterceptor } from '@mswjs/interceptors/ClientRequest'
import { FetchInterceptor } from '@mswjs/interceptors/fetch'
import { XMLHttpRequestInterceptor } from '@mswjs/interceptors/XMLHttpRequest'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockCore, RestAnswer } from '../core/contract.ts'
import type { Addresses } from './addresses.ts'

/** Answers a request, or leaves it to the next one. */
type Taker = (request: Request) => Promise<Response> | undefined

const takers = new Set<Taker>()
let release: Cancel = () => {}

/** Answers the requests to `addresses` until the returned function is called. */
export function takeRequests(core: MockCore, addresses: Addresses, logger: Logger): Cancel {
  const taker: Taker = (request) => {
    const url = addresses.request(request.url)
    return url === undefined ? undefined : answer(core, request, url, logger)
  }
  if (takers.size === 0) release = intercept()
  takers.add(taker)
  return () => {
    if (takers.delete(taker) && takers.size === 0) release()
  }
}

/** Sets of others that ours joined: they go on listening to us, so that a second start must not make them ask twice. */
const joined = new WeakSet<object>()

function intercept(): Cancel {
  const releases = [FetchInterceptor, ClientRequestInterceptor, XMLHttpRequestInterceptor].map((Kind) => {
    // A set that runs already, such as that of the app's own `setupServer`, is joined and not ours to end:
    // to dispose of what joined would make its owner believe that nothing runs, and leave the globals replaced for ever.
    const running = getGlobalSymbol<object>(Kind.symbol)
    if (running !== undefined && joined.has(running)) return () => {}
    const interceptor: Interceptor<HttpRequestEventMap> = new Kind()
    // Does nothing where the global does not exist, as XMLHttpRequest in plain Node.
    interceptor.apply()
    interceptor.on('request', ask)
    if (running === undefined) return () => interceptor.dispose()
    joined.add(running)
    return () => {}
  })
  return () => {
    for (const release of releases) release()
  }
}

/** Asks the servers in turn whether a request is theirs. */
function ask({ request, controller }: HttpRequestEventMap['request'][0]): Promise<void> | undefined {
  for (const taker of takers) {
    const answer = taker(request)
    if (answer !== undefined) return answer.then((response) => controller.respondWith(response))
  }
  return undefined
}

async function answer(core: MockCore, request: Request, url: string, logger: Logger): Promise<Response> {
  try {
    const { method } = request
    const headers = Object.fromEntries(request.headers)
    const answer = await core.http({ method, url, headers, body: await request.text() })
    if (answer === undefined) return Response.json({ error: 'Not Found' }, { status: 404 })
    return responseOf(answer)
  } catch (cause) {
    return failedResponse(cause, logger, url)
  }
}

/** An answer of the core. */
export function responseOf({ status, headers, body }: RestAnswer): Response {
  // An empty string would be a body, which some statuses forbid.
  return new Response(body === '' ? null : body, { status, headers })
}

/** What a client gets when the core failed, or when it is to believe that the network did. */
export function failedResponse(cause: unknown, logger: Logger, url?: string): Response {
  if (cause instanceof PlanwireError && cause.code === 'connection-lost') return Response.error()
  logger('error', 'A request failed', { url, cause })
  return Response.json({ error: 'Internal Server Error' }, { status: 500 })
}
