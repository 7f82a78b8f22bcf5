/**
 * Owns the form of `NAME.snapshot`: a line about it, and a line that holds all of the room. That one is as long as the project
 * is large: it is written piece by piece, so that edits go on meanwhile.
 */
import { closeSync, fstatSync, openSync } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { PlanwireError } from '../../client/protocol/errors.ts'
import type { Epoch } from '../../client/protocol/ids.ts'
import type { RoomSnapshot } from '../core/contract.ts'
import { FORMAT_VERSION, fieldsOf, lineHead, lineOf, linesOf } from './disk-log-frames.ts'

/** What a snapshot says of itself, and how to read the rest. */
export interface StoredSnapshot {
  readonly room: string
  readonly log: string
  readonly epoch: Epoch
  readonly revision: number
  read(): RoomSnapshot
}

/** A snapshot as a file, made at once. */
export function snapshotBytes(room: string, log: string, snapshot: RoomSnapshot): Buffer {
  return Buffer.concat([firstLine(room, log, snapshot), lineOf([...piecesOf(snapshot)].join(''))])
}

/** Writes a snapshot to an open file that is empty, piece by piece. */
export async function writeSnapshot(
  file: FileHandle,
  room: string,
  log: string,
  snapshot: RoomSnapshot,
): Promise<void> {
  const first = firstLine(room, log, snapshot)
  // The head of the second line tells what follows: it is written last, in the place that is kept for it.
  await file.writeFile(Buffer.concat([first, Buffer.from(lineHead(0, 0))]))
  let length = 0
  let checksum = 0
  for (const piece of piecesOf(snapshot)) {
    const bytes = Buffer.from(piece)
    length += bytes.length
    checksum = crc32(bytes, checksum)
    await file.writeFile(bytes)
  }
  await file.writeFile('\n')
  await file.write(lineHead(length, checksum), first.length)
}

/** Reads what a snapshot says of itself. Throws `storage-failed` for a file that cannot be one. */
export function readSnapshot(path: string): StoredSnapshot {
  const [head] = linesAt(path, 1)
  const { planwire, format, room, log, epoch, revision } = head === undefined ? {} : fieldsOf(head)
  if (planwire === 'snapshot' && typeof format === 'number' && format > FORMAT_VERSION) {
    throw unreadable(path, 'was written by a newer version of planwire: use that one')
  }
  if (planwire !== 'snapshot' || typeof room !== 'string' || typeof log !== 'string') throw damaged(path)
  if (typeof epoch !== 'string' || typeof revision !== 'number') throw damaged(path)
  return {
    room,
    log,
    epoch,
    revision,
    read() {
      const text = linesAt(path, 2)[1]
      if (text === undefined) throw damaged(path)
      // Its line is whole, so this is what `piecesOf` made.
      const snapshot: RoomSnapshot = JSON.parse(text)
      return snapshot
    },
  }
}

function firstLine(room: string, log: string, { epoch, revision }: RoomSnapshot): Buffer {
  return lineOf(JSON.stringify({ planwire: 'snapshot', format: FORMAT_VERSION, room, log, epoch, revision }))
}

/** Records that are made text at once. */
const RECORDS = 10
/** Length from which a piece is written: one of 256 kB held up one edit in a hundred for more than a millisecond. */
const PIECE_LENGTH = 32 * 1024

/** The JSON text of a snapshot in pieces. Records are never changed, so that it tells of one moment however long it takes. */
function* piecesOf({ dataset: { stores, meta }, ...rest }: RoomSnapshot): Generator<string, void, undefined> {
  let piece = `${JSON.stringify(rest).slice(0, -1)},"dataset":{"meta":${JSON.stringify(meta)},"stores":{`
  let comma = ''
  for (const [store, records] of Object.entries(stores)) {
    piece += `${comma}${JSON.stringify(store)}:[`
    for (let at = 0; at < records.length; at += RECORDS) {
      piece += (at === 0 ? '' : ',') + JSON.stringify(records.slice(at, at + RECORDS)).slice(1, -1)
      if (piece.length < PIECE_LENGTH) continue
      yield piece
      piece = ''
    }
    piece += ']'
    comma = ','
  }
  yield `${piece}}}}`
}

function linesAt(path: string, count: number): readonly string[] {
  const file = openSync(path, 'r')
  try {
    const texts: string[] = []
    for (const { text } of linesOf(file, 0, fstatSync(file).size)) {
      texts.push(text)
      if (texts.length === count) break
    }
    return texts
  } finally {
    closeSync(file)
  }
}

function damaged(path: string): PlanwireError {
  return unreadable(path, 'is damaged: put back a copy of it, or delete it to begin its room anew as configured')
}

function unreadable(path: string, problem: string): PlanwireError {
  return new PlanwireError('storage-failed', `${path} ${problem}`, 'fatal', { path })
}
