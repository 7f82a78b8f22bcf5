import { expect, test } from 'vitest'
import { fuzzBytes } from './byte-fuzz.ts'

// `npm run fuzz -- --connections 10000` for more.
test('500 connections with hostile bytes disturb nobody who works on the same port, and tell nothing', async () => {
  const { connections, upgraded, refused } = await fuzzBytes(500, 20_261_122)
  expect(connections).toBe(500)
  expect(upgraded).toBeGreaterThan(100)
  expect(refused).toBeGreaterThan(50)
}, 60_000)
