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
  const note = (room: string, isWritten: boolean): void => void (isWritten ? failing.delete(room) : failing.add(room))
  const watched = <T>(room: string, write: Promise<T>, isWritten: (answer: T) => boolean): Promise<T> => {
    write.then(
      (answer) => note(room, isWritten(answer)),
      () => note(room, false),
    )
    return write
  }
  return {
    failing: () => failing.size > 0,
    log: {
      load: (room) => log.load(room),
      append(room, expectedRevision, entry, stores) {
        const answer = log.append(room, expectedRevision, entry, stores)
        if (typeof answer !== 'string') return watched(room, answer, (said) => said === 'ok')
        note(room, answer === 'ok')
        return answer
      },
      read: (room, since) => log.read(room, since),
      saveSnapshot: (...args) => watched(args[0], log.saveSnapshot(...args), () => true),
      watch: (room, changed) => log.watch(room, changed),
      close: () => log.close(),
    },
  }
}
