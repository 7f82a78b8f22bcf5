/** Owns what `/health` knows of the log: whether the last thing that was to be written was written. */
import type { RevisionLog } from '../core/contract.ts'

/** A log, and how it fares. */
export interface WatchedLog {
  readonly log: RevisionLog
  /** True from a write that failed until the next one that did not. */
  failing(): boolean
}

/** The same log, watched. */
export function watchedLog(log: RevisionLog): WatchedLog {
  let failing = false
  const watched = async <T>(write: Promise<T>): Promise<T> => {
    try {
      const answer = await write
      failing = false
      return answer
    } catch (cause) {
      failing = true
      throw cause
    }
  }
  return {
    failing: () => failing,
    log: {
      load: (room) => log.load(room),
      append: (room, expectedRevision, entry) => watched(log.append(room, expectedRevision, entry)),
      read: (room, since) => log.read(room, since),
      saveSnapshot: (room, snapshot) => watched(log.saveSnapshot(room, snapshot)),
      watch: (room, changed) => log.watch(room, changed),
      close: () => log.close(),
    },
  }
}
