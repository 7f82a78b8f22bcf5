import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { bryntumClauses } from './bryntum/suite.ts'
import { liveClauses } from './dhtmlx/suite.ts'
import { knownFaults } from './known-faults.contract.ts'

const DOCUMENT = fileURLToPath(new URL('../../docs/verify.md', import.meta.url))

function faultsTable(): string {
  const rows = knownFaults.map((row) => {
    const found =
      'unseen' in row ? `not on the line: ${row.unseen}` : row.failing.map((clause) => `\`${clause}\``).join(', ')
    return `| ${row.id} | ${row.happens} | ${'unseen' in row ? '' : row.server} | ${found} |`
  })
  return ['| fault | what happens | server | clauses that fail |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

function clausesTable(): string {
  const rows = [...bryntumClauses, ...liveClauses].map(({ id, title, dialects, severity, needs, finds }) => {
    const where = dialects.length === 2 ? 'bryntum-*' : dialects[0]
    const option = needs === 'read' ? '' : `\`--${needs}\``
    return `| \`${id}\` | ${title} | ${where} | ${severity} | ${option} | ${finds.join(', ')} |`
  })
  return ['| id | clause | dialect | weight | needs | finds |', '| --- | --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  )
}

function withSection(text: string, name: string, table: string): string {
  const start = `<!-- ${name}: written by mock-server/verify/document.test.ts -->`
  const end = `<!-- end of ${name} -->`
  const [before, rest = ''] = text.split(start)
  return `${before}${start}\n${table}\n${end}${rest.split(end)[1] ?? ''}`
}

test('docs/verify.md shows the faults and the clauses as they are proved (`npx vitest -u` writes them)', async () => {
  const text = await readFile(DOCUMENT, 'utf8')
  const current = withSection(withSection(text, 'faults', faultsTable()), 'clauses', clausesTable())
  await expect(current).toMatchFileSnapshot(DOCUMENT)
})

test('every fault that is seen names clauses that exist and that know it', () => {
  const finds = new Map([...bryntumClauses, ...liveClauses].map((clause) => [clause.id, clause.finds]))
  for (const row of knownFaults) {
    if (!('failing' in row)) continue
    const number = row.id.split('-')[0] ?? ''
    expect([row.id, row.failing.some((id) => finds.get(id)?.includes(number))]).toEqual([row.id, true])
  }
})

test('no two clauses of a dialect share an id', () => {
  for (const clauses of [bryntumClauses, liveClauses]) {
    const ids = clauses.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  }
})

test('every number of docs/known-faults.md is in the table', async () => {
  const listed = await readFile(new URL('../../docs/known-faults.md', import.meta.url), 'utf8')
  const numbers = [...listed.matchAll(/^\| ((?:BS|BO|DS)\d+) \|/gm)].map(([, number]) => number)
  expect(numbers.length).toBeGreaterThan(30)
  const proved = new Set(knownFaults.map(({ id }) => id.split('-')[0]))
  expect(numbers.filter((number) => !proved.has(number))).toEqual([])
})
