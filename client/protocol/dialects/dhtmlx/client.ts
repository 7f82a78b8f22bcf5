/**
 * The client half of `dhtmlx`: frames of the live-updates socket (source: "Multi-User Live Updates" of DHTMLX Scheduler;
 * remote calls: recorded frames). Records travel as the widgets write them; `gantt-mapping.ts` maps them.
 */
import { clean, eachAt, extraOf, fieldsAt, idAt, isObject, parsed, textAt } from '../../guards.ts'
import type { Downstream, EventValue, RemoteResult, Upstream } from '../../messages.ts'
import type { Fields } from '../../records.ts'
import type { ClientCodec } from '../codec.ts'
import { unsupported } from '../unsupported.ts'

/** Frames such as `{"action":"subscribe","name":"events"}` up and `{"action":"event","body":{"name":"events","value":{}}}` down. */
export const liveUpdatesClient: ClientCodec = {
  name: 'dhtmlx',
  encode: (message) => JSON.stringify(write(message)),
  decode: (frame) => parsed(frame, 'resync', read),
}

function write(message: Upstream): Fields {
  switch (message.type) {
    case 'subscribe':
    case 'unsubscribe':
      return { action: message.type, ...message.extra, name: message.name }
    case 'call':
      return { action: 'call', ...message.extra, body: message.calls }
    case 'custom':
      return Object.assign({ action: message.command }, message.extra, message.payload, { action: message.command })
    default:
      throw unsupported('dhtmlx', message.type)
  }
}

function read(json: unknown): Downstream {
  const frame = fieldsAt(json, 'frame')
  const action = textAt(frame.action, 'action')
  const rest = extraOf(frame, ['action', 'body'])
  switch (action) {
    case 'start':
      // The vendor's client never reads it, so a server may have put anything there.
      return { type: 'start', connection: typeof frame.body === 'string' ? frame.body : '', ...rest }
    case 'event': {
      const body = fieldsAt(frame.body, 'body')
      const { extra } = extraOf(body, ['name', 'value'])
      const beside = extra ? { extra: { ...rest.extra, body: extra } } : rest
      return { type: 'event', name: textAt(body.name, 'body.name'), value: readValue(body.value), ...beside }
    }
    case 'result':
      return { type: 'result', results: eachAt(frame.body, 'body', readResult), ...rest }
    default: {
      const { action: _, ...payload } = frame
      return { type: 'custom', command: action, payload }
    }
  }
}

/** Payloads of custom actions are the sender's own; those of the documented actions are records. */
function readValue(value: unknown): EventValue {
  const path = 'body.value'
  const read: Record<string, unknown> = { ...fieldsAt(value, path) }
  const type = textAt(read.type, `${path}.type`)
  const [, entity] = /^(?:add|update|delete)-(event|task|link)$/.exec(type) ?? []
  if (entity) idAt(fieldsAt(read[entity], `${path}.${entity}`).id, `${path}.${entity}.id`)
  for (const key in read) {
    const payload = read[key]
    if (isObject(payload)) read[key] = clean(payload)
  }
  return { ...read, type }
}

function readResult(value: unknown, at: number): RemoteResult {
  const { id, error = null, data = null } = fieldsAt(value, `body[${at}]`)
  return { id: String(idAt(id, `body[${at}].id`)), error, data }
}
