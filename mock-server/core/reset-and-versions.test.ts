import { describe, expect, it } from 'vitest'
import { change, revision, startKit } from './core-kit.contract.ts'

describe('reset', () => {
  it('sends everybody in the project its configured content, then who did it', async () => {
    const { flat, revisions, extended, connect, dataset } = await startKit()
    const configured = dataset()
    const [by, rev, ours] = [flat(), revisions(), extended()]
    const elsewhere = connect()
    elsewhere.say({ command: 'login', login: 'x' })
    by.say(change({ tasks: { removed: [{ id: 1 }] }, project: { startDate: '2030-01-01' } }))
    for (const peer of [by, rev, ours, elsewhere]) peer.heard()
    by.say({ command: 'reset' })
    expect(by.heard()).toEqual([
      { command: 'dataset', project: 1, dataset: configured },
      { command: 'reset', userName: 'admin', project: 1 },
    ])
    expect(rev.heard()).toMatchObject([
      { command: 'dataset', data: { project: 1, dataset: { tasksData: configured.tasksData } } },
      { command: 'reset', data: { userName: 'admin', project: 1 } },
    ])
    expect(ours.heard()).toMatchObject([{ command: 'dataset', planwire: { revision: 2 } }, { command: 'reset' }])
    expect(elsewhere.heard()).toEqual([])
  })

  it('takes a project by name, and without one asks for the loaded one', async () => {
    const { connect, flat } = await startKit()
    const [peer, other] = [connect(), flat()]
    peer.say({ command: 'login', login: 'user', password: 'user' })
    peer.say({ command: 'reset' })
    expect(peer.heard().at(-1)).toEqual({
      command: 'reset',
      error: 'Subscription to project is required. Load project first',
    })
    other.heard()
    peer.say({ command: 'reset', project: 1 })
    expect(other.heard()).toMatchObject([{ command: 'dataset' }, { command: 'reset', userName: 'user' }])
  })

  it('goes on with revisions and ids, and forgets what phantom ids stood for [BS5]', async () => {
    const { revisions, dataset } = await startKit()
    const peer = revisions()
    const add = { tasks: { added: [{ $PhantomId: '_1', name: 'again' }] } }
    peer.say(revision('local-1', add))
    peer.say({ command: 'reset', data: { project: 1 } })
    peer.heard()
    peer.say(revision('local-1', add))
    expect(peer.heard()).toMatchObject([
      {
        data: {
          revisions: [
            { revision: 'server-3', localRevision: 'local-1', changes: { tasks: { added: [{ id: 'events-101' }] } } },
          ],
        },
      },
    ])
    expect(dataset().tasksData?.filter(({ name }) => name === 'again')).toHaveLength(1)
  })

  it('by the server names nobody but the server, for one project or for all', async () => {
    const { core, flat, live, rest } = await startKit()
    const [peer, events] = [flat(), live('events', 'tasks')]
    await rest('POST', '/events', { text: 'gone' })
    peer.say(change({ tasks: { updated: [{ id: 3, name: 'changed' }], removed: [{ id: 1 }] } }))
    // What went along with the removed task.
    expect(peer.heard()).toMatchObject([{ changes: { tasks: { removed: [{ id: 2 }] } } }])
    events.heard()
    await core.reset(1)
    expect(peer.heard()).toMatchObject([{ command: 'dataset' }, { command: 'reset', userName: 'Server', project: 1 }])
    expect(events.heard()).toEqual([
      tasks('add-task', { id: 1, text: 'Dig', parent: 0 }),
      tasks('add-task', { id: 2, text: 'Hole', start_date: '05-01-2026 00:00', duration: 2, parent: 1 }),
      tasks('update-task', { id: 3, text: 'Rest', parent: 0 }),
      // A widget puts a new row at the end; this one stood first.
      tasks('update-task', { id: 1, text: 'Dig', parent: 0, target: '3' }),
    ])
    await core.reset()
    expect(events.heard()).toEqual([
      { action: 'event', body: { name: 'events', value: { type: 'delete-event', event: { id: 100 } } } },
    ])
    await expect(core.reset(99)).rejects.toMatchObject({ code: 'not-found' })
  })

  const tasks = (type: string, task: object): object => ({
    action: 'event',
    body: { name: 'tasks', value: { type, task } },
  })
})

describe('versions', () => {
  const saved = { versions: { added: [{ $PhantomId: '_v', name: 'v1', content: { a: 1 }, savedAt: '2026-01-01' }] } }
  const shown = { versions: { added: [{ $PhantomId: '_v', name: 'v1', savedAt: '2026-01-01', id: 100 }] } }

  it('keep their content out of broadcasts and datasets, and give it back on request [BS4]', async () => {
    const { flat, revisions, dataset } = await startKit()
    const [author, other, rev] = [flat(), flat(), revisions()]
    author.say(change(saved))
    expect(author.heard()).toMatchObject([{ changes: shown }])
    expect(other.heard()).toEqual([{ command: 'projectChange', project: 1, changes: shown }])
    expect(rev.heard()).toHaveLength(1)
    expect(dataset().versionsData).toEqual([{ id: 100, name: 'v1', savedAt: '2026-01-01' }])
    other.say({ command: 'loadVersionContent', project: 1, versionId: 100 })
    expect(other.heard()).toEqual([{ command: 'loadVersionContent', project: 1, versionId: 100, content: { a: 1 } }])
    rev.say({ command: 'load_version_content', data: { project: 1, versionId: '100' } })
    expect(rev.heard()).toEqual([
      { command: 'load_version_content', data: { project: 1, versionId: '100', content: { a: 1 } } },
    ])
  })

  it('travel with their changelogs, which everybody hears of and loads', async () => {
    const { flat, revisions, dataset } = await startKit()
    const [author, other] = [flat(), revisions()]
    const entry = { $PhantomId: '_c', description: 'Dig was renamed', occurredAt: '2026-01-01T08:00:00' }
    author.say(change({ changelogs: { added: [entry] } }))
    expect(author.heard()).toMatchObject([{ changes: { changelogs: { added: [{ ...entry, id: 100 }] } } }])
    expect(other.heard()).toMatchObject([
      { data: { revisions: [{ changes: { changelogs: { added: [{ description: 'Dig was renamed', id: 100 }] } } }] } },
    ])
    expect(dataset().changelogsData).toEqual([
      { id: 100, description: 'Dig was renamed', occurredAt: '2026-01-01T08:00:00' },
    ])
  })

  it('that do not exist, or were removed or reset, have no content', async () => {
    const { flat } = await startKit()
    const peer = flat()
    const ask = { command: 'loadVersionContent', project: 1, versionId: 100 }
    const refused = { command: 'loadVersionContent', project: 1, error: 'Not found' }
    peer.say(change(saved))
    peer.say(change({ versions: { removed: [{ id: 100 }] } }))
    peer.heard()
    peer.say(ask)
    expect(peer.heard()).toEqual([refused])
    peer.say(change(saved))
    peer.say({ command: 'reset' })
    peer.heard()
    peer.say({ ...ask, versionId: 101 })
    expect(peer.heard()).toEqual([refused])
  })

  it('are saved automatically by one client per project and hour', async () => {
    const { flat, clock } = await startKit()
    const [one, other] = [flat(), flat()]
    const request = { command: 'requestVersionAutoSave', project: 1 }
    one.say(request)
    one.say(request)
    other.say(request)
    expect(one.heard()).toEqual([{ command: 'versionAutoSaveOK', project: 1 }])
    expect(other.heard()).toEqual([])
    clock.advance(3_600_000)
    other.say(request)
    expect(other.heard()).toEqual([{ command: 'versionAutoSaveOK', project: 1 }])
  })
})

describe('a configuration', () => {
  it('that cannot be is refused with the place of the mistake', async () => {
    const wrong = { projects: [{ id: 1, name: 'a', dependenciesData: [{ from: 1, to: 2 }] }] }
    // What a user's JSON may hold.
    await expect(startKit(JSON.parse(JSON.stringify(wrong)))).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('projects[0].dependenciesData[0].id'),
    })
  })

  it('without anything still lets vendors’ clients in', async () => {
    const { connect, get } = await startKit({})
    const peer = connect()
    peer.say({ command: 'login', login: 'user', password: 'user' })
    peer.say({ command: 'projects' })
    expect(peer.heard().at(-1)).toEqual({ command: 'projects', projects: [] })
    expect(await get('/events')).toEqual([])
  })
})
