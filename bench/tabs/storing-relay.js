/** The limit of whoever loses nothing: the tab keeps each string until the worker, which hands it on at once, has stored it. */
import { relayTab } from './relay-tab.js'
import { openTextStore } from './text-store.js'

const worker = new SharedWorker(new URL('./storing-relay-worker.js', import.meta.url), { type: 'module' })
relayTab(worker.port, await openTextStore(`outbox-${crypto.randomUUID()}`))
