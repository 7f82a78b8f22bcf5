/** Texts by number in IndexedDB: what storing costs whoever does nothing else. */

/**
 * @typedef {object} TextStore
 * @property {(key: number, text: string) => Promise<void>} put resolves when it is stored
 * @property {(from: number, to: number) => void} remove
 */

/** @param {string} name @returns {Promise<TextStore>} */
export async function openTextStore(name) {
  const opening = indexedDB.open(name, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore('texts')
  const database = await new Promise((resolve, reject) => {
    opening.onsuccess = () => resolve(opening.result)
    opening.onerror = () => reject(opening.error)
  })
  /** @param {(store: IDBObjectStore) => void} write @returns {Promise<void>} */
  const written = (write) =>
    new Promise((resolve, reject) => {
      const transaction = database.transaction('texts', 'readwrite')
      transaction.oncomplete = () => resolve()
      transaction.onabort = () => reject(transaction.error)
      write(transaction.objectStore('texts'))
      transaction.commit()
    })
  return {
    put: (key, text) => written((store) => store.put(text, key)),
    remove: (from, to) => void written((store) => store.delete(IDBKeyRange.bound(from, to))),
  }
}
