/**
 * Puts cores behind fetch, XMLHttpRequest and node:http. Owns the interceptors: one set for all servers of the process, because
 * the end of one set would take the globals away from another. They are MSW's own, without msw/node around them, which would
 * also replace the platform's WebSocket for everybody. What is no core's passes through untouched.
 */
import { BatchInterceptor } from '@mswjs/interceptors'
import { ClientRequestInterceptor } from '@mswjs/interceptors/ClientRequest'
import { FetchInterceptor } from '@mswjs/interceptors/fetch'
import { XMLHttpRequestInterceptor } from '@mswjs/interceptors/XMLHttpRequest'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { MockCore } from '../core/contract.ts'
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

function intercept(): Cancel {
  const interceptor = new BatchInterceptor({
    name: 'planwire',
    // The last one does nothing where there is no XMLHttpRequest.
    interceptors: [new FetchInterceptor(), new ClientRequestInterceptor(), new XMLHttpRequestInterceptor()],
  })
  interceptor.apply()
  interceptor.on('request', async ({ request, controller }) => {
    for (const taker of takers) {
      const answer = taker(request)
      if (answer !== undefined) return controller.respondWith(await answer)
    }
  })
  return () => interceptor.dispose()
}

async function answer(core: MockCore, request: Request, url: string, logger: Logger): Promise<Response> {
  try {
    const { method } = request
    const headers = Object.fromEntries(request.headers)
    const answer = await core.http({ method, url, headers, body: await request.text() })
    if (answer === undefined) return Response.json({ error: 'Not Found' }, { status: 404 })
    // An empty string would be a body, which some statuses forbid.
    return new Response(answer.body === '' ? null : answer.body, { status: answer.status, headers: answer.headers })
  } catch (cause) {
    logger('error', 'A request failed', { url, cause })
    return Response.json({ error: 'Internal Server Error' }, { status: 500 })
  }
}
