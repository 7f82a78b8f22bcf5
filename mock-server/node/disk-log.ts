/**
 * The revision log on disk: two files per room in one directory, written by one process. Owns which rooms there are, and when
 * what was queued is written.
 *
 * Group commit: commits of one turn of the event loop are one write per room, and with `fsync` those that are written during a
 * sync share the next one. The write itself is synchronous: it costs half of an asynchronous one, and a host that flushes
 * before it lets frames out (`flush`) has told nobody of a commit that the operating system does not have, so a killed
 * process loses nothing that any client heard of. A sync takes several times as long and is asynchronous.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { RevisionLog } from '../core/contract.ts'
import { fileNameOf, storageFailed, TEMPORARY } from './disk-log-files.ts'
import { type DirectoryLock, LOCK_FILE, lockDirectory } from './disk-log-lock.ts'
import { recoverRoom } from './disk-log-recovery.ts'
import { RoomFiles, type RoomFilesOptions } from './disk-log-room.ts'
import { readSnapshot } from './disk-log-snapshot.ts'

/** Where a log lies, and how sure a commit has to be. */
export interface DiskLogOptions {
  /** Made if it is not there. One process at a time may write it. */
  readonly directory: string
  /**
   * Whether a commit counts once it is on the disk (true), or once the operating system has it (false, the default): then a
   * killed process loses nothing, but a machine that loses power may lose the last commits.
   */
  readonly fsync?: boolean
  /** Commits kept for catch-up behind a snapshot. Default 10,000. */
  readonly history?: number
  /** Hears of what was found damaged at the start. */
  readonly logger?: Logger
}

/** A {@link RevisionLog} on disk. */
export interface DiskLog extends RevisionLog {
  /** Writes what is queued now instead of at the end of the turn. */
  flush(): void
}

const SNAPSHOT = '.snapshot'

/**
 * Opens, or creates, the log in a directory. Rejects with `storage-failed`, in words that say what to do, when another process
 * uses it, it may not be written, or a snapshot in it is damaged. The end of a log that was never finished is cut off.
 * @example
 * const log = await openDiskLog({ directory: 'planwire-data' })
 * const core = await createMockCore(config, { clock, random, logger, log })
 */
export async function openDiskLog(options: DiskLogOptions): Promise<DiskLog> {
  const { directory, fsync = false, history = 10_000, logger = () => {} } = options
  const files: RoomFilesOptions = { fsync, history, logger }
  const failed = (cause: unknown): PlanwireError => storageFailed(cause, directory)
  const rooms = new Map<string, RoomFiles>()
  let lock: DirectoryLock | undefined
  let closing: Promise<void> | undefined
  let scheduled: NodeJS.Immediate | undefined

  try {
    mkdirSync(directory, { recursive: true })
    lock = lockDirectory(directory)
    for (const name of readdirSync(directory)) {
      const path = join(directory, name)
      if (name.endsWith(TEMPORARY) && !name.startsWith(LOCK_FILE)) rmSync(path, { force: true })
      if (!name.endsWith(SNAPSHOT)) continue
      const base = path.slice(0, -SNAPSHOT.length)
      const { room } = readSnapshot(path)
      // A copy under another name is nobody's.
      if (base !== join(directory, fileNameOf(room))) continue
      rooms.set(room, new RoomFiles(room, base, recoverRoom(base, lock.earlier, fsync, logger), files))
    }
  } catch (cause) {
    for (const room of rooms.values()) room.retire()
    lock?.release()
    throw failed(cause)
  }

  const flush = (): void => {
    clearImmediate(scheduled)
    scheduled = undefined
    for (const room of rooms.values()) room.flush()
  }
  const close = async (): Promise<void> => {
    flush()
    const closed = await Promise.allSettled([...rooms.values()].map((room) => room.close()))
    lock?.release()
    for (const end of closed) if (end.status === 'rejected') throw failed(end.reason)
  }
  const assertOpen = (): void => {
    if (closing) throw new PlanwireError('storage-failed', `The log in ${directory} is closed`, 'fatal', { directory })
  }

  return {
    async load(name) {
      assertOpen()
      try {
        return rooms.get(name)?.load()
      } catch (cause) {
        throw failed(cause)
      }
    },
    async append(name, expectedRevision, entry, stores) {
      assertOpen()
      const room = rooms.get(name)
      if (!room) return 'lost'
      scheduled ??= setImmediate(flush)
      return room.append(expectedRevision, entry, stores)
    },
    async read(name, since) {
      assertOpen()
      try {
        return rooms.get(name)?.read(since) ?? 'lost'
      } catch (cause) {
        throw failed(cause)
      }
    },
    async saveSnapshot(name, snapshot) {
      assertOpen()
      const room = rooms.get(name)
      try {
        if (room && room.epoch === snapshot.epoch && room.revision >= snapshot.revision) {
          await room.saveSnapshot(snapshot)
          return
        }
        // Another epoch is another history: its commits lead nowhere from here. If it cannot be stored there is none at all,
        // since the old one goes on without what is in memory.
        rooms.delete(name)
        room?.retire()
        rooms.set(name, RoomFiles.begin(name, join(directory, fileNameOf(name)), snapshot, files))
      } catch (cause) {
        throw failed(cause)
      }
    },
    watch: () => () => {},
    flush,
    close: () => (closing ??= close()),
  }
}
