import { expect, it } from 'vitest'
import { snapshotOf } from './pane.ts'

const task = (id: number, fields: object): { id: number } => ({ id, ...fields })

it('two panes are equal whatever the order of records and fields, and a cleared field is no field', () => {
  const left = snapshotOf({ tasks: [task(1, { name: 'a', days: 2 }), task(2, { name: 'b', note: null })] })
  const right = snapshotOf({ tasks: [task(2, { name: 'b' }), task(1, { days: 2, name: 'a' })] })
  expect(left).toBe(right)
})

it('two panes differ in a single field', () => {
  const other = snapshotOf({ tasks: [task(1, { name: 'A' })] })
  expect(snapshotOf({ tasks: [task(1, { name: 'a' })] })).not.toBe(other)
})
