/** The server half of `bryntum-revisions` (source: recorded frames of the 2025 demo server). */
import { parsed, textAt } from '../../guards.ts'
import { closeEnvelope, openEnvelope } from '../bryntum/envelope.ts'
import { readUpstream, writeDownstream } from '../bryntum/server.ts'
import type { ServerCodec } from '../codec.ts'

/** Frames such as `{"command":"project_change","data":{"revisions":[],"project":1}}`. */
export const revisionsServer: ServerCodec = {
  name: 'bryntum-revisions',
  encode: (message) => closeEnvelope(writeDownstream(message, 'bryntum-revisions')),
  decode: (frame) =>
    parsed(frame, 'fatal', (json) => {
      const body = openEnvelope(json)
      return readUpstream(textAt(body.command, 'command'), body, 'bryntum-revisions')
    }),
}
