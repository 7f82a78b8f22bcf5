import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './entries.js'

const FAULT = /\b(?:BS|BO|DS)\d+\b/g

test('every known fault of the vendors’ servers is cited by the title of a test, and no test cites one that is not listed', () => {
  const listed = [...readFileSync(`${root}docs/known-faults.md`, 'utf8').matchAll(/^\| ((?:BS|BO|DS)\d+) \|/gm)].map(
    (match) => match[1],
  )
  expect(new Set(listed).size).toBe(16 + 5 + 12)
  const cited = new Set<string>()
  for (const file of testFiles()) {
    // Titles alone: `test('[BS1] ...'`, `it('... [BS1]'`.
    for (const [, title = ''] of readFileSync(file, 'utf8').matchAll(
      /\b(?:test|it)(?:\.each\([^)]*\))?\(\s*['`]([^\n]*)/g,
    )) {
      for (const [, ids = ''] of title.matchAll(/\[([A-Z0-9 ]+)\]/g))
        for (const [id] of ids.matchAll(FAULT)) cited.add(id)
    }
  }
  expect(listed.filter((id) => !cited.has(id ?? ''))).toEqual([])
  expect([...cited].filter((id) => !listed.includes(id))).toEqual([])
})

function testFiles(): string[] {
  return ['client', 'e2e', 'mock-server'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(test|contract)\.ts$/.test(name) && !name.includes('node_modules'))
      .map((name) => `${root}${folder}/${name}`),
  )
}
