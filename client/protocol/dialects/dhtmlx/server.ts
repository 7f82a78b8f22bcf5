/** The server half of `dhtmlx`: frames of the live-updates socket (source: "Multi-User Live Updates" of DHTMLX Scheduler). */
import { eachAt, extraOf, fieldsAt, idAt, isObject, listAt, parsed, textAt } from '../../guards.ts'
import type { Downstream, RemoteCall, Upstream } from '../../messages.ts'
import type { Fields } from '../../records.ts'
import type { ServerCodec } from '../codec.ts'
import { unsupported } from '../unsupported.ts'

/** Frames such as `{"action":"start","body":"connectionId"}` down. Up, `unsubscribe` may say `key` for `name`, as the vendor's `detach()` does. */
export const liveUpdatesServer: ServerCodec = {
  name: 'dhtmlx',
  encode: (message) => JSON.stringify(write(message)),
  decode: (frame) => parsed(frame, 'fatal', read),
}

function write(message: Downstream): Fields {
  switch (message.type) {
    case 'start':
      return { action: 'start', ...message.extra, body: message.connection }
    case 'event': {
      const { body, ...extra } = message.extra ?? {}
      return {
        action: 'event',
        ...extra,
        body: { ...(isObject(body) ? body : {}), name: message.name, value: message.value },
      }
    }
    case 'result':
      return { action: 'result', ...message.extra, body: message.results }
    case 'custom':
      return Object.assign({ action: message.command }, message.extra, message.payload, { action: message.command })
    default:
      throw unsupported('dhtmlx', message.type)
  }
}

function read(json: unknown): Upstream {
  const frame = fieldsAt(json, 'frame')
  const action = textAt(frame.action, 'action')
  switch (action) {
    case 'subscribe':
      return { type: action, name: textAt(frame.name, 'name'), ...extraOf(frame, ['action', 'name']) }
    case 'unsubscribe':
      return {
        type: action,
        name: textAt(frame.name ?? frame.key, 'name'),
        ...extraOf(frame, ['action', 'name', 'key']),
      }
    case 'call':
      return { type: 'call', calls: readCalls(frame.body, 'body'), ...extraOf(frame, ['action', 'body']) }
    default: {
      const { action: _, ...payload } = frame
      return { type: 'custom', command: action, payload }
    }
  }
}

/** Remote calls as a socket frame or, without a socket, a POST to the handshake's address carries them. Throws a `Misfit`. */
export function readCalls(value: unknown, path: string): readonly RemoteCall[] {
  return eachAt(value, path, (entry, at) => {
    const { id, name, args = [] } = fieldsAt(entry, `${path}[${at}]`)
    return {
      id: String(idAt(id, `${path}[${at}].id`)),
      name: textAt(name, `${path}[${at}].name`),
      args: listAt(args, `${path}[${at}].args`),
    }
  })
}
