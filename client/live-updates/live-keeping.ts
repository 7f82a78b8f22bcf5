/** What keeps edits of live updates beyond the life of a tab: loaded beside the client, when one is made that keeps them. */
export { browserOutbox } from '../adapters/client-locks.ts'
export { LiveOutbox } from './live-outbox.ts'
