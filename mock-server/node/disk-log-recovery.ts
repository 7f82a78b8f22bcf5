/**
 * Owns what a start finds on the disk: what of a room's two files can be believed, and whether the room's history is whole
 * (it continues its epoch) or may have lost commits that somebody heard of (a new epoch).
 */
import { randomUUID } from 'node:crypto'
import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync } from 'node:fs'
import type { Logger } from '../../client/ports/ports.ts'
import type { Epoch } from '../../client/protocol/ids.ts'
import type { LogEntry } from '../core/contract.ts'
import { codeOf, replaceFile } from './disk-log-files.ts'
import { type FileEnd, FORMAT_VERSION, fieldsOf, lineOf, linesOf } from './disk-log-frames.ts'
import type { EarlierEnd } from './disk-log-lock.ts'
import { readSnapshot, type StoredSnapshot, snapshotBytes } from './disk-log-snapshot.ts'

/** A log as it was found, open for reading and writing. */
export interface FoundLog {
  readonly file: number
  /** The revision before the first one in the log. */
  readonly base: number
  /** Offset of the first commit. */
  readonly headEnd: number
  /** Offset behind each commit. */
  readonly ends: readonly number[]
}

/** A room as it was found. */
export interface RecoveredRoom extends FoundLog {
  /** Name of the log that the snapshot belongs to. */
  readonly log: string
  readonly epoch: Epoch
  readonly snapshotRevision: number
}

/** The first line of a log. */
export function logHead(room: string, log: string, base: number): Buffer {
  return lineOf(JSON.stringify({ planwire: 'log', format: FORMAT_VERSION, room, log, base }))
}

/** Commits of a log that was written by us, from `from` to `to`. */
export function* entriesOf(file: number, from: number, to: number): Generator<LogEntry, void, undefined> {
  for (const { text } of linesOf(file, from, to)) {
    // The checksum says that these are the bytes that `append` wrote.
    const entry: LogEntry = JSON.parse(text)
    yield entry
  }
}

/** Opens the files of a room at `path` (without ending), cuts off what cannot be read, and says so. */
export function recoverRoom(path: string, earlier: EarlierEnd, fsync: boolean, logger: Logger): RecoveredRoom {
  const snapshot = readSnapshot(`${path}.snapshot`)
  const { room, revision } = snapshot
  const found = openLog(`${path}.log`, snapshot)
  const { file, base, headEnd, ends, cut } = found
  if (cut > 0) {
    const message = `The log of a room ended in ${cut} bytes that are no whole commit: they were cut off`
    logger('warn', message, { room, bytes: cut, revision: base + ends.length })
  }
  const problem = found.problem ?? lostWith(found.end, earlier)
  const whole = { file, base, headEnd, ends, log: snapshot.log, epoch: snapshot.epoch, snapshotRevision: revision }
  if (problem === undefined) return whole
  const epoch = randomUUID()
  logger('warn', `A room goes on under a new epoch: ${problem}`, { room })
  try {
    const usable = found.problem === undefined
    const log = usable ? snapshot.log : randomUUID()
    replaceFile(`${path}.snapshot`, snapshotBytes(room, log, { ...snapshot.read(), epoch }), fsync)
    if (usable) return { ...whole, epoch }
    const head = logHead(room, log, revision)
    replaceFile(`${path}.log`, head, fsync)
    const fresh = openSync(`${path}.log`, 'r+')
    closeSync(file)
    return { file: fresh, base: revision, headEnd: head.length, ends: [], log, epoch, snapshotRevision: revision }
  } catch (error) {
    closeSync(file)
    throw error
  }
}

interface Found extends FoundLog {
  readonly end: FileEnd['type']
  /** How many bytes were cut off. */
  readonly cut: number
  /** Why the file is not the whole history that follows the snapshot. */
  readonly problem?: string
}

/** Reads a log up to where it can be believed, and ends it there. */
function openLog(path: string, snapshot: StoredSnapshot): Found {
  const file = openOrCreate(path)
  const size = fstatSync(file).size
  const lines = linesOf(file, 0, size)
  const first = lines.next()
  const head = first.done ? {} : fieldsOf(first.value.text)
  const { base } = head
  if (first.done || head['log'] !== snapshot.log || typeof base !== 'number') {
    return { file, base: -1, headEnd: 0, ends: [], end: 'damaged', cut: 0, problem: 'it has no log of its history' }
  }
  const headEnd = first.value.end
  const ends: number[] = []
  let end: FileEnd['type'] = 'damaged'
  for (;;) {
    const next = lines.next()
    if (next.done) end = next.value.type
    if (next.done || fieldsOf(next.value.text)['revision'] !== base + ends.length + 1) break
    ends.push(next.value.end)
  }
  const keep = ends.at(-1) ?? headEnd
  if (keep < size) {
    ftruncateSync(file, keep)
    fdatasyncSync(file)
  }
  const found = { file, base, headEnd, ends, end, cut: size - keep }
  const gap = base > snapshot.revision || base + ends.length < snapshot.revision
  return gap ? { ...found, problem: 'its log and its snapshot do not meet' } : found
}

/**
 * Why commits that somebody heard of may be missing behind the end. What a killed process wrote, the operating system has;
 * it was killed in the middle of a write before it told anybody.
 */
function lostWith(end: FileEnd['type'], earlier: EarlierEnd): string | undefined {
  if (earlier === 'machine-stopped') return 'the machine stopped while it was written'
  if (end === 'damaged') return 'its log was damaged'
  return end === 'torn' && earlier === 'closed' ? 'its log was cut short' : undefined
}

function openOrCreate(path: string): number {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    return openSync(path, 'w+')
  }
}
