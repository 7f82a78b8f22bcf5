import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { root } from './entries.js'

test('every rule of SPEC.md is cited by the title of a test, and no test cites a rule that is not there', () => {
  const rules = [...readFileSync(`${root}client/SPEC.md`, 'utf8').matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map(
    (match) => match[1],
  )
  expect(rules.length).toBeGreaterThan(20)
  const cited = new Set<string>()
  for (const file of testFiles()) {
    for (const [, ids = ''] of readFileSync(file, 'utf8').matchAll(
      /\btest(?:\.each\([^)]*\))?\(\s*['`]\[([A-Z0-9 ]+)\]/g,
    )) {
      for (const id of ids.split(' ')) cited.add(id)
    }
  }
  expect(rules.filter((rule) => !cited.has(rule as string))).toEqual([])
  // DC, DS, BC, BS, BO: weaknesses of the reference clients and servers, which tests cite as well.
  expect([...cited].filter((id) => !/^[DB][CSO]\d/.test(id) && !rules.includes(id))).toEqual([])
})

function testFiles(): string[] {
  return ['client', 'e2e', 'mock-server'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
      .map((name) => `${root}${folder}/${name}`),
  )
}
