/** Puts a core behind fetch, XMLHttpRequest and node:http by means of msw/node. What is not the core's passes through untouched. */
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import type { Cancel, Logger } from '../../client/ports/ports.ts'
import type { MockCore } from '../core/contract.ts'
import type { Addresses } from './addresses.ts'

/** Answers the requests to `addresses` until the returned function is called. */
export function takeRequests(core: MockCore, addresses: Addresses, logger: Logger): Cancel {
  const server = setupServer(
    http.all('*', async ({ request }) => {
      const url = addresses.request(request.url)
      if (url === undefined) return undefined
      try {
        const { method } = request
        const answer = await core.http({
          method,
          url,
          headers: Object.fromEntries(request.headers),
          body: await request.text(),
        })
        if (answer === undefined) return undefined
        // An empty string would be a body, which some statuses forbid.
        return new HttpResponse(answer.body === '' ? null : answer.body, {
          status: answer.status,
          headers: answer.headers,
        })
      } catch (error) {
        // msw would answer with the stack trace.
        logger('error', 'A request failed', { url, cause: error })
        return HttpResponse.json({ error: 'Internal Server Error' }, { status: 500 })
      }
    }),
  )
  server.listen({ onUnhandledRequest: 'bypass' })
  return () => server.close()
}
