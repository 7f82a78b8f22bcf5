import { expect, test } from 'vitest'
import { fuzzRequests } from './request-fuzz.ts'

// `npm run fuzz -- --requests 200000` for more.
test('3,000 hostile requests disturb nobody, tell nothing and leave nothing behind', async () => {
  const { requests, statuses } = await fuzzRequests(3000, 20_261_122)
  expect(requests).toBe(3000)
  // They are worth something only if they get past the door.
  expect(statuses.get(200)).toBeGreaterThan(500)
  for (const refusal of [400, 401, 404, 405]) expect(statuses.get(refusal)).toBeGreaterThan(10)
}, 60_000)
