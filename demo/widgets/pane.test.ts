import { expect, it } from 'vitest'
import { differing, recordsOf } from './pane.ts'

const task = (id: number, fields: object): { id: number } => ({ id, ...fields })

it('two panes are equal whatever the order of records and fields, and a cleared field is no field', () => {
  const left = recordsOf({ tasks: [task(1, { name: 'a', days: 2 }), task(2, { name: 'b', note: null })] })
  const right = recordsOf({ tasks: [task(2, { name: 'b' }), task(1, { days: 2, name: 'a' })] })
  expect(differing(left, right)).toBe(0)
})

it('two panes differ in each record that one of them lacks or holds otherwise', () => {
  const left = recordsOf({ tasks: [task(1, { name: 'a' }), task(2, {})], links: [task(1, {})] })
  const right = recordsOf({ tasks: [task(1, { name: 'A' }), task(3, {})], links: [task(1, {})] })
  expect(differing(left, right)).toBe(3)
})
