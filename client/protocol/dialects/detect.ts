/**
 * Owns `dialect: 'auto'` of the project socket. Before the dialect is known, frames carry their fields flat and inside `data`:
 *
 *     {"command":"login","login":"user","data":{"login":"user"}}
 *
 * The flat server does not look at `data`, the 2025 server at nothing else; the form of the answer tells which it is.
 */
import { isObject } from '../guards.ts'
import type { ProjectDialectName, Upstream, UpstreamOf } from '../messages.ts'
import type { Fields } from '../records.ts'
import { writeUpstream } from './bryntum/client.ts'
import { commandOf, typeOfCommand } from './bryntum/names.ts'
import { unsupported } from './unsupported.ts'

/** A login that both vendors' servers accept; the extension is asked for in both places. */
export function loginForAny(message: UpstreamOf<'login'>): string {
  return commandForAny(message)
}

/**
 * A frame that servers of both dialects understand. Throws `invalid-argument` for messages that differ by more than the
 * envelope (`change` and the versions commands): they have to wait for the answer to the login.
 */
export function commandForAny(message: Upstream): string {
  if (commandOf(message.type, 'bryntum-revisions') !== message.type)
    throw unsupported('bryntum-revisions', message.type)
  const { command, fields } = writeUpstream(message, 'bryntum-flat')
  return JSON.stringify(Object.assign({}, fields, { command, data: fields }))
}

/**
 * Client side: the dialect that a frame of the server shows; undefined when it could be either (errors have one form in
 * both, commands of the app's own any form).
 */
export function dialectOfAnswer(frame: string): ProjectDialectName | undefined {
  const json = read(frame)
  if (!json || (json.error !== undefined && json.error !== null)) return undefined
  if (!typeOfCommand(String(json.command)) && !/^(join|users|versionAutoSaveOK)$/.test(String(json.command)))
    return undefined
  return isObject(json.data) ? 'bryntum-revisions' : 'bryntum-flat'
}

/**
 * Server side: the dialect that a connection's first frame asks for. Fields inside `data` alone mean `bryntum-revisions`;
 * flat ones, both (a combined login asks for whatever the server prefers, and the documented protocol is what we prefer)
 * or anything unreadable mean `bryntum-flat`.
 */
export function dialectOfFirstFrame(frame: string): ProjectDialectName {
  const json = read(frame)
  if (!json || !isObject(json.data)) return 'bryntum-flat'
  const flat = Object.keys(json).some((key) => key !== 'command' && key !== 'data')
  return flat ? 'bryntum-flat' : 'bryntum-revisions'
}

function read(frame: string): Fields | undefined {
  try {
    const json: unknown = JSON.parse(frame)
    return isObject(json) ? json : undefined
  } catch {
    return undefined
  }
}
