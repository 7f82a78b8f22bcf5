/** The outbox in IndexedDB: one object store, changesets by id, with an index by box. Each write is one transaction. */
import type { OutboxStorage, StoredChangeset } from '../ports/ports.ts'
import { compareChangesets } from '../protocol/ids.ts'

const DATABASE = 'planwire-outbox'
const STORE = 'changesets'

/** Changes are kept as text: what they mean is what their JSON says, there as on the wire, and text is stored fastest. */
interface Row extends Omit<StoredChangeset, 'changes'> {
  readonly changes: string
}

/** True where the platform has what the outbox needs. */
export function hasIndexedDb(): boolean {
  return typeof indexedDB !== 'undefined'
}

/** The outbox of this origin. Nothing happens before the first call; refused storage rejects that one and every later call. */
export function indexedDbOutbox(name: string = DATABASE): OutboxStorage {
  let opened: Promise<IDBDatabase> | undefined
  const database = (): Promise<IDBDatabase> =>
    (opened ??= open(name, () => {
      opened = undefined
    }))
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
      await new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve()
        transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was aborted'))
      })
    },
    close() {
      void opened?.then((db) => db.close()).catch(() => {})
    },
  }
}

function changesetOf(row: Row): StoredChangeset {
  return { ...row, changes: JSON.parse(row.changes) }
}

/** `lost`: the connection is of no use any more; a new one may be. */
function open(name: string, lost: () => void): Promise<IDBDatabase> {
  if (!hasIndexedDb()) return Promise.reject(new Error('IndexedDB is not available'))
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(STORE, { keyPath: 'id' }).createIndex('box', 'box')
  }
  return done<IDBDatabase>(request).then((db) => {
    // A later version of the app wants to change the store, or the user to delete it: let them.
    db.onversionchange = () => {
      db.close()
      lost()
    }
    // The browser closed it by itself: the site's data was cleared, or the disk failed.
    db.onclose = lost
    return db
  })
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the request failed'))
  })
}
