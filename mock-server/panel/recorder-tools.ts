/** What recordings need beside the panel: a whole server to play them against. Loaded when the first one is there. */
import { minimise } from '../recorder/minimise.ts'
import { createPlayer } from '../recorder/player.ts'
import { checkRecording } from '../recorder/read-recording.ts'
import { replay } from '../recorder/replay.ts'

/** As the recorder has them. */
export interface RecorderTools {
  readonly checkRecording: typeof checkRecording
  readonly createPlayer: typeof createPlayer
  readonly minimise: typeof minimise
  readonly replay: typeof replay
}

export const recorderTools: RecorderTools = { checkRecording, createPlayer, minimise, replay }
