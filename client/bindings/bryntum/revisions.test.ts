import { describe, expect, test, vi } from 'vitest'
import { ProjectDouble } from './project-double.contract.ts'
import { DATASET, loaded, type Stage } from './stage.contract.ts'

describe('a model of revisions', () => {
  test('[BR4] what it does to resolve a conflict is sent as its own, and confirmed as the answer to what it resolves', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { dependencies: { added: [{ id: 5, from: 1, to: 2 }] } },
    })
    stage.project.dependencyStore.getById(5)?.set({ active: false })
    stage.project.resolving = 'planwire-2'
    expect(await stage.changes()).toMatchObject([{ dependencies: { updated: [{ id: 5, active: false }] } }])
    expect(stage.project.taken.at(-1)).toMatchObject({ conflictResolutionFor: 'planwire-2', clientId: 'planwire-self' })
    // What is done next finds its turn.
    stage.project.taskStore.getById(1)?.set({ name: 'Later' })
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 1, name: 'Later' }] } }])
    expect(stage.failures).toEqual([])
  })

  /** A model that is at work on its own revision of a moment ago, and records nothing meanwhile. */
  async function confirming(): Promise<Stage> {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    stage.project.taskStore.getById(1)?.set({ name: 'Before' })
    while (!stage.project.confirming) await undefined
    return stage
  }

  test.each<[string, (project: ProjectDouble) => void, unknown]>([
    ['a value', ({ taskStore }) => taskStore.getById(2)?.set({ name: 'x' }), { updated: [{ id: 2, name: 'x' }] }],
    [
      'a length, and what the engine makes of it',
      ({ taskStore }) => taskStore.getById(2)?.set({ duration: 3 }),
      { updated: [{ id: 2, duration: 3, endDate: '2026-01-10T00:00:00' }] },
    ],
    [
      'a new record',
      ({ taskStore }) => taskStore.add({ name: 'New', parentId: 1 }, '_generatedTask_1'),
      { added: [{ name: 'New', parentId: 1, $PhantomId: '_generatedTask_1' }] },
    ],
    ['a removal', ({ taskStore }) => taskStore.remove(2), { removed: [{ id: 2 }] }],
    [
      'another parent',
      ({ taskStore }) => {
        const [dig, fill] = taskStore.records
        if (dig && fill) dig.insertChild(fill)
      },
      { updated: [{ id: 2, parentId: 1 }] },
    ],
  ])(
    '[BR1] what is done while it confirms a revision is sent, although it never tells: %s',
    async (_, edit, wanted) => {
      const stage = await confirming()
      edit(stage.project)
      expect(stage.project.confirming).toBe(true)
      expect(await stage.changes()).toMatchObject([
        { tasks: { updated: [{ id: 1, name: 'Before' }] } },
        { tasks: wanted },
      ])
      expect(stage.failures).toEqual([])
    },
  )

  test('[BR1] the length of a record that the model does not know the name of yet is sent', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    const task = stage.project.taskStore.add(
      { name: 'New', parentId: null, startDate: '2026-01-05T00:00:00', duration: 1, endDate: '2026-01-06T00:00:00' },
      '_generatedTask_1',
    )
    await stage.heard()
    stage.project.taskStore.getById(1)?.set({ name: 'Before' })
    while (!stage.project.confirming) await undefined
    task.set({ duration: 3 })
    const changes = { tasks: { added: [{ id: 9, $PhantomId: '_generatedTask_1' }] } }
    await stage.say({ command: 'projectChange', project: 1, changes })
    stage.clock.advance(10_000)
    await stage.heard()
    expect(stage.connection.client.tasks.get(9)).toMatchObject({ duration: 3, endDate: '2026-01-08T00:00:00' })
    expect(stage.project.taskStore.getById(9)?.get('duration')).toBe(3)
  })

  test('[BR1] another order of siblings, too, once the model was shown what others did', async () => {
    const stage = await confirming()
    const [dig, fill] = stage.project.taskStore.records
    if (dig && fill) stage.project.taskStore.rootNode.insertChild(fill, dig)
    await stage.heard()
    expect(stage.connection.client.tasks.children(null).map(({ id }) => id)).toEqual([2, 1])
  })

  test('[BR5] what others did in that moment is not sent back', async () => {
    const stage = await confirming()
    stage.project.taskStore.getById(2)?.set({ name: 'Mine' })
    await stage.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, cls: 'late' }] } } })
    stage.clock.advance(10_000)
    expect(await stage.changes()).toEqual([])
    expect(stage.connection.client.tasks.get(1)).toMatchObject({ cls: 'late', name: 'Before' })
    expect(stage.project.taskStore.getById(2)?.get('name')).toBe('Mine')
  })

  test('[BR7] what is edited while a reset arrives is confirmed before the model forgets what can be undone', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    const { project } = stage
    const commit = project.commitAsync.bind(project)
    await stage.say(DATASET)
    project.commitAsync = () => {
      project.commitAsync = commit
      project.taskStore.getById(1)?.set({ name: 'Late' })
      return commit()
    }
    const heard = await stage.say({ command: 'reset', project: 1, userName: 'x' })
    expect(stage.failures).toEqual([])
    expect(heard).toMatchObject([{ changes: { tasks: { updated: [{ id: 1, name: 'Late' }] } } }])
    expect(project.undoResets).toBe(2)
  })

  /** A model whose undo machinery breaks down at the next revision. */
  async function breaking(): Promise<Stage> {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    const take = stage.project.applyRevisions.bind(stage.project)
    stage.project.applyRevisions = async (revisions) => {
      stage.project.applyRevisions = take
      const [first] = revisions
      const orphan = { added: [{ id: 5, parentId: 'nowhere' }] }
      await take(first ? [{ ...first, changes: { tasks: { ...orphan, $input: orphan } } }] : [])
    }
    return stage
  }

  test('[BR7] one whose undo machinery has broken down goes on by changes, and is not told twice', async () => {
    const stage = await breaking()
    const rename = (name: string): object => ({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name }] } },
    })
    await stage.say({ ...rename('Theirs') })
    expect(stage.project.stm.isRestoring).toBe(true)
    expect(stage.names()).toContainEqual([1, 'Theirs'])
    await stage.say({ ...rename('Theirs again') })
    expect(stage.names()).toContainEqual([1, 'Theirs again'])
    stage.project.taskStore.getById(2)?.set({ name: 'Mine' })
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 2, name: 'Mine' }] } }])
    expect(stage.failures).toMatchObject([{ message: expect.stringContaining('Parent node') }])
    expect(stage.logged.filter((text) => text.includes('undo'))).toHaveLength(1)
  })

  test('[BR7] one whose undo machinery has broken down takes every task that others add, move or remove at once', async () => {
    const stage = await breaking()
    const say = (tasks: object): Promise<unknown> =>
      stage.say({ command: 'projectChange', project: 1, changes: { tasks } })
    const reload = vi.spyOn(stage.project, 'loadInlineData')
    await say({ updated: [{ id: 1, name: 'Theirs' }] })
    reload.mockClear()
    await say({ added: [{ id: 10, name: 'First', parentId: null, parentIndex: 0 }] })
    await say({ added: [{ id: 11, name: 'Second', parentId: null, parentIndex: 1 }] })
    await say({ updated: [{ id: 10, parentIndex: 3 }] })
    await say({ removed: [{ id: 2 }] })
    const wanted = stage.connection.client.tasks.children(null).map(({ id }) => id)
    expect(stage.project.taskStore.rootNode.children?.map(({ id }) => id)).toEqual(wanted)
    expect([...wanted].sort()).toEqual([1, 10, 11])
    expect(reload).not.toHaveBeenCalled()
    expect(stage.failures).toMatchObject([{ message: expect.stringContaining('Parent node') }])
  })

  test('[BR7] one that never finishes a revision is given the stored plan after 30 s, and goes on by changes', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    stage.project.applyRevisions = () => new Promise(() => {})
    const rename = (name: string): object => ({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name }] } },
    })
    await stage.say({ ...rename('Theirs') })
    expect(stage.names()).toContainEqual([1, 'Dig'])
    stage.clock.advance(30_000)
    await stage.heard()
    expect(stage.failures).toMatchObject([{ code: 'timeout' }])
    expect(stage.names()).toContainEqual([1, 'Theirs'])
    stage.project.taskStore.getById(2)?.set({ name: 'Mine' })
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 2, name: 'Mine' }] } }])
    await stage.say({ ...rename('Theirs again') })
    expect(stage.names()).toContainEqual([1, 'Theirs again'])
    expect(stage.failures).toHaveLength(1)
  })

  test('[BR7] one that finishes what it was given up for makes no revisions of what its user does next', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled: true }))
    const { project } = stage
    const commit = project.commitAsync.bind(project)
    let finish: (() => void) | undefined
    project.commitAsync = () => {
      // Off while tasks are put in their places.
      if (!project.stm.disabled || finish) return commit()
      return new Promise((resolve) => {
        finish = () => resolve(commit())
      })
    }
    const moved = { tasks: { updated: [{ id: 1, parentIndex: 3 }] } }
    await stage.say({ command: 'projectChange', project: 1, changes: moved })
    expect(finish).toBeDefined()
    stage.clock.advance(30_000)
    await stage.heard()
    finish?.()
    await stage.heard()
    expect([stage.failures.length, project.stm.disabled]).toEqual([1, true])
    project.taskStore.getById(2)?.set({ name: 'Mine' })
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 2, name: 'Mine' }] } }])
  })
})
