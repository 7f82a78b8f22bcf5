/** Owns what everybody takes who plays a recording: replay, player and minimise. */
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { MockServerConfig } from '../core/config.ts'

/** What of a configuration no recording holds. */
export type ReplayFunctions = Pick<MockServerConfig, 'api' | 'commands'>

/** How a recording is played. */
export interface PlayOptions {
  /** What the configuration had and no file can hold: without them the server answers as if there were none. */
  readonly functions?: ReplayFunctions
  readonly signal?: AbortSignalLike
  /** Called before each entry; what it gives is waited for, so that others have the thread between two entries. */
  pause?(): Promise<void> | undefined
}

/** As much of an `AbortSignal` as is looked at. */
export interface AbortSignalLike {
  readonly aborted: boolean
}

/** Between two entries. Rejects with `closed` when the signal says so. */
export async function betweenEntries({ pause, signal }: PlayOptions): Promise<void> {
  const pausing = pause?.()
  if (pausing !== undefined) await pausing
  if (signal?.aborted)
    throw new PlanwireError('closed', 'The recording was not played to its end: it was stopped', 'fatal')
}
