/** Owns how answers to requests and live updates are read. */
import { isObject } from '../../../client/protocol/guards.ts'
import { isRecordId, type RecordId, sameId } from '../../../client/protocol/ids.ts'
import type { Fields } from '../../../client/protocol/records.ts'
import { readJson } from '../peer.ts'

/** An answer, its body read as JSON where it is some. */
export interface RestAnswered {
  readonly status: number
  readonly text: string
  readonly json: unknown
  /** The record's version, where the server names one. */
  readonly etag: string | undefined
}

/** What a live update says. */
export interface ToldEvent {
  /** `add`, `update` or `delete`. */
  readonly kind: string
  readonly record: Fields
}

/** The id that an answer gives: `tid`, as the widget reads it, or what else a server may call it. */
export function idIn({ json }: RestAnswered): RecordId | undefined {
  if (!isObject(json)) return undefined
  return [json['tid'], json['id'], isObject(json['item']) ? json['item']['id'] : undefined].find(isRecordId)
}

/** True for an event about the record. */
export function about(id: RecordId): (event: ToldEvent) => boolean {
  return ({ record }) => sameId(record['id'], id)
}

/** True for a frame that is such an event of the collection, or other entity. */
export function matches(collection: string, frame: Fields, fits: (event: ToldEvent) => boolean): boolean {
  const event = toldIn(collection, frame)
  return event !== undefined && fits(event)
}

/** What a frame tells of a record of the collection, or other entity; undefined for any other frame. */
export function toldIn(collection: string, { action, body }: Fields): ToldEvent | undefined {
  if (action !== 'event' || !isObject(body) || body['name'] !== collection) return undefined
  const { value } = body
  if (!isObject(value)) return undefined
  const [, kind, entity] = /^(add|update|delete)-(\w+)$/.exec(String(value['type'])) ?? []
  const record = entity === undefined ? undefined : value[entity]
  return kind !== undefined && isObject(record) ? { kind, record } : undefined
}

/** JSON of any kind; undefined for what is none. */
export function readAny(text: string): unknown {
  const object = readJson(text)
  if (object) return object
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
