/** What keeps a project's edits beyond the life of a tab: loaded beside the client, when one is made that keeps them. */
export { browserOutbox } from '../adapters/client-locks.ts'
export { Outbox } from '../sync/outbox.ts'
