/** The HttpPort over `fetch`. Owns the timeout and the one kind of failure that is no answer. */
import type { HttpAnswer, HttpPort } from '../ports/ports.ts'
import { PlanwireError } from '../protocol/errors.ts'

/**
 * HTTP through `globalThis.fetch`, looked up at each request because mocks replace it. Answers are never taken from the
 * HTTP cache: a reload after a lost connection must see what the server holds now.
 * @example
 * const answer = await fetchHttp().request({ method: 'GET', url: '/events', timeoutMs: 10_000 })
 */
export function fetchHttp(): HttpPort {
  return {
    async request({ method, url, headers, body, timeoutMs }): Promise<HttpAnswer> {
      const abort = new AbortController()
      let timedOut = false
      // Without a network at its start and at its end, a request that failed went nowhere.
      const isOffline = (): boolean => globalThis.navigator?.onLine === false
      const offline = isOffline()
      const timer =
        timeoutMs &&
        setTimeout(() => {
          timedOut = true
          abort.abort()
        }, timeoutMs)
      try {
        // Servers print their address as that of a socket; it is where they answer requests, too.
        const response = await globalThis.fetch(url.replace(/^ws(?=s?:)/i, 'http'), {
          method,
          cache: 'no-store',
          signal: abort.signal,
          headers: headers ?? {},
          body: body ?? null,
        })
        // The body is part of the answer: a connection that breaks in the middle of it brought none.
        const text = await response.text()
        return { status: response.status, body: text, header: (name) => response.headers.get(name) }
      } catch (cause) {
        throw new PlanwireError(
          timedOut ? 'timeout' : 'connection-lost',
          `${method} ${url}: no answer${timedOut ? ` within ${timeoutMs} ms` : ''}`,
          'retry',
          { method, url, ...(!timedOut && offline && isOffline() && { sent: false }) },
          { cause },
        )
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
