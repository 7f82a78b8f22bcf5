import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { DIALECTS, FRAME_PARTS } from './schema/frames.ts'
import { DOWNSTREAM, PARTS, UPSTREAM } from './schema/messages.ts'
import { CHANGES, DATASET, PROJECT_CHANGES, RECORDS, STORES } from './schema/records.ts'
import { EXTENSION_VERSION } from './version.ts'

/** The shapes without what they say to readers, so that only a change of meaning changes the hash. */
function schemaHash(...shapes: readonly unknown[]): string {
  const meaning = JSON.stringify(shapes, (key, value: unknown) =>
    key === 'doc' && typeof value === 'string' ? undefined : value,
  )
  return createHash('sha256').update(meaning).digest('hex').slice(0, 16)
}

it('the messages and their frames change only together with their version and a line of its history', () => {
  // A change of what a released version sends is a new version: raise EXTENSION_VERSION, add its line in version.ts, pin the new hash.
  const messages = schemaHash(PARTS, UPSTREAM, DOWNSTREAM, RECORDS, CHANGES, DATASET, PROJECT_CHANGES, STORES)
  const frames = schemaHash(FRAME_PARTS, DIALECTS)
  expect({ version: EXTENSION_VERSION, messages, frames }).toEqual({
    version: 1,
    messages: '542e8e3256f7d1c5',
    frames: 'eb63760ec25f7a96',
  })
})
