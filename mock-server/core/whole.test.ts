import { describe, expect, it } from 'vitest'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { change, PLAN, revision, startKit } from './core-kit.contract.ts'
import { comparable, faults, storedRows } from './frame-client.contract.ts'
import { ReferenceIndex } from './reference-index.ts'

/** Tasks 1 > 2 and 3, a link 2 -> 3, and resource 1 on task 3. */
const LINKED = {
  ...PLAN,
  projects: [
    {
      id: 1,
      name: 'Plan',
      tasksData: [{ id: 1, children: [{ id: 2 }] }, { id: 3 }],
      resourcesData: [{ id: 1 }, { id: 2 }],
      dependenciesData: [{ id: 7, from: 2, to: 3 }],
      assignmentsData: [{ id: 8, event: 3, resource: 1 }],
    },
  ],
}

/** A flat frame of project 1. */
const heard = (changes: object): object => ({ command: 'projectChange', project: 1, changes })

describe('[W1] a task whose parent is gone', () => {
  it('stands at the root as the last one, with everything its author said of it', async () => {
    const { flat, dataset } = await startKit()
    const [author, other] = [flat(), flat()]
    const added = [{ $PhantomId: '_1', name: 'n', x: 1, parentId: 'gone', $PhantomParentId: 'gone', parentIndex: 0 }]
    author.say(change({ tasks: { added } }))
    const frame = heard({
      tasks: { added: [{ $PhantomId: '_1', name: 'n', x: 1, id: 100, parentId: null, parentIndex: 2 }] },
    })
    expect(author.heard()).toEqual([frame])
    expect(other.heard()).toEqual([frame])
    expect(dataset().tasksData?.map(({ id }) => id)).toEqual([1, 3, 100])
  })

  it('is told to a silent flat author by a change like somebody else’s', async () => {
    const { flat } = await startKit()
    const [author, other] = [flat(), flat()]
    author.say(change({ tasks: { updated: [{ id: 2, name: 'n', parentId: 77, parentIndex: 0 }] } }))
    expect(author.heard()).toEqual([heard({ tasks: { updated: [{ id: 2, parentId: null, parentIndex: 2 }] } })])
    expect(other.heard()).toEqual([
      heard({ tasks: { updated: [{ id: 2, name: 'n', parentId: null, parentIndex: 2 }] } }),
    ])
  })

  it('is a new one below a task that the same changeset removes', async () => {
    const kit = await startKit()
    const added = [{ $PhantomId: '_1', parentId: 2 }]
    kit.flat().say(change({ tasks: { added, removed: [{ id: 1 }] } }))
    expect(comparable(storedRows(kit))).toMatchObject({ tasks: [{ id: 100, parentIndex: 2 }, { id: 3 }] })
    expect(faults(storedRows(kit))).toEqual([])
  })

  it('comes to the root for Gantt as well: the answer and the event say so', async () => {
    const { rest, live } = await startKit()
    const gantt = live('tasks')
    const { body } = await rest('POST', '/data/task', { text: 'n', parent: 77 })
    expect(JSON.parse(body)).toMatchObject({ action: 'inserted', item: { text: 'n', parent: 0 } })
    expect(gantt.heard()).toMatchObject([{ body: { value: { type: 'add-task', task: { parent: 0 } } } }])
  })
})

describe('[W2] a move that closes a cycle', () => {
  it('leaves the task where it is; the rest of the edit stands', async () => {
    const { flat, revisions, dataset } = await startKit()
    const [author, other, rev] = [flat(), flat(), revisions()]
    author.say(change({ tasks: { updated: [{ id: 1, name: 'n', parentId: 2, parentIndex: 0 }] } }))
    const stands = { tasks: { updated: [{ id: 1, name: 'n' }] } }
    expect(other.heard()).toEqual([heard(stands)])
    expect(rev.heard()).toMatchObject([{ data: { revisions: [{ changes: stands }] } }])
    expect(author.heard()).toEqual([heard({ tasks: { updated: [{ id: 1, parentId: null, parentIndex: 0 }] } })])
    expect(dataset().tasksData).toMatchObject([{ id: 1, name: 'n', children: [{ id: 2 }] }, { id: 3 }])
  })

  it('is no news for others when nothing else is in it, and is still answered where answers are due', async () => {
    const { flat, revisions } = await startKit()
    const [author, other] = [revisions(), flat()]
    const move = { updated: [{ id: 1, parentId: 1 }] }
    author.say(revision('local-1', { tasks: { ...move, $input: move } }))
    const changes = { tasks: { updated: [{ id: 1, parentId: null, parentIndex: 0 }], $input: { updated: [] } } }
    expect(author.heard()).toMatchObject([{ data: { revisions: [{ localRevision: 'local-1', changes }] } }])
    expect(other.heard()).toEqual([])
  })

  it('of several moves is that of the smallest id, whatever their order', async () => {
    const tasksData = [{ id: 10 }, { id: 9 }, { id: 11 }]
    for (const order of [
      [9, 10, 11],
      [11, 9, 10],
      [10, 11, 9],
    ]) {
      const kit = await startKit({ projects: [{ id: 1, name: 'Ring', tasksData }] })
      const next: Record<number, number> = { 9: 10, 10: 11, 11: 9 }
      kit.flat().say(change({ tasks: { updated: order.map((id) => ({ id, parentId: next[id] })) } }))
      expect(kit.dataset().tasksData).toMatchObject([{ id: 9, children: [{ id: 11, children: [{ id: 10 }] }] }])
    }
  })

  it('is judged by where everything stands at the end of the changeset', async () => {
    const { flat, dataset } = await startKit()
    const author = flat()
    author.say(
      change({
        tasks: {
          updated: [
            { id: 1, parentId: 2 },
            { id: 2, parentId: null, parentIndex: 0 },
          ],
        },
      }),
    )
    expect(dataset().tasksData).toMatchObject([{ id: 2, children: [{ id: 1 }] }, { id: 3 }])
    expect(author.heard()).toEqual([])
  })

  it('ends also when thousands of moves hang on each other, and never below itself', async () => {
    const tasksData = Array.from({ length: 3000 }, (_, at) => ({ id: at + 1, ...(at ? { parentId: at } : {}) }))
    const kit = await startKit({ projects: [{ id: 1, name: 'Deep', tasksData }] })
    kit
      .flat()
      .say(change({ tasks: { updated: tasksData.map(({ id }) => ({ id, parentId: (id * 7) % 3000 || 3000 })) } }))
    expect(faults(storedRows(kit))).toEqual([])
  })

  it('of new tasks that are each other’s parents puts the smallest id at the root', async () => {
    const kit = await startKit()
    const added = [
      { $PhantomId: '_a', parentId: '_b' },
      { $PhantomId: '_b', parentId: '_a' },
    ]
    kit.flat().say(change({ tasks: { added } }))
    expect(kit.dataset().tasksData).toMatchObject([{ id: 1 }, { id: 3 }, { id: 100, children: [{ id: 101 }] }])
  })
})

describe('[W3] a link to something that is gone', () => {
  const links = {
    dependencies: {
      added: [
        { $PhantomId: '_d', from: 1, to: 77 },
        { $PhantomId: '_e', from: 1, to: 3 },
      ],
    },
    assignments: { added: [{ $PhantomId: '_a', event: 3, resource: 77 }] },
  }

  it('is left out, and its author hears that it is not there', async () => {
    const { flat, dataset } = await startKit()
    const [author, other] = [flat(), flat()]
    author.say(change(links))
    const standing = { $PhantomId: '_e', id: 101, from: 1, to: 3 }
    expect(other.heard()).toEqual([heard({ dependencies: { added: [standing] }, assignments: { added: [] } })])
    expect(author.heard()).toEqual([
      heard({
        dependencies: { added: [standing, { $PhantomId: '_d', id: 100, from: 1, to: 77 }], removed: [{ id: 100 }] },
        assignments: { added: [{ $PhantomId: '_a', id: 102, event: 3, resource: 77 }], removed: [{ id: 102 }] },
      }),
    ])
    expect(dataset()).toMatchObject({ dependenciesData: [{ id: 101 }], assignmentsData: [] })
  })

  it('does not break the echo of a revision, and `$input` does not hold it', async () => {
    const { revisions } = await startKit()
    const author = revisions()
    const added = [{ $PhantomId: '_d', from: 1, to: 77 }]
    author.say(revision('local-1', { dependencies: { added, $input: { added } } }))
    author.say(revision('local-2', { dependencies: { updated: [{ id: '_d', lag: 1 }] } }))
    expect(author.heard()).toMatchObject([
      {
        data: {
          revisions: [
            {
              ...{ revision: 'server-1', localRevision: 'local-1', client: expect.any(String) },
              changes: { dependencies: { added: [{ $PhantomId: '_d' }], removed: [{}], $input: { added: [] } } },
            },
          ],
        },
      },
      { data: { revisions: [{ localRevision: 'local-2', changes: { dependencies: { updated: [] } } }] } },
    ])
  })

  it('keeps its old ends when an edit would lead it there', async () => {
    const { flat, dataset } = await startKit(LINKED)
    const author = flat()
    author.say(change({ dependencies: { updated: [{ id: 7, from: 2, to: 77, lag: 3 }] } }))
    author.say(change({ assignments: { updated: [{ id: 8, resource: 77, resourceId: 77 }] } }))
    expect(dataset()).toMatchObject({
      dependenciesData: [{ id: 7, from: 2, to: 3, lag: 3 }],
      assignmentsData: [{ id: 8, event: 3, resource: 1 }],
    })
    expect(author.heard()).toEqual([
      heard({ dependencies: { updated: [{ id: 7, from: 2, to: 3 }] } }),
      heard({ assignments: { updated: [{ id: 8, event: 3, resource: 1, resourceId: null }] } }),
    ])
  })

  it('is left out when the same changeset removes what it points at, by itself or by a parent', async () => {
    const { flat, dataset } = await startKit(LINKED)
    const added = [{ $PhantomId: '_d', from: 3, to: 2 }]
    flat().say(change({ dependencies: { added, updated: [] }, tasks: { removed: [{ id: 1 }] } }))
    expect(dataset()).toMatchObject({ tasksData: [{ id: 3 }], dependenciesData: [] })
  })

  it('is taken back from Gantt, whose edit of a link keeps the old ends', async () => {
    const { rest, live } = await startKit(LINKED)
    const gantt = live('links')
    const { body } = await rest('POST', '/data/link', { source: 3, target: 77, type: '0' })
    expect(JSON.parse(body)).toEqual({ action: 'deleted', tid: 100, id: 100 })
    expect(gantt.heard()).toEqual([])
    const put = await rest('PUT', '/data/link/7', { source: 2, target: 77, type: '1' })
    expect(JSON.parse(put.body)).toMatchObject({ action: 'updated', item: { source: 2, target: 3, type: '1' } })
    const link = { id: 7, source: 2, target: 3, type: '1' }
    expect(gantt.heard()).toMatchObject([{ body: { value: { type: 'update-link', link } } }])
  })
})

describe('[W4] what hangs on a removed record', () => {
  it('goes with it, and is told to a silent flat author who named the parent alone', async () => {
    const { flat } = await startKit(LINKED)
    const author = flat()
    author.say(change({ tasks: { removed: [{ id: 1 }] } }))
    expect(author.heard()).toEqual([heard({ tasks: { removed: [{ id: 2 }] }, dependencies: { removed: [{ id: 7 }] } })])
    author.say(change({ resources: { removed: [{ id: 1 }] } }))
    expect(author.heard()).toEqual([heard({ assignments: { removed: [{ id: 8 }] } })])
    author.say(change({ tasks: { removed: [{ id: 3 }] } }))
    expect(author.heard()).toEqual([])
  })

  it('stands in `$input` too, which is what clients of revisions take', async () => {
    const { revisions } = await startKit(LINKED)
    const [author, other] = [revisions(), revisions()]
    const removed = [{ id: 1 }]
    author.say(revision('local-1', { tasks: { removed, $input: { removed } } }))
    const tasks = [{ id: 1 }, { id: 2 }]
    const changes = {
      tasks: { removed: tasks, $input: { removed: tasks } },
      dependencies: { removed: [{ id: 7 }], $input: { removed: [{ id: 7 }] } },
    }
    for (const peer of [author, other]) expect(peer.heard()).toMatchObject([{ data: { revisions: [{ changes }] } }])
  })
})

describe('[W5] a new task without a place', () => {
  it('is the last one below its parent, behind the places that others of its changeset take', async () => {
    const { flat, dataset } = await startKit()
    const author = flat()
    const added = [{ $PhantomId: '_1' }, { $PhantomId: '_2', parentIndex: 5 }, { $PhantomId: '_3', parentId: 1 }]
    author.say(change({ tasks: { added } }))
    expect(author.heard()).toMatchObject([
      { changes: { tasks: { added: [{ parentIndex: 6 }, { parentIndex: 5 }, { parentIndex: 1 }] } } },
    ])
    author.say(change({ tasks: { removed: [{ id: 100 }, { id: 101 }] } }))
    author.say(change({ tasks: { added: [{ $PhantomId: '_4', parentIndex: null }] } }))
    expect(author.heard()).toMatchObject([{ changes: { tasks: { added: [{ parentIndex: 2 }] } } }])
    expect(dataset().tasksData).toMatchObject([{ id: 1, children: [{ id: 2 }, { id: 102 }] }, { id: 3 }, { id: 103 }])
  })

  it('is found without looking at its siblings again, until the last of them leaves', () => {
    let reads = 0
    class Counted extends Map<string, PlainRecord> {
      override get(key: string): PlainRecord | undefined {
        reads += 1
        return super.get(key)
      }
    }
    const tasks = new Counted(Array.from({ length: 50 }, (_, at) => [`${at}`, { id: at, parentIndex: at * 2 }]))
    const tables = new Map([['tasks', tasks]])
    const index = new ReferenceIndex()
    index.rebuild(tables)
    expect(index.nextIndex('', tables)).toBe(99)
    expect(reads).toBe(50)
    index.changed('tasks', '60', undefined, { id: 60, parentIndex: 99 })
    index.changed('tasks', '5', { id: 5, parentIndex: 10 }, undefined)
    expect(index.nextIndex('', tables)).toBe(100)
    expect(reads).toBe(50)
    index.changed('tasks', '60', { id: 60, parentIndex: 99 }, { id: 60, parentIndex: 0 })
    expect(index.nextIndex('', tables)).toBe(99)
  })
})
