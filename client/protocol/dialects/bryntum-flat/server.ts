/** The server half of `bryntum-flat`, the documented protocol (source: "Sync multiple clients in real-time with WebSockets"). */
import { fieldsAt, isObject, parsed, textAt } from '../../guards.ts'
import { flatFrame } from '../bryntum/envelope.ts'
import type { Body } from '../bryntum/names.ts'
import { readUpstream, writeDownstream } from '../bryntum/server.ts'
import type { ServerCodec } from '../codec.ts'
import { changesAsWritten } from './as-written.ts'

/** Frames such as `{"command":"projectChange","project":1,"changes":{}}`. A `changed` holds exactly one revision. */
export const flatServer: ServerCodec = {
  name: 'bryntum-flat',
  asWritten: changesAsWritten,
  encode: (message) => flatFrame(writeDownstream(message, 'bryntum-flat')),
  decode: (frame) =>
    parsed(frame, 'fatal', (json) => {
      const body = fieldsAt(json, 'frame')
      return readUpstream(textAt(body.command, 'command'), body, 'bryntum-flat')
    }),
}

/** The same with the project's own fields beside `dataset`, where the 2022 server puts them. */
export const flatServerMetaBeside: ServerCodec = {
  ...flatServer,
  encode: (message) => flatFrame(metaBeside(writeDownstream(message, 'bryntum-flat'))),
}

function metaBeside(body: Body): Body {
  const { dataset } = body.fields
  if (!isObject(dataset)) return body
  const { projectMeta, ...stores } = dataset
  return { ...body, fields: { ...body.fields, dataset: stores, projectMeta } }
}
