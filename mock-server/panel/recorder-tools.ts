/** What recordings need beside the panel: a whole server to play them against. Loaded when the first one is there. */
export { minimise } from '../recorder/minimise.ts'
export { createPlayer } from '../recorder/player.ts'
export { checkRecording } from '../recorder/read-recording.ts'
export { type ReplayOutcome, replay } from '../recorder/replay.ts'
