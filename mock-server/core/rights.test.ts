import { describe, expect, it } from 'vitest'
import type { MockServerConfig } from './config.ts'
import { change, type Kit, type Peer, PLAN, startKit } from './core-kit.contract.ts'

/** Ada plans both projects; guests read the second alone; nobody else may do anything. */
const CONFIG: MockServerConfig = {
  ...PLAN,
  users: [
    { name: 'ada', password: 'a', groups: ['planners'] },
    { name: 'gus', password: 'g', groups: ['guests'] },
    { name: 'eve', password: 'e', groups: ['nobodies'] },
  ],
  groups: {
    planners: { write: '*' },
    guests: { read: [2] },
    nobodies: {},
    anonymous: { read: ['2'] },
    watchers: { read: ['events'] },
  },
  tokens: ['token', { token: 'guest', groups: ['guests'] }, { token: 'watch', groups: ['watchers'] }],
}

const AUTHORIZATION = 'Authorization required'
const SUBSCRIPTION = 'Subscription to project is required. Load project first'

async function start(config: MockServerConfig = CONFIG): Promise<Kit & { as(login: string, project?: number): Peer }> {
  const kit = await startKit(config)
  return {
    ...kit,
    /** A flat client with the extension, logged in, with a project loaded if it may. */
    as(login, project) {
      const peer = kit.connect()
      peer.say({ command: 'login', login, password: login[0], planwire: { version: 1, client: `c-${login}` } })
      if (project !== undefined) peer.say({ command: 'dataset', project })
      peer.heard()
      return peer
    },
  }
}

describe('whoever may not read a project', () => {
  it('does not find it among the projects', async () => {
    const { as } = await start()
    const lists = ['ada', 'gus', 'eve', 'anybody'].map((login) => {
      const peer = as(login)
      peer.say({ command: 'projects' })
      return peer.heard().at(-1)
    })
    expect(lists).toEqual([
      {
        command: 'projects',
        projects: [
          { id: 1, name: 'Plan' },
          { id: 2, name: 'Other' },
        ],
      },
      { command: 'projects', projects: [{ id: 2, name: 'Other' }] },
      { command: 'projects', projects: [] },
      // An unknown password for an unknown name: anonymous.
      { command: 'projects', projects: [{ id: 2, name: 'Other' }] },
    ])
  })

  it.each([
    ['dataset', { command: 'dataset', project: 1 }, AUTHORIZATION],
    ['a change', change({ tasks: { updated: [{ id: 1, name: 'x' }] } }), SUBSCRIPTION],
    ['reset', { command: 'reset', project: 1 }, AUTHORIZATION],
    ['an automatic version', { command: 'requestVersionAutoSave', project: 1 }, AUTHORIZATION],
    ['the content of a version', { command: 'loadVersionContent', project: 1, versionId: 100 }, AUTHORIZATION],
    [
      'a catch-up',
      { command: 'dataset', project: 1, planwire: { epoch: 'e', revision: 0, counter: 0 } },
      AUTHORIZATION,
    ],
  ])('is refused %s, and learns nothing but that', async (_, frame, error) => {
    const { as } = await start()
    const owner = as('ada', 1)
    owner.say(change({ versions: { added: [{ $PhantomId: '_v', name: 'v', content: { secret: 1 } }] } }))
    const stranger = as('gus', 2)
    owner.heard()
    stranger.say(frame)
    expect(stranger.heard()).toEqual([expect.objectContaining({ error })])
    expect(owner.heard()).toEqual([])
    // A project that is not there gets the same answer.
    const elsewhere = JSON.parse(JSON.stringify(frame).replace('"project":1', '"project":99'))
    stranger.say(elsewhere)
    expect(stranger.heard()).toEqual([expect.objectContaining({ error })])
  })

  it('hears nothing of changes, acks, presence, versions, custom broadcasts, resets by users and by the server, and who is in it', async () => {
    const { as, core, clock } = await start({
      ...CONFIG,
      commands: { nudge: (_payload, { broadcast }) => broadcast({ to: 'all' }) },
    })
    const [owner, colleague, guest, nobody] = [as('ada', 1), as('ada', 1), as('gus', 2), as('eve')]
    for (const peer of [owner, colleague, guest, nobody]) peer.heard()
    owner.say(change({ tasks: { added: [{ $PhantomId: '_t', name: 'secret' }], updated: [{ id: 1, name: 'y' }] } }, 1))
    owner.say(change({ versions: { added: [{ $PhantomId: '_v', name: 'v', content: {} }] } }, 2))
    owner.say(change({ changelogs: { added: [{ $PhantomId: '_c', text: 'secret' }] } }, 3))
    owner.say({ command: 'presence', planwire: { state: { task: 1 } } })
    owner.say({ command: 'requestVersionAutoSave', project: 1 })
    owner.say({ command: 'nudge' })
    await core.flushed()
    owner.say({ command: 'reset', project: 1 })
    await core.reset(1)
    owner.say(change({ tasks: { updated: [{ id: 1, name: 'z' }] } }, 4))
    clock.advance(1_800_000)
    const kinds = new Set(colleague.heard().map((frame) => (frame as { command: string }).command))
    expect([...kinds].sort()).toEqual(['dataset', 'nudge', 'presence', 'projectChange', 'reset'])
    expect([guest.frames(), nobody.frames()]).toEqual([[], []])
  })

  it('stays in the project that was open when it asks for one that is not allowed', async () => {
    const { as } = await start()
    const guest = as('gus', 2)
    guest.say({ command: 'dataset', project: 1 })
    expect(guest.heard()).toEqual([{ command: 'dataset', project: 1, error: AUTHORIZATION }])
    as('ada', 2).say({
      command: 'projectChange',
      project: 2,
      changes: { tasks: { updated: [{ id: 40, name: 'seen' }] } },
    })
    expect(guest.heard()).toContainEqual(expect.objectContaining({ command: 'projectChange', project: 2 }))
  })
})

describe('in the revisions dialect', () => {
  it('the same holds, under its own names', async () => {
    const { connect } = await start()
    const [owner, guest] = [connect(), connect()]
    owner.say({ command: 'login', data: { login: 'ada', password: 'a' } })
    owner.say({ command: 'dataset', data: { project: 1 } })
    guest.say({ command: 'login', data: { login: 'gus', password: 'g' } })
    guest.say({ command: 'dataset', data: { project: 2 } })
    for (const peer of [owner, guest]) peer.heard()
    const revisions = [{ revision: 'local-1', changes: { tasks: { updated: [{ id: 40, name: 'x' }] } } }]
    for (const [command, data, error] of [
      ['dataset', { project: 1 }, AUTHORIZATION],
      ['reset', { project: 1 }, AUTHORIZATION],
      ['reset', { project: 2 }, AUTHORIZATION],
      ['request_version_autosave', { project: 1 }, AUTHORIZATION],
      ['load_version_content', { project: 1, versionId: 1 }, AUTHORIZATION],
      ['project_change', { project: 1, revisions }, SUBSCRIPTION],
      ['project_change', { project: 2, revisions }, AUTHORIZATION],
    ] as const) {
      guest.say({ command, data })
      expect(guest.heard()).toEqual([{ command, error, data: { project: data.project } }])
    }
    owner.say({
      command: 'project_change',
      data: {
        project: 1,
        revisions: [{ revision: 'local-1', changes: { tasks: { updated: [{ id: 1, name: 'x' }] } } }],
      },
    })
    owner.say({ command: 'reset', data: { project: 1 } })
    expect(owner.heard()).toMatchObject([{ command: 'project_change' }, { command: 'dataset' }, { command: 'reset' }])
    expect(guest.heard()).toEqual([])
  })
})

describe('whoever may read a project and not write it', () => {
  it.each([
    ['a change', { command: 'projectChange', project: 2, changes: { tasks: { updated: [{ id: 40, name: 'x' }] } } }],
    ['a change without a project', { command: 'projectChange', changes: { tasks: { removed: [{ id: 40 }] } } }],
    ['a reset', { command: 'reset', project: 2 }],
    ['a reset of the loaded project', { command: 'reset' }],
    ['an automatic version', { command: 'requestVersionAutoSave', project: 2 }],
  ])('is refused %s', async (_, frame) => {
    const { as } = await start()
    const [writer, reader] = [as('ada', 2), as('gus', 2)]
    writer.heard()
    reader.say(frame)
    expect(reader.heard()).toEqual([expect.objectContaining({ project: 2, error: AUTHORIZATION })])
    expect(writer.heard()).toEqual([])
  })

  it('is told which changeset was refused', async () => {
    const { as } = await start()
    const reader = as('gus', 2)
    reader.say({ ...change({ tasks: { updated: [{ id: 40, name: 'x' }] } }, 7), project: 2 })
    expect(reader.heard()).toEqual([
      { command: 'projectChange', project: 2, error: AUTHORIZATION, planwire: { changeset: 'c-gus:7' } },
    ])
  })

  it('sees what others do, also the content of versions', async () => {
    const { as } = await start()
    const [writer, reader] = [as('ada', 2), as('gus', 2)]
    writer.say({
      ...change({ versions: { added: [{ $PhantomId: '_v', name: 'v', content: { a: 1 } }] } }, 1),
      project: 2,
    })
    expect(reader.heard()).toMatchObject([{ changes: { versions: { added: [{ id: 100, name: 'v' }] } } }])
    reader.say({ command: 'loadVersionContent', project: 2, versionId: 100 })
    expect(reader.heard()).toMatchObject([{ content: { a: 1 } }])
  })
})

describe('rights that end', () => {
  it('with another login on the same socket: nothing of the project comes any more [BS10]', async () => {
    const { as, core } = await start()
    const [owner, turncoat] = [as('ada', 1), as('ada', 1)]
    turncoat.say({ command: 'presence', planwire: { state: { task: 1 } } })
    owner.heard()
    turncoat.say({ command: 'login', login: 'gus', password: 'g' })
    expect(owner.heard()).toEqual([
      { command: 'presence', planwire: { client: 'c-ada', userName: 'ada', state: null } },
      { command: 'logout', userName: 'ada' },
      { command: 'login', userName: 'gus' },
      { command: 'users', users: ['ada', 'gus'] },
    ])
    turncoat.heard()
    owner.say(change({ tasks: { updated: [{ id: 1, name: 'secret' }] } }, 1))
    await core.reset(1)
    expect(turncoat.heard()).toEqual([])
    turncoat.say(change({ tasks: { updated: [{ id: 1, name: 'x' }] } }))
    turncoat.say({ command: 'dataset', project: 1 })
    expect(turncoat.heard()).toMatchObject([{ error: SUBSCRIPTION }, { error: AUTHORIZATION }])
  })

  it('with a switch to another project, to which alone one then belongs', async () => {
    const { as } = await start()
    const [owner, switcher] = [as('ada', 1), as('ada', 1)]
    switcher.say({ command: 'dataset', project: 2 })
    switcher.heard()
    owner.say(change({ tasks: { updated: [{ id: 1, name: 'unheard' }] } }, 1))
    owner.say({ command: 'presence', planwire: { state: { task: 1 } } })
    owner.say({ command: 'reset' })
    expect(switcher.heard()).toEqual([])
    switcher.say(change({ tasks: { updated: [{ id: 1, name: 'x' }] } }, 1))
    expect(switcher.heard()).toMatchObject([{ error: SUBSCRIPTION }])
  })
})

describe('requests and live updates', () => {
  const header = (token: string): Record<string, string> => ({ 'remote-token': token })

  it('of a collection whose name is a number belong to who is given it as a number or as a text', async () => {
    const groups = { anonymous: { read: [7], write: ['8'] } }
    const { rest } = await start({ ...PLAN, collections: { '7': [{ id: 1 }], '8': [] }, groups })
    const statuses = [rest('GET', '/7'), rest('GET', '/7/1'), rest('POST', '/7', {}), rest('POST', '/8', {})]
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([200, 200, 401, 200])
  })

  it('have the rights of their token, without one those of anybody', async () => {
    const { rest } = await start({ ...CONFIG, groups: { ...CONFIG.groups, anonymous: { read: ['1'] } } })
    const status = async (method: string, url: string, token?: string): Promise<number> =>
      (await rest(method, url, method === 'GET' ? '' : { text: 'x' }, token === undefined ? {} : header(token))).status
    expect(await Promise.all([status('GET', '/data'), status('POST', '/data/task'), status('GET', '/events')])).toEqual(
      [200, 401, 401],
    )
    expect(
      await Promise.all([
        status('GET', '/events', 'watch'),
        status('POST', '/events', 'watch'),
        status('GET', '/data', 'watch'),
      ]),
    ).toEqual([200, 403, 403])
    expect(await Promise.all([status('GET', '/data', 'token'), status('POST', '/events', 'token')])).toEqual([200, 200])
    expect(await status('GET', '/events', 'wrong')).toBe(401)
  })

  it('without a token are closed along with anonymous access', async () => {
    const { rest } = await start({ ...CONFIG, anonymous: false })
    expect((await rest('GET', '/data')).status).toBe(401)
    expect((await rest('GET', '/data', '', header('token'))).status).toBe(200)
  })

  it('bring events to those alone whose token may read them', async () => {
    const { connect, rest, as } = await start()
    const sockets = ['token', 'guest', 'watch'].map((token) => connect(`/api/v1?token=${token}&ws=1`))
    for (const socket of sockets) {
      for (const name of ['events', 'tasks', 'links', 'calendars']) socket.say({ action: 'subscribe', name })
      socket.heard()
    }
    await rest('POST', '/events', { text: 'e' }, header('token'))
    as('ada', 1).say(change({ tasks: { updated: [{ id: 1, name: 'x' }] } }, 1))
    const heard = sockets.map((socket) =>
      socket.heard().map((frame) => (frame as { body: { name: string } }).body.name),
    )
    expect(heard).toEqual([['events', 'tasks'], [], ['events']])
  })
})

describe('credentials', () => {
  it('may come without an account into a group of one’s choice', async () => {
    const { as } = await start({ ...CONFIG, anonymous: 'nobodies' })
    const peer = as('somebody')
    peer.say({ command: 'projects' })
    expect(peer.heard()).toEqual([{ command: 'projects', projects: [] }])
  })

  it('are compared in a time that tells nothing of the secret, of the account, or of another token', async () => {
    const { connect, rest } = await start()
    const original = String.prototype.charCodeAt
    const comparisons = async (run: () => unknown): Promise<number> => {
      let count = 0
      String.prototype.charCodeAt = function (at) {
        count += 1
        return original.call(this, at)
      }
      try {
        await run()
      } finally {
        String.prototype.charCodeAt = original
      }
      return count
    }
    const login = (name: string, password: string): Promise<number> =>
      comparisons(() => connect().say({ command: 'login', login: name, password }))
    // One letter right, none right, a longer secret, no such account: the same work for what was given.
    const logins = [await login('ada', 'azzzz'), await login('ada', 'zzzzz'), await login('xyz', 'zzzzz')]
    expect(new Set(logins).size).toBe(1)
    expect(logins[0]).toBeGreaterThan(0)
    const tokens: number[] = []
    for (const token of ['toke?', 'wxyz?', 'guest', 'watch'])
      tokens.push(await comparisons(() => rest('GET', '/events', '', header(token))))
    expect(new Set(tokens).size).toBe(1)
  })
  const header = (token: string): Record<string, string> => ({ 'remote-token': token })
})
