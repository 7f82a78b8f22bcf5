/** Owns the way of a request: preflight, token, body, the handler of its path; and that nothing inside shows outside. */

import { readCalls } from '../../client/protocol/dialects/dhtmlx/server.ts'
import { listAt, parsed } from '../../client/protocol/guards.ts'
import type { RemoteResult } from '../../client/protocol/messages.ts'
import { CollectionRest } from './collection-rest.ts'
import type { RestAnswer, RestRequest } from './contract.ts'
import { isTooDeep } from './depth.ts'
import { GanttRest } from './gantt-rest.ts'
import type { Hub } from './hub.ts'
import { failure, json, preflight } from './rest-answers.ts'
import { once, type Reply, type RestCall } from './rest-write.ts'
import type { Room } from './room.ts'
import type { Route } from './routes.ts'

/** Answers the requests of the mock's paths. */
export type Rest = (route: Route, request: RestRequest) => Promise<RestAnswer>

/** planwire's extensions as the handshake offers them: vendor clients pass over the key. */
const OFFER = { version: 1, idempotencyKey: true, ifMatch: true, catchUp: true } as const

/** REST over the rooms of a hub. */
export function createRest(hub: Hub): Rest {
  const collections = new Map(
    Object.keys(hub.settings.collections).flatMap((name) => {
      const room = hub.collection(name)
      return room ? [[name, new CollectionRest(name, room, hub.ids)] as const] : []
    }),
  )
  const { ganttProject } = hub.settings
  const plan = ganttProject === undefined ? undefined : hub.channel(ganttProject)?.room
  const gantt = plan && new GanttRest(plan, hub.live, hub.ids)

  const dispatch = (route: Route, request: RestRequest): Reply | Promise<RestAnswer> => {
    switch (route.type) {
      case 'handshake':
        return handshake(request)
      case 'collection': {
        const [collection, room] = [collections.get(route.name), hub.collection(route.name)]
        if (!collection || !room) return failure(404, 'Not found')
        return stored(room, request, (call) => collection.answer(route.id, call))
      }
      case 'gantt':
        if (!gantt || !plan) return failure(404, 'Not found')
        return stored(plan, request, (call) => gantt.load(call))
      case 'gantt-item':
        if (!gantt || !plan) return failure(404, 'Not found')
        return stored(plan, request, (call) => gantt.answer(route.store, route.id, call))
    }
  }

  /** Calls without a socket, by token: no one's calls take the room of another's. */
  const callers = new Map(
    hub.settings.tokens.map(({ token }) => [token, { token, connection: undefined, underWay: 0 }]),
  )

  const handshake = (request: RestRequest): Reply | Promise<RestAnswer> => {
    const token = request.headers['remote-token'] ?? ''
    const caller = hub.auth.token(token) && callers.get(token)
    if (!caller) return failure(403, 'Forbidden')
    const { services } = hub
    if (request.method === 'GET') {
      return json(
        200,
        JSON.stringify({ api: services.names, data: {}, websocket: hub.settings.websocket, planwire: OFFER }),
      )
    }
    if (request.method !== 'POST') return failure(405, 'Method not allowed')
    const calls = parsed(request.body, 'fatal', (body) => readCalls(listAt(body, 'body'), 'body'))
    if (!calls.ok) return failure(400, calls.error.message)
    const results = services.answer(calls.message, caller)
    const answer = (all: readonly RemoteResult[]): RestAnswer => json(200, JSON.stringify(all))
    return results instanceof Promise ? results.then(answer) : answer(results)
  }

  /** Why a request may not do what it asks for. A token could help whoever showed none. */
  const refusal = (route: Route, { method, headers }: RestRequest): RestAnswer | undefined => {
    if (route.type === 'handshake') return undefined
    const token = headers['remote-token']
    const rights = hub.auth.request(token)
    if (!rights) return failure(401, 'Unauthorized')
    const thing = route.type === 'collection' ? route.name : ganttProject
    const may = thing !== undefined && (method === 'GET' ? rights.mayRead(thing) : rights.mayWrite(thing))
    return may ? undefined : token === undefined ? failure(401, 'Unauthorized') : failure(403, 'Forbidden')
  }

  const reply = (route: Route, request: RestRequest): Reply | Promise<RestAnswer> => {
    if (request.method === 'OPTIONS') return preflight(request)
    if (request.body.length > hub.frameLength) return failure(413, 'Too large')
    if (isTooDeep(request.body)) return failure(400, 'Nested too deeply')
    const refused = refusal(route, request)
    if (refused) return refused
    try {
      return dispatch(route, request)
    } catch (cause) {
      hub.logger('error', 'A request could not be handled', { cause })
      return failure(500, 'Internal error')
    }
  }

  return async (route, request) => {
    // Everything up to here happens in the caller's turn: frames of a change leave before its answer does.
    const replying = reply(route, request)
    const replied = replying instanceof Promise ? await replying : replying
    if (!('answer' in replied)) return replied
    const durable = await replied.room.whenDurable(replied.revision)
    // What is kept in memory alone may still be read.
    return durable || request.method === 'GET' ? replied.answer : failure(500, 'Storage failed')
  }
}

/**
 * Reads wait for the log as writes do: who finds an own edit in what is read takes it for stored, and does not send it again.
 */
function stored(room: Room, request: RestRequest, dispatch: (call: RestCall) => Reply): Reply {
  const replied = once(room, request, dispatch)
  if (request.method !== 'GET' || 'answer' in replied) return replied
  return { answer: replied, room, revision: room.position.revision }
}
