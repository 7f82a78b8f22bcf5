/**
 * The guards of records, run over everything that is loaded: one pass, no copy unless an unsafe key must go. What a
 * record needs is its identity; the type of any other field is between the app and its server.
 *
 * Written by `node scripts/protocol.js` from `schema/`: change it there.
 */
import type { AddedRecord } from './changeset.ts'
import { clean, eachAt, idAt, isObject, Misfit } from './guards.ts'
import { isRecordId } from './ids.ts'
import type { PlainRecord } from './records.ts'

/**
 * A record. The path is a function, since building one for every record of a dataset would cost more than the check.
 */
export function recordAt(value: unknown, path: () => string): PlainRecord {
  if (!isObject(value)) throw new Misfit(path(), 'an object', value)
  if (!isRecordId(value.id)) idAt(value.id, `${path()}.id`)
  // The line above is what makes it one.
  return clean(value) as PlainRecord
}

/** Records: objects with an id, unsafe keys dropped. */
export function recordsAt(value: unknown, path: string): readonly PlainRecord[] {
  return eachAt(value, path, (entry, at) => recordAt(entry, () => `${path}[${at}]`))
}

/**
 * Added records: objects whose ids, real, phantom or both, are ids. Clients that are not Bryntum's may send neither.
 */
export function addedAt(list: unknown, path: string): readonly AddedRecord[] {
  return eachAt(list, path, (value, at) => {
    if (!isObject(value)) throw new Misfit(`${path}[${at}]`, 'an object', value)
    if (value.id !== undefined && !isRecordId(value.id)) idAt(value.id, `${path}[${at}].id`)
    if (value.$PhantomId !== undefined && !isRecordId(value.$PhantomId))
      idAt(value.$PhantomId, `${path}[${at}].$PhantomId`)
    if (value.$PhantomParentId !== undefined && !isRecordId(value.$PhantomParentId))
      idAt(value.$PhantomParentId, `${path}[${at}].$PhantomParentId`)
    return clean(value)
  })
}
