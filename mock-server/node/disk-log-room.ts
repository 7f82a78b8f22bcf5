/**
 * Owns one room's two files and their agreement: `NAME.snapshot`, replaced as a whole, and `NAME.log`, which grows.
 * Where a revision lies is known by a mark every few commits; the commits themselves are on the disk alone.
 *
 * Invariants: `NAME.log` holds revisions without a gap from its base on, under the name (`log`) that the snapshot gives;
 * the newest one is `revision`; whatever lies behind `#size` was never acknowledged.
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Logger } from '../../client/ports/ports.ts'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Epoch } from '../../client/protocol/ids.ts'
import type { LogEntry, RoomSnapshot, StoredRoom } from '../core/contract.ts'
import { BOUNDS } from '../core/defaults.ts'
import { moveIntoPlace, replaceFile, storageFailed, TEMPORARY, writeAll } from './disk-log-files.ts'
import { lineOf, linesOf, readBytes } from './disk-log-frames.ts'
import { entriesOf, logHead, type RecoveredRoom, readSnapshot, snapshotBytes } from './disk-log-recovery.ts'

/** Commits from one mark to the next. */
const MARK_EVERY = 64
/** How much is copied in one turn when a log is shortened. */
const COPY_BYTES = 1024 * 1024

const synced = promisify(fdatasync)

/** What is the same for all rooms of a log. */
export interface RoomFilesOptions {
  readonly fsync: boolean
  /** Commits kept for catch-up behind a snapshot. */
  readonly history: number
  readonly logger: Logger
}

/** What became of a commit: written (and synced, if asked for), or not. */
type Settle = (outcome: 'ok' | 'lost' | PlanwireError) => void

interface Waiting {
  readonly line: Buffer
  readonly revision: number
  readonly settle: Settle
}

/** Where a revision begins in the file. */
interface Mark {
  readonly revision: number
  readonly offset: number
}

/** The files of one room, open for writing. */
export class RoomFiles {
  readonly #room: string
  readonly #path: string
  readonly #options: RoomFilesOptions
  #file: number
  #log: string
  #epoch: Epoch
  #snapshotRevision: number
  /** Newest revision that is written. */
  #revision: number
  #size: number
  #marks: Mark[]
  /** Nothing can be appended before a new history begins. */
  #broken = false
  /** Something is written and not synced. */
  #dirty = false
  #queue: Waiting[] = []
  #unsynced: Waiting[] = []
  #syncing: Promise<void> | undefined
  #snapshots: Promise<void> = Promise.resolve()

  /** `path`: without ending. */
  constructor(room: string, path: string, recovered: RecoveredRoom, options: RoomFilesOptions) {
    this.#room = room
    this.#path = path
    this.#options = options
    this.#file = recovered.file
    this.#log = recovered.log
    this.#epoch = recovered.epoch
    this.#snapshotRevision = recovered.snapshotRevision
    this.#revision = recovered.base
    this.#size = recovered.headEnd
    this.#marks = [{ revision: recovered.base + 1, offset: recovered.headEnd }]
    for (const end of recovered.ends) this.#wrote(end)
  }

  /** Makes the files of a new room, or of a new history of one. Throws the operating system's error. */
  static begin(room: string, path: string, snapshot: RoomSnapshot, options: RoomFilesOptions): RoomFiles {
    const log = randomUUID()
    const head = logHead(room, log, snapshot.revision)
    // The snapshot first: a log that it does not name is no history of it, whenever the machine stops in between.
    replaceFile(`${path}.snapshot`, snapshotBytes(room, log, snapshot), options.fsync)
    replaceFile(`${path}.log`, head, options.fsync)
    const { epoch, revision } = snapshot
    const file = openSync(`${path}.log`, 'r+')
    const recovered = { file, log, epoch, snapshotRevision: revision, base: revision, headEnd: head.length, ends: [] }
    return new RoomFiles(room, path, recovered, options)
  }

  get epoch(): Epoch {
    return this.#epoch
  }

  /** The newest revision, written or about to be. */
  get revision(): number {
    return this.#queue.at(-1)?.revision ?? this.#revision
  }

  /** Queues a commit for the next `flush`. */
  append(expectedRevision: number, entry: LogEntry): Promise<'ok' | 'behind' | 'lost'> {
    if (this.#broken) return Promise.resolve('lost')
    if (this.revision !== expectedRevision) return Promise.resolve('behind')
    return new Promise((resolve, reject) => {
      this.#queue.push({
        line: lineOf(JSON.stringify(entry)),
        revision: entry.revision,
        settle: (outcome) => (outcome instanceof PlanwireError ? reject(outcome) : resolve(outcome)),
      })
    })
  }

  /** Hands everything queued to the operating system, in one write. */
  flush(): void {
    if (this.#queue.length === 0) return
    const group = this.#queue
    this.#queue = []
    try {
      if (fstatSync(this.#file).nlink === 0) {
        // Somebody deleted the file: what is written now would be gone with this process.
        this.#broken = true
        for (const { settle } of group) settle('lost')
        return
      }
      writeAll(this.#file, Buffer.concat(group.map(({ line }) => line)), this.#size)
    } catch (error) {
      this.#takeBack(group, error)
      return
    }
    for (const { line } of group) this.#wrote(this.#size + line.length)
    this.#dirty = true
    if (this.#options.fsync) this.#sync(group)
    else for (const { settle } of group) settle('ok')
  }

  load(): StoredRoom {
    this.flush()
    const snapshot = readSnapshot(`${this.#path}.snapshot`).read()
    return { snapshot, entries: this.#entriesAfter(snapshot.revision) }
  }

  read(since: number): readonly LogEntry[] | 'lost' {
    this.flush()
    const first = Math.max(this.#first, this.#snapshotRevision - this.#options.history + 1)
    return since < first - 1 ? 'lost' : this.#entriesAfter(since)
  }

  /** Stores a later snapshot of the same history; commits go on meanwhile. Rejects with the operating system's error. */
  saveSnapshot(snapshot: RoomSnapshot): Promise<void> {
    // The log must not end before its snapshot.
    this.flush()
    const bytes = snapshotBytes(this.#room, this.#log, snapshot)
    const saved = this.#snapshots.then(() => this.#saveSnapshot(bytes, snapshot))
    this.#snapshots = saved.catch(() => {})
    return saved
  }

  /** Writes and syncs what is left, and gives the file back. */
  async close(): Promise<void> {
    this.flush()
    await this.#snapshots
    await this.#syncing
    try {
      // Whatever the mode: after a clean end the next start trusts the log even if the machine stopped in between.
      if (this.#dirty) fdatasyncSync(this.#file)
    } finally {
      closeSync(this.#file)
    }
  }

  /** Another history takes this one's place: gives the file back, settles nothing that is on its way. */
  retire(): void {
    this.#broken = true
    for (const { settle } of this.#queue.splice(0)) settle('lost')
    this.#giveBack(this.#file)
  }

  get #first(): number {
    return this.#marks[0]?.revision ?? this.#revision + 1
  }

  #wrote(end: number): void {
    this.#revision += 1
    this.#size = end
    const last = this.#marks.at(-1)
    if (!last || this.#revision + 1 - last.revision >= MARK_EVERY) {
      this.#marks.push({ revision: this.#revision + 1, offset: end })
    }
  }

  /** A group of which not everything could be written: none of it counts. */
  #takeBack(group: readonly Waiting[], cause: unknown): void {
    try {
      ftruncateSync(this.#file, this.#size)
    } catch (error) {
      this.#broken = true
      this.#options.logger('error', 'A log could not be cut back', { room: this.#room, cause: error })
    }
    const error = storageFailed(cause, `${this.#path}.log`)
    for (const { settle } of group) settle(error)
  }

  /** Group commit: what is written while a sync is on its way shares the next one. */
  #sync(group: readonly Waiting[]): void {
    this.#unsynced.push(...group)
    this.#syncing ??= this.#syncAll().finally(() => {
      this.#syncing = undefined
    })
  }

  async #syncAll(): Promise<void> {
    while (this.#unsynced.length > 0) {
      const group = this.#unsynced
      this.#unsynced = []
      let outcome: 'ok' | PlanwireError = 'ok'
      try {
        await synced(this.#file)
        this.#dirty = this.#unsynced.length > 0
      } catch (cause) {
        // What a failed sync left behind is unknown, and a second one may claim success: only a new history helps.
        this.#broken = true
        outcome = storageFailed(cause, `${this.#path}.log`)
      }
      for (const { settle } of group) settle(outcome)
    }
  }

  async #saveSnapshot(bytes: Buffer, { revision }: RoomSnapshot): Promise<void> {
    const path = `${this.#path}.snapshot`
    const temporary = `${path}-${revision}${TEMPORARY}`
    try {
      const file = await open(temporary, 'w')
      try {
        await file.writeFile(bytes)
        await file.datasync()
      } finally {
        await file.close()
      }
      // Meanwhile another history may have taken the place of this one.
      if (this.#broken) return
      moveIntoPlace(temporary, path, this.#options.fsync)
    } finally {
      rmSync(temporary, { force: true })
    }
    this.#snapshotRevision = revision
    await this.#shorten()
  }

  /** Forgets commits that nobody needs, once they are as many, or as long, as those that are kept. */
  async #shorten(): Promise<void> {
    const { history, logger } = this.#options
    const keepFrom = this.#keepFrom()
    const surplus = keepFrom - this.#first
    const from = surplus > 0 ? this.#offsetOf(keepFrom) : 0
    if (surplus <= 0 || (surplus < history && from < BOUNDS.historyLength)) return
    const temporary = `${this.#path}.log${TEMPORARY}`
    let copy: number | undefined
    try {
      const head = logHead(this.#room, this.#log, keepFrom - 1)
      copy = openSync(temporary, 'w+')
      writeAll(copy, head, 0)
      const shift = head.length - from
      let copied = from
      // Commits go on between the steps; what they write is copied last, in one turn with the change of files.
      while (this.#size - copied > COPY_BYTES) {
        copied += copyBytes(this.#file, copy, copied, COPY_BYTES, shift)
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#broken) return
      }
      await synced(copy)
      if (this.#broken) return
      copyBytes(this.#file, copy, copied, this.#size - copied, shift)
      if (this.#options.fsync) fdatasyncSync(copy)
      moveIntoPlace(temporary, `${this.#path}.log`, this.#options.fsync)
      const old = this.#file
      this.#file = copy
      copy = undefined
      this.#giveBack(old)
      const later = this.#marks.filter((mark) => mark.revision > keepFrom)
      this.#size += shift
      this.#marks = [
        { revision: keepFrom, offset: head.length },
        ...later.map((mark) => ({ revision: mark.revision, offset: mark.offset + shift })),
      ]
    } catch (cause) {
      // The log is longer than it needs to be, and the next snapshot tries again.
      logger('warn', 'A log could not be shortened', { room: this.#room, cause })
    } finally {
      if (copy !== undefined) {
        closeSync(copy)
        rmSync(temporary, { force: true })
      }
    }
  }

  /** The oldest revision that is kept for catch-up: bounded by number, and by what a room can keep in memory anyway. */
  #keepFrom(): number {
    const byNumber = this.#snapshotRevision - this.#options.history + 1
    const byLength = this.#marks.find(({ offset }) => this.#size - offset <= BOUNDS.historyLength)?.revision ?? 0
    return Math.max(this.#first, byNumber, Math.min(byLength, this.#snapshotRevision + 1))
  }

  #entriesAfter(since: number): readonly LogEntry[] {
    if (since >= this.#revision) return []
    return [...entriesOf(this.#file, this.#offsetOf(since + 1), this.#size)]
  }

  /** Where a revision that the log holds, or the next one, begins. */
  #offsetOf(revision: number): number {
    let near = this.#marks[0] ?? { revision, offset: this.#size }
    for (const mark of this.#marks) if (mark.revision <= revision) near = mark
    const lines = linesOf(this.#file, near.offset, this.#size)
    let offset = near.offset
    for (let at = near.revision; at < revision; at += 1) {
      const line = lines.next()
      if (line.done) break
      offset = line.value.end
    }
    return offset
  }

  /** Closes a file, after a sync of it that is on its way: its number may be another file's by then. */
  #giveBack(file: number): void {
    if (this.#syncing) void this.#syncing.then(() => closeSync(file))
    else closeSync(file)
  }
}

function copyBytes(from: number, to: number, offset: number, length: number, shift: number): number {
  const bytes = readBytes(from, offset, length)
  writeAll(to, bytes, offset + shift)
  return bytes.length
}
