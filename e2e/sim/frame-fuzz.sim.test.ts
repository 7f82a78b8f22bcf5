import { expect, test } from 'vitest'
import { fuzzFrames } from './frame-fuzz.ts'

// `npm run fuzz -- --frames 1000000` for more.
test('5,000 hostile frames of six kinds of sessions disturb nobody, tell nothing and leave nothing behind', async () => {
  const report = await fuzzFrames(5000, 20_261_122)
  expect(report.frames).toBeGreaterThanOrEqual(5000)
  // The frames are worth something only if they get past the door.
  expect(report.changed).toBeGreaterThan(500)
  expect(report.refused).toBeGreaterThan(1000)
}, 60_000)
