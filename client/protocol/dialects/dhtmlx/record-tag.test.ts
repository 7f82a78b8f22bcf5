import { expect, test } from 'vitest'
import { recordTag } from './record-tag.ts'

const EVENT = { id: 7, text: 'Freeze', start_date: '2025-04-21 09:00', note: null, tags: ['a', { b: 1 }] }

test('a version has one name, whatever the order of the fields and the JSON type of the id', () => {
  const { text, ...rest } = EVENT
  expect(recordTag({ text, ...rest, id: '7', gone: undefined })).toBe(recordTag(EVENT))
  expect(recordTag(EVENT)).toMatch(/^"[0-9a-f]{16}"$/)
})

test('another value, another type of it or another field is another version', () => {
  const others = [
    { ...EVENT, text: 'freeze' },
    { ...EVENT, note: '' },
    { ...EVENT, tags: ['a', { b: 2 }] },
    { ...EVENT, note: 'null' },
    { ...EVENT, extra: 1 },
    { ...EVENT, text: 7 },
  ]
  expect(new Set([EVENT, ...others].map(recordTag)).size).toBe(others.length + 1)
  const many = new Set(Array.from({ length: 20_000 }, (_, count) => recordTag({ ...EVENT, count })))
  expect(many.size).toBe(20_000)
})
