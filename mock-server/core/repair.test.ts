import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { tablesOf } from '../../client/store/tables.ts'
import { TaskTree } from '../../client/store/task-tree.ts'
import { change, startKit } from './core-kit.contract.ts'
import { comparable, faults, storedRows } from './frame-client.contract.ts'
import { createMemoryLog } from './memory-log.ts'
import { repairOf } from './repair.ts'

const BROKEN = {
  id: 1,
  name: 'Broken',
  tasksData: [
    { id: 1, children: [{ id: 2 }] },
    { id: 12, parentId: 13 },
    { id: 13, parentId: 9 },
    { id: 9, parentId: 12, name: 'smallest' },
    { id: 4, parentId: 77, parentIndex: 40, children: [{ id: 5 }] },
    { id: 2, name: 'again' },
  ],
  resourcesData: [{ id: 1 }, { id: 1, name: 'another' }],
  dependenciesData: [
    { id: 1, from: 1, to: 2 },
    { id: 2, from: 1, to: 78 },
    { id: 3, fromEvent: 79, toEvent: 1 },
    { id: 1, from: 2, to: 5 },
  ],
  assignmentsData: [
    { id: 1, event: 5, resource: 1 },
    { id: 2, event: 5, resource: 2 },
  ],
}

describe('[W7] a project that is configured broken', () => {
  it('is served whole, the same way each time, and told of once with numbers', async () => {
    const details: unknown[] = []
    const kit = await startKit({ projects: [BROKEN] }, undefined, (message, more) => details.push([message, more]))
    const stored = storedRows(kit)
    expect(faults(stored)).toEqual([])
    expect(comparable(stored)).toMatchObject({
      tasks: [
        { id: 1, parentIndex: 0 },
        { id: 12, parentId: 13 },
        { id: 13, parentId: 9 },
        { id: 2, parentId: 1 },
        { id: 4, parentIndex: 2 },
        { id: 5, parentId: 4 },
        { id: 9, name: 'smallest', parentIndex: 1 },
      ],
      resources: [{ id: 1 }],
      dependencies: [{ id: 1, from: 2, to: 5 }],
      assignments: [{ id: 1 }],
    })
    const damage = { project: 1, orphans: 1, cycles: 1, dangling: 3, unplaced: 0, duplicates: 3 }
    expect(details).toEqual([['A configured project was not whole and is repaired', damage]])
    expect(comparable(storedRows(await startKit({ projects: [BROKEN] })))).toEqual(comparable(stored))
  })

  it('comes back repaired after a reset, and takes edits like any other', async () => {
    const kit = await startKit({ projects: [BROKEN] })
    const before = comparable(storedRows(kit))
    const peer = kit.flat()
    peer.say(change({ tasks: { removed: [{ id: 9 }] } }))
    expect(peer.heard()).toMatchObject([{ changes: { tasks: { removed: [{ id: 13 }, { id: 12 }] } } }])
    peer.say({ command: 'reset', project: 1 })
    expect(comparable(storedRows(kit))).toEqual(before)
  })

  it('that is whole is told of to nobody', async () => {
    expect((await startKit()).logged).toEqual([])
  })
})

describe('[W7] a project that an earlier version stored broken', () => {
  it('is repaired by a commit, so that who comes back hears of it', async () => {
    const log = createMemoryLog()
    const dataset = {
      stores: { tasks: BROKEN.tasksData.slice(1, 4), dependencies: BROKEN.dependenciesData.slice(1, 2) },
      meta: {},
    }
    await log.saveSnapshot('project/1', { epoch: 'e', revision: 0, dataset, nextId: 100 })
    const kit = await startKit(undefined, log)
    expect(faults(storedRows(kit))).toEqual([])
    expect(kit.logged).toEqual(['warn A stored project was not whole and is repaired'])
    const peer = kit.connect()
    peer.say({ command: 'login', login: 'x', planwire: { version: 1, client: 'c-1' } })
    peer.heard()
    peer.say({ command: 'dataset', project: 1, planwire: { epoch: 'e', revision: 0, counter: 0 } })
    expect(peer.heard()).toMatchObject([
      {
        changes: {
          tasks: {
            updated: [
              { id: 12, parentIndex: 0 },
              { id: 13, parentIndex: 0 },
              { id: 9, parentId: null, parentIndex: 0 },
            ],
          },
          dependencies: { removed: [{ id: 2 }] },
        },
        planwire: { revision: 1 },
      },
      { command: 'caughtUp' },
    ])
    await kit.core.flushed()
    expect((await startKit(undefined, log)).logged).toEqual([])
  })
})

describe('a repair', () => {
  const id = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom('2', '10', '1a', 'events-3'))
  const task = fc.record({ id, parentId: fc.option(id), parentIndex: fc.option(fc.nat(3), { nil: undefined }) })

  it('leaves nothing to repair, and the tree that our clients show of the broken records', () => {
    fc.assert(
      fc.property(fc.array(task, { maxLength: 15 }), (tasks) => {
        const broken = tablesOf({ tasks: tasks as readonly PlainRecord[] })
        const shown = new TaskTree()
        for (const record of broken.get('tasks')?.values() ?? []) shown.change(undefined, record)
        const edits = repairOf(broken)?.changes.stores['tasks']?.updated ?? []
        const repaired = new Map(broken.get('tasks'))
        for (const edit of edits) repaired.set(idKey(edit.id), { ...repaired.get(idKey(edit.id)), ...edit })
        const rows = new Map([['tasks', repaired]])
        expect(faults(rows)).toEqual([])
        expect(repairOf(rows)).toBeUndefined()
        for (const record of repaired.values()) {
          expect(String(shown.parent(record.id)?.id ?? null)).toBe(String(record['parentId'] ?? null))
        }
      }),
      { seed: 20261122, numRuns: 500 },
    )
  })
})
