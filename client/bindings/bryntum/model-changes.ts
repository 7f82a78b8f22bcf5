/** What a project model's changes say, read without doing anything about it. */
import { idKey, isRecordId, type RecordId, type RecordKey } from '../../protocol/ids.ts'
import type { Fields } from '../../protocol/records.ts'
import type { Busy } from './mirror.ts'
import { fieldsOf } from './project-model.ts'

/** Where a task is; its number counts only if the order of its siblings is another. */
export const PLACE: readonly string[] = ['parentId', 'parentIndex']

export function entriesOf(list: unknown): Fields[] {
  return Array.isArray(list) ? list.map(fieldsOf) : []
}

/** Under what id the model told a record first. */
export function givenId(entry: Fields): unknown {
  return entry['$PhantomId'] ?? entry['id']
}

/** Tasks of a part of the changes that say where they are. */
export function placedTasks(part: Fields): RecordId[] {
  return [...entriesOf(part['added']), ...entriesOf(part['updated'])].flatMap((entry) => {
    const id = givenId(entry)
    return isRecordId(id) && PLACE.some((field) => field in entry) ? id : []
  })
}

/** Tasks of which the model would say another number among their siblings. */
export function numberedTasks(changes: object | null): Map<RecordKey, RecordId> {
  const { added, updated } = fieldsOf(fieldsOf(changes)['tasks'])
  const entries = [...entriesOf(added), ...entriesOf(updated)].filter((entry) => 'parentIndex' in entry)
  const ids = entries.map(givenId)
  return new Map(ids.filter(isRecordId).map((id) => [idKey(id), id]))
}

/** The changes without the numbers of these tasks, unless they have another parent as well. */
export function withoutNumbers(changes: object, keys: ReadonlySet<RecordKey>): object {
  const tasks = fieldsOf(fieldsOf(changes)['tasks'])
  if (keys.size === 0 || !Array.isArray(tasks['updated'])) return changes
  const updated = tasks['updated'].map(fieldsOf).map((entry) => {
    const { parentIndex: _, orderedParentIndex: __, ...rest } = entry
    return isRecordId(entry['id']) && keys.has(idKey(entry['id'])) && !('parentId' in entry) ? rest : entry
  })
  return { ...changes, tasks: { ...tasks, updated } }
}

/** What the user has changed of a record and the model has not said yet. */
export function busyFields(changes: object | null): Busy {
  if (!changes) return () => undefined
  const busy = new Map<string, Fields | 'removed'>()
  for (const [store, part] of Object.entries(changes)) {
    const { added, updated, removed } = fieldsOf(part)
    for (const list of [added, updated, removed]) {
      for (const entry of entriesOf(list)) {
        const id = givenId(entry)
        if (isRecordId(id)) busy.set(`${store} ${idKey(id)}`, list === removed ? 'removed' : entry)
      }
    }
  }
  return (store, id) => busy.get(`${store} ${idKey(id)}`)
}
