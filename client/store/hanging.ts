/** What hangs on a record and goes with it: dependencies and assignments point at records that must be there. */
import { idKey, isRecordId, type RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'

/** By the store that is pointed at: the stores that hang on it, with the fields that point. */
const HANGING: { readonly [target: string]: { readonly [store: string]: readonly string[] } } = {
  tasks: {
    dependencies: ['from', 'to', 'fromEvent', 'toEvent', 'fromTask', 'toTask'],
    assignments: ['event', 'eventId', 'task', 'taskId'],
  },
  resources: { assignments: ['resource', 'resourceId'] },
}

/** The records that hang on those of `target` with these keys. */
export function hangingOn(
  target: string,
  keys: ReadonlySet<RecordKey>,
  records: (store: string) => readonly PlainRecord[],
): [store: string, record: PlainRecord][] {
  const stores = Object.hasOwn(HANGING, target) ? HANGING[target] : undefined
  return Object.entries(stores ?? {}).flatMap(([store, fields]) =>
    records(store)
      .filter((record) => fields.some((field) => pointsAt(record[field], keys)))
      .map((record): [string, PlainRecord] => [store, record]),
  )
}

function pointsAt(value: unknown, keys: ReadonlySet<RecordKey>): boolean {
  return isRecordId(value) && keys.has(idKey(value))
}
