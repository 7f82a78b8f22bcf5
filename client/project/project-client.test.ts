import { describe, expect, test } from 'vitest'
import type { Transport } from '../ports/ports.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { seededRandom } from '../testing/seeded-random.ts'
import { ProjectClient } from './project-client.ts'
import { datasetFrame, type Frame, loadedScript, Script } from './scripted-server.contract.ts'

const quiet = { clock: new ManualClock(), random: seededRandom(1), logger: () => {} }
const turn = () => Promise.resolve()
const names = (script: Script) => script.client.tasks.all().map((task) => task.name)

describe('the documents’ snippet, nothing awaited', () => {
  test('address, login and project id in one turn: connects, logs in, then loads', () => {
    const script = new Script()
    const project = script.client
    project.wsAddress = 'ws://localhost:8080'
    project.wsSend('login', { login: 'user' })
    project.wsProjectId = 1
    expect(project.connection.state).toBe('connecting')
    const login = { login: 'user', planwire: { version: 1, client: 'me' } }
    expect(script.heard()).toEqual([{ command: 'login', ...login, data: login }])
    expect(project.connection.state).toBe('authenticating')
    script.say({ command: 'login' })
    expect(project.connection).toEqual({ state: 'open', userName: 'user' })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', [{ id: 1, name: 'a' }]))
    expect(names(script)).toEqual(['a'])
  })

  test('the project id may come before the address and the login', () => {
    const script = new Script({ wsProjectId: 1, wsAddress: 'ws://server/', dialect: 'bryntum-flat' })
    expect(script.heard()).toEqual([])
    script.client.wsSend('login', { login: 'user', password: 'x' })
    expect(script.heard()).toMatchObject([{ command: 'login', login: 'user', password: 'x' }])
    script.say({ command: 'login' })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
  })

  test('a server that answers a login with the documented broadcast alone is understood', () => {
    const script = new Script({ wsProjectId: 1, wsAddress: 'ws://server/', credentials: { login: 'user' } })
    script.heard()
    script.say({ command: 'login', userName: 'user' }, { command: 'users', users: ['user'] })
    expect(script.client.connection.state).toBe('open')
    expect(script.client.users).toEqual(['user'])
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
  })

  test('the answer to one login in both envelopes tells the dialect', () => {
    expect(loadedScript('flat').client.dialect).toBe('bryntum-flat')
    expect(loadedScript('revisions').client.dialect).toBe('bryntum-revisions')
  })

  test('a dataset without a project id belongs to the loaded project, and projectMeta is read inside or beside it', () => {
    const script = loadedScript('flat')
    script.say({ command: 'dataset', dataset: { tasksData: [{ id: 2, name: 'b' }], projectMeta: { hoursPerDay: 7 } } })
    expect(names(script)).toEqual(['b'])
    expect(script.client.meta).toEqual({ hoursPerDay: 7 })
    script.say({ command: 'dataset', project: 1, projectMeta: { hoursPerDay: 6 }, dataset: { tasksData: [] } })
    expect(script.client.meta).toEqual({ hoursPerDay: 6 })
  })
})

test('a project that is read into an empty client is told once, with its stores whole, and the tree that was looked at before shows it', () => {
  const script = new Script({ wsProjectId: 1, wsAddress: 'ws://server/', credentials: { login: 'user' } })
  const { client } = script
  script.heard()
  expect([client.tasks.children(null), client.resources.all(), client.tasks.size]).toEqual([[], [], 0])
  const told: unknown[] = []
  client.on('change', (batch) => told.push(batch))
  const parent = { id: 1, name: 'a', parentId: null, parentIndex: 0 }
  const child = { id: 2, name: 'b', parentId: 1, parentIndex: 0 }
  const dataset = { tasksData: [parent, child], resourcesData: [{ id: 1, name: 'r' }], dependenciesData: [] }
  script.say({ command: 'login' }, { command: 'dataset', project: 1, dataset })
  const nothing = { updated: [], removed: [], rekeyed: [] }
  const stores = {
    tasks: { added: [parent, child], ...nothing },
    resources: { added: dataset.resourcesData, ...nothing },
  }
  expect(told).toEqual([{ origin: 'dataset', stores }])
  expect(client.tasks.children(null)).toEqual([parent])
  expect(client.tasks.children(1)).toEqual([child])
  expect(client.resources.all()).toEqual([{ id: 1, name: 'r' }])
})

test('a transport may call back from within open() and send()', async () => {
  let said: Frame[] = []
  const transport: Transport = {
    open(_url, listener) {
      listener.opened()
      return {
        send(text) {
          const frame: Frame = JSON.parse(text)
          said.push(frame)
          if (frame['command'] === 'login') listener.frame('{"command":"login"}')
          if (frame['command'] === 'dataset')
            listener.frame(JSON.stringify(datasetFrame('flat', [{ id: 1, name: 'a' }])))
        },
        close: () => listener.closed(1005, ''),
      }
    },
  }
  const client = new ProjectClient({
    ...quiet,
    transport,
    wsAddress: 'ws://server/',
    credentials: { login: 'user' },
    wsProjectId: 1,
  })
  expect(client.connection.state).toBe('open')
  expect(client.tasks.get(1)?.name).toBe('a')
  said = []
  client.tasks.update(1, { name: 'b' })
  await turn()
  expect(said).toMatchObject([{ command: 'projectChange' }])
})

describe('edits', () => {
  test('[CH1] the edits of one turn leave as one changeset, and `changes` shows them until then in the documents’ shape', async () => {
    const script = loadedScript('flat')
    const { client } = script
    const task = client.tasks.add({ name: 'New task' })
    client.tasks.update(1, { name: 'New name' })
    expect(client.changes).toEqual({
      tasks: {
        added: [{ $PhantomId: task.id, name: 'New task', parentIndex: 1 }],
        updated: [{ id: 1, name: 'New name' }],
      },
      resources: {},
      dependencies: {},
      assignments: {},
    })
    await turn()
    expect(client.changes).toBeNull()
    expect(script.heard()).toEqual([
      {
        command: 'projectChange',
        project: 1,
        changes: {
          tasks: {
            added: [{ $PhantomId: task.id, name: 'New task', parentIndex: 1 }],
            updated: [{ id: 1, name: 'New name' }],
          },
        },
      },
    ])
    expect(client.pendingCount).toBe(1)
    script.say({
      command: 'projectChange',
      project: 1,
      changes: {
        tasks: {
          added: [{ $PhantomId: task.id, id: 10, name: 'New task', parentIndex: 1 }],
          updated: [{ id: 1, name: 'New name' }],
        },
      },
    })
    expect(client.pendingCount).toBe(0)
    expect(client.tasks.all()).toMatchObject([
      { id: 1, name: 'New name' },
      { id: 10, name: 'New task', parentIndex: 1 },
    ])
    expect(client.tasks.get(task.id)?.id).toBe(10)
  })

  test('[CH1] without autoCommit nothing leaves before commit()', async () => {
    const script = loadedScript('flat', { autoCommit: false })
    script.client.tasks.update(1, { name: 'b' })
    await turn()
    expect(script.heard()).toEqual([])
    script.client.commit()
    expect(script.heard()).toMatchObject([{ command: 'projectChange' }])
  })

  test('[CH1] a transaction is one changeset and one change event', () => {
    const script = loadedScript('flat')
    const batches: unknown[] = []
    script.client.on('change', (batch) => batches.push(batch))
    script.client.transact(() => {
      script.client.tasks.update(1, { name: 'b' })
      script.client.tasks.update(1, { name: 'c' })
      script.client.resources.add({ name: 'Ann' })
    })
    expect(batches).toMatchObject([
      {
        origin: 'local',
        stores: {
          tasks: { updated: [{ before: { name: 'a' }, after: { name: 'c' } }] },
          resources: { added: [{ name: 'Ann' }] },
        },
      },
    ])
    expect(script.heard()).toHaveLength(1)
  })

  test('[CH2 CH3] an edit that changes nothing sends nothing, and neither does an add that is taken back', () => {
    const script = loadedScript('flat')
    script.client.transact(() => {
      script.client.tasks.update(1, { name: 'a' })
      script.client.tasks.remove(script.client.tasks.add({ name: 'x' }).id)
    })
    expect(script.heard()).toEqual([])
    expect(script.client.pendingCount).toBe(0)
  })

  test('[CH5] a removed task takes its children, dependencies and assignments along', () => {
    const script = loadedScript('flat', {}, [
      { id: 1, name: 'a', children: [{ id: 2, name: 'b', children: [{ id: 3, name: 'c' }] }] },
      { id: 4, name: 'd' },
    ])
    const { client } = script
    client.transact(() => {
      client.dependencies.add({ from: 4, to: 3 })
      client.assignments.add({ event: 2, resource: 9 })
    })
    script.heard()
    client.transact(() => client.tasks.remove(1))
    expect(client.tasks.all().map((task) => task.id)).toEqual([4])
    expect(client.dependencies.size + client.assignments.size).toBe(0)
  })

  test('moving a task renumbers its new siblings, and a move below itself is refused with a reason', () => {
    const script = loadedScript('flat', {}, [{ id: 1, children: [{ id: 2 }, { id: 3 }] }, { id: 4 }])
    const { client } = script
    client.transact(() => client.tasks.move(4, { parentId: 1, index: 1 }))
    expect(client.tasks.children(1).map((task) => task.id)).toEqual([2, 4, 3])
    expect(client.tasks.parent(4)?.id).toBe(1)
    expect(script.heard()).toMatchObject([
      {
        changes: {
          tasks: {
            updated: [
              { id: 4, parentId: 1, parentIndex: 1 },
              { id: 3, parentIndex: 2 },
            ],
          },
        },
      },
    ])
    expect(() => client.tasks.move(1, { parentId: 4 })).toThrow('below itself')
  })

  test('[CH4] an edit of one end of a bar carries the other end: the last edit decides the whole bar', () => {
    const script = loadedScript('flat', {}, [{ id: 1, startDate: '2026-01-01', endDate: '2026-01-03', duration: 2 }])
    script.client.transact(() => script.client.tasks.update(1, { endDate: '2026-01-05' }))
    expect(script.heard()).toMatchObject([
      { changes: { tasks: { updated: [{ id: 1, startDate: '2026-01-01', endDate: '2026-01-05', duration: 2 }] } } },
    ])
  })

  test('an edit of a record that somebody removed says so', () => {
    const script = loadedScript('flat')
    expect(() => script.client.tasks.update(99, { name: 'x' })).toThrow(
      expect.objectContaining({ code: 'not-found', details: { store: 'tasks', id: 99 } }),
    )
  })

  test('[RB6] records and lists are stable until they change', () => {
    const script = loadedScript('flat', {}, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    const before = script.client.tasks.all()
    expect(script.client.tasks.all()).toBe(before)
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name: 'x' }] } } })
    expect(script.client.tasks.all()).not.toBe(before)
    expect(script.client.tasks.get(2)).toBe(before[1])
  })

  test('a listener that edits is heard after what came before it, and a listener that throws stops nobody', () => {
    const script = loadedScript('extension')
    let heard = 0
    script.client.on('change', () => {
      throw new Error('listener broke')
    })
    script.client.on('change', ({ origin }) => {
      heard += 1
      if (origin === 'remote' && heard === 1)
        script.client.transact(() => script.client.tasks.update(1, { note: 'seen' }))
    })
    script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1 },
      changes: { tasks: { updated: [{ id: 1, name: 'b' }] } },
    })
    expect(heard).toBe(2)
    expect(script.client.tasks.get(1)).toMatchObject({ id: 1, name: 'b', note: 'seen' })
    expect(script.event('error')).toMatchObject({
      code: 'handler-failed',
      message: expect.stringContaining('listener broke'),
    })
  })
})

describe('a planwire server', () => {
  const change = (revision: number, name: string, extra: object = {}) => ({
    command: 'projectChange',
    project: 1,
    planwire: { epoch: 'e1', revision, ...extra },
    changes: { tasks: { updated: [{ id: 1, name }] } },
  })

  test('[AK3] an own change is confirmed by its order and done with its ack', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    expect(script.heard()).toMatchObject([{ planwire: { counter: 1 } }])
    script.say(change(1, 'mine', { changeset: 'me:1' }))
    expect(script.client.pendingCount).toBe(1)
    script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } })
    expect(script.client.pendingCount).toBe(0)
  })

  test('[AK2] of two crossing edits of one field the server’s last one wins', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.say(change(1, 'theirs'))
    expect(names(script)).toEqual(['mine'])
    script.say(change(2, 'mine', { changeset: 'me:1' }))
    expect(names(script)).toEqual(['mine'])
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine again' }))
    script.say(change(3, 'mine again', { changeset: 'me:2' }), change(4, 'theirs'))
    expect(names(script)).toEqual(['theirs'])
  })

  test('[AK2] a repeated revision changes nothing, a gap or another epoch asks for the dataset', () => {
    const script = loadedScript('extension')
    script.say(change(1, 'one'), change(1, 'again'))
    expect(names(script)).toEqual(['one'])
    expect(script.heard()).toEqual([])
    script.say(change(3, 'three'))
    expect(names(script)).toEqual(['one'])
    expect(script.heard()).toMatchObject([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('extension', [{ id: 1, name: 'three' }], 3))
    script.say({ ...change(1, 'other'), planwire: { epoch: 'e2', revision: 1 } })
    expect(script.heard()).toMatchObject([{ command: 'dataset', project: 1 }])
  })

  test('[AK1 AK9 CN3] after a dropped socket: login, dataset, then the changes that were not confirmed, under their old ids', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.heard()
    script.drop()
    expect(script.client.connection.state).toBe('waiting')
    script.client.transact(() => script.client.tasks.add({ name: 'offline' }))
    expect(names(script)).toEqual(['mine', 'offline'])
    script.clock.advance(1_000)
    expect(script.heard()).toMatchObject([{ command: 'login' }])
    script.say({ command: 'login', planwire: { version: 1 } })
    expect(script.heard()).toMatchObject([{ command: 'dataset' }])
    script.say(datasetFrame('extension', [{ id: 1, name: 'mine' }], 1))
    expect(script.heard()).toMatchObject([{ planwire: { counter: 1 } }, { planwire: { counter: 2 } }])
    // The first one was stored before the drop: the server repeats its order.
    script.say(change(1, 'mine', { changeset: 'me:1' }))
    expect(names(script)).toEqual(['mine', 'offline'])
    // It shows in the dataset, yet nobody knows whether it is durable before its ack.
    expect(script.client.pendingCount).toBe(2)
    script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } })
    expect(script.client.pendingCount).toBe(1)
  })

  test('[AK4] what was ordered and not acknowledged before a drop is asked for again', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.add({ name: 'new' }))
    const [sent] = script.heard() as [{ changes: { tasks: { added: object[] } } }]
    const ordered = { tasks: { added: [{ ...sent.changes.tasks.added[0], id: 100 }] } }
    script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1, changeset: 'me:1' },
      changes: ordered,
    })
    const reconnect = (tasks: Frame[], revision: number): Frame[] => {
      script.drop()
      script.clock.advance(1_000)
      script.heard()
      script.say({ command: 'login', planwire: { version: 1 } })
      script.heard()
      script.say(datasetFrame('extension', tasks, revision))
      return script.heard()
    }
    const old = { id: 1, name: 'a' }
    expect(reconnect([old, { id: 100, name: 'new' }], 1)).toMatchObject([
      { command: 'projectChange', planwire: { counter: 1 } },
    ])
    expect([names(script), script.client.pendingCount]).toEqual([['a', 'new'], 1])
    // The server lost its tail: the record is new again, under its old phantom id.
    expect(reconnect([old], 0)).toMatchObject([{ planwire: { counter: 1 }, changes: sent.changes }])
    expect([names(script), script.client.pendingCount]).toEqual([['a', 'new'], 1])
    script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1, changeset: 'me:1' },
      changes: ordered,
    })
    script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } })
    expect([names(script), script.client.pendingCount]).toEqual([['a', 'new'], 0])
  })

  test('[RB5] a refused changeset is rolled back and the app is told which one and why', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'bad' }))
    script.client.transact(() => script.client.tasks.update(1, { note: 'good' }))
    script.say({ command: 'projectChange', project: 1, error: 'No', planwire: { changeset: 'me:1' } })
    expect(script.client.tasks.get(1)).toMatchObject({ id: 1, name: 'a', note: 'good' })
    expect(script.event('rejected')).toMatchObject({
      error: { code: 'rejected', message: 'No' },
      changes: { tasks: { updated: [{ id: 1, name: 'bad' }] } },
    })
  })

  test('[AK11] a reset rejects what was not sent before it, and says who did it', () => {
    const script = loadedScript('revisions')
    const task = script.client.tasks.add({ name: 'new' })
    script.client.commit()
    script.client.transact(() => script.client.tasks.update(task.id, { name: 'renamed' }))
    const [sent] = script.heard() as [{ data: { revisions: [{ changes: { tasks: { added: object[] } } }] } }]
    script.say(datasetFrame('revisions', [{ id: 1, name: 'fresh' }]), {
      command: 'reset',
      data: { project: 1, userName: 'Ann' },
    })
    expect(script.events.filter(([name]) => name === 'rejected')).toMatchObject([
      ['rejected', { error: { code: 'reset' }, changes: { tasks: { updated: [{ name: 'renamed' }] } } }],
    ])
    expect(script.event('reset')).toEqual({ userName: 'Ann', project: 1 })
    // The server had not seen the first one when it was reset: it stores it now.
    const added = sent.data.revisions[0].changes.tasks.added[0]
    const echo = { revision: 'server-1', localRevision: 'local-1', client: 'client-1' }
    script.say({
      command: 'project_change',
      data: { project: 1, revisions: [{ ...echo, changes: { tasks: { added: [{ ...added, id: 7 }] } } }] },
    })
    expect(names(script)).toEqual(['fresh', 'new'])
    expect(script.client.pendingCount).toBe(0)
  })

  test('[RB4] a record that is removed while it is edited here is gone, and the app is told', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1 },
      changes: { tasks: { removed: [{ id: 1 }] } },
    })
    expect(names(script)).toEqual([])
    expect(script.event('conflict')).toEqual({ store: 'tasks', id: 1, ours: { name: 'mine' }, theirs: undefined })
  })

  test('[RB4] the app is told, too, when a dataset shows that the record is gone, and once', () => {
    const script = loadedScript('flat', {}, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    const { client } = script
    script.drop()
    client.transact(() => client.tasks.update(1, { name: 'mine' }))
    client.transact(() => client.tasks.update(2, { name: 'mine too' }))
    client.transact(() => client.tasks.add({ name: 'new' }))
    const conflict = { store: 'tasks', id: 1, ours: { name: 'mine' }, theirs: undefined }
    for (let time = 0; time < 2; time++) {
      script.clock.advance(5_000)
      script.heard()
      script.say({ command: 'login' })
      script.heard()
      script.say(datasetFrame('flat', [{ id: 2, name: 'b' }]))
      expect(script.events.filter(([name]) => name === 'conflict')).toEqual([['conflict', conflict]])
      script.drop()
    }
    expect(names(script)).toEqual(['mine too', 'new'])
  })

  test('[AK11] a reset tells of what it rejects in one way, not in two', () => {
    const script = loadedScript('revisions')
    script.client.transact(() => script.client.tasks.add({ name: 'new' }))
    script.client.transact(() => {
      const [task] = script.client.tasks.all().filter(({ name }) => name === 'new')
      if (task) script.client.tasks.update(task.id, { note: 'waits for the name of its record' })
      script.client.tasks.update(1, { name: 'mine' })
    })
    script.say(datasetFrame('revisions', [{ id: 2, name: 'seed' }]), {
      command: 'reset',
      data: { userName: 'other', project: 1 },
    })
    expect(script.events.map(([name]) => name).filter((name) => name === 'rejected' || name === 'conflict')).toEqual([
      'rejected',
    ])
  })
})

describe('coming back to a planwire server', () => {
  const frame = (revision: number, changes: object, changeset?: string) => ({
    command: 'projectChange',
    project: 1,
    planwire: { epoch: 'e1', revision, ...(changeset ? { changeset } : {}) },
    changes,
  })
  const position = (revision: number) => ({ epoch: 'e1', revision })

  function returned(script: Script): Frame[] {
    script.drop()
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    return script.heard()
  }

  test('[AK12] only what is missing is read: own changesets are recognised in it, then the rest is sent', () => {
    const script = loadedScript('extension')
    const { client } = script
    const task = client.transact(() => client.tasks.add({ name: 'new' }))
    client.transact(() => client.tasks.update(task.id, { name: 'renamed' }))
    expect(returned(script)).toEqual([{ command: 'dataset', project: 1, planwire: { ...position(0), counter: 2 } }])
    script.say(
      frame(1, { tasks: { updated: [{ id: 1, name: 'theirs' }] } }),
      frame(2, { tasks: { added: [{ $PhantomId: task.id, id: 100, name: 'new', parentIndex: 1 }] } }, 'me:1'),
      { command: 'caughtUp', project: 1, planwire: position(2) },
    )
    expect(names(script)).toEqual(['theirs', 'renamed'])
    expect(script.heard()).toMatchObject([
      // Ordered while the line was down, so its ack may have been lost with it: asked for again.
      { planwire: { counter: 1 } },
      { planwire: { counter: 2 }, changes: { tasks: { updated: [{ id: 100, name: 'renamed' }] } } },
    ])
  })

  test('[AK12] a server that no longer has the history sends the dataset instead', () => {
    const script = loadedScript('extension')
    returned(script)
    script.say(datasetFrame('extension', [{ id: 2, name: 'fresh' }], 40, 'e2'))
    expect(names(script)).toEqual(['fresh'])
  })

  test('[AK12] if something is missing even so, the whole project is read', () => {
    const script = loadedScript('extension')
    returned(script)
    script.say(frame(1, {}), { command: 'caughtUp', project: 1, planwire: position(3) })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
  })

  test('[AK19] a position is told with the run that gave it, which the first change of a run names', () => {
    const script = loadedScript('extension')
    script.say(
      { ...frame(1, { tasks: { updated: [{ id: 1, name: 'b' }] } }), planwire: { ...position(1), run: 'r1' } },
      frame(2, { tasks: { updated: [{ id: 1, name: 'c' }] } }),
    )
    const known = { ...position(2), run: 'r1' }
    expect(returned(script)).toEqual([{ command: 'dataset', project: 1, planwire: { ...known, counter: 0 } }])
    script.say({ command: 'caughtUp', project: 1, planwire: { ...position(2), run: 'r2' } })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
  })

  test('[AK19] what a server lost in the same epoch is sent again as new, and undo does not touch the ids that it knew', () => {
    const script = loadedScript('extension')
    const { client } = script
    const task = client.transact(() => client.tasks.add({ name: 'mine' }))
    script.say(frame(1, { tasks: { added: [{ $PhantomId: task.id, id: 100, name: 'mine', parentIndex: 1 }] } }, 'me:1'))
    expect([names(script), client.canUndo]).toEqual([['a', 'mine'], true])
    returned(script)
    const dataset = datasetFrame(
      'extension',
      [
        { id: 1, name: 'a' },
        { id: 100, name: 'theirs' },
      ],
      1,
    )
    script.say({ ...dataset, planwire: { ...position(1), run: 'r2', lost: true } })
    expect([names(script), client.canUndo]).toEqual([['a', 'theirs', 'mine'], false])
    expect(script.heard()).toMatchObject([
      { planwire: { counter: 1 }, changes: { tasks: { added: [{ $PhantomId: task.id, name: 'mine' }] } } },
    ])
  })

  test('[AK13] a server that has forgotten the client gets nothing twice: the app is told what is unsure', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'sent' }))
    script.heard()
    script.drop()
    script.client.transact(() => script.client.tasks.update(1, { note: 'never sent' }))
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.heard()
    script.say({ command: 'dataset', project: 1, error: 'Client expired', planwire: { code: 'client-expired' } })
    expect(script.event('rejected')).toMatchObject({ error: { code: 'client-expired', recovery: 'drop-changeset' } })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }], 7))
    expect(script.heard()).toMatchObject([{ planwire: { counter: 2 } }])
    expect(script.client.tasks.get(1)).toMatchObject({ name: 'a', note: 'never sent' })
  })

  test('[PR1 PR2] presence is told at most every 50 ms, repeated every 10 s, and again after a drop', () => {
    const script = loadedScript('extension')
    const sent = () => script.heard().filter((heard) => heard['command'] === 'presence')
    script.client.setPresence({ task: 1 })
    script.client.setPresence({ task: 2 })
    script.client.setPresence({ task: 3 })
    expect(sent()).toEqual([{ command: 'presence', planwire: { state: { task: 1 } } }])
    script.clock.advance(50)
    expect(sent()).toEqual([{ command: 'presence', planwire: { state: { task: 3 } } }])
    script.clock.advance(50)
    expect(sent()).toHaveLength(1)
    script.clock.advance(9_999)
    expect(sent()).toHaveLength(0)
    script.clock.advance(1)
    expect(sent()).toHaveLength(1)
    returned(script)
    script.say({ command: 'caughtUp', project: 1, planwire: position(0) })
    expect(sent()).toHaveLength(1)
    script.client.setPresence(null)
    script.clock.advance(50)
    expect(sent()).toEqual([{ command: 'presence', planwire: { state: null } }])
    script.clock.advance(60_000)
    expect(sent()).toEqual([])
  })

  test('[PR3] others are in sight until they leave, and nobody is while the line is down', () => {
    const script = loadedScript('extension')
    const ann = (state: object | null) => ({ command: 'presence', planwire: { client: 'c9', userName: 'Ann', state } })
    script.say(ann({ task: 1 }), ann({ task: 2 }))
    expect(script.client.peers).toEqual([{ client: 'c9', userName: 'Ann', state: { task: 2 } }])
    script.say(ann(null))
    expect(script.client.peers).toEqual([])
    script.say(ann({ task: 1 }))
    script.drop()
    expect(script.client.peers).toEqual([])
  })

  test('[PR4] presence is not sent to a server without the extension', () => {
    const script = loadedScript('flat')
    script.client.setPresence({ task: 1 })
    script.clock.advance(10_000)
    expect(script.heard().filter((heard) => heard['command'] === 'presence')).toEqual([])
  })
})

describe('a flat server', () => {
  const change = (changes: object) => ({ command: 'projectChange', project: 1, changes })

  test('[AK6] a silent commit is unconfirmed until a dataset shows it', async () => {
    const script = loadedScript('flat')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    expect([script.client.pendingCount, script.client.unconfirmedCount]).toEqual([0, 1])
    script.heard()
    const synced = script.client.whenSynced()
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', [{ id: 1, name: 'mine' }]))
    await synced
    expect(script.client.unconfirmedCount).toBe(0)
  })

  test('[AK6] BC4: a crossing edit of the same field makes it look at the dataset, and all tabs show the server’s value', () => {
    const script = loadedScript('flat')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.heard()
    script.say(change({ tasks: { updated: [{ id: 1, name: 'theirs' }] } }))
    expect(script.heard()).toEqual([])
    for (let read = 0; read < 6 && script.client.unconfirmedCount; read++) {
      script.clock.advance(5_000)
      for (const _ of script.heard()) script.say(datasetFrame('flat', [{ id: 1, name: 'theirs' }]))
    }
    expect(names(script)).toEqual(['theirs'])
    expect(script.client.unconfirmedCount).toBe(0)
  })

  test('[AK6] a late commit is waited for: the edit stays in sight while the dataset does not show it yet', () => {
    const script = loadedScript('flat')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.say(change({ tasks: { updated: [{ id: 1, name: 'theirs' }] } }))
    script.heard()
    script.clock.advance(200)
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', [{ id: 1, name: 'theirs' }]))
    expect(names(script)).toEqual(['mine'])
    script.clock.advance(400)
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', [{ id: 1, name: 'mine' }]))
    expect([names(script), script.client.unconfirmedCount]).toEqual([['mine'], 0])
  })

  test('[AK6] a server that is slow is waited for as long as it comes on: the tries count from the last change that it showed', () => {
    const script = loadedScript('flat')
    const { client } = script
    for (const name of ['one', 'two', 'three']) client.transact(() => client.tasks.update(1, { [name]: name }))
    script.say(change({ tasks: { updated: [{ id: 1, one: 'theirs' }] } }))
    script.heard()
    const reads = (shown: object): number => {
      script.clock.advance(5_000)
      const { length } = script.heard()
      if (length) script.say(datasetFrame('flat', [{ id: 1, name: 'a', ...shown }]))
      return length
    }
    for (let read = 0; read < 3; read++) expect(reads({})).toBe(1)
    for (let read = 0; read < 3; read++) expect(reads({ one: 'one' })).toBe(1)
    expect(client.unconfirmedCount).toBe(2)
    expect(reads({ one: 'one', two: 'two' })).toBe(1)
    for (let read = 0; read < 2; read++) expect(reads({ one: 'one', two: 'two' })).toBe(1)
    expect([client.tasks.get(1), client.unconfirmedCount]).toMatchObject([{ three: 'three' }, 1])
    expect([reads({ one: 'one', two: 'two' }), reads({})]).toEqual([1, 0])
    expect([client.tasks.get(1)?.['three'], client.unconfirmedCount]).toEqual([undefined, 0])
  })

  test('[AK8] an edit of a new record waits until the server has named it', () => {
    const script = loadedScript('flat')
    const { client } = script
    const task = client.transact(() => client.tasks.add({ name: 'new' }))
    client.transact(() => client.tasks.update(task.id, { name: 'renamed' }))
    client.transact(() => client.tasks.add({ name: 'child', parentId: task.id }))
    expect(script.heard()).toHaveLength(1)
    script.say(change({ tasks: { added: [{ $PhantomId: task.id, id: 100, name: 'new', parentIndex: 1 }] } }))
    expect(script.heard()).toMatchObject([
      { changes: { tasks: { updated: [{ id: 100, name: 'renamed' }] } } },
      { changes: { tasks: { added: [{ parentId: 100, name: 'child' }] } } },
    ])
  })

  test('[AK9] BO5: adds are not sent twice when the dataset after a drop already holds their phantom id', () => {
    const script = loadedScript('flat')
    const task = script.client.transact(() => script.client.tasks.add({ name: 'new' }))
    script.heard()
    script.drop()
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login' })
    script.heard()
    script.say(
      datasetFrame('flat', [
        { id: 1, name: 'a' },
        { id: 100, name: 'new', $PhantomId: task.id },
      ]),
    )
    expect(script.heard()).toEqual([])
    expect(names(script)).toEqual(['a', 'new'])
    expect(script.client.tasks.get(task.id)?.id).toBe(100)
  })

  test('[AK10] a removal of what others refer to is followed by a look at the dataset', () => {
    const script = loadedScript('flat', {}, [
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
    ])
    script.client.transact(() => script.client.tasks.remove(1))
    script.say(change({ tasks: { updated: [{ id: 2, parentId: 1 }] } }))
    script.heard()
    script.clock.advance(200)
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', []))
    expect([names(script), script.client.unconfirmedCount]).toEqual([[], 0])
  })

  test('[AK6] an answer that names nothing but the ids, as in the documents’ example, keeps the author’s fields', () => {
    const script = loadedScript('flat')
    const { client } = script
    const [parent, child] = client.transact(() => {
      const first = client.tasks.add({ name: 'parent', startDate: '2026-01-01' })
      return [first, client.tasks.add({ name: 'child', parentId: first.id })]
    })
    const ids = [
      { $PhantomId: parent.id, id: 10 },
      { $PhantomId: child.id, id: 11 },
    ]
    script.say(change({ tasks: { added: ids } }))
    expect(client.tasks.get(10)).toEqual({ id: 10, name: 'parent', startDate: '2026-01-01', parentIndex: 1 })
    expect(client.tasks.get(11)).toEqual({ id: 11, name: 'child', parentId: 10, parentIndex: 0 })
  })

  test('[AK6] the pauses between looks at the dataset do not grow with the number of crossings', async () => {
    const script = loadedScript('flat')
    let synced = false
    for (let at = 0; at < 20; at++) {
      script.client.transact(() => script.client.tasks.update(1, { name: `mine ${at}` }))
      script.say(change({ tasks: { updated: [{ id: 1, name: 'theirs' }] } }))
    }
    script.heard()
    void script.client.whenSynced().then(() => (synced = true))
    for (let waited = 0; waited < 5_000; waited += 100) {
      script.clock.advance(100)
      for (const _ of script.heard()) script.say(datasetFrame('flat', [{ id: 1, name: 'theirs' }]))
    }
    await turn()
    expect([synced, names(script), script.client.unconfirmedCount]).toEqual([true, ['theirs'], 0])
  })

  test('[AK18] a server that lost its memory gives an id again: an old removal does not hide the new record', () => {
    const script = loadedScript('flat')
    script.client.transact(() => script.client.tasks.remove(1))
    script.heard()
    script.say(change({ tasks: { added: [{ $PhantomId: '_generatedModel1', id: 1, name: 'another' }] } }))
    for (let read = 0; read < 6 && script.client.unconfirmedCount; read++) {
      script.clock.advance(5_000)
      for (const _ of script.heard()) script.say(datasetFrame('flat', [{ id: 1, name: 'another' }]))
    }
    expect([names(script), script.client.unconfirmedCount]).toEqual([['another'], 0])
  })

  test('[AK7] a serial server confirms a silent commit through the fence, crossing or not', () => {
    const script = loadedScript('flat', { flatServer: 'serial' })
    const projects = { command: 'projects', projects: [{ id: 1, name: 'One' }] }
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    expect(script.heard()).toMatchObject([{ command: 'projectChange' }, { command: 'projects' }])
    expect(script.client.pendingCount).toBe(1)
    script.say(projects)
    expect([script.client.pendingCount, script.client.unconfirmedCount]).toEqual([0, 0])
    script.client.transact(() => script.client.tasks.update(1, { name: 'second' }))
    script.heard()
    script.say(change({ tasks: { updated: [{ id: 1, name: 'theirs' }] } }), projects)
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
    script.say(datasetFrame('flat', [{ id: 1, name: 'theirs' }]))
    expect([names(script), script.client.unconfirmedCount]).toEqual([['theirs'], 0])
  })
})

describe('a revisions server', () => {
  const frame = (revision: string, name: string, own?: string, client = 'client-1') => ({
    command: 'project_change',
    data: {
      project: 1,
      revisions: [
        {
          revision,
          changes: { tasks: { updated: [{ id: 1, name }] } },
          ...(own ? { localRevision: own, client } : { client: 'client-2', localRevision: 'local-1' }),
        },
      ],
    },
  })

  test('[AK5] the echo of client and localRevision confirms, a repeated or foreign one does not', () => {
    const script = loadedScript('revisions')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    expect(script.heard()).toMatchObject([
      {
        command: 'project_change',
        data: {
          project: 1,
          revisions: [{ revision: 'local-1', changes: { tasks: { updated: [{ id: 1, name: 'mine' }] } } }],
        },
      },
    ])
    script.say(frame('server-1', 'theirs'))
    expect([names(script), script.client.pendingCount]).toEqual([['mine'], 1])
    script.say(frame('server-2', 'mine', 'local-1'))
    expect([names(script), script.client.pendingCount]).toEqual([['mine'], 0])
    script.say(frame('server-2', 'mine', 'local-1'), frame('server-3', 'later'))
    expect(names(script)).toEqual(['later'])
  })

  test('[AK5] BC2: a lost revision is noticed and the dataset read', () => {
    const script = loadedScript('revisions')
    script.say(frame('server-1', 'one'))
    script.say(frame('server-3', 'three'))
    expect(script.heard()).toEqual([{ command: 'dataset', data: { project: 1 } }])
  })
})

describe('refusals and bad frames', () => {
  test('[CN4 CN5] a wrong password is an event and a state, never an unhandled rejection, and another login goes on', async () => {
    const script = new Script({ wsAddress: 'ws://server/', wsProjectId: 1 })
    const login = script.client.wsSend('login', { login: 'admin', password: 'no' })
    script.heard()
    script.say({ command: 'login', error: 'Wrong username/password' })
    expect(script.client.connection).toMatchObject({
      state: 'auth-required',
      error: { message: 'Wrong username/password' },
    })
    expect(script.event('refused')).toMatchObject({ code: 'wrong-credentials', recovery: 'reauthenticate' })
    await expect(login).rejects.toMatchObject({ code: 'wrong-credentials' })
    script.client.wsSend('login', { login: 'admin', password: 'admin' })
    expect(script.heard()).toMatchObject([{ command: 'login', password: 'admin' }])
    script.say({ command: 'login' })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 1 }])
  })

  test('a refused dataset is an event with the command in it', () => {
    const script = new Script({ wsAddress: 'ws://server/', wsProjectId: 3, credentials: { login: 'user' } })
    script.heard()
    script.say({ command: 'login' }, { command: 'dataset', error: 'Authorization required' })
    expect(script.event('refused')).toMatchObject({ code: 'authorization-required', details: { command: 'dataset' } })
  })

  test('[CN4] close 1008 asks for credentials instead of trying for ever', () => {
    const script = loadedScript('flat')
    script.hangUp(1008, 'Unauthorized')
    expect(script.client.connection).toMatchObject({ state: 'auth-required' })
    script.clock.advance(60_000)
    expect(script.heard()).toEqual([])
  })

  test('[CN6] a malformed frame is an error event and stops nothing', () => {
    const script = loadedScript('flat')
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: 7 } } })
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name: 'good' }] } } })
    expect(script.event('error')).toMatchObject({ code: 'malformed-message' })
    expect(names(script)).toEqual(['good'])
  })

  test('unknown commands are handed to the app, in both directions', () => {
    const script = loadedScript('flat')
    script.client.wsSend('greet', { to: 'Ann' })
    expect(script.heard()).toEqual([{ command: 'greet', to: 'Ann' }])
    script.say({ command: 'greeting', text: 'hi' })
    expect(script.event('message')).toEqual({ command: 'greeting', payload: { text: 'hi' } })
  })

  test('[CN5 CN7] a command that nobody answers fails after 15 s, and closing fails the rest', async () => {
    const script = loadedScript('flat')
    const late = script.client.wsSend('requestVersionAutoSave')
    script.clock.advance(15_000)
    await expect(late).rejects.toMatchObject({ code: 'timeout' })
    const open = script.client.wsSend('version')
    script.client.close()
    script.client.close()
    await expect(open).rejects.toMatchObject({ code: 'closed' })
    expect(script.clock.waiting).toBe(0)
  })
})

describe('the connection', () => {
  test('[CN1] goes through its states in order, and tells each', () => {
    const script = new Script()
    const states: string[] = []
    script.client.on('connection', ({ state }) => states.push(state))
    expect(script.client.connection.state).toBe('idle')
    script.client.wsAddress = 'ws://server/'
    script.heard()
    script.client.wsSend('login', { login: 'user' })
    script.heard()
    script.say({ command: 'login' })
    script.drop()
    script.clock.advance(1_000)
    script.heard()
    script.client.close()
    expect(states).toEqual([
      'connecting',
      'open',
      'authenticating',
      'open',
      'waiting',
      'connecting',
      'authenticating',
      'closed',
    ])
  })

  test('[CN2] frames of a replaced socket are ignored', () => {
    const script = loadedScript('extension')
    const [old] = script.network.connections
    script.client.wsAddress = 'ws://elsewhere/'
    old?.deliver('down')
    expect(script.client.connection.state).toBe('connecting')
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    script.say(datasetFrame('extension', [{ id: 5, name: 'elsewhere' }]))
    expect(names(script)).toEqual(['elsewhere'])
  })
})

describe('a line that dies without a word', () => {
  test('[CN8] silence is asked about after 25 s, and 10 s later the line counts as dead', () => {
    const script = loadedScript('flat')
    script.clock.advance(20_000)
    expect(script.heard()).toEqual([])
    script.clock.advance(10_000)
    expect(script.heard()).toEqual([{ command: 'projects' }])
    script.clock.advance(9_000)
    expect(script.client.connection.state).toBe('open')
    const states: unknown[] = []
    script.client.on('connection', (connection) => states.push(connection))
    script.clock.advance(5_000)
    expect(states[0]).toMatchObject({ state: 'waiting', error: { code: 'connection-lost' } })
  })

  test('[CN8] any frame is a sign of life', () => {
    const script = loadedScript('flat')
    for (let at = 0; at < 20; at++) {
      script.clock.advance(20_000)
      script.say({ command: 'users', users: [] })
    }
    expect(script.heard()).toEqual([])
    script.clock.advance(30_000)
    expect(script.heard()).toEqual([{ command: 'projects' }])
    script.say({ command: 'projects', projects: [] })
    script.clock.advance(20_000)
    expect(script.client.connection.state).toBe('open')
  })

  test('[CN8] a timer that comes a minute late (a hidden tab) does not kill a line that nobody has asked', () => {
    const script = loadedScript('flat')
    script.clock.jump(120_000)
    expect(script.heard()).toEqual([{ command: 'projects' }])
    expect(script.client.connection.state).toBe('open')
  })

  test('[CN9] the network is back or the tab is looked at: a waiting client tries at once, an open one asks', () => {
    let wake: () => void = () => {}
    const wakeups = (woken: () => void) => {
      wake = woken
      return () => {
        wake = () => {}
      }
    }
    const script = loadedScript('flat', { wakeups })
    wake()
    expect(script.heard()).toEqual([{ command: 'projects' }])
    script.drop()
    wake()
    expect(script.client.connection).toEqual({ state: 'connecting', attempt: 0 })
    script.client.close()
    wake()
    expect(script.client.connection.state).toBe('closed')
  })
})

describe('credentials from a provider', () => {
  test('[CN10] it is asked on every connection', async () => {
    let asked = 0
    const script = new Script({ wsAddress: 'ws://server/', credentials: async () => ({ login: `user${++asked}` }) })
    script.heard()
    await turn()
    expect(script.heard()).toMatchObject([{ command: 'login', login: 'user1' }])
    script.say({ command: 'login' })
    script.drop()
    script.clock.advance(1_000)
    script.heard()
    await turn()
    expect(script.heard()).toMatchObject([{ command: 'login', login: 'user2' }])
  })

  test('[CN10] its failure is an error event, and the next attempt asks it again', async () => {
    let fails = true
    const script = new Script({
      wsAddress: 'ws://server/',
      credentials: () => (fails ? Promise.reject(new Error('no token')) : { login: 'user' }),
    })
    script.heard()
    await turn()
    await turn()
    expect(script.event('error')).toMatchObject({ code: 'credentials-failed', recovery: 'retry' })
    expect(script.client.connection.state).toBe('waiting')
    fails = false
    script.clock.advance(1_000)
    script.heard()
    await turn()
    expect(script.heard()).toMatchObject([{ command: 'login', login: 'user' }])
  })

  test('[CN4] refused credentials are refreshed once, then the app has to give others', async () => {
    let asked = 0
    const script = new Script({ wsAddress: 'ws://server/', credentials: () => ({ login: `user${++asked}` }) })
    for (let round = 0; round < 2; round++) {
      script.heard()
      await turn()
      script.heard()
      script.hangUp(4401, 'expired')
    }
    expect(asked).toBe(2)
    expect(script.client.connection).toMatchObject({ state: 'auth-required' })
    script.clock.advance(60_000)
    expect(asked).toBe(2)
  })
})

describe('projects', () => {
  test('[OB1] switching shows the other project; unsent edits of the first wait and leave on return', () => {
    const script = loadedScript('extension')
    script.drop()
    script.client.transact(() => script.client.tasks.update(1, { name: 'offline' }))
    script.client.wsProjectId = 2
    expect(names(script)).toEqual([])
    expect(script.client.pendingCount).toBe(1)
    script.clock.advance(1_000)
    script.heard()
    script.say({ command: 'login', planwire: { version: 1 } })
    expect(script.heard()).toEqual([{ command: 'dataset', project: 2 }])
    script.say({
      command: 'dataset',
      project: 2,
      planwire: { epoch: 'e9', revision: 0 },
      dataset: { tasksData: [{ id: 1, name: 'two' }] },
    })
    expect(names(script)).toEqual(['two'])
    script.client.wsProjectId = 1
    script.heard()
    script.say(datasetFrame('extension', [{ id: 1, name: 'a' }]))
    expect(script.heard()).toMatchObject([{ project: 1, planwire: { counter: 1 } }])
    expect(names(script)).toEqual(['offline'])
  })
})

describe('a gap on a revisions server', () => {
  const change = (revision: number, changes: object, own?: string) => ({
    command: 'project_change',
    data: {
      project: 1,
      revisions: [
        { revision: `server-${revision}`, client: own ? 'client-1' : 'client-2', localRevision: own, changes },
      ],
    },
  })

  test('[AK5 AK9] nothing is sent again on the same connection, and an echo that comes late still counts', () => {
    const script = loadedScript('revisions')
    const { client } = script
    const task = client.transact(() => client.tasks.add({ name: 'new' }))
    client.transact(() => client.tasks.update(1, { name: 'mine' }))
    script.say(change(1, {}))
    script.heard()
    script.say(change(3, {}))
    expect(script.heard()).toEqual([{ command: 'dataset', data: { project: 1 } }])
    script.say(datasetFrame('revisions', [{ id: 1, name: 'a' }]))
    expect(script.heard()).toEqual([])
    expect([names(script), client.pendingCount, client.unconfirmedCount]).toEqual([['mine', 'new'], 0, 2])
    script.say(change(4, { tasks: { added: [{ $PhantomId: task.id, id: 'events-9', name: 'new' }] } }, 'local-1'))
    script.say(change(5, { tasks: { updated: [{ id: 1, name: 'mine' }] } }, 'local-2'))
    expect([names(script), client.unconfirmedCount]).toEqual([['mine', 'new'], 0])
  })

  test('[AK5 AK9] if the echo was lost with the gap, the dataset tells what was stored', () => {
    const script = loadedScript('revisions')
    const { client } = script
    client.transact(() => client.tasks.add({ name: 'new' }))
    script.say(change(1, {}))
    script.heard()
    script.say(change(3, {}))
    for (let read = 0; read < 5; read++) {
      for (const { command } of script.heard()) {
        expect(command).toBe('dataset')
        const stored = { id: 'events-9', name: 'new' }
        script.say(datasetFrame('revisions', [{ id: 1, name: 'a' }, stored]))
      }
      script.clock.advance(5_000)
    }
    expect([names(script), client.pendingCount, client.unconfirmedCount]).toEqual([['a', 'new'], 0, 0])
  })
})
