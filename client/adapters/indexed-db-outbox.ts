/** The outbox in IndexedDB: one object store, changesets by id, with an index by box. Each write is one transaction. */
import type { OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { compareChangesets } from '../protocol/ids.ts'
import { complete, done, openLater } from './indexed-db.ts'

const DATABASE = 'planwire-outbox'
const STORE = 'changesets'

/** Changes are kept as text: what they mean is what their JSON says, there as on the wire, and text is stored fastest. */
interface Row extends Omit<StoredChangeset, 'changes'> {
  readonly changes: string
}

/** The outbox of this origin. Nothing happens before the first call; refused storage rejects that one and every later call. */
export function indexedDbOutbox(name: string = DATABASE): OutboxStorage {
  const { database, close } = openLater(name, (db) => {
    db.createObjectStore(STORE, { keyPath: 'id' }).createIndex('box', 'box')
  })
  return {
    async read(box) {
      const store = (await database()).transaction(STORE).objectStore(STORE)
      const rows = await done<Row[]>(store.index('box').getAll(box))
      return rows.map(changesetOf).sort((a, b) => compareChangesets(a.id, b.id))
    },
    async write(kept, forgotten) {
      const rows = kept.map((changeset): Row => ({ ...changeset, changes: JSON.stringify(changeset.changes) }))
      const transaction = (await database()).transaction(STORE, 'readwrite')
      const store = transaction.objectStore(STORE)
      for (const id of forgotten) store.delete(id)
      for (const row of rows) store.put(row)
      // Without waiting for the requests' answers: the page may be about to go.
      transaction.commit()
      await complete(transaction)
    },
    close,
  }
}

function changesetOf(row: Row): StoredChangeset {
  return { ...row, changes: JSON.parse(row.changes) }
}
