/**
 * Owns `NAME.log`, the file that grows: its commits, where each of them lies, and how the file is shortened while it is in use.
 * A mark every few commits tells where a revision lies; the commits themselves are on the disk alone.
 *
 * Invariants: it holds revisions without a gap from `first` to `revision`; what lies behind `#size` was never acknowledged.
 */
import { closeSync, fdatasync, fdatasyncSync, fstatSync, ftruncateSync, openSync, rmSync } from 'node:fs'
import { promisify } from 'node:util'
import type { LogEntry } from '../core/contract.ts'
import { moveIntoPlace, storageFailed, TEMPORARY, writeAll } from './disk-log-files.ts'
import { linesOf, readBytes } from './disk-log-frames.ts'
import { entriesOf, type FoundLog } from './disk-log-recovery.ts'

/** Commits from one mark to the next. */
const MARK_EVERY = 64
/** How much is copied in one turn when a log is shortened. */
const COPY_BYTES = 1024 * 1024

const synced = promisify(fdatasync)

/** Where a revision begins in the file. */
interface Mark {
  readonly revision: number
  readonly offset: number
}

/** The commits of one history of a room. */
export class EntryFile {
  readonly #path: string
  #file: number
  #revision: number
  #size: number
  #marks: Mark[]
  /** Something is written and not synced. */
  #dirty = false
  /** Syncs on their way; a file must not be closed under them, since its number may be another file's by then. */
  #syncs = 0
  #closeLater: number[] = []
  #closed = false

  constructor(path: string, { file, base, headEnd, ends }: FoundLog) {
    this.#path = path
    this.#file = file
    this.#revision = base
    this.#size = headEnd
    this.#marks = [{ revision: base + 1, offset: headEnd }]
    for (const end of ends) this.#add(end)
  }

  /** The newest revision that is written. */
  get revision(): number {
    return this.#revision
  }

  /** The oldest revision that is there, or the next one. */
  get first(): number {
    return this.#marks[0]?.revision ?? this.#revision + 1
  }

  /** True once somebody deleted the file: what is written to it would be gone with this process. */
  get isDeleted(): boolean {
    try {
      return fstatSync(this.#file).nlink === 0
    } catch {
      // As a network drive says it.
      return true
    }
  }

  /** Writes the next commits in one go. Throws the operating system's error; then `cutBack` undoes what was written of them. */
  write(lines: readonly Buffer[]): void {
    writeAll(this.#file, Buffer.concat(lines), this.#size)
    for (const { length } of lines) this.#add(this.#size + length)
    this.#dirty = true
  }

  /** Removes what an unfinished `write` left behind. */
  cutBack(): void {
    ftruncateSync(this.#file, this.#size)
  }

  /** Resolves once everything written before is on the disk. */
  async sync(): Promise<void> {
    const { revision } = this
    this.#syncs += 1
    try {
      await synced(this.#file)
      if (this.#revision === revision) this.#dirty = false
    } finally {
      this.#syncs -= 1
      if (this.#syncs === 0) for (const file of this.#closeLater.splice(0)) closeSync(file)
    }
  }

  /** Commits after a revision that is there, oldest first. */
  after(since: number): readonly LogEntry[] {
    if (since >= this.#revision) return []
    const entries = [...entriesOf(this.#file, this.#offsetOf(since + 1), this.#size)]
    if (entries.length === this.#revision - since) return entries
    throw storageFailed(new Error('it was damaged while it was in use'), this.#path)
  }

  /** The oldest revision behind which there are no more than so many bytes. */
  within(bytes: number): number {
    return this.#marks.find(({ offset }) => this.#size - offset <= bytes)?.revision ?? this.#revision + 1
  }

  /** How many bytes the commits before a revision take. */
  bytesBefore(revision: number): number {
    return this.#offsetOf(revision)
  }

  /** Forgets everything before a revision. Commits go on meanwhile; given up when the file is closed. */
  async shorten(keepFrom: number, head: Buffer, fsync: boolean): Promise<void> {
    const temporary = this.#path + TEMPORARY
    const from = this.#offsetOf(keepFrom)
    const shift = head.length - from
    const copy = openSync(temporary, 'w+')
    let inPlace = false
    try {
      writeAll(copy, head, 0)
      let copied = from
      // What commits write between the steps is copied last, in one turn with the change of files.
      while (this.#size - copied > COPY_BYTES) {
        copied += copyBytes(this.#file, copy, copied, COPY_BYTES, shift)
        await new Promise((resolve) => setImmediate(resolve))
        if (this.#closed) return
      }
      await synced(copy)
      if (this.#closed) return
      copyBytes(this.#file, copy, copied, this.#size - copied, shift)
      if (fsync) fdatasyncSync(copy)
      moveIntoPlace(temporary, this.#path, fsync)
      inPlace = true
      this.#giveBack(this.#file)
      this.#file = copy
      this.#size += shift
      const later = this.#marks.filter(({ revision }) => revision > keepFrom)
      const moved = later.map(({ revision, offset }) => ({ revision, offset: offset + shift }))
      this.#marks = [{ revision: keepFrom, offset: head.length }, ...moved]
    } finally {
      if (!inPlace) {
        closeSync(copy)
        rmSync(temporary, { force: true })
      }
    }
  }

  /** Gives the file back as it is. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#giveBack(this.#file)
  }

  /** Puts on the disk what is not there yet, and gives the file back. */
  closeSynced(): void {
    try {
      if (this.#dirty) fdatasyncSync(this.#file)
    } finally {
      this.close()
    }
  }

  #add(end: number): void {
    this.#revision += 1
    this.#size = end
    const next = this.#revision + 1
    const last = this.#marks.at(-1)
    if (!last || next - last.revision >= MARK_EVERY) this.#marks.push({ revision: next, offset: end })
  }

  /** Where a revision that is there, or the next one, begins. */
  #offsetOf(revision: number): number {
    let near = this.#marks[0]
    if (!near) return this.#size
    for (const mark of this.#marks) if (mark.revision <= revision) near = mark
    let { offset } = near
    const lines = linesOf(this.#file, offset, this.#size)
    for (let at = near.revision; at < revision; at += 1) {
      const line = lines.next()
      if (line.done) break
      offset = line.value.end
    }
    return offset
  }

  #giveBack(file: number): void {
    if (this.#syncs > 0) this.#closeLater.push(file)
    else closeSync(file)
  }
}

function copyBytes(from: number, to: number, offset: number, length: number, shift: number): number {
  const bytes = readBytes(from, offset, length)
  writeAll(to, bytes, offset + shift)
  return bytes.length
}
