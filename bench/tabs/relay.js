/** The limit: a SharedWorker hands strings on. */
import { relayTab } from './relay-tab.js'

relayTab(new SharedWorker(new URL('./relay-worker.js', import.meta.url), { type: 'module' }).port)
