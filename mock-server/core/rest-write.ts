/**
 * Owns how a REST write is committed and answered, and that it happens once: a request whose `Idempotency-Key` was
 * answered before gets that answer again, under a key that stood for another request `422` (planwire's extension).
 */
import type { Changeset } from '../../client/protocol/changeset.ts'
import { readRestBody } from '../../client/protocol/dialects/dhtmlx/rest.ts'
import { type Parsed, PlanwireError } from '../../client/protocol/errors.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { Author } from './author.ts'
import type { RestAnswer, RestRequest } from './contract.ts'
import { POSITION_HEADER, positionText } from './etag.ts'
import { printOf } from './print.ts'
import type { AnsweredRequest } from './request-memory.ts'
import { failure, json, withHeaders } from './rest-answers.ts'
import type { Room } from './room.ts'

/** The author of everything that comes by REST. */
const REST_AUTHOR: Author = { key: undefined, client: 'server', clientId: undefined, ids: 'numbers' }

/** An answer that waits until what it tells of is in the log. */
interface Written {
  readonly answer: RestAnswer
  readonly room: Room
  readonly revision: number
}

/** What a handler says: an answer, or one that has to wait. */
export type Reply = RestAnswer | Written

/** What a key stands for. */
export type KeyedRequest = Pick<AnsweredRequest, 'sender' | 'key' | 'print'>

/** A request, and its key if it has one. */
export interface RestCall extends RestRequest {
  readonly keyed?: KeyedRequest
}

/** The body of an answer to a write, and the tag of the record in it. */
export interface Said {
  readonly body: string
  readonly etag?: string
}

/** Statuses that say something about the request, and will again, whoever asks. */
const REFUSALS = new Set([400, 404, 409])
const KEY = /^[\x20-\x7e]{1,200}$/

/** The record of a POST or PUT. Marks of temporary ids belong to the project socket: here the address names the record. */
export function readRecord({ body }: RestCall, collection: string): Parsed<Fields> {
  const read = readRestBody(body, collection)
  if (!read.ok) return read
  const { $PhantomId: _, $PhantomParentId: __, ...message } = read.message
  return { ok: true, message }
}

/** Lets a write with an idempotency key through once; any other request as often as it comes. */
export function once(room: Room, request: RestRequest, dispatch: (call: RestCall) => Reply): Reply {
  const key = request.headers['idempotency-key']
  if (key === undefined || !['POST', 'PUT', 'DELETE'].includes(request.method)) return dispatch(request)
  if (!KEY.test(key)) return failure(400, 'Idempotency-Key must be 1 to 200 printable ASCII characters')
  const keyed: KeyedRequest = {
    sender: senderOf(request),
    key,
    print: printOf(JSON.stringify([request.method, request.url.split('?', 1)[0], request.body])),
  }
  const known = room.requests.find(key)
  if (!known) {
    const reply = dispatch({ ...request, keyed })
    if (!('answer' in reply) && REFUSALS.has(reply.status)) {
      const { status, body, headers } = reply
      room.requests.remember({ ...keyed, status, body, ...etagOnly(headers['etag']) }, 0)
    }
    return reply
  }
  const { request: before, revision } = known
  if (before.print !== keyed.print) {
    return failure(422, 'This Idempotency-Key stood for another request', 'idempotency-key-reused')
  }
  return answered(room, revision, before.status, before)
}

/** Commits what a request writes. `say` is asked for the answer once the records are as they will be. */
export function commitWrite(room: Room, stores: Changeset, { body, keyed }: RestCall, say: () => Said): Reply {
  let said: Said | undefined
  const answer = keyed
    ? (): AnsweredRequest => {
        said = say()
        return { ...keyed, status: 200, ...said }
      }
    : undefined
  const result = room.commit([{ changes: { stores } }], REST_AUTHOR, body.length, { answer })
  if (result instanceof PlanwireError) return failure(400, result.message)
  return answered(room, room.position.revision, 200, said ?? say())
}

function answered(room: Room, revision: number, status: number, { body, etag }: Said): Reply {
  const answer = withHeaders(json(status, body), etagOnly(etag))
  if (revision === 0) return answer
  // The position of the commit: by it an author tells its own events from those of others.
  return {
    answer: withHeaders(answer, { [POSITION_HEADER]: positionText(room.positionAt(revision)) }),
    room,
    revision,
  }
}

function etagOnly(etag: string | undefined): { readonly etag?: string } {
  return etag === undefined ? {} : { etag }
}

/** Who takes a share of the memory. The log holds a print: it is no place for secrets. */
function senderOf({ headers }: RestRequest): string {
  const token = headers['remote-token']
  return token === undefined ? '' : printOf(token)
}
