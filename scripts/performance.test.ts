/** What docs/performance.md says by hand of missed targets is what its tables say. */
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { root } from './entries.js'

const [words = '', figures = ''] = readFileSync(`${root}docs/performance.md`, 'utf8').split('<!-- figures: begin')

/** The second column of the table below the heading. */
const told = (words.split('## Targets that are missed')[1]?.split('\n## ')[0] ?? '')
  .split('\n')
  .flatMap((line) => (line.startsWith('| ') ? (line.split(' | ')[1] ?? '') : []))
  .flatMap((cell) => cell.match(/\d+\.\d+/g) ?? [])

it('the targets that the tables call missed are those of which docs/performance.md tells why', () => {
  const missed = [...figures.matchAll(/MISSED: (?:[^;|,]*: )?(\d+\.\d+)/g)].map(([, figure]) => figure)
  expect(missed.length).toBe(figures.split('MISSED').length - 1)
  expect(told.toSorted(), 'mend the table under "Targets that are missed"').toEqual(missed.toSorted())
})
