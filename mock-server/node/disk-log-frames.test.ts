import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lineOf, linesOf } from './disk-log-frames.ts'

const TEXTS = ['{"a":1}', '"ü 🎉 \\n"', '""', JSON.stringify('x'.repeat(300_000)), '[]']
const WHOLE = Buffer.concat(TEXTS.map(lineOf))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'planwire-frames-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** The texts of a file with these bytes, and how it ends. */
function read(bytes: Buffer): { texts: string[]; type: string; offset: number } {
  const path = join(folder, 'lines')
  writeFileSync(path, bytes)
  const file = openSync(path, 'r')
  try {
    const lines = linesOf(file, 0, bytes.length)
    const texts: string[] = []
    for (;;) {
      const next = lines.next()
      if (!next.done) texts.push(next.value.text)
      else
        return { texts, type: next.value.type, offset: next.value.type === 'whole' ? bytes.length : next.value.offset }
    }
  } finally {
    closeSync(file)
  }
}

test('lines come back as they were written, whatever they hold and however long they are', () => {
  expect(read(WHOLE)).toEqual({ texts: TEXTS, type: 'whole', offset: WHOLE.length })
  expect(read(Buffer.alloc(0))).toEqual({ texts: [], type: 'whole', offset: 0 })
})

test('a write that was never finished is told by its missing end, wherever it stopped', () => {
  const short = Buffer.concat([lineOf('{"a":1}'), lineOf('"second"')])
  const first = lineOf('{"a":1}').length
  for (let length = 1; length < short.length; length += 1) {
    const expected =
      length === first
        ? { texts: ['{"a":1}'], type: 'whole', offset: first }
        : { texts: length < first ? [] : ['{"a":1}'], type: 'torn', offset: length < first ? 0 : first }
    expect(read(short.subarray(0, length)), `after ${length} bytes`).toEqual(expected)
  }
})

test('a byte that was changed is damage, wherever it lies, and what stands before it is still read', () => {
  const bytes = Buffer.concat([lineOf('{"a":1}'), lineOf('"second"'), lineOf('3')])
  const first = lineOf('{"a":1}').length
  const second = first + lineOf('"second"').length
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ 1
    const offset = at < first ? 0 : at < second ? first : second
    expect(read(changed), `byte ${at}`).toMatchObject({ type: 'damaged', offset })
  }
})

test('zeros that a file system left at the end are damage, not a write that stopped', () => {
  expect(read(Buffer.concat([lineOf('1'), Buffer.alloc(7)]))).toMatchObject({ texts: ['1'], type: 'damaged' })
})
