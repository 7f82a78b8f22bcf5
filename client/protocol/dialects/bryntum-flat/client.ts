/**
 * The client half of `bryntum-flat`, the documented protocol: every field stands beside `command`
 * (source: "Sync multiple clients in real-time with WebSockets").
 */
import { fieldsAt, parsed, textAt } from '../../guards.ts'
import { readDownstream, writeUpstream } from '../bryntum/client.ts'
import { flatFrame } from '../bryntum/envelope.ts'
import type { ClientCodec } from '../codec.ts'

/** Frames such as `{"command":"projectChange","project":1,"changes":{}}`. A `change` holds exactly one revision. */
export const flatClient: ClientCodec = {
  name: 'bryntum-flat',
  encode: (message) => flatFrame(writeUpstream(message, 'bryntum-flat')),
  decode: (frame) =>
    parsed(frame, 'resync', (json) => {
      const body = fieldsAt(json, 'frame')
      return readDownstream(textAt(body.command, 'command'), body, 'bryntum-flat')
    }),
}
