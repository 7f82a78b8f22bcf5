/** Owns the way from a file, or anything else, to a recording: a shape that a replay can trust. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import { isObject } from '../../client/protocol/guards.ts'
import { checkConfig } from '../core/config-check.ts'
import type { Recording, WireEntry } from './recording.ts'

type Fields = { readonly [name: string]: 'text' | 'count' | 'object' | 'any' }

const SOCKET = { socket: 'count' } as const
/** What an entry must have, besides its number, its time and its party. */
const ENTRIES: { readonly [Type in WireEntry['type']]: Fields } = {
  open: { ...SOCKET, url: 'text' },
  frame: { ...SOCKET, direction: 'text', text: 'text' },
  close: { ...SOCKET, by: 'text' },
  request: { request: 'count', method: 'text', url: 'text', headers: 'object', body: 'text' },
  answer: { request: 'count', status: 'count', headers: 'object', body: 'text' },
  arrival: { of: 'count' },
  fault: { event: 'object' },
  control: { action: 'object' },
}

/** The value as a recording. Throws `invalid-argument` with the path of what is wrong. */
export function checkRecording(value: unknown): Recording {
  if (!isObject(value) || value['format'] !== 'planwire-recording')
    throw wrong('format', 'This is no recording of planwire: make one with recorder.start() and stop()')
  if (value['version'] !== 1)
    throw wrong('version', `This recording has version ${String(value['version'])}; this planwire reads version 1`)
  const { config, state, sockets, entries, startedAt } = value
  if (!isObject(config)) throw wrong('config', 'config must be an object')
  checkConfig(config)
  if (!isObject(state) || !Array.isArray(state['projects']) || !isObject(state['collections']))
    throw wrong('state', 'state must be what export() gives')
  if (typeof startedAt !== 'number') throw wrong('startedAt', 'startedAt must be a number')
  if (!Array.isArray(sockets)) throw wrong('sockets', 'sockets must be a list')
  for (const [at, socket] of sockets.entries()) {
    check(socket, `sockets[${at}]`, { socket: 'count', url: 'text', party: 'text' })
    if (!Array.isArray(socket['frames'])) throw wrong(`sockets[${at}].frames`, 'must be a list')
    const { presence } = socket
    if (presence !== undefined) check(presence, `sockets[${at}].presence`, { at: 'count', text: 'text' })
  }
  if (!Array.isArray(entries)) throw wrong('entries', 'entries must be a list')
  for (const [at, entry] of entries.entries()) {
    const path = `entries[${at}]`
    const type = isObject(entry) ? entry['type'] : undefined
    if (typeof type !== 'string' || !Object.hasOwn(ENTRIES, type)) throw wrong(`${path}.type`, 'is no type of an entry')
    // The line above is what makes it one.
    check(entry, path, { n: 'count', at: 'any', party: 'text', ...ENTRIES[type as WireEntry['type']] })
  }
  // Its parts were looked at one by one.
  return value as unknown as Recording
}

function check(value: unknown, path: string, fields: Fields): void {
  if (!isObject(value)) throw wrong(path, 'must be an object')
  for (const [name, kind] of Object.entries(fields)) {
    const field = value[name]
    const fits =
      kind === 'any' ||
      (kind === 'text' && typeof field === 'string') ||
      (kind === 'count' && typeof field === 'number' && field >= 0) ||
      (kind === 'object' && isObject(field))
    if (!fits) throw wrong(`${path}.${name}`, `must be ${kind === 'count' ? 'a number' : `of kind ${kind}`}`)
  }
}

function wrong(path: string, what: string): PlanwireError {
  const message = what.includes(path) || path === 'format' || path === 'version' ? what : `${path} ${what}`
  return new PlanwireError('invalid-argument', message, 'fatal', { path })
}
