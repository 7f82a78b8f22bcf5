import { expect, test } from 'vitest'
import { seededRandom } from './seeded-random.ts'

test('a seed gives the same numbers and ids for ever', () => {
  const random = seededRandom(42)
  expect([random.next(), random.next(), random.id()]).toMatchInlineSnapshot(`
    [
      0.9068483989685774,
      0.24994832277297974,
      "2d0fe0076260abf8b32dcc3b68e253c3",
    ]
  `)
})

test('seeds close to each other give different runs', () => {
  const firsts = Array.from({ length: 1_000 }, (_, seed) => seededRandom(seed).next())
  expect(new Set(firsts).size).toBe(1_000)
  expect(seededRandom('1').next()).toBe(seededRandom(1).next())
})

test('numbers fill [0, 1) evenly', () => {
  const random = seededRandom('even')
  const buckets = new Map<number, number>()
  for (let i = 0; i < 10_000; i += 1) {
    const bucket = Math.floor(random.next() * 10)
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1)
  }
  expect([...buckets.keys()].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  for (const count of buckets.values()) expect(Math.abs(count - 1_000)).toBeLessThan(150)
})

test('ids are 128 bits of hex and do not repeat', () => {
  const random = seededRandom(7)
  const ids = Array.from({ length: 10_000 }, () => random.id())
  expect(new Set(ids).size).toBe(10_000)
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true)
})
