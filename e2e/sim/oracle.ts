/** What must be true when the traffic has stopped. */
import { idKey, isRecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { STORES } from './models/rows.ts'
import type { ServerModel } from './models/server-model.ts'
import type { Story } from './story.ts'
import type { Tab } from './tab.ts'

/** Law 4: what a client shows that the server does not store, and the other way round. */
export function differences(tab: Tab, server: ServerModel, story: Story): string[] {
  const found: string[] = []
  // A client that was away when a ghost was removed cannot tell it from a task.
  const ghosts = server.promises.ghosts && story.steps.some(({ kind }) => kind !== 'edit' && kind !== 'deliver')
  for (const store of STORES) {
    const seen = new Map(
      tab.client
        .store<PlainRecord>(store)
        .all()
        .map((record) => [idKey(record.id), record]),
    )
    const stored = server.stored().get(store) ?? new Map<RecordKey, PlainRecord>()
    for (const key of new Set([...seen.keys(), ...stored.keys()])) {
      const a = canonical(seen.get(key))
      const b = canonical(stored.get(key))
      if (a === b || (ghosts && !stored.has(key))) continue
      found.push(`${tab.options.id} ${store}/${key}: sees ${a}, the server stores ${b}`)
    }
  }
  return found
}

/** Dependencies and assignments whose tasks or resources are not to be seen. A task without its parent is the tree's affair (RB8). */
export function unwholesome(tab: Tab): string[] {
  const { client } = tab
  const found: string[] = []
  const refers = (store: string, record: PlainRecord, field: string, has: (id: string | number) => boolean): void => {
    const id = record[field]
    if (isRecordId(id) && !has(id)) found.push(`${tab.options.id} ${store}/${record.id}: ${field} ${id} is not there`)
  }
  for (const link of client.dependencies.all())
    for (const end of ['from', 'to']) refers('dependencies', link, end, (id) => client.tasks.has(id))
  for (const work of client.assignments.all()) {
    refers('assignments', work, 'event', (id) => client.tasks.has(id))
    refers('assignments', work, 'resource', (id) => client.resources.has(id))
  }
  return found
}

function canonical(record: PlainRecord | undefined): string {
  if (!record) return 'nothing'
  const fields = Object.entries(record).filter(
    ([field, value]) => value !== null && value !== undefined && !field.startsWith('$'),
  )
  return JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))))
}
