/** Owns how the doctor reads an entry: what it asks for or tells, and the records in it, whatever the dialect. Never throws. */
import { isObject } from '../../client/protocol/guards.ts'
import { isRecordId, type RecordId } from '../../client/protocol/ids.ts'
import type { Fields } from '../../client/protocol/records.ts'
import type { WireEntry } from '../recorder/recording.ts'

/** A record of a change. */
export interface WireRecord {
  readonly store: string
  readonly kind: 'added' | 'updated' | 'removed'
  readonly fields: Fields
  readonly id: RecordId | undefined
  /** Of what the user did (`$input`), beside what the engine made of it. */
  readonly isInput: boolean
}

/** What an entry says. */
export interface WireMessage {
  readonly n: number
  readonly at: number
  readonly party: string
  /** One for each connection; all requests of a page share one. */
  readonly line: string
  readonly direction: 'up' | 'down'
  /** How a frame of the project socket is wrapped; undefined where it does not show. */
  readonly envelope: 'flat' | 'data' | undefined
  /** `projectChange`, `event`, `PUT /events/7`. */
  readonly command: string
  /** Its fields, out of the envelope. */
  readonly body: Fields
  readonly records: readonly WireRecord[]
  /** A fault keeps it from the server. */
  readonly held: boolean
}

/** Longer frames are looked at for their size alone. */
const MOST_READ = 4_194_304
const LISTS = ['added', 'updated', 'removed'] as const
const REST_KINDS: { readonly [method: string]: WireRecord['kind'] } = {
  POST: 'added',
  PUT: 'updated',
  DELETE: 'removed',
}

/** What an entry says; undefined for what carries no JSON. */
export function messageOf(entry: WireEntry): WireMessage | undefined {
  if (entry.type === 'frame') return ofFrame(entry)
  if (entry.type === 'request') return ofRequest(entry)
  return undefined
}

function ofFrame(entry: Extract<WireEntry, { type: 'frame' }>): WireMessage | undefined {
  const frame = entry.text.length > MOST_READ ? undefined : objectOf(entry.text)
  if (frame === undefined) return undefined
  const { command, action, data } = frame
  const common = {
    n: entry.n,
    at: entry.at,
    party: entry.party,
    line: `socket ${entry.socket}`,
    direction: entry.direction,
    held: entry.held === true,
  }
  if (typeof action === 'string' && command === undefined) {
    const records = action === 'event' ? ofEvent(frame['body']) : []
    return { ...common, envelope: undefined, command: action, body: frame, records }
  }
  if (typeof command !== 'string') return undefined
  const isWrapped = isObject(data)
  const body = isWrapped ? { ...frame, ...data } : frame
  const bare = Object.keys(frame).every((key) => key === 'command' || key === 'error' || key === 'planwire')
  const envelope = isWrapped ? 'data' : bare ? undefined : 'flat'
  return { ...common, envelope, command, body, records: changesOf(body) }
}

/** `{"name":"events","value":{"type":"add-event","event":{...}}}` */
function ofEvent(body: unknown): readonly WireRecord[] {
  const value = isObject(body) ? body['value'] : undefined
  if (!isObject(body) || !isObject(value) || typeof value['type'] !== 'string') return []
  const [verb = '', noun = ''] = value['type'].split('-', 2)
  const fields = value[noun]
  const kind = verb === 'add' ? 'added' : verb === 'update' ? 'updated' : verb === 'delete' ? 'removed' : undefined
  return kind === undefined || !isObject(fields) ? [] : [recordOf(String(body['name']), kind, fields, false)]
}

function ofRequest(entry: Extract<WireEntry, { type: 'request' }>): WireMessage {
  const [path = ''] = entry.url.split('?', 1)
  const kind = REST_KINDS[entry.method]
  const [, store = '', id] = /^(.*?\/[^/]+)(?:\/([^/]+))?$/.exec(path) ?? []
  const body = objectOf(entry.body) ?? {}
  const isRecord = kind !== undefined && !path.includes('/api/')
  return {
    n: entry.n,
    at: entry.at,
    party: entry.party,
    line: `requests ${entry.tab ?? ''}`,
    direction: 'up',
    envelope: undefined,
    command: `${entry.method} ${path}`,
    body,
    records: isRecord ? [recordOf(store, kind, id === undefined ? body : { ...body, id }, false)] : [],
    held: entry.held === true,
  }
}

/** The records of a change: of `changes`, or of each of its `revisions`. */
function changesOf(body: Fields): readonly WireRecord[] {
  const { changes, revisions } = body
  const all = Array.isArray(revisions)
    ? revisions.flatMap((each) => (isObject(each) ? [each['changes']] : []))
    : [changes]
  return all.flatMap((each) => {
    if (!isObject(each)) return []
    return Object.entries(each).flatMap(([store, part]) => {
      if (!isObject(part)) return []
      const input = part['$input']
      return [...listsOf(store, part, false), ...(isObject(input) ? listsOf(store, input, true) : [])]
    })
  })
}

function listsOf(store: string, part: Fields, isInput: boolean): readonly WireRecord[] {
  return LISTS.flatMap((kind) => {
    const list = part[kind]
    return Array.isArray(list) ? list.filter(isObject).map((fields) => recordOf(store, kind, fields, isInput)) : []
  })
}

function recordOf(store: string, kind: WireRecord['kind'], fields: Fields, isInput: boolean): WireRecord {
  const { id } = fields
  return { store, kind, fields, id: isRecordId(id) ? id : undefined, isInput }
}

function objectOf(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
