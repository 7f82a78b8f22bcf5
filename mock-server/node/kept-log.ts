/**
 * A log that outlives the cores that use it, one after another: what a dev server keeps while its configuration changes.
 */
import type { RevisionLog } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import type { DiskLog } from './disk-log.ts'

/** A log for one core after another. */
export interface KeptLog {
  /** Closing it keeps everything. */
  readonly log: RevisionLog
  /** True if a room was changed since it was made. */
  isEdited(room: string): Promise<boolean>
  /** Forgets a room, so that it begins as configured. False where that cannot be: a log on disk keeps what it has. */
  forget(room: string): boolean
  flush(): void
  /** The end, for good. */
  close(): Promise<void>
}

/** In memory, or on `disk`. */
export function keptLog(disk: DiskLog | undefined): KeptLog {
  const rooms = new Map<string, RevisionLog>()
  const logOf = (room: string): RevisionLog => {
    if (disk !== undefined) return disk
    let log = rooms.get(room)
    if (log === undefined) rooms.set(room, (log = createMemoryLog()))
    return log
  }
  return {
    log: {
      load: (room) => logOf(room).load(room),
      append: (room, expectedRevision, entry, stores) => logOf(room).append(room, expectedRevision, entry, stores),
      read: (room, since) => logOf(room).read(room, since),
      saveSnapshot: (room, ...args) => logOf(room).saveSnapshot(room, ...args),
      watch: (room, changed) => logOf(room).watch(room, changed),
      async close() {},
    },
    async isEdited(room) {
      const stored = await logOf(room).load(room)
      return stored !== undefined && (stored.snapshot.revision > 0 || stored.entries.length > 0)
    },
    forget: (room) => disk === undefined && rooms.delete(room),
    flush: () => disk?.flush(),
    async close() {
      await disk?.close()
    },
  }
}
