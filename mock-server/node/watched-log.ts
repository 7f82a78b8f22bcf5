/** Owns what `/health` knows of the log: whether the last thing that each room wanted written was written. */
import type { RevisionLog } from '../core/contract.ts'

/** A log, and how it fares. */
export interface WatchedLog {
  readonly log: RevisionLog
  /** True while there is a room of which the last write failed, or found its history gone. */
  failing(): boolean
}

/** The same log, watched. */
export function watchedLog(log: RevisionLog): WatchedLog {
  const failing = new Set<string>()
  const watched = async <T>(room: string, write: Promise<T>, isWritten: (answer: T) => boolean): Promise<T> => {
    try {
      const answer = await write
      if (isWritten(answer)) failing.delete(room)
      else failing.add(room)
      return answer
    } catch (cause) {
      failing.add(room)
      throw cause
    }
  }
  return {
    failing: () => failing.size > 0,
    log: {
      load: (room) => log.load(room),
      append: (room, expectedRevision, entry) =>
        watched(room, log.append(room, expectedRevision, entry), (answer) => answer === 'ok'),
      read: (room, since) => log.read(room, since),
      saveSnapshot: (room, snapshot) => watched(room, log.saveSnapshot(room, snapshot), () => true),
      watch: (room, changed) => log.watch(room, changed),
      close: () => log.close(),
    },
  }
}
