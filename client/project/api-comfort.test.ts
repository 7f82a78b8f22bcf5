import { describe, expect, expectTypeOf, test, vi } from 'vitest'
import { webSocketTransport } from '../adapters/web-socket-transport.ts'
import type { RecordId } from '../protocol/ids.ts'
import type { Resource, Task } from '../protocol/records.ts'
import { ProjectClient } from './project-client.ts'
import { datasetFrame, loadedScript, Script } from './scripted-server.contract.ts'
import type { StandardSchema } from './validation.ts'

interface MyTask extends Task {
  readonly risk?: 'low' | 'high'
  readonly costs?: number
}

describe('the app’s own fields', () => {
  test('are typed by a schema, in what is read, added and changed', () => {
    const project = new ProjectClient<{ tasks: MyTask }>({ wsProjectId: 1 })
    const task = project.tasks.add({ name: 'a', risk: 'high', costs: 7 })
    expectTypeOf(task.risk).toEqualTypeOf<'low' | 'high' | undefined>()
    expectTypeOf(project.tasks.get(task.id)).toEqualTypeOf<MyTask | undefined>()
    expectTypeOf(project.tasks.children(null)).toEqualTypeOf<readonly MyTask[]>()
    expectTypeOf(project.store('tasks').all()).toEqualTypeOf<readonly MyTask[]>()
    expectTypeOf(project.resources.all()).toEqualTypeOf<readonly Resource[]>()
    expect(project.tasks.update(task.id, { risk: null, costs: undefined })).toMatchObject({ risk: null, costs: 7 })
    // @ts-expect-error a risk is low or high
    project.tasks.add({ risk: 'none' })
    // @ts-expect-error costs are a number
    project.tasks.update(task.id, { costs: 'seven' })
    project.close()
  })

  test('are free without a schema, while planwire’s own are typed', () => {
    const { client } = loadedScript('flat')
    client.tasks.add({ name: 'a', anything: [1, 2] })
    // @ts-expect-error a name is a string
    client.tasks.add({ name: 5 })
    expectTypeOf(client.store<{ id: RecordId; colour: string }>('colours').all()[0]?.colour).toEqualTypeOf<
      string | undefined
    >()
    // @ts-expect-error tasks are tasks
    expectTypeOf<ProjectClient<{ tasks: { id: RecordId; name: number } }>>().toBeObject()
  })
})

describe('waiting', () => {
  test('for everything to be stored ends with the signal’s reason, with the time, or when it is stored', async () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'b' }))
    const stop = new AbortController()
    const reason = new Error('the user left')
    const aborted = script.client.whenSynced({ signal: stop.signal })
    const late = script.client.whenSynced({ timeoutMs: 500 })
    const stored = script.client.whenSynced({ signal: new AbortController().signal, timeoutMs: 10_000 })
    stop.abort(reason)
    await expect(aborted).rejects.toBe(reason)
    await expect(script.client.whenSynced({ signal: stop.signal })).rejects.toBe(reason)
    script.clock.advance(500)
    await expect(late).rejects.toMatchObject({ code: 'timeout', recovery: 'retry' })
    script.heard()
    const waiting = script.clock.waiting
    script.say(
      {
        command: 'projectChange',
        project: 1,
        planwire: { epoch: 'e1', revision: 1, changeset: 'me:1' },
        changes: { tasks: { updated: [{ id: 1, name: 'b' }] } },
      },
      { command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } },
    )
    await stored
    expect(script.clock.waiting).toBe(waiting - 1)
  })

  test('for an answer ends with the signal’s reason; a command that has not left is withdrawn', async () => {
    const script = new Script({ wsAddress: 'ws://server/' })
    const stop = new AbortController()
    const reset = script.client.wsSend('reset', { project: 1 }, { signal: stop.signal })
    stop.abort(new Error('never mind'))
    await expect(reset).rejects.toThrow('never mind')
    await expect(script.client.wsSend('greet', {}, { signal: stop.signal })).rejects.toThrow('never mind')
    script.client.wsSend('login', { login: 'user' })
    script.heard()
    script.say({ command: 'login' })
    expect(script.heard()).toEqual([])
    script.client.close()
    expect(script.clock.waiting).toBe(0)
  })

  test('a command that has left keeps its place: its answer is not taken for the next one’s', async () => {
    const script = loadedScript('flat')
    const stop = new AbortController()
    const first = script.client.wsSend('projects', {}, { signal: stop.signal })
    const second = script.client.wsSend('projects')
    stop.abort(new Error('never mind'))
    await expect(first).rejects.toThrow('never mind')
    script.say({ command: 'projects', projects: [{ id: 1, name: 'first' }] })
    script.say({ command: 'projects', projects: [{ id: 2, name: 'second' }] })
    await expect(second).resolves.toMatchObject({ projects: [{ id: 2, name: 'second' }] })
  })
})

describe('snapshots', () => {
  test('of the client are one object until something in them changes, and listeners are called when it does', () => {
    const script = loadedScript('extension')
    const { subscribe, getSnapshot } = script.client
    const first = getSnapshot()
    expect(first).toEqual({
      connection: { state: 'open', userName: 'user' },
      pending: 0,
      unconfirmed: 0,
      users: [],
      canUndo: false,
      canRedo: false,
      undoLabel: undefined,
      redoLabel: undefined,
    })
    let called = 0
    const stop = subscribe(() => called++)
    script.say({
      command: 'projectChange',
      project: 1,
      planwire: { epoch: 'e1', revision: 1 },
      changes: { tasks: { updated: [{ id: 1, name: 'theirs' }] } },
    })
    expect([getSnapshot() === first, called]).toEqual([true, 0])
    script.client.transact(() => script.client.tasks.update(1, { name: 'b' }), { label: 'Rename' })
    expect(getSnapshot()).toMatchObject({ pending: 1, canUndo: true, undoLabel: 'Rename' })
    expect(getSnapshot()).toBe(getSnapshot())
    expect(called).toBeGreaterThan(0)
    called = 0
    script.say({ command: 'users', users: ['user', 'Ann'] })
    expect([getSnapshot().users, called]).toEqual([['user', 'Ann'], 1])
    script.drop()
    expect([getSnapshot().connection.state, called]).toEqual(['waiting', expect.any(Number)])
    stop()
    called = 0
    script.client.undo()
    expect(called).toBe(0)
  })

  test('of a store may be passed on without the store', () => {
    const { client } = loadedScript('flat')
    const { subscribe, getSnapshot } = client.tasks
    const before = getSnapshot()
    let called = 0
    subscribe(() => called++)
    client.transact(() => client.tasks.update(1, { name: 'b' }))
    expect([called, getSnapshot() === before, getSnapshot()]).toMatchObject([1, false, [{ id: 1, name: 'b' }]])
  })
})

describe('validation by a schema', () => {
  /** What a library would give: the name is a short word. */
  const tasks: StandardSchema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const { name } = value as { name?: unknown }
        if (typeof name === 'string' && name.length < 9) return { value: { name: name.trim() } }
        return { issues: [{ message: 'is no short word', path: [{ key: 'name' }] }, { message: 'sorry' }] }
      },
    },
  }

  test('an add or edit that does not fit throws with the issues, and does nothing', () => {
    const { client } = loadedScript('flat', { schemas: { tasks } })
    const issues = (id: RecordId) => [
      { id, path: ['name'], message: 'is no short word' },
      { id, path: [], message: 'sorry' },
    ]
    expect(() => client.tasks.update(1, { name: 'far too long' })).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: 'tasks.update: name: is no short word (and 1 more)',
        details: { store: 'tasks', issues: issues(1) },
      }),
    )
    expect(() => client.tasks.add({})).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect([client.tasks.all(), client.changes]).toMatchObject([[{ id: 1, name: 'a' }], null])
    expect(client.tasks.update(1, { name: ' b ', other: 1 })).toMatchObject({ name: ' b ', other: 1 })
    expect(client.resources.add({ name: 'somebody with a long name' })).toBeDefined()
  })

  test('records that arrive and do not fit are kept and reported once per frame', () => {
    const script = loadedScript('flat', { schemas: { tasks } })
    script.say(
      datasetFrame('flat', [
        { id: 1, name: 'a' },
        { id: 2, name: 'far too long' },
        { id: 3, name: 'even longer' },
      ]),
    )
    expect(script.events).toMatchObject([
      [
        'error',
        { code: 'invalid-record', details: { store: 'tasks', issues: [{ id: 2 }, { id: 2 }, { id: 3 }, { id: 3 }] } },
      ],
    ])
    expect(script.client.tasks.size).toBe(3)
    script.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { updated: [{ id: 1, name: '12345678901' }] } },
    })
    expect(script.events[1]).toMatchObject([
      'error',
      { message: 'tasks that arrived do not fit: name: is no short word (and 1 more)' },
    ])
    expect(script.client.tasks.get(1)?.name).toBe('12345678901')
  })

  test('a schema that throws or answers later is the app’s mistake, and stops no frame', () => {
    const later: StandardSchema = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value }) },
    }
    const broken: StandardSchema = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('broken')
        },
      },
    }
    const script = loadedScript('flat', { schemas: { tasks: later, resources: broken } })
    expect(() => script.client.tasks.update(1, { name: 'b' })).toThrow('asynchronous')
    expect(() => script.client.resources.add({})).toThrow('broken')
    script.say({ command: 'projectChange', project: 1, changes: { resources: { added: [{ id: 5, name: 'Ann' }] } } })
    expect(script.client.resources.size).toBe(1)
    expect(script.events.at(-1)).toMatchObject(['error', { code: 'handler-failed' }])
  })
})

test('on a platform without WebSocket a client says so where it is given an address, and tries nothing until it is given one again', () => {
  vi.stubGlobal('WebSocket', undefined)
  try {
    const fatal = expect.objectContaining({ code: 'invalid-argument', recovery: 'fatal' })
    expect(() => new ProjectClient({ wsAddress: 'ws://server/' })).toThrow(fatal)
    const { client, clock } = new Script({ transport: webSocketTransport() })
    expect(() => (client.wsAddress = 'ws://server/')).toThrow(fatal)
    expect([client.connection, clock.waiting]).toEqual([{ state: 'idle' }, 0])
    class Silent {
      addEventListener(): void {}
      close(): void {}
    }
    vi.stubGlobal('WebSocket', Silent)
    client.wsAddress = 'ws://server/'
    expect(client.connection.state).toBe('connecting')
    client.close()
  } finally {
    vi.unstubAllGlobals()
  }
})
