/**
 * Owns the form of the log's files: lines that carry their own length and checksum, so that a reader finds the last
 * whole one and tells a write that was never finished from bytes that were changed afterwards.
 *
 *     <bytes of the text, 8 hex digits> <CRC-32 of the text, 8 hex digits> <JSON text>\n
 *
 * JSON has no raw line break, so what an unfinished write leaves behind has none either.
 */
import { readSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { isObject } from '../../client/protocol/guards.ts'

/** Version of the files of a room. */
export const FORMAT_VERSION = 1

/** A line as it lies in its file. */
export interface Line {
  readonly offset: number
  /** Offset of the next line. */
  readonly end: number
  readonly text: string
}

/** How a file ends: with a whole line, in the middle of one, or in bytes that no write of ours left behind. */
export type FileEnd = { readonly type: 'whole' } | { readonly type: 'torn' | 'damaged'; readonly offset: number }

const HEAD_BYTES = 18
const HEAD = /^[0-9a-f]{8} [0-9a-f]{8} $/
/** What any beginning of a head can be completed with. */
const SAMPLE_HEAD = '00000000 00000000 '
const LINE_BREAK = 0x0a
/** How much is read at once. */
const CHUNK_BYTES = 256 * 1024

/** The line of a JSON text. */
export function lineOf(text: string): Buffer {
  return Buffer.from(`${lineHead(Buffer.byteLength(text), crc32(text))}${text}\n`)
}

/** What stands before a text of so many bytes. */
export function lineHead(length: number, checksum: number): string {
  return `${hex(length)} ${hex(checksum)} `
}

/** The fields of a line's text; none if it is no object. */
export function fieldsOf(text: string): { readonly [key: string]: unknown } {
  const value: unknown = JSON.parse(text)
  return isObject(value) ? value : {}
}

/** The lines of an open file from one offset to another, and then how it ends. Holds one line or chunk in memory. */
export function* linesOf(file: number, from: number, to: number): Generator<Line, FileEnd, undefined> {
  const bytes = new Bytes(file)
  let offset = from
  while (offset < to) {
    const head = bytes.at(offset, Math.min(HEAD_BYTES, to - offset)).toString('latin1')
    if (!HEAD.test(head + SAMPLE_HEAD.slice(head.length))) return { type: 'damaged', offset }
    const length = head.length < HEAD_BYTES ? Number.POSITIVE_INFINITY : Number.parseInt(head.slice(0, 8), 16)
    const end = offset + HEAD_BYTES + length + 1
    if (end > to) return { type: hasLineBreak(file, offset, to) ? 'damaged' : 'torn', offset }
    const body = bytes.at(offset + HEAD_BYTES, length + 1)
    const text = body.subarray(0, length)
    if (body[length] !== LINE_BREAK || crc32(text) !== Number.parseInt(head.slice(9, 17), 16)) {
      return { type: 'damaged', offset }
    }
    yield { offset, end, text: text.toString() }
    offset = end
  }
  return { type: 'whole' }
}

/** Reads a file in chunks; what was read for one line serves the next ones too. */
class Bytes {
  readonly #file: number
  #start = 0
  #chunk: Buffer = Buffer.alloc(0)

  constructor(file: number) {
    this.#file = file
  }

  /** Fewer bytes when the file ends before. */
  at(offset: number, length: number): Buffer {
    const skip = offset - this.#start
    if (skip < 0 || skip + length > this.#chunk.length) {
      this.#start = offset
      this.#chunk = readBytes(this.#file, offset, Math.max(length, CHUNK_BYTES))
      return this.#chunk.subarray(0, length)
    }
    return this.#chunk.subarray(skip, skip + length)
  }
}

/** Bytes of an open file; fewer when it ends before. */
export function readBytes(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const count = readSync(file, bytes, filled, length - filled, offset + filled)
    if (count === 0) break
    filled += count
  }
  return bytes.subarray(0, filled)
}

function hasLineBreak(file: number, from: number, to: number): boolean {
  for (let offset = from; offset < to; offset += CHUNK_BYTES) {
    if (readBytes(file, offset, Math.min(CHUNK_BYTES, to - offset)).includes(LINE_BREAK)) return true
  }
  return false
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
