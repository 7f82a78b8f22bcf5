import { describe, expect, test } from 'vitest'
import type { RecordId } from '../../protocol/ids.ts'
import { type ConnectProjectOptions, connectProject } from './connect-project.ts'
import { ProjectDouble } from './project-double.contract.ts'
import { DATASET, loaded, Stage } from './stage.contract.ts'

describe.each([false, true])('a connected project, with revisions %s', (revisionsEnabled) => {
  const start = (options: ConnectProjectOptions = {}): Promise<Stage> =>
    loaded(options, new ProjectDouble({ revisionsEnabled }))

  test('[BR6] loads what wsProjectId names, without stores that it does not have', async () => {
    const stage = await start()
    expect(stage.names()).toEqual([
      [1, 'Dig'],
      [2, 'Fill'],
    ])
    expect(stage.connection.project.wsProjectId).toBe(1)
    // A change of a store of a feature that is off would throw in the model.
    await stage.say({ command: 'projectChange', project: 1, changes: { versions: { added: [{ id: 2, name: 'v2' }] } } })
    expect(stage.failures).toEqual([])
  })

  test('[BR6] keeps its records to itself: what the model writes to those that it loads is no change', async () => {
    const stage = await loaded({}, new ProjectDouble({ revisionsEnabled }), {
      ...DATASET,
      dataset: { ...DATASET.dataset, dependenciesData: [{ id: 5, from: 1, to: 2 }] },
    })
    expect(stage.project.dependencyStore.getById(5)?.get('fromEvent')).toBe(1)
    expect(stage.connection.client.dependencies.get(5)).toEqual({ id: 5, from: 1, to: 2 })
  })

  test('[BR6] tells of a model that has stopped working, and keeps nobody waiting for it longer than asked', async () => {
    const stage = await start()
    stage.project.commitAsync = () => new Promise(() => {})
    await stage.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name: 'Dug' }] } } })
    const waited = stage.connection.whenSynced({ timeoutMs: 10_000 }).catch(({ code }) => code)
    stage.clock.advance(10_000)
    expect(await waited).toBe('timeout')
    expect(stage.failures).toEqual([])
    stage.clock.advance(20_000)
    expect(stage.failures).toEqual([
      expect.objectContaining({
        code: 'timeout',
        message: expect.stringMatching(/^The ProjectModel has not finished/),
      }),
    ])
  })

  test('[BR2] sends what its user did once its engine has settled, and nothing that did not change', async () => {
    const stage = await start()
    stage.project.taskStore.getById(1)?.set({ duration: 4, startDate: '2026-01-05T00:00:00' })
    const [changes, ...more] = await stage.changes()
    expect(changes).toMatchObject({ tasks: { updated: [{ id: 1, duration: 4, endDate: '2026-01-09T00:00:00' }] } })
    expect(more).toEqual([])
    stage.project.taskStore.getById(1)?.set({ duration: 4 })
    expect(await stage.changes()).toEqual([])
  })

  test('[BR2] a new record gets its real id, also where others of the model refer to it', async () => {
    const stage = await start()
    const task = stage.project.taskStore.add({ name: 'New', parentId: null }, '_generatedTask_1')
    stage.project.dependencyStore.add({ from: 1, to: task.id }, '_generatedLink_1')
    const [changes] = await stage.changes()
    expect(changes).toMatchObject({
      tasks: { added: [{ $PhantomId: '_generatedTask_1', name: 'New' }] },
      dependencies: { added: [{ $PhantomId: '_generatedLink_1', to: '_generatedTask_1' }] },
    })
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: {
        tasks: { added: [{ $PhantomId: '_generatedTask_1', id: 7 }] },
        dependencies: { added: [{ $PhantomId: '_generatedLink_1', id: 8, from: 1, to: 7 }] },
      },
    })
    expect(task.id).toBe(7)
    expect(stage.project.dependencyStore.getById(8)?.get('to')).toBe(7)
    task.set({ name: 'Newer' })
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 7, name: 'Newer' }] } }])
  })

  test('[BR2] a new link names its task by the real id in every way that the model is asked', async () => {
    const stage = await start()
    const task = stage.project.taskStore.add({ name: 'New', parentId: null }, '_generatedTask_1')
    await stage.heard()
    const close = stage.project.openForm()
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { added: [{ $PhantomId: '_generatedTask_1', id: 7 }] } },
    })
    // The server has named the task, and the model may not know it yet.
    const link = stage.project.dependencyStore.add({ from: 1, to: task.id }, '_generatedLink_1')
    close()
    await stage.heard()
    expect([task.id, link.values['to'], link.get('to')]).toEqual([7, 7, 7])
  })

  test('[BR1] a link that has lost one of its tasks in the model is not sent, and leaves the model', async () => {
    const stage = await start()
    stage.project.dependencyStore.add({ from: 1, to: null }, '_generatedLink_1')
    expect(await stage.changes()).toEqual([])
    expect(stage.project.dependencyStore.records).toEqual([])
    expect(stage.connection.client.dependencies.all()).toEqual([])
  })

  test('[BR1] a task whose parent somebody removed stands at the top in the model, whether its id came as a number or a text', async () => {
    for (const parentId of [1, '1']) {
      const tasksData = [
        { id: 1, name: 'Dig' },
        { id: 2, name: 'Fill', parentId },
      ]
      const stage = await loaded({}, new ProjectDouble({ revisionsEnabled }), {
        ...DATASET,
        dataset: { ...DATASET.dataset, tasksData },
      })
      expect(stage.project.taskStore.getById(2)?.get('parentId')).toBe(1)
      await stage.say({ command: 'projectChange', project: 1, changes: { tasks: { removed: [{ id: 1 }] } } })
      expect(stage.names()).toEqual([[2, 'Fill']])
      expect(stage.project.taskStore.getById(2)?.get('parentId')).toBe(null)
    }
  })

  test('[BR3] what the user is typing is not overwritten, and is sent when the form is closed', async () => {
    const stage = await start()
    const close = stage.project.openForm()
    stage.project.taskStore.getById(1)?.set({ name: 'Typing' })
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: 'Theirs', note: 'new' }] } },
    })
    expect(stage.project.taskStore.getById(1)?.get('name')).toBe('Typing')
    expect(await stage.changes()).toEqual([])
    close()
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 1, name: 'Typing' }] } }])
    expect(stage.project.taskStore.getById(1)?.get('note')).toBe('new')
  })

  test('[BR4] two links that close a circle never meet in the model', async () => {
    const stage = await start()
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { dependencies: { added: [{ id: 5, from: 1, to: 2 }] } },
    })
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { dependencies: { added: [{ id: 6, from: 2, to: 1 }] } },
    })
    expect(stage.project.dependencyStore.getById(6)?.get('active')).toBe(false)
    expect(stage.project.dependencyStore.getById(5)?.get('active')).not.toBe(false)
    // Nobody else has written it: this client does, after a while.
    stage.clock.advance(3_000)
    expect(await stage.changes()).toMatchObject([{ dependencies: { updated: [{ id: 6, active: false }] } }])
  })

  test('[BR5] what the engine makes of others changes goes back after a while, and not if somebody else was first', async () => {
    const stage = await start()
    const lengthen = { tasks: { updated: [{ id: 1, duration: 5 }] } }
    await stage.say({ command: 'projectChange', project: 1, changes: lengthen })
    expect(await stage.changes()).toEqual([])
    stage.clock.advance(3_000)
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 1, endDate: '2026-01-10T00:00:00' }] } }])

    await stage.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 2, duration: 3 }] } } })
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 2, endDate: '2026-01-10T00:00:00' }] } },
    })
    stage.clock.advance(3_000)
    expect(await stage.changes()).toEqual([])
  })

  test.each(['before', 'while'])(
    '[BR1] a new record that its user takes back %s the server names it is removed everywhere',
    async (when) => {
      const stage = await start()
      const { project } = stage
      project.taskStore.add({ name: 'New', parentId: null }, '_generatedTask_1')
      await stage.heard()
      const name = revisionsEnabled ? 'applyRevisions' : 'applyProjectChanges'
      const take: (changes: never) => Promise<void> = project[name].bind(project)
      if (when === 'before') project.taskStore.remove('_generatedTask_1')
      else
        project[name] = (changes: object) => {
          project[name] = take
          project.taskStore.remove('_generatedTask_1')
          return take(changes as never)
        }
      await stage.heard()
      const changes = { tasks: { added: [{ $PhantomId: '_generatedTask_1', id: 7 }] } }
      const heard = await stage.say({ command: 'projectChange', project: 1, changes })
      expect(heard).toMatchObject([{ changes: { tasks: { removed: [{ id: 7 }] } } }])
      expect(project.taskStore.records.map(({ id }) => id)).toEqual([1, 2])
      expect(stage.connection.client.tasks.has(7)).toBe(false)
    },
  )

  test('[BR1] what its user puts elsewhere while it takes what others did is sent', async () => {
    const stage = await start()
    const { project } = stage
    const [dig, fill] = project.taskStore.records
    const name = revisionsEnabled ? 'applyRevisions' : 'applyProjectChanges'
    const take: (changes: never) => Promise<void> = project[name].bind(project)
    project[name] = async (changes: object) => {
      project[name] = take
      await take(changes as never)
      if (dig && fill) project.taskStore.rootNode.insertChild(fill, dig)
    }
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: 'Theirs' }] } },
    })
    expect(stage.connection.client.tasks.children(null).map(({ id }) => id)).toEqual([2, 1])
    expect(stage.names()).toContainEqual([1, 'Theirs'])
  })

  test('[BR1] edits made offline are sent on return, on top of what others did', async () => {
    const stage = await start()
    for (const line of stage.network.connections) line.drop()
    await stage.heard()
    stage.project.taskStore.getById(1)?.set({ name: 'Offline' })
    await stage.heard()
    stage.clock.advance(60_000)
    await stage.heard()
    await stage.say({ command: 'login' })
    const theirs = {
      ...DATASET,
      dataset: { ...DATASET.dataset, tasksData: [{ ...DATASET.dataset.tasksData[0], note: 'theirs' }] },
    }
    const frames = await stage.say(theirs)
    expect(frames.find(({ command }) => command === 'projectChange')).toMatchObject({
      changes: { tasks: { updated: [{ id: 1, name: 'Offline' }] } },
    })
    expect(stage.names()).toEqual([[1, 'Offline']])
    expect(stage.project.taskStore.getById(1)?.get('note')).toBe('theirs')
  })

  test('[BR3] a reset while a form is open leaves what is typed, which is an edit of what the reset brought', async () => {
    const stage = await start()
    const close = stage.project.openForm()
    stage.project.taskStore.getById(1)?.set({ name: 'Typing' })
    const fresh = { ...DATASET.dataset, tasksData: [{ ...DATASET.dataset.tasksData[0], note: 'of the reset' }] }
    await stage.say({ ...DATASET, dataset: fresh }, { command: 'reset', project: 1, userName: 'x' })
    expect(stage.project.taskStore.getById(1)?.get('name')).toBe('Typing')
    close()
    expect(await stage.changes()).toMatchObject([{ tasks: { updated: [{ id: 1, name: 'Typing' }] } }])
    expect(stage.names()).toEqual([[1, 'Typing']])
    expect(stage.project.taskStore.getById(1)?.get('note')).toBe('of the reset')
  })

  test('[BR2] a removal that is undone, again and again, comes back as a new record each time', async () => {
    const stage = await start()
    const { taskStore } = stage.project
    const fields = { name: 'Fill', parentId: null }
    let id: RecordId = 2
    for (const real of [7, 8]) {
      taskStore.remove(id)
      expect(await stage.changes()).toMatchObject([{ tasks: { removed: [{ id }] } }])
      // The model says the id that the record had for a phantom one, whatever the server knows by it.
      taskStore.add(fields, id)
      const [changes] = (await stage.changes()) as { tasks: { added: { $PhantomId: string; name: string }[] } }[]
      const phantom = changes?.tasks.added[0]?.$PhantomId
      expect(phantom).toMatch(/^_generated/)
      expect(changes?.tasks.added).toMatchObject([{ name: 'Fill' }])
      await stage.say({
        command: 'projectChange',
        project: 1,
        changes: { tasks: { added: [{ $PhantomId: phantom, id: real }] } },
      })
      id = real
      expect(stage.names()).toEqual([
        [1, 'Dig'],
        [real, 'Fill'],
      ])
    }
  })

  test('[BR6] nothing is left after disconnect, and a second one does nothing', async () => {
    const stage = await start()
    stage.connection.disconnect()
    stage.connection.disconnect()
    expect(stage.project.listeners).toBe(0)
    expect('wsSend' in stage.project).toBe(false)
    expect(stage.connection.client.connection.state).toBe('closed')
    connectProject(stage.project, { transport: stage.network.transport, outbox: false }).disconnect()
  })

  test('what a read-only model lets its user do is taken back and not sent', async () => {
    const stage = await start({ readOnly: true })
    stage.project.taskStore.getById(1)?.set({ name: 'Mine' })
    expect(await stage.changes()).toEqual([])
    expect(stage.project.taskStore.getById(1)?.get('name')).toBe('Dig')
  })
})

describe('beside the project', () => {
  test('[BR6] the Versions feature hears its answers', async () => {
    const stage = await loaded()
    const { project } = stage.connection
    void project.wsSend('requestVersionAutoSave', { project: 1 })
    void project.wsSend('loadVersionContent', { project: 1, versionId: 15 })
    expect((await stage.heard()).map(({ command }) => command)).toEqual([
      'requestVersionAutoSave',
      'loadVersionContent',
    ])
    await stage.say({ command: 'versionAutoSaveOK', project: 1 })
    await stage.say({ command: 'loadVersionContent', project: 1, versionId: 15, content: { tasks: [] } })
    expect(stage.project.triggered).toEqual([
      ['wsVersionAutoSaveOK', { project: 1 }],
      ['loadVersionContent', { project: 1, versionId: 15, content: { tasks: [] } }],
    ])
  })

  test('[BR7] a transport of its own is warned of once', async () => {
    const project = new ProjectDouble()
    project.loadUrl = '/load'
    const stage = await loaded({}, project)
    expect(stage.logged.filter((text) => text.includes('loadUrl'))).toHaveLength(1)
    expect(() => connectProject(project)).toThrow('connected already')
  })

  test('[BR7] a model that fails to take a change is loaded anew', async () => {
    const stage = await loaded()
    const take = stage.project.applyProjectChanges.bind(stage.project)
    let calls = 0
    stage.project.applyProjectChanges = async (changes) => {
      calls += 1
      if (calls === 1) throw new Error('half of it')
      await take(changes)
    }
    await stage.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: 'Theirs' }] } },
    })
    expect(stage.failures).toMatchObject([{ message: 'half of it' }])
    expect(stage.project.taskStore.getById(1)?.get('name')).toBe('Theirs')
  })

  test('address and project of the model itself are used, as its configuration keeps them', async () => {
    const project = Object.assign(new ProjectDouble(), { wsAddress: 'ws://server/', wsProjectId: 1 })
    const stage = new Stage(project, { credentials: { login: 'user' } })
    expect((await stage.heard())[0]).toMatchObject({ command: 'login', login: 'user' })
    stage.connection.disconnect()
    expect(project.wsAddress).toBe('ws://server/')
  })
})
