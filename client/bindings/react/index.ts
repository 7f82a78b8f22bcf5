/** The entry `planwire/react`: hooks on a client that the app made; no provider is needed. */
export { useClient, usePeers, usePresence, useUndo } from './client-hooks.ts'
export { type RangeView, useRange } from './range-hook.ts'
export { useRecord, useRecords, useStatus } from './record-hooks.ts'
