import { describe, expect, test } from 'vitest'
import { changesOf, operationsOf } from './as-changes.ts'
import { addOperation, type Operation, type Operations } from './operations.ts'
import { isPhantomId } from './phantom-ids.ts'

function made(...operations: Operation[]): Operations {
  const all: Operations = new Map()
  for (const operation of operations) addOperation(all, 'tasks', operation)
  return all
}

describe('the operations of a changeset', () => {
  test('[CH2] at most one is kept per record', () => {
    const add: Operation = { type: 'add', id: '_generatedtasks_1', fields: { name: 'a', note: 'x' } }
    const edit: Operation = { type: 'update', id: '_generatedtasks_1', fields: { name: 'b' } }
    const remove: Operation = { type: 'remove', id: '_generatedtasks_1' }
    expect([...(made(add, edit).get('tasks')?.values() ?? [])]).toEqual([{ ...add, fields: { name: 'b', note: 'x' } }])
    expect(made(add, edit, remove).size).toBe(0)
    const known = { ...edit, id: 7 }
    expect([
      ...(made(known, { type: 'update', id: '7', fields: { note: 'y' } })
        .get('tasks')
        ?.values() ?? []),
    ]).toEqual([{ type: 'update', id: 7, fields: { name: 'b', note: 'y' } }])
    expect([...(made(known, { type: 'remove', id: 7 }).get('tasks')?.values() ?? [])]).toEqual([
      { type: 'remove', id: 7 },
    ])
  })

  test('[CH6] new parents precede their new children, in whatever order they were made', () => {
    const ids = ['c', 'a', 'b'].map((name) => `_generatedtasks_${name}`)
    const parents: Record<string, string | null> = { c: '_generatedtasks_b', b: '_generatedtasks_a', a: null }
    const all = made(
      ...ids.map((id): Operation => ({ type: 'add', id, fields: { parentId: parents[id.at(-1) ?? ''] } })),
    )
    const added = changesOf(all, isPhantomId).stores['tasks']?.added
    expect(added?.map((entry) => entry.$PhantomId)).toEqual([
      '_generatedtasks_a',
      '_generatedtasks_b',
      '_generatedtasks_c',
    ])
    expect(added?.[2]).toEqual({
      $PhantomId: '_generatedtasks_c',
      parentId: '_generatedtasks_b',
      $PhantomParentId: '_generatedtasks_b',
    })
  })

  test('a cycle of new parents loses no record', () => {
    const all = made(
      { type: 'add', id: '_generatedtasks_1', fields: { parentId: '_generatedtasks_2' } },
      { type: 'add', id: '_generatedtasks_2', fields: { parentId: '_generatedtasks_1' } },
    )
    expect(changesOf(all, isPhantomId).stores['tasks']?.added).toHaveLength(2)
  })

  test('what travels and comes back is the same', () => {
    const changes = {
      stores: {
        tasks: {
          added: [{ $PhantomId: '_generatedtasks_1', name: 'a' }],
          updated: [{ id: 2, name: 'b' }],
          removed: [{ id: 3 }],
        },
        dependencies: { removed: [{ id: 'd' }] },
      },
      meta: { hoursPerDay: 8 },
    }
    expect(changesOf(operationsOf(changes), isPhantomId)).toEqual(changes)
  })
})
