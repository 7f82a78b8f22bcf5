/** The client half of `bryntum-revisions`: `{ command, data }`, changes as numbered revisions (source: recorded frames of the 2025 demo server). */
import { parsed, textAt } from '../../guards.ts'
import { readDownstream, writeUpstream } from '../bryntum/client.ts'
import { closeEnvelope, openEnvelope } from '../bryntum/envelope.ts'
import type { ClientCodec } from '../codec.ts'

/** Frames such as `{"command":"project_change","data":{"project":1,"revisions":[],"client":"client-1"}}`. */
export const revisionsClient: ClientCodec = {
  name: 'bryntum-revisions',
  encode: (message) => closeEnvelope(writeUpstream(message, 'bryntum-revisions')),
  decode: (frame) =>
    parsed(frame, 'resync', (json) => {
      const body = openEnvelope(json)
      return readDownstream(textAt(body.command, 'command'), body, 'bryntum-revisions')
    }),
}
