/**
 * @tldraw/store: records of one type without validation, remote changes merged and own ones compared as its sync client does
 * it. Its listeners hear once per frame of the screen, which is not charged.
 */
import { createRecordType, Store, StoreSchema } from '@tldraw/store'
import { offer, tasksIn, updatedIn } from '../page.js'

/** @param {object} before @param {object} after */
function fieldsThatDiffer(before, after) {
  const [was, is] = [before, after].map((record) => /** @type {Record<string, unknown>} */ (record))
  /** @type {Record<string, unknown>} */
  const fields = { id: is?.['id'] }
  for (const field in is) if (was?.[field] !== is[field]) fields[field] = is[field]
  return fields
}

offer(() => {
  const type = createRecordType('task', { scope: 'document' })
  const store = new Store({ schema: StoreSchema.create({ task: type }), props: {} })
  store.listen(() => {})
  /** @param {number} id */
  const key = (id) => `task:${id}`
  return {
    load: (frame) => {
      const records = tasksIn(String(frame)).map((task) => ({ ...task, id: key(task.id), typeName: 'task' }))
      store.mergeRemoteChanges(() => store.put(records))
    },
    apply: (frame) =>
      store.mergeRemoteChanges(() =>
        store.put(
          updatedIn(String(frame)).flatMap((fields) => {
            const record = store.get(key(fields.id))
            return record ? { ...record, ...fields, id: record.id } : []
          }),
        ),
      ),
    percentDone: (id) => store.get(key(id))?.percentDone,
    edit: (edits) => {
      const { updated } = store.extractingChanges(() =>
        store.atomic(() => {
          for (const { id, percentDone } of edits) store.update(key(id), (record) => ({ ...record, percentDone }))
        }),
      )
      return JSON.stringify(Object.values(updated).map(([before, after]) => fieldsThatDiffer(before, after)))
    },
  }
})
