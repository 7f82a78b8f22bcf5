import { describe, expect, it } from 'vitest'
import { change, type Peer, PLAN, revision, startKit } from './core-kit.contract.ts'

/** The changes of the only frame that a peer heard. */
function changesHeard(peer: Peer): unknown {
  const heard = peer.heard() as readonly { changes?: unknown; data?: { revisions: readonly { changes: unknown }[] } }[]
  expect(heard).toHaveLength(1)
  return heard[0]?.changes ?? heard[0]?.data?.revisions[0]?.changes
}

describe('real ids', () => {
  it('replace a phantom id wherever the author refers to it, and in what the user did', async () => {
    const peer = (await startKit()).revisions()
    const added = [
      { $PhantomId: '_generatedTask_1', name: 'Parent' },
      {
        $PhantomId: '_generatedTask_2',
        name: 'Child',
        parentId: '_generatedTask_1',
        $PhantomParentId: '_generatedTask_1',
      },
    ]
    const link = {
      from: 1,
      fromEvent: 1,
      fromTask: 1,
      to: '_generatedTask_2',
      toEvent: '_generatedTask_2',
      toTask: '_generatedTask_2',
    }
    const assignment = {
      event: '_generatedTask_1',
      eventId: '_generatedTask_1',
      resource: '_generatedRes_1',
      resourceId: '_generatedRes_1',
    }
    peer.say(
      revision('local-1', {
        tasks: { added, updated: [{ id: 3, parentId: '_generatedTask_1' }], $input: { added } },
        resources: { added: [{ $PhantomId: '_generatedRes_1', name: 'Bob' }] },
        dependencies: { added: [{ $PhantomId: '_generatedDep_1', ...link }] },
        assignments: { added: [{ $PhantomId: '_generatedAss_1', ...assignment }] },
      }),
    )
    const named = [
      { $PhantomId: '_generatedTask_1', id: 'events-100', name: 'Parent', parentIndex: 2 },
      {
        $PhantomId: '_generatedTask_2',
        id: 'events-101',
        name: 'Child',
        parentId: 'events-100',
        parentIndex: 0,
        $PhantomParentId: 'events-100',
      },
    ]
    expect(changesHeard(peer)).toEqual({
      tasks: { added: named, updated: [{ id: 3, parentId: 'events-100' }], $input: { added: named } },
      resources: { added: [{ $PhantomId: '_generatedRes_1', id: 'resources-102', name: 'Bob' }] },
      dependencies: {
        added: [
          {
            ...{ $PhantomId: '_generatedDep_1', id: 'dependencies-103', from: 1, fromEvent: 1, fromTask: 1 },
            ...{ to: 'events-101', toEvent: 'events-101', toTask: 'events-101' },
          },
        ],
      },
      assignments: {
        added: [
          {
            ...{ $PhantomId: '_generatedAss_1', id: 'assignments-104', event: 'events-100', eventId: 'events-100' },
            ...{ resource: 'resources-102', resourceId: 'resources-102' },
          },
        ],
      },
    })
  })

  it('put a child of a new parent under it, also in the dataset [BS1]', async () => {
    const { revisions, dataset } = await startKit()
    revisions().say(
      revision('local-1', {
        tasks: {
          added: [
            { $PhantomId: '_p', name: 'Parent' },
            { $PhantomId: '_c', name: 'Child', parentId: '_p', $PhantomParentId: '_p' },
          ],
        },
      }),
    )
    expect(dataset().tasksData?.find(({ name }) => name === 'Parent')).toMatchObject({
      children: [{ name: 'Child', parentId: 'events-100' }],
    })
  })

  it('are numbers for flat authors and name the store for authors of revisions', async () => {
    const { flat, revisions } = await startKit()
    const [numbers, names] = [flat(), revisions()]
    numbers.say(change({ tasks: { added: [{ $PhantomId: '_1', name: 'a' }] } }))
    expect(changesHeard(numbers)).toMatchObject({ tasks: { added: [{ $PhantomId: '_1', id: 100 }] } })
    names.heard()
    names.say(
      revision('local-1', { tasks: { added: [{ $PhantomId: '_1' }] }, resources: { added: [{ $PhantomId: '_1' }] } }),
    )
    expect(changesHeard(names)).toMatchObject({
      tasks: { added: [{ id: 'events-101' }] },
      resources: { added: [{ id: 'resources-102' }] },
    })
  })

  it('never collide with seeded ids of any store or project, nor with ids that clients chose [BO1]', async () => {
    const tasksData = [{ id: 111 }, { id: '300' }]
    const { flat } = await startKit({
      ...PLAN,
      projects: [
        { id: 1, name: 'a', tasksData },
        { id: 2, name: 'b', resourcesData: [{ id: 'resources-331' }] },
      ],
    })
    const peer = flat()
    peer.say(change({ tasks: { added: [{ $PhantomId: '_1' }] } }))
    peer.say(change({ tasks: { added: [{ id: 5000 }, { id: 'x-6000' }, { id: 2 ** 53 }] } }))
    peer.say(change({ tasks: { added: [{ $PhantomId: '_2' }] } }))
    const ids = (peer.heard() as { changes: { tasks: { added: { id: unknown }[] } } }[]).map(
      ({ changes }) => changes.tasks.added[0]?.id,
    )
    expect(ids).toEqual([332, 5000, 6001])
  })

  it('are each client’s own: the same phantom id of two clients makes two records [BS2]', async () => {
    const { flat, dataset } = await startKit()
    const [a, b] = [flat(), flat()]
    a.say(change({ resources: { added: [{ $PhantomId: '_generatedResourceModel1', name: 'A' }] } }))
    b.say(change({ resources: { added: [{ $PhantomId: '_generatedResourceModel1', name: 'B' }] } }))
    a.say(change({ assignments: { added: [{ $PhantomId: '_x', resource: '_generatedResourceModel1', event: 3 }] } }))
    expect(dataset().resourcesData?.map(({ id, name }) => [id, name])).toEqual([
      [1, 'Ann'],
      [100, 'A'],
      [101, 'B'],
    ])
    expect(dataset().assignmentsData).toEqual([{ id: 102, resource: 100, event: 3 }])
  })

  it('are given to each added record, also without a phantom id [BS3]', async () => {
    const { flat, dataset } = await startKit()
    const peer = flat()
    peer.say(change({ tasks: { added: [{ name: 'one' }, { name: 'two' }] } }))
    expect(changesHeard(peer)).toEqual({
      tasks: {
        added: [
          { name: 'one', id: 100, parentIndex: 2 },
          { name: 'two', id: 101, parentIndex: 3 },
        ],
      },
    })
    expect(dataset().tasksData).toHaveLength(4)
  })

  it('do not mix up records of two stores that share a number', async () => {
    const peer = (await startKit()).flat()
    peer.say(change({ tasks: { removed: [{ id: 1 }, { id: 2 }] } }))
    peer.say(
      change({
        tasks: { added: [{ $PhantomId: 1, name: 'Dig' }] },
        assignments: { added: [{ $PhantomId: '_a', event: 1, resource: 1 }] },
      }),
    )
    expect(changesHeard(peer)).toMatchObject({
      tasks: { added: [{ $PhantomId: 1, id: 100 }] },
      assignments: { added: [{ event: 100, resource: 1 }] },
    })
  })

  it('are understood from a phantom id that is used before its answer arrived', async () => {
    const { flat, dataset } = await startKit()
    const peer = flat()
    peer.say(change({ tasks: { added: [{ $PhantomId: '_p', name: 'Parent' }] } }))
    peer.say(
      change({ tasks: { added: [{ $PhantomId: '_c', parentId: '_p' }], updated: [{ id: '_p', name: 'Renamed' }] } }),
    )
    expect(dataset().tasksData?.[2]).toMatchObject({ id: 100, name: 'Renamed', children: [{ id: 101, parentId: 100 }] })
  })
})

describe('undo of a delete', () => {
  it('adds a fresh record under a new id, also twice with the same old id', async () => {
    const { revisions, dataset } = await startKit()
    const peer = revisions()
    const restore = {
      tasks: { added: [{ $PhantomId: 3, name: 'Rest' }] },
      dependencies: { added: [{ $PhantomId: 'dependencies-7', from: 1, to: 3 }] },
    }
    peer.say(revision('local-1', { tasks: { removed: [{ id: 3 }] } }))
    peer.say(revision('local-2', restore))
    expect(dataset()).toMatchObject({
      tasksData: [{ id: 1 }, { id: 'events-100' }],
      dependenciesData: [{ to: 'events-100' }],
    })
    peer.say(revision('local-3', { tasks: { removed: [{ id: 'events-100' }] } }))
    peer.say(revision('local-4', restore))
    expect(dataset()).toMatchObject({
      tasksData: [{ id: 1 }, { id: 'events-102' }],
      dependenciesData: [{ to: 'events-102' }],
    })
  })

  it('keeps the id when the client names it', async () => {
    const { flat, dataset } = await startKit()
    const peer = flat()
    peer.say(change({ tasks: { removed: [{ id: 3 }] } }))
    peer.say(change({ tasks: { added: [{ id: 3, name: 'Back' }] } }))
    expect(changesHeard(peer)).toEqual({ tasks: { added: [{ id: 3, name: 'Back', parentIndex: 1 }] } })
    expect(dataset().tasksData?.[1]).toEqual({ id: 3, name: 'Back', parentIndex: 1 })
  })
})

describe('a changeset', () => {
  it('that adds a record which is there edits it', async () => {
    const { flat, dataset } = await startKit()
    const [author, other] = [flat(), flat()]
    author.say(change({ tasks: { added: [{ id: '3', name: 'Again' }] } }))
    expect(changesHeard(other)).toEqual({ tasks: { updated: [{ id: '3', name: 'Again' }] } })
    expect(author.heard()).toHaveLength(1)
    expect(dataset().tasksData?.filter(({ id }) => String(id) === '3')).toMatchObject([
      { id: 3, name: 'Again', parentIndex: 1 },
    ])
  })

  it('is applied wholly or not at all, over all revisions of a frame [BS6]', async () => {
    const { revisions, flat, dataset } = await startKit()
    const [author, other] = [revisions(), flat()]
    const good = { revision: 'local-1', changes: { tasks: { updated: [{ id: 1, name: 'First' }] } } }
    for (const bad of [
      { revision: 'local-2', changes: { tasks: { updated: [{ name: 'no id' }] } } },
      { revision: 'local-2', changes: { 'no store!': { added: [{}] } } },
      { revision: 'local-2', changes: { tasks: { added: [{ $PhantomId: 'x'.repeat(201) }] } } },
    ]) {
      author.say({ command: 'project_change', data: { project: 1, revisions: [good, bad] } })
      expect(author.heard()).toMatchObject([{ command: 'project_change', error: expect.any(String) }])
    }
    expect(other.heard()).toEqual([])
    expect(dataset().tasksData?.[0]).toMatchObject({ name: 'Dig' })
    author.say({ command: 'project_change', data: { project: 1, revisions: [good] } })
    expect(author.heard()).toMatchObject([
      { data: { revisions: [{ revision: 'server-1', localRevision: 'local-1' }] } },
    ])
  })

  it('needs the project to be loaded', async () => {
    const { connect } = await startKit()
    const peer = connect()
    peer.say({ command: 'login', data: { login: 'admin', password: 'admin' } })
    peer.heard()
    peer.say(revision('local-1', {}))
    expect(peer.heard()).toEqual([
      {
        command: 'project_change',
        data: { project: 1 },
        error: 'Subscription to project is required. Load project first',
      },
    ])
  })

  it('passes over edits of a record that is gone if the rest is good [BS13]', async () => {
    const { revisions, flat } = await startKit()
    const [author, other] = [revisions(), flat()]
    const edits = [
      { id: 99, name: 'gone' },
      { id: 1, name: 'here' },
    ]
    author.say(revision('local-1', { tasks: { updated: edits, removed: [{ id: 98 }], $input: { updated: edits } } }))
    const standing = [{ id: 1, name: 'here' }]
    expect(changesHeard(author)).toEqual({ tasks: { updated: standing, removed: [], $input: { updated: standing } } })
    expect(changesHeard(other)).toMatchObject({ tasks: { updated: standing } })
  })

  it('that hits nothing at all is still answered, and no news for flat clients', async () => {
    const { revisions, flat, extended } = await startKit()
    const [author, other, ours] = [revisions(), flat(), extended()]
    author.say(revision('local-1', { tasks: { updated: [{ id: 99, name: 'gone' }] } }))
    expect(author.heard()).toMatchObject([
      { data: { revisions: [{ revision: 'server-1', localRevision: 'local-1' }] } },
    ])
    expect(other.heard()).toEqual([])
    ours.heard()
    ours.say(change({ tasks: { removed: [{ id: 99 }] } }, 1))
    expect(ours.heard()).toMatchObject([{ command: 'projectChange', planwire: { revision: 2, changeset: 'c-1:1' } }])
  })

  it('does not fail for good when a child comes before its parent, or names one that nobody knows [BO2]', async () => {
    const { flat, dataset } = await startKit()
    flat().say(
      change({
        tasks: {
          added: [{ $PhantomId: '_c', parentId: '_p' }, { $PhantomId: '_p' }, { $PhantomId: '_o', parentId: 'nobody' }],
        },
      }),
    )
    expect(dataset().tasksData?.map(({ id }) => id)).toEqual([1, 3, 101, 102])
  })

  it('that removes a parent by its id alone takes everything below it and what points there [BO3]', async () => {
    const { flat, dataset } = await startKit()
    const [author, other] = [flat(), flat()]
    author.say(
      change({
        dependencies: {
          added: [
            { id: 10, fromTask: 2, toTask: 3 },
            { id: 11, from: 3, to: 3 },
          ],
        },
        assignments: {
          added: [
            { id: 12, event: 2, resource: 1 },
            { id: 13, event: 3, resource: 1 },
          ],
        },
      }),
    )
    other.heard()
    author.say(change({ tasks: { removed: [{ id: 1 }] } }))
    expect(changesHeard(other)).toEqual({
      tasks: { removed: [{ id: 1 }, { id: 2 }] },
      dependencies: { removed: [{ id: 10 }] },
      assignments: { removed: [{ id: 12 }] },
    })
    expect(dataset()).toMatchObject({
      tasksData: [{ id: 3 }],
      dependenciesData: [{ id: 11 }],
      assignmentsData: [{ id: 13 }],
    })
  })

  it('that moves a child away and removes the parent keeps the child', async () => {
    const { flat, dataset } = await startKit()
    flat().say(change({ tasks: { updated: [{ id: 2, parentId: 3 }], removed: [{ id: 1 }] } }))
    expect(dataset().tasksData).toMatchObject([{ id: 3, children: [{ id: 2 }] }])
  })

  it('that is too much is refused whole', async () => {
    const { flat } = await startKit()
    const peer = flat()
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, at) => [`store${at}`, { added: [{ id: at }] }]))
    peer.say(change(many))
    expect(peer.heard()).toEqual([{ command: 'projectChange', project: 1, error: 'Too many stores' }])
    peer.say(change({ project: Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`f${at}`, 1])) }))
    expect(peer.heard()).toEqual([{ command: 'projectChange', project: 1, error: 'Too many project fields' }])
  })
})
