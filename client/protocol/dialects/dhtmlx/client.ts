/**
 * The client half of `dhtmlx`: frames of the live-updates socket (source: "Multi-User Live Updates" of DHTMLX Scheduler;
 * remote calls: recorded frames). Records travel as the widgets write them; `gantt-mapping.ts` maps them.
 */
import type { Parsed } from '../../errors.ts'
import { clean, fieldsAt, idAt, isObject, listAt, parsed, textAt } from '../../guards.ts'
import type { Downstream, EventValue, RemoteResult, Upstream } from '../../messages.ts'
import type { Fields } from '../../records.ts'
import type { ClientCodec } from '../codec.ts'
import { unsupported } from '../unsupported.ts'

/** Frames such as `{"action":"subscribe","name":"events"}` up and `{"action":"event","body":{"name":"events","value":{}}}` down. */
export const liveUpdatesClient: ClientCodec = {
  name: 'dhtmlx',
  encode(message) {
    switch (message.type) {
      case 'subscribe':
      case 'unsubscribe':
      case 'call':
        return liveFrame(message)
      case 'custom':
        return JSON.stringify(
          Object.assign({ action: message.command }, message.extra, message.payload, { action: message.command }),
        )
      default:
        throw unsupported('dhtmlx', message.type)
    }
  },
  decode: readLiveFrame,
}

/** What a client of live updates says by itself. */
export type LiveUpstream = Extract<Upstream, { type: 'subscribe' | 'unsubscribe' | 'call' }>
/** What it hears. */
export type LiveDownstream = Extract<Downstream, { type: 'start' | 'event' | 'result' | 'custom' }>

/** The frame of a message. */
export function liveFrame(message: LiveUpstream): string {
  const { type: action, extra } = message
  return JSON.stringify({
    action,
    ...extra,
    ...('calls' in message ? { body: message.calls } : { name: message.name }),
  })
}

/** The message of a frame. Never throws. */
export function readLiveFrame(frame: string): Parsed<LiveDownstream> {
  return parsed(frame, 'resync', read)
}

function read(json: unknown): LiveDownstream {
  const frame = fieldsAt(json, 'frame')
  const { action: named, body, ...rest } = frame
  const action = textAt(named, 'action')
  switch (action) {
    case 'start':
      // The vendor's client never reads it, so a server may have put anything there.
      return { type: action, connection: typeof body === 'string' ? body : '', ...unknownKeys(rest) }
    case 'event': {
      const { name, value, ...others } = fieldsAt(body, 'body')
      return {
        type: action,
        name: textAt(name, 'body.name'),
        value: readValue(value),
        ...unknownKeys(Object.keys(others).length > 0 ? { ...rest, body: others } : rest),
      }
    }
    case 'result':
      return { type: action, results: listAt(body, 'body').map(readResult), ...unknownKeys(rest) }
    default: {
      const { action: _, ...payload } = frame
      return { type: 'custom', command: action, payload }
    }
  }
}

function unknownKeys(extra: Fields): { extra?: Fields } {
  return Object.keys(extra).length > 0 ? { extra } : {}
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
