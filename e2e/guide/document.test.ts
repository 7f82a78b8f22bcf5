import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const blocks = [...read('../../docs/testing.md').matchAll(/^```ts(?: more)?\n(.*?)^```$/gms)].map(
  ([, code = '']) => code,
)

it('what docs/testing.md shows of Vitest, and of Playwright on a page with the mock, are the tests that run', () => {
  const run = [read('guide.test.ts'), read('../package-app/tests/plan.spec.ts')]
  const shown = blocks.filter((code) => run.some((file) => file.includes(code)))
  expect(shown.join('').match(/^test\(/gm)).toHaveLength(5)
})
