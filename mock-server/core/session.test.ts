import { describe, expect, it } from 'vitest'
import { change, PLAN, startKit } from './core-kit.contract.ts'

describe('login', () => {
  it('tells a wrong password word for word, in either dialect', async () => {
    const { connect } = await startKit()
    const [flat, revisions] = [connect(), connect('/ws')]
    flat.say({ command: 'login', login: 'admin', password: 'nope' })
    revisions.say({ command: 'login', data: { login: 'admin', password: '' } })
    expect(flat.heard()).toEqual([{ command: 'login', error: 'Wrong username/password' }])
    expect(revisions.heard()).toMatchObject([{ command: 'login', error: 'Wrong username/password' }])
  })

  it('lets unknown users in as anonymous unless the configuration closes that [BS9]', async () => {
    const open = (await startKit()).connect()
    open.say({ command: 'login', login: 'Charlie' })
    expect(open.heard()).toEqual([{ command: 'login' }, { command: 'users', users: ['Charlie'] }])
    const closed = (await startKit({ ...PLAN, anonymous: false })).connect()
    closed.say({ command: 'login', login: 'Charlie' })
    expect(closed.heard()).toEqual([{ command: 'login', error: 'Wrong username/password' }])
  })

  it('lets a known name without a password in, as the document’s snippet logs in, while anonymous access is open', async () => {
    const open = (await startKit()).connect()
    open.say({ command: 'login', login: 'user' })
    expect(open.heard()[0]).toEqual({ command: 'login' })
    const closed = (await startKit({ ...PLAN, anonymous: false })).connect()
    closed.say({ command: 'login', login: 'user' })
    expect(closed.heard()).toEqual([{ command: 'login', error: 'Wrong username/password' }])
  })

  it('takes `toString` and `__proto__` for names like any other [BS8]', async () => {
    const { connect } = await startKit({ ...PLAN, anonymous: false })
    for (const login of ['toString', '__proto__', 'constructor']) {
      const peer = connect()
      peer.say({ command: 'login', login })
      expect(peer.heard()).toEqual([{ command: 'login', error: 'Wrong username/password' }])
    }
  })

  it('tells others who came, as each dialect says it, and everybody who is there', async () => {
    const { connect } = await startKit()
    const [flat, revisions, stranger] = [connect(), connect(), connect()]
    flat.say({ command: 'login', login: 'admin', password: 'admin' })
    revisions.say({ command: 'login', data: { login: 'user', password: 'user' } })
    expect(flat.heard()).toEqual([
      { command: 'login' },
      { command: 'users', users: ['admin'] },
      { command: 'login', userName: 'user' },
      { command: 'users', users: ['admin', 'user'] },
    ])
    expect(revisions.heard()).toEqual([
      { command: 'login', data: { client: expect.stringMatching(/^client-2-\w{8}$/), userName: 'user' } },
      { command: 'users', data: { users: ['admin', 'user'] } },
    ])
    expect(stranger.heard()).toEqual([])
  })

  it('lists a user with two tabs once, and nobody who did not log in', async () => {
    const { connect } = await startKit()
    connect()
    const [first, second] = [connect(), connect()]
    for (const peer of [first, second]) peer.say({ command: 'login', login: 'admin', password: 'admin' })
    expect(second.heard().at(-1)).toEqual({ command: 'users', users: ['admin'] })
  })

  it('ends the rights and the subscription of an earlier login on the same socket [BS10]', async () => {
    const { flat } = await startKit()
    const [author, other] = [flat(), flat()]
    other.say({ command: 'login', login: 'Charlie' })
    other.heard()
    author.say(change({ tasks: { updated: [{ id: 1, name: 'New' }] } }))
    expect(other.heard()).toEqual([])
    other.say(change({ tasks: { updated: [{ id: 1, name: 'Other' }] } }))
    expect(other.heard()).toMatchObject([{ error: 'Subscription to project is required. Load project first' }])
  })

  it('gives the extension to who asks for it and says nothing of it to others', async () => {
    const { connect } = await startKit()
    const [ours, vendors] = [connect(), connect()]
    ours.say({ command: 'login', login: 'admin', password: 'admin', planwire: { version: 1, client: 'c-1' } })
    vendors.say({ command: 'login', login: 'admin', password: 'admin' })
    expect(ours.heard()[0]).toEqual({ command: 'login', planwire: { version: 1 } })
    expect(vendors.heard()[0]).toEqual({ command: 'login' })
  })

  it('answers a login that carries both dialects in the documented one, which is enough to tell them apart', async () => {
    const peer = (await startKit()).connect()
    const login = { login: 'admin', password: 'admin' }
    peer.say({ command: 'login', ...login, data: login })
    expect(peer.heard()[0]).toEqual({ command: 'login' })
  })
})

describe('logout', () => {
  it('is answered, told to others, and closes the socket', async () => {
    const { flat, revisions } = await startKit()
    const [leaving, staying] = [flat({ login: 'user', password: 'user' }), revisions()]
    leaving.say({ command: 'logout' })
    expect(leaving.heard()).toEqual([{ command: 'logout' }])
    expect(leaving.closed()).toBe('1005')
    expect(staying.heard()).toEqual([
      { command: 'logout', data: { userName: 'user' } },
      { command: 'users', data: { users: ['admin'] } },
    ])
    leaving.say({ command: 'projects' })
    leaving.drop()
    expect([leaving.heard(), staying.heard()]).toEqual([[], []])
  })

  it('is told of a connection that broke as well', async () => {
    const { flat } = await startKit()
    const [lost, staying] = [flat({ login: 'user', password: 'user' }), flat()]
    lost.drop()
    expect(staying.heard()).toEqual([
      { command: 'logout', userName: 'user' },
      { command: 'users', users: ['admin'] },
    ])
  })
})

describe('projects and dataset', () => {
  it('need a login, a project, and a project that exists, in this order', async () => {
    const { connect } = await startKit()
    const peer = connect()
    peer.say({ command: 'projects' })
    peer.say({ command: 'dataset', project: 1 })
    peer.say({ command: 'login', login: 'Charlie' })
    peer.say({ command: 'dataset' })
    peer.say({ command: 'dataset', project: 99 })
    peer.say({ command: 'projects' })
    expect(peer.heard()).toEqual([
      { command: 'projects', error: 'Authentication required' },
      { command: 'dataset', error: 'Authentication required' },
      { command: 'login' },
      { command: 'users', users: ['Charlie'] },
      { command: 'dataset', error: 'Project id is required' },
      { command: 'dataset', project: 99, error: 'Authorization required' },
      {
        command: 'projects',
        projects: [
          { id: 1, name: 'Plan' },
          { id: 2, name: 'Other' },
        ],
      },
    ])
  })

  it('comes with every store, the project itself, and for the extension its position', async () => {
    const { connect } = await startKit()
    const [flat, ours] = [connect(), connect()]
    flat.say({ command: 'login', login: 'a' })
    ours.say({ command: 'login', login: 'b', planwire: { version: 1, client: 'c' } })
    for (const peer of [flat, ours]) {
      peer.heard()
      peer.say({ command: 'dataset', project: '1' })
    }
    const tasksData = [
      {
        id: 1,
        name: 'Dig',
        parentId: null,
        parentIndex: 0,
        children: [{ id: 2, name: 'Hole', startDate: '2026-01-05', duration: 2, parentId: 1, parentIndex: 0 }],
      },
      { id: 3, name: 'Rest', parentId: null, parentIndex: 1 },
    ]
    const dataset = {
      tasksData,
      resourcesData: [{ id: 1, name: 'Ann' }],
      dependenciesData: [],
      assignmentsData: [],
      calendarsData: [],
      versionsData: [],
      changelogsData: [],
      projectMeta: { startDate: '2026-01-01' },
    }
    expect(flat.heard()).toEqual([{ command: 'dataset', project: 1, dataset }])
    expect(ours.heard()).toEqual([
      { command: 'dataset', project: 1, dataset, planwire: { epoch: expect.any(String), revision: 0 } },
    ])
  })

  it('follows the client to another project and lets go of the former', async () => {
    const { flat } = await startKit()
    const [author, moving] = [flat(), flat()]
    moving.say({ command: 'dataset', project: 2 })
    moving.heard()
    author.say(change({ tasks: { updated: [{ id: 1, name: 'Not for you' }] } }))
    expect(moving.heard()).toEqual([])
    moving.say(change({ tasks: { updated: [{ id: 1, name: 'x' }] } }))
    expect(moving.heard()).toMatchObject([{ error: 'Subscription to project is required. Load project first' }])
  })

  it('shows what was committed since, also when nobody had asked for a while', async () => {
    const { flat, dataset } = await startKit()
    const peer = flat()
    expect(dataset().tasksData?.[1]).toMatchObject({ name: 'Rest' })
    peer.say(
      change({
        tasks: { updated: [{ id: 3, name: 'Work' }] },
        project: { startDate: '2027-01-01', id: '_generated1' },
      }),
    )
    expect(dataset().tasksData?.[1]).toMatchObject({ name: 'Work' })
    expect(dataset().projectMeta).toEqual({ startDate: '2027-01-01' })
  })
})

describe('commands', () => {
  it('tell the version without a login', async () => {
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default
    const peer = (await startKit()).connect()
    peer.say({ command: 'version' })
    peer.say({ command: 'version', data: {} })
    expect(peer.heard()).toEqual([
      { command: 'version', version },
      { command: 'version', data: { version } },
    ])
  })

  it('of the other dialect or of the documents are understood in either [BS15]', async () => {
    const { revisions, flat } = await startKit()
    const [one, other] = [revisions(), flat()]
    one.say({ command: 'projectChange', data: { project: 1, changes: { tasks: { updated: [{ id: 1, name: 'a' }] } } } })
    expect(other.heard()).toMatchObject([
      { command: 'projectChange', changes: { tasks: { updated: [{ id: 1, name: 'a' }] } } },
    ])
    other.say({ command: 'projectChanges', project: 1, changes: { tasks: { updated: [{ id: 1, name: 'b' }] } } })
    expect(one.heard()).toMatchObject([{ command: 'project_change' }, { command: 'project_change' }])
  })

  it('that nobody knows are refused by their own name', async () => {
    const { flat } = await startKit()
    const peer = flat()
    peer.say({ command: 'makeCoffee', strong: true })
    expect(peer.heard()).toEqual([{ command: 'makeCoffee', error: 'Unknown command' }])
  })
})

describe('bad input', () => {
  const hostile = [
    'nonsense',
    '',
    '{"command":',
    'null',
    '[]',
    '{}',
    '{"command":7}',
    '{"command":"login"}',
    '{"command":"login","login":{}}',
    '{"command":"dataset","project":{}}',
    '{"command":"projectChange","project":1,"changes":{"tasks":[]}}',
    '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"name":"no id"}]}}}',
    '{"command":"projectChange","project":1,"changes":{"__proto__":{"added":[{"polluted":1}]},"tasks":{"added":[{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}]}}}',
    '{"command":"projectChange","project":1,"changes":{"a b":{"added":[{}]}}}',
    '{"command":"loadVersionContent","project":1}',
    '{"command":"__proto__"}',
    '{"command":"subscribe","name":"events"}',
    `{"command":"${'x'.repeat(1000)}"}`,
  ]

  it('is answered, never with a stack or a path, and harms neither the connection nor others [BS7]', async () => {
    const { flat, connect } = await startKit()
    const [other, peer, fresh] = [flat(), flat(), connect()]
    for (const frame of hostile) {
      peer.say(frame)
      fresh.say(frame)
    }
    const answers = [...peer.frames(), ...fresh.frames()].join('\n')
    expect(answers).not.toMatch(/\.ts|node_modules|at \w+ \(|stack/)
    expect(answers.length).toBeLessThan(hostile.length * 1000)
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('polluted')
    expect((Object.create(null) as { polluted?: unknown }).polluted).toBeUndefined()
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    other.heard()
    peer.say(change({ tasks: { updated: [{ id: 1, name: 'still here' }] } }))
    expect(other.heard()).toMatchObject([{ changes: { tasks: { updated: [{ id: 1, name: 'still here' }] } } }])
  })

  it('of every kind gets an error answer', async () => {
    const { flat } = await startKit()
    const peer = flat()
    for (const frame of hostile) {
      if (frame.includes('polluted')) continue
      peer.say(frame)
      const [answer, ...more] = peer.heard()
      expect(answer, frame).toMatchObject({ command: expect.any(String) })
      const { error, message } = answer as { error?: string; message?: string }
      expect(error ?? message, frame).toMatch(/\w/)
      expect(more, frame).toEqual([])
    }
  })

  it('that is too long is refused unread', async () => {
    const { flat } = await startKit({ ...PLAN, limits: { frameLength: 100 } })
    const peer = flat()
    peer.say(change({ tasks: { updated: [{ id: 1, name: 'x'.repeat(100) }] } }))
    expect(peer.heard()).toEqual([{ command: 'error', message: 'Frame too large' }])
    peer.say({ command: 'projects' })
    expect(peer.heard()).toMatchObject([{ command: 'projects', projects: [{ id: 1 }, { id: 2 }] }])
  })

  it('that nests deeper than anything could be written again is refused, and the plan can still be served', async () => {
    const { flat, dataset } = await startKit()
    const [peer, other] = [flat(), flat()]
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    peer.say(`{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"note":${deep}}]}}}`)
    peer.say(`{"command":"presence","planwire":{"state":{"note":${deep}}}}`)
    const refused = { command: 'error', message: 'Nested too deeply' }
    expect(peer.heard()).toEqual([refused, refused])
    expect(other.heard()).toEqual([])
    expect(dataset().tasksData?.[0]).toMatchObject({ name: 'Dig' })
  })

  it('finds no socket at a path that is not ours [DS2]', async () => {
    const { core } = await startKit()
    const socket = { send() {}, close() {} }
    expect(core.accept({ ...socket, url: '/other' })).toBeUndefined()
    expect(core.accept({ ...socket, url: '/api/v1/x?token=token' })).toBeUndefined()
  })
})
