/** A tab of a relay: posts strings as long as what a client hears of an edit, and keeps what comes in a `Map`. */
import { tab } from './tab.js'

/** What the server of planwire adds to an edit: one string goes all the way here, so it is as long as the longer of two. */
const ORDER = {
  epoch: '4c7e4284-739e-462b-92ca-2436c6c164d9',
  revision: 1,
  changeset: 'c-deba9590-d0a1-4bef-9f38-80ae0a1f9a5b:1',
}

/** @param {MessagePort} port @param {import('./text-store.js').TextStore} [kept] keeps what was sent until the worker has stored it */
export function relayTab(port, kept) {
  /** @type {Map<number, string>} */
  const notes = new Map()
  let edits = 0
  let stored = 0
  let allStored = () => {}
  tab(async ({ arrived }) => {
    port.onmessage = ({ data }) => {
      // Told to its author by a worker that stores: everything up to that edit.
      if (typeof data === 'number') {
        kept?.remove(stored + 1, data)
        stored = data
        if (stored === edits) allStored()
        return
      }
      const { id, note } = JSON.parse(data).changes.tasks.updated[0]
      notes.set(id, note)
      arrived(String(notes.get(id)))
    }
    return {
      edit: (id, note) => {
        const changes = { tasks: { updated: [{ note, id }] } }
        const frame = JSON.stringify({ command: 'projectChange', project: 1, changes, planwire: ORDER })
        port.postMessage(frame)
        edits += 1
        kept?.put(edits, frame)
      },
      synced: async () => {
        if (kept && stored < edits) await new Promise((resolve) => (allStored = () => resolve(undefined)))
      },
      pending: () => (kept ? edits - stored : 0),
    }
  })
}
