/** IndexedDB with promises, as much of it as the outbox and the leases need. */
import type { Cancel } from '../ports/ports.ts'
import { hasIndexedDb } from './has-indexed-db.ts'

/** A database that is opened with the first call of `database`, and again with the next one when the connection was lost. */
export interface LateDatabase {
  readonly database: () => Promise<IDBDatabase>
  /** The database if it is open: for what has to be said before a page is gone, which waits for no promise. */
  readonly opened: () => IDBDatabase | undefined
  readonly close: Cancel
}

/** Opens a database when it is first needed; `create` makes its stores. */
export function openLater(name: string, create: (db: IDBDatabase) => void): LateDatabase {
  let opening: Promise<IDBDatabase> | undefined
  let opened: IDBDatabase | undefined
  const lost = (): void => {
    opening = opened = undefined
  }
  return {
    database: () => (opening ??= open(name, create, lost).then((db) => (opened = db))),
    opened: () => opened,
    close: () => void opening?.then((db) => db.close()).catch(() => {}),
  }
}

/** The result of a request. */
export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the request failed'))
  })
}

/** The end of a transaction. */
export function complete(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was aborted'))
  })
}

/** `lost`: the connection is of no use any more; a new one may be. */
function open(name: string, create: (db: IDBDatabase) => void, lost: Cancel): Promise<IDBDatabase> {
  if (!hasIndexedDb()) return Promise.reject(new Error('IndexedDB is not available'))
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => create(request.result)
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
