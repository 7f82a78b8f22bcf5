import { expect, it } from 'vitest'
import { withShippedNames } from './build.js'

it('names the worker as it is shipped', () => {
  const source = "export const w = () => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module' })"
  expect(withShippedNames('a.js', source)).toBe(source.replace('worker.ts', 'worker.js'))
})

it('names declarations as they are shipped, and leaves packages and text alone', () => {
  const source = [
    "import type { A } from './a.ts'",
    "export type B = import('../b.ts').B",
    "export * from 'pkg/c.ts'",
    "export declare const d = './d.ts'",
  ].join('\n')
  expect(withShippedNames('x.d.ts', source)).toBe(source.replace('./a.ts', './a.js').replace('../b.ts', '../b.js'))
})
