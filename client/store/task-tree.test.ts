import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Task } from '../protocol/records.ts'
import { TaskTree } from './task-tree.ts'

function tree(...tasks: Task[]): TaskTree {
  const made = new TaskTree()
  for (const task of tasks) made.change(undefined, task)
  return made
}

const ids = (tasks: readonly Task[]) => tasks.map((task) => task.id)

describe('the tree of tasks', () => {
  test('children stand in the order of parentIndex, then of their ids', () => {
    const made = tree({ id: 10, parentIndex: 1 }, { id: 9, parentIndex: 1 }, { id: 'x', parentIndex: 0 }, { id: 8 })
    expect(ids(made.children(null))).toEqual(['x', 9, 10, 8])
  })

  test('a child may come before its parent, and stands at the root until then', () => {
    const made = tree({ id: 2, parentId: 1 })
    expect(ids(made.children(null))).toEqual([2])
    made.change(undefined, { id: 1 })
    expect(ids(made.children(null))).toEqual([1])
    expect(ids(made.children(1))).toEqual([2])
    expect(made.parent(2)?.id).toBe(1)
  })

  test('[RB8] children of a removed parent stand at the root', () => {
    const made = tree({ id: 1 }, { id: 2, parentId: 1 })
    made.change({ id: 1 }, undefined)
    expect(ids(made.children(null))).toEqual([2])
    expect(made.parent(2)).toBeUndefined()
  })

  test('[RB8] a cycle is cut at its smallest id, and heals when a member moves away', () => {
    const made = tree({ id: 1 }, { id: 3, parentId: 2 }, { id: 2, parentId: 3 })
    expect(ids(made.children(null))).toEqual([1, 2])
    expect(ids(made.children(2))).toEqual([3])
    expect(ids(made.descendants(2))).toEqual([3])
    made.change({ id: 3, parentId: 2 }, { id: 3, parentId: 1 })
    expect(ids(made.children(null))).toEqual([1])
    expect(ids(made.descendants(1))).toEqual([3, 2])
  })

  test('[RB8] a cycle is cut at its smallest id also when that is 0', () => {
    const made = tree({ id: 1, parentId: 0 }, { id: 0, parentId: 1 })
    expect(ids(made.children(null))).toEqual([0])
    expect(ids(made.descendants(0))).toEqual([1])
  })

  test('an id may change its type between string and number', () => {
    const made = tree({ id: '1' }, { id: 2, parentId: 1 })
    expect(ids(made.children('1'))).toEqual([2])
  })

  test('[RB8] whatever the records say, every task is shown exactly once and the order of arrival does not matter', () => {
    const task = fc.record({ id: fc.integer({ min: 1, max: 8 }), parentId: fc.option(fc.integer({ min: 1, max: 10 })) })
    fc.assert(
      fc.property(fc.array(task, { maxLength: 25 }), (changes) => {
        const followed = new TaskTree()
        const last = new Map<number, Task>()
        for (const change of changes) {
          followed.change(last.get(change.id), change)
          last.set(change.id, change)
        }
        const shown = [...followed.children(null)]
        for (let at = 0; at < shown.length; at++) shown.push(...followed.children((shown[at] as Task).id))
        expect(ids(shown).map(String).sort()).toEqual([...last.keys()].map(String).sort())
        const fresh = tree(...[...last.values()].reverse())
        expect(shape(fresh, last)).toEqual(shape(followed, last))
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })

  function shape(made: TaskTree, tasks: ReadonlyMap<number, Task>): unknown {
    return [null, ...tasks.keys()].map((id) => [id, new Set(ids(made.children(id)))]).sort()
  }
})

test('a tree that is asked for late shows what was there by then, and follows from then on', () => {
  const tasks: Task[] = [{ id: 1 }, { id: 2, parentId: 1 }]
  let reads = 0
  const late = new TaskTree(() => {
    reads += 1
    return tasks
  })
  late.change(undefined, { id: 99 })
  expect(reads).toBe(0)
  expect(late.children(1)).toEqual([tasks[1]])
  const third: Task = { id: 3, parentId: 1 }
  late.change(undefined, third)
  expect([late.children(1), late.children(null), reads]).toEqual([[tasks[1], third], [tasks[0]], 1])
  expect(late.parent(3)).toBe(tasks[0])
})
