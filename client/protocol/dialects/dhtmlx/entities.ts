/**
 * Owns the names of the live-updates collections: entity `events` sends its records under `event`, with types
 * `add-event`, `update-event`, `delete-event`; likewise `tasks` and `links` of Gantt.
 */
import { fieldsAt, isObject, Misfit } from '../../guards.ts'
import { isRecordId } from '../../ids.ts'
import type { EventValue } from '../../messages.ts'
import type { Fields, PlainRecord } from '../../records.ts'

/** What happened to a record. */
export type Verb = 'add' | 'update' | 'delete'

/**
 * The key of one record of a collection, which is also the last word of its types: `ies` becomes `y` (`categories`, `category`),
 * a last `s` that is not one of two goes (`events`, `event`), any other name stays (`staff`).
 */
export function payloadKeyOf(collection: string): string {
  return collection.length > 3 && collection.endsWith('ies')
    ? `${collection.slice(0, -3)}y`
    : collection.replace(/([^s])s$/, '$1')
}

/**
 * The value of a broadcast.
 * @example
 * recordEvent('delete', 'events', { id: 7 }) // { type: 'delete-event', event: { id: 7 } }
 */
export function recordEvent(verb: Verb, collection: string, record: Fields): EventValue {
  const key = payloadKeyOf(collection)
  return { [key]: record, type: `${verb}-${key}` }
}

/** What a broadcast says of a record; undefined when it is a custom action. */
export function readRecordEvent(
  collection: string,
  value: EventValue,
): { readonly verb: Verb; readonly record: PlainRecord } | undefined {
  const key = payloadKeyOf(collection)
  const record = value[key]
  const verb = (['add', 'update', 'delete'] as const).find((word) => value.type === `${word}-${key}`)
  // The id is what makes an object a record.
  return verb && isObject(record) && isRecordId(record.id) ? { verb, record: record as PlainRecord } : undefined
}

/**
 * The record in a body: bare, as the widgets send it, or wrapped in the collection's key (`{ event: {} }`), as the document
 * shows. It is a wrap when that key stands alone and holds an object. Throws a {@link Misfit}.
 */
export function unwrapped(json: unknown, collection: string): Fields {
  const key = payloadKeyOf(collection)
  const body = fieldsAt(json, 'body')
  const inner = Object.hasOwn(body, key) && Object.keys(body).length === 1 ? body[key] : undefined
  const record = isObject(inner) ? fieldsAt(inner, key) : body
  const { id, ...fields } = record
  if (id === undefined || id === null) return fields
  if (!isRecordId(id)) throw new Misfit('id', 'an id (a non-empty string or a finite number)', id)
  return record
}
