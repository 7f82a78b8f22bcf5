/** @tldraw/store: records of one type without validation, remote changes merged as its sync client does it. */
import { createRecordType, Store, StoreSchema } from '@tldraw/store'
import { offer, tasksIn, updatedIn } from '../page.js'

offer(() => {
  const type = createRecordType('task', { scope: 'document' })
  const store = new Store({ schema: StoreSchema.create({ task: type }), props: {} })
  let heard = 0
  store.listen(({ changes }) => {
    heard += Object.keys(changes.updated).length
  })
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
      store.atomic(() => {
        for (const { id, percentDone } of edits) store.update(key(id), (record) => ({ ...record, percentDone }))
      })
      return { heard, edits }
    },
  }
})
