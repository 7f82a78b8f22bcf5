/**
 * The half of the live engine that saves: how gathered edits become requests, and what becomes of those. Loaded beside a store
 * when the app says where to save to. Until it is there edits gather, seen and kept, as they do until the outbox was read.
 */
export { answered, isHeld } from './answers.ts'
export { decideByLoad, decideWithoutLoad, echoOverdue, retry, settleAnswered, unpark } from './doubts.ts'
export { sentOf } from './echo.ts'
export { filedUnder } from './endings.ts'
export { handOver } from './hand-over.ts'
export { noteCandidates } from './held-frames.ts'
export { twinsOf } from './inserts.ts'
export { findEcho } from './own-frames.ts'
export { leaveToOthers, restoreEdits } from './restored.ts'
export { saveRecord } from './save-request.ts'
