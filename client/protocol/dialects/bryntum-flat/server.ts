/** The server half of `bryntum-flat`, the documented protocol (source: "Sync multiple clients in real-time with WebSockets"). */
import { fieldsAt, parsed, textAt } from '../../guards.ts'
import { flatFrame } from '../bryntum/envelope.ts'
import { readUpstream, writeDownstream } from '../bryntum/server.ts'
import type { ServerCodec } from '../codec.ts'

/** Frames such as `{"command":"projectChange","project":1,"changes":{}}`. A `changed` holds exactly one revision. */
export const flatServer: ServerCodec = {
  name: 'bryntum-flat',
  encode: (message) => flatFrame(writeDownstream(message, 'bryntum-flat')),
  decode: (frame) =>
    parsed(frame, 'fatal', (json) => {
      const body = fieldsAt(json, 'frame')
      return readUpstream(textAt(body.command, 'command'), body, 'bryntum-flat')
    }),
}
