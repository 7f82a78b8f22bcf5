/** `fetch` to the mock's paths: errors, aborts and the answer's attributes as the browser's own `fetch` has them. */
import type { RestAnswer } from '../core/contract.ts'
import type { TabBridge } from './tab-bridge.ts'

/** Statuses whose answers have no body. */
const EMPTY = [204, 205, 304]

/**
 * Fetches from the backend. Resolves to undefined for a path that the server does not know after all. Rejects as `fetch`
 * does: with the signal's reason when it is aborted, with a `TypeError` when the backend is gone.
 */
export async function fetchFromBackend(bridge: TabBridge, request: Request): Promise<Response | undefined> {
  const { signal, method } = request
  signal.throwIfAborted()
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([answered(bridge, request, method), aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function answered(bridge: TabBridge, request: Request, method: string): Promise<Response | undefined> {
  const { pathname, search } = new URL(request.url)
  const body = await request.text()
  const headers = Object.fromEntries(request.headers)
  const answer = await bridge.request({ method, url: pathname + search, headers, body }).catch((cause: unknown) => {
    throw new TypeError('Failed to fetch', { cause })
  })
  if (answer === undefined) return undefined
  return Object.defineProperty(responseOf(answer), 'url', { value: request.url.replace(/#.*/, '') })
}

/** An answer of the backend. */
export function responseOf({ status, headers, body }: RestAnswer): Response {
  return new Response(EMPTY.includes(status) ? null : body, { status, headers })
}
