import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PlainRecord } from '../../records.ts'
import { MAX_DEPTH, nestTree } from './nest.ts'
import { flattenTree } from './tree.ts'

const places = (records: readonly PlainRecord[]) =>
  records.map(({ id, parentId, parentIndex }) => [id, parentId, parentIndex])

/** Ids of a nested tree in the form `1(2 3(4))`. */
function outline(records: unknown): string {
  if (!Array.isArray(records)) return ''
  return records.map(({ id, children }) => `${id}${children ? `(${outline(children)})` : ''}`).join(' ')
}

/** `depth` records, each in the one before. */
function chain(depth: number): PlainRecord {
  let task: PlainRecord = { id: depth }
  for (let id = depth - 1; id > 0; id--) task = { id, children: [task] }
  return task
}

describe('reading nested tasks', () => {
  it('gives every task its parent and its place among the siblings, parents first', () => {
    const flat = flattenTree([{ id: 1, children: [{ id: 2 }, { id: 3, children: [{ id: 4 }] }] }, { id: 5 }], 'tasks')
    expect(places(flat)).toEqual([
      [1, null, 0],
      [2, 1, 0],
      [3, 1, 1],
      [4, 3, 0],
      [5, null, 1],
    ])
    expect(flat.every((task) => !('children' in task))).toBe(true)
  })

  it('takes a list that is flat and sorted as it is, and looks closely at any other', () => {
    const first = { id: 1, parentId: null, parentIndex: 0 }
    const second = { id: 2, parentId: 1, parentIndex: 0 }
    const flat = [first, second]
    expect(flattenTree(flat, 'tasks')).toBe(flat)
    expect(flattenTree([second, first, { ...second, name: 'again' }], 'tasks')).toEqual([second, first])
    expect(flattenTree([first, { ...second, children: [{ id: 3 }] }], 'tasks')).toHaveLength(3)
    expect(flattenTree(JSON.parse('[{"id":1,"parentId":null,"parentIndex":0,"__proto__":{}}]'), 'tasks')).toEqual([
      first,
    ])
    expect(() => flattenTree([first, { ...second, id: Number.POSITIVE_INFINITY }], 'tasks')).toThrow('tasks[1].id')
  })

  it('reads tasks that come flat already, by their parentId', () => {
    expect(places(flattenTree([{ id: 1 }, { id: 2, parentId: 1 }, { id: 3, parentId: '1' }], 'tasks'))).toEqual([
      [1, null, 0],
      [2, 1, 0],
      [3, '1', 1],
    ])
  })

  it('believes what a task says of itself before where it stands', () => {
    const flat = flattenTree([{ id: 1, children: [{ id: 2, parentId: null, parentIndex: 7 }] }], 'tasks')
    expect(places(flat)[1]).toEqual([2, null, 7])
  })

  it('takes a parentId that is no id for none', () => {
    expect(places(flattenTree([{ id: 1, children: [{ id: 2, parentId: '' }] }], 'tasks'))[1]).toEqual([2, 1, 0])
  })

  it('counts a task that stands under two parents once, under its own parentId', () => {
    const moved = { id: 9, parentId: 2 }
    const tree = [
      { id: 1, children: [{ ...moved, stale: true }] },
      { id: 2, children: [{ id: 3 }, moved] },
    ]
    const flat = flattenTree(tree, 'tasks')
    expect(flat.filter(({ id }) => id === 9)).toEqual([{ id: 9, parentId: 2, parentIndex: 1 }])
    expect(flat).toHaveLength(4)
  })

  it('counts a task that stands under two parents and names none once, under the first', () => {
    const flat = flattenTree(
      [
        { id: 1, children: [{ id: 9 }] },
        { id: '2', children: [{ id: '9', children: [{ id: 10 }] }] },
      ],
      'tasks',
    )
    expect(places(flat)).toEqual([
      [1, null, 0],
      [9, 1, 0],
      ['2', null, 1],
      [10, '9', 0],
    ])
  })

  it('hands over records that say all of it already without a copy', () => {
    const task = { id: 1, parentId: null, parentIndex: 0 }
    expect(flattenTree([task], 'tasks')[0]).toBe(task)
  })

  it('leaves plain lists plain where only nested records need a place', () => {
    const celia = { id: 1, name: 'Celia' }
    const flat = flattenTree([celia, { id: 2, children: [{ id: 3 }] }], 'resources', 'nested')
    expect(flat[0]).toBe(celia)
    expect(places(flat).slice(1)).toEqual([
      [2, null, 1],
      [3, 2, 0],
    ])
  })

  it('says where an entry that is no record stands', () => {
    const broken = [{ id: 1, children: [{ id: 2, children: [{ id: 3 }, { id: null }] }] }]
    expect(() => flattenTree(broken, 'dataset.tasksData')).toThrow('dataset.tasksData[0].children[0].children[1].id')
    expect(() => flattenTree([7], 'tasks')).toThrow('tasks[0] must be an object')
  })

  it('drops keys that would reach a prototype', () => {
    const [task] = flattenTree(JSON.parse('[{"id":1,"__proto__":{"polluted":true},"constructor":1}]'), 'tasks')
    expect(Object.keys(task ?? {})).toEqual(['id', 'parentId', 'parentIndex'])
    expect(task).not.toHaveProperty('polluted')
  })

  it('reads a chain of 10,000 tasks', () => {
    expect(flattenTree([chain(10_000)], 'tasks')).toHaveLength(10_000)
  })
})

describe('writing tasks nested', () => {
  it('nests by parentId, whatever the order of the list, siblings by parentIndex', () => {
    const tasks = [
      { id: 4, parentId: 3, parentIndex: 0 },
      { id: 3, parentId: 1, parentIndex: 1 },
      { id: 2, parentId: '1', parentIndex: 0 },
      { id: 1, parentId: null, parentIndex: 0 },
    ]
    expect(outline(nestTree(tasks))).toBe('1(2 3(4))')
  })

  it('keeps the order of the list among siblings without a parentIndex', () => {
    expect(outline(nestTree([{ id: 1 }, { id: 3, parentId: 1, parentIndex: 5 }, { id: 2, parentId: 1 }]))).toBe(
      '1(3 2)',
    )
  })

  it('puts orphans and members of a cycle at the root and what hangs on them below', () => {
    const tasks = [
      { id: 1, parentId: 99 },
      { id: 2, parentId: 3 },
      { id: 3, parentId: 2 },
      { id: 4, parentId: 3 },
      { id: 5, parentId: 5 },
      { id: 6, parentId: 1 },
    ]
    const nested = nestTree(tasks)
    expect(outline(nested)).toBe('1(6) 2 3(4) 5')
    expect(nested[0]).toMatchObject({ parentId: 99 })
  })

  it('gives children to one of two tasks with the same id', () => {
    expect(outline(nestTree([{ id: 1 }, { id: '1' }, { id: 2, parentId: 1 }]))).toBe('1(2) 1')
  })

  it('does not touch the records it was given', () => {
    const parent = Object.freeze({ id: 1 })
    nestTree([parent, Object.freeze({ id: 2, parentId: 1 })])
    expect(parent).toEqual({ id: 1 })
  })

  it('can be written as JSON however deep the tasks are, and read back the same', () => {
    const flat = flattenTree([chain(10_000)], 'tasks')
    const nested = nestTree(flat)
    expect(nested).toHaveLength(10_000 / MAX_DEPTH)
    const back = flattenTree(JSON.parse(JSON.stringify(nested)), 'tasks')
    expect(places(back)).toEqual(places(flat))
  })
})

it('loses no task and no parent on the way out and back, however broken the tree', () => {
  const id = fc.integer({ min: 0, max: 12 })
  const task = fc.record({ id, parentId: fc.option(fc.oneof(id, id.map(String))), parentIndex: fc.nat({ max: 5 }) })
  fc.assert(
    fc.property(fc.uniqueArray(task, { selector: (entry) => entry.id, maxLength: 14 }), (tasks) => {
      const back = flattenTree(JSON.parse(JSON.stringify(nestTree(tasks))), 'tasks')
      const sorted = (list: readonly PlainRecord[]) => [...list].sort((a, b) => Number(a.id) - Number(b.id))
      expect(sorted(back)).toEqual(sorted(tasks))
    }),
    { numRuns: 1000 },
  )
})
