/** Owns the form of REST answers: JSON, readable from a page of any origin, errors without a word too many. */
import type { RestAnswer, RestRequest } from './contract.ts'

const CORS: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, planwire-position',
}
const HEADER_LIST = /^[\w\-, ]{1,1000}$/
/** What a page may send that does not ask for its headers one by one. */
const USUAL_HEADERS = 'content-type, remote-token, x-requested-with, idempotency-key, if-match'

/** A JSON text as an answer. */
export function json(status: number, body: string): RestAnswer {
  return {
    status,
    headers: { ...CORS, 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    body,
  }
}

/** An answer with further headers. */
export function withHeaders(answer: RestAnswer, headers: Readonly<Record<string, string>>): RestAnswer {
  return { ...answer, headers: { ...answer.headers, ...headers } }
}

/** An error; `code` where a program is to tell it from others of its status. */
export function failure(status: number, error: string, code?: string): RestAnswer {
  return json(status, JSON.stringify({ error, code }))
}

/** The answer to a CORS preflight: any page may ask, with whatever headers it means to send. */
export function preflight(request: RestRequest): RestAnswer {
  const asked = request.headers['access-control-request-headers']
  return {
    status: 204,
    headers: {
      ...CORS,
      'access-control-allow-methods': 'GET, POST, PUT, DELETE, OPTIONS',
      'access-control-allow-headers': asked !== undefined && HEADER_LIST.test(asked) ? asked : USUAL_HEADERS,
      'access-control-max-age': '600',
    },
    body: '',
  }
}
