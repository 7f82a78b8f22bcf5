import { afterEach, describe, expect, test } from 'vitest'
import { type BryntumFlatOptions, type BryntumFlatServer, startBryntumFlatServer } from './bryntum-flat-server.ts'
import { type PlainSocket, plainSocket } from './plain-socket.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(options?: BryntumFlatOptions): Promise<BryntumFlatServer> {
  const server = await startBryntumFlatServer(options)
  ends.push(server.close)
  return server
}

/** A client that has logged in and, unless `project` is null, loaded a project. */
async function join(server: BryntumFlatServer, login: string, project: number | null = 1): Promise<PlainSocket> {
  const socket = await plainSocket(server.url)
  ends.push(socket.close)
  socket.send({ command: 'login', login, password: login })
  await socket.until((message) => message['command'] === 'users')
  if (project !== null) {
    socket.send({ command: 'dataset', project })
    await socket.until((message) => message['command'] === 'dataset')
  }
  return socket
}

/** Everything that came before the answer to a `projects` request. */
async function sofar(socket: PlainSocket): Promise<unknown[]> {
  socket.send({ command: 'projects' })
  return (await socket.until((message) => message['command'] === 'projects')).slice(0, -1)
}

describe('login', () => {
  test('everyone, the newcomer too, hears the name and then the list of users', async () => {
    const server = await start()
    const charlie = await join(server, 'Charlie', null)
    const dora = await plainSocket(server.url)
    ends.push(dora.close)
    dora.send({ command: 'login', login: 'Dora' })
    const heard = [
      { command: 'login', userName: 'Dora' },
      { command: 'users', users: ['Charlie', 'Dora'] },
    ]
    expect(await dora.until((message) => message['command'] === 'users')).toEqual(heard)
    expect(await sofar(charlie)).toEqual(heard)
  })

  test('the variant of 2022 answers the newcomer with a bare login', async () => {
    const server = await start({ login: 'answer' })
    const socket = await plainSocket(server.url)
    ends.push(socket.close)
    socket.send({ command: 'login', login: 'Charlie' })
    expect(await socket.until((message) => message['command'] === 'users')).toEqual([
      { command: 'login' },
      { command: 'users', users: ['Charlie'] },
    ])
  })

  test('a wrong password is refused, and nothing is answered without a login', async () => {
    const server = await start()
    const socket = await plainSocket(server.url)
    ends.push(socket.close)
    socket.send({ command: 'login', login: 'admin', password: 'guess' })
    socket.send({ command: 'projects' })
    expect(await socket.until((message) => message['command'] === 'projects')).toEqual([
      { command: 'login', error: 'Wrong user name or password' },
      { command: 'projects', error: 'Authentication required' },
    ])
  })
})

describe('projectChange', () => {
  test('added records come back to the author with their number ids, and so does every reference to them', async () => {
    const server = await start()
    const author = await join(server, 'admin')
    const other = await join(server, 'Dora')
    await sofar(author)
    author.send({
      command: 'projectChange',
      project: 1,
      changes: {
        tasks: {
          added: [
            { $PhantomId: '_generatedModel1', name: 'Parent' },
            {
              $PhantomId: '_generatedModel2',
              $PhantomParentId: '_generatedModel1',
              parentId: '_generatedModel1',
              name: 'Child',
            },
          ],
          updated: [{ id: 2, name: 'Measured' }],
          removed: [{ id: 4 }],
        },
        dependencies: {
          added: [{ $PhantomId: '_generatedModel3', from: 2, to: '_generatedModel2', toEvent: '_generatedModel2' }],
        },
        resources: {},
        assignments: {},
      },
    })
    const expected = {
      command: 'projectChange',
      project: 1,
      changes: {
        tasks: {
          added: [
            { $PhantomId: '_generatedModel1', name: 'Parent', id: 10001 },
            {
              $PhantomId: '_generatedModel2',
              $PhantomParentId: '_generatedModel1',
              parentId: 10001,
              name: 'Child',
              id: 10002,
            },
          ],
          updated: [{ id: 2, name: 'Measured' }],
          removed: [{ id: 4 }],
        },
        dependencies: { added: [{ $PhantomId: '_generatedModel3', from: 2, to: 10002, toEvent: 10002, id: 10003 }] },
        resources: {},
        assignments: {},
      },
    }
    expect(await sofar(author)).toEqual([expected])
    expect(await sofar(other)).toEqual([expected])
    const { tasks } = server.state()
    expect(tasks.map((task) => [task.id, task['name'], task['parentId']])).toEqual([
      [1, 'Prepare', null],
      [2, 'Measured', 1],
      [3, 'Order shelves', 1],
      [10001, 'Parent', null],
      [10002, 'Child', 10001],
    ])
  })

  test('the author hears nothing of a change that adds no record', async () => {
    const server = await start()
    const author = await join(server, 'admin')
    const other = await join(server, 'Dora', 2)
    await sofar(author)
    const change = { command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 2, name: 'X' }] } } }
    author.send(change)
    expect(await sofar(author)).toEqual([])
    expect(await sofar(other)).toEqual([change])
  })

  test('the reply of ids alone names nothing but phantom id and id, to the author only', async () => {
    const server = await start({ reply: 'ids' })
    const author = await join(server, 'admin')
    const other = await join(server, 'Dora')
    await sofar(author)
    author.send({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { added: [{ $PhantomId: 'p', name: 'X' }] } },
    })
    expect(await sofar(author)).toMatchObject([{ changes: { tasks: { added: [{ $PhantomId: 'p', id: 10001 }] } } }])
    expect(await sofar(other)).toMatchObject([{ changes: { tasks: { added: [{ name: 'X', id: 10001 }] } } }])
  })

  test('a change with a store that does not exist is refused and leaves no part behind', async () => {
    const server = await start()
    const author = await join(server, 'admin')
    author.send({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { removed: [{ id: 2 }] }, wishes: { added: [{}] } },
    })
    expect(await sofar(author)).toEqual([{ command: 'projectChange', project: 1, error: 'Unknown store: wishes' }])
    expect(server.state().tasks).toHaveLength(4)
  })

  test('a child that names the phantom of an earlier, unanswered change gets its real parent', async () => {
    const server = await start()
    const author = await join(server, 'admin')
    for (const row of [{ $PhantomId: 'p1' }, { $PhantomId: 'p2', parentId: 'p1' }]) {
      author.send({ command: 'projectChange', project: 1, changes: { tasks: { added: [row] } } })
    }
    await sofar(author)
    expect(server.state().tasks.at(-1)).toEqual({ id: 10002, parentId: 10001 })
  })
})

describe('late commits', () => {
  test('other commands are answered before the change is committed, and commits keep their order', async () => {
    const server = await start({ lateCommitMs: [1, 4], seed: 7 })
    const author = await join(server, 'admin')
    const other = await join(server, 'Dora')
    await sofar(author)
    const names = Array.from({ length: 12 }, (_, n) => `name ${n}`)
    for (const name of names) {
      author.send({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 2, name }] } } })
    }
    author.send({ command: 'dataset', project: 1 })
    const before = await author.until((message) => message['command'] === 'dataset')
    expect(JSON.stringify(before)).toContain('Measure the rooms')
    const heard = await other.until((message) => JSON.stringify(message).includes('name 11'))
    expect(heard).toEqual(
      names.map((name) => ({
        command: 'projectChange',
        project: 1,
        changes: { tasks: { updated: [{ id: 2, name }] } },
      })),
    )
    expect(server.state().tasks.find((task) => task.id === 2)?.['name']).toBe('name 11')
  })

  test('closing in the middle leaves no commit behind', async () => {
    const server = await start({ lateCommitMs: [5000, 5000] })
    const author = await join(server, 'admin')
    author.send({ command: 'projectChange', project: 1, changes: { tasks: { removed: [{ id: 2 }] } } })
    await sofar(author)
    await server.close()
    await author.closed
    expect(server.state().tasks).toHaveLength(4)
  })
})

describe('reset', () => {
  test('without a project it is the loaded one: everyone gets the dataset, then who did it', async () => {
    const server = await start()
    const author = await join(server, 'admin')
    const other = await join(server, 'Dora')
    const elsewhere = await join(server, 'Emil', 2)
    await sofar(author)
    await sofar(other)
    author.send({ command: 'projectChange', project: 1, changes: { tasks: { removed: [{ id: 4 }] } } })
    author.send({ command: 'reset' })
    const heard = await sofar(author)
    expect(heard).toMatchObject([{ command: 'dataset' }, { command: 'reset', userName: 'admin' }])
    expect(heard[0]).not.toHaveProperty('project')
    expect((await sofar(other)).slice(1)).toEqual(heard)
    expect(await sofar(elsewhere)).toMatchObject([{ command: 'projectChange' }])
    expect(server.state().tasks).toHaveLength(4)
    server.resetByServer()
    expect((await sofar(other)).at(-1)).toEqual({ command: 'reset', userName: 'Server' })
  })
})

describe('the rest', () => {
  test('a dataset nests tasks and holds projectMeta and every store', async () => {
    const socket = await join(await start(), 'admin', null)
    socket.send({ command: 'dataset', project: 1 })
    const [answer] = await socket.until((message) => message['command'] === 'dataset')
    expect(answer).toMatchObject({
      project: 1,
      dataset: {
        tasksData: [{ id: 1, children: [{ id: 2 }, { id: 3 }] }, { id: 4 }],
        dependenciesData: [{ from: 2, to: 3 }],
        resourcesData: [{ id: 6 }],
        assignmentsData: [{ id: 7 }],
        calendarsData: [],
        projectMeta: { startDate: '2026-03-02' },
      },
    })
  })

  test('versions: autosave is allowed, and content is told on request only', async () => {
    const socket = await join(await start(), 'admin')
    socket.send({ command: 'requestVersionAutoSave', project: 1 })
    const version = { $PhantomId: 'v', name: 'First', content: { tasks: 3 } }
    socket.send({ command: 'projectChange', project: 1, changes: { versions: { added: [version] } } })
    socket.send({ command: 'loadVersionContent', project: 1, versionId: 10001 })
    socket.send({ command: 'dataset', project: 1 })
    const heard = await socket.until((message) => message['command'] === 'dataset')
    expect(heard[0]).toEqual({ command: 'versionAutoSaveOK', project: 1 })
    expect(heard[2]).toEqual({ command: 'loadVersionContent', project: 1, versionId: 10001, content: { tasks: 3 } })
    expect(heard[3]).toMatchObject({ dataset: { versionsData: [{ id: 10001, name: 'First' }] } })
    expect(JSON.stringify(heard[3])).not.toContain('content')
  })

  test('what is no JSON object is answered with an error, and the connection lives on', async () => {
    const socket = await join(await start(), 'admin', null)
    socket.sendText('{')
    socket.sendText('[1]')
    socket.send({ command: 'dance' })
    socket.send({ command: 'dataset', project: 9 })
    expect(await sofar(socket)).toEqual([
      { command: 'error', message: 'Not a JSON object' },
      { command: 'error', message: 'Not a JSON object' },
      { command: 'dance', error: 'Unknown command' },
      { command: 'dataset', error: 'Unknown project' },
    ])
  })

  test('those who stay hear the new list of users when one leaves', async () => {
    const server = await start()
    const charlie = await join(server, 'Charlie')
    const dora = await join(server, 'Dora')
    await sofar(charlie)
    dora.close()
    expect(await charlie.until((message) => message['command'] === 'users')).toEqual([
      { command: 'users', users: ['Charlie'] },
    ])
  })
})
