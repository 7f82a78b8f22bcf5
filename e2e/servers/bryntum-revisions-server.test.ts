import { afterEach, expect, test } from 'vitest'
import { type BryntumRevisionsServer, startBryntumRevisionsServer } from './bryntum-revisions-server.ts'
import { type PlainSocket, plainSocket } from './plain-socket.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(): Promise<BryntumRevisionsServer> {
  const server = await startBryntumRevisionsServer()
  ends.push(server.close)
  return server
}

async function join(server: BryntumRevisionsServer, login: string): Promise<PlainSocket> {
  const socket = await plainSocket(server.url)
  ends.push(socket.close)
  socket.send({ command: 'login', data: { login, password: login } })
  socket.send({ command: 'dataset', data: { project: 1 } })
  await socket.until((message) => message['command'] === 'dataset')
  return socket
}

async function sofar(socket: PlainSocket): Promise<unknown[]> {
  socket.send({ command: 'version', data: {} })
  return (await socket.until((message) => message['command'] === 'version')).slice(0, -1)
}

test('a login answers the client id, tells the others of a join, and everyone the users', async () => {
  const server = await start()
  const ada = await join(server, 'admin')
  const dora = await plainSocket(server.url)
  ends.push(dora.close)
  dora.send({ command: 'login', data: { login: 'Dora' } })
  const users = { command: 'users', data: { users: ['admin', 'Dora'] } }
  expect(await sofar(dora)).toEqual([{ command: 'login', data: { client: 'client-2', userName: 'Dora' } }, users])
  expect(await sofar(ada)).toEqual([{ command: 'join', data: { userName: 'Dora' } }, users])
})

test('a wrong password is refused; commands before login, and changes before a dataset, too', async () => {
  const socket = await plainSocket((await start()).url)
  ends.push(socket.close)
  socket.send({ command: 'login', data: { login: 'admin', password: 'guess' } })
  socket.send({ command: 'dataset', data: { project: 1 } })
  socket.send({ command: 'login', data: { login: 'Dora' } })
  socket.send({ command: 'project_change', data: { project: 1, revisions: [] } })
  socket.send({ command: 'dataset', data: { project: 9 } })
  expect(await sofar(socket)).toEqual([
    { command: 'login', error: 'Wrong user name or password' },
    { command: 'dataset', error: 'Authentication required' },
    { command: 'login', data: { client: 'client-1', userName: 'Dora' } },
    { command: 'users', data: { users: ['Dora'] } },
    {
      command: 'project_change',
      data: { project: 1 },
      error: 'Subscription to project is required. Load project first',
    },
    { command: 'dataset', data: { project: 9 }, error: 'Authorization required' },
  ])
})

test('every change comes back to all, the author too, numbered and with string ids, in $input as well', async () => {
  const server = await start()
  const author = await join(server, 'admin')
  const other = await join(server, 'Dora')
  await sofar(author)
  const added = [
    { $PhantomId: '_generatedTask_1', name: 'Parent' },
    {
      $PhantomId: '_generatedTask_2',
      $PhantomParentId: '_generatedTask_1',
      parentId: '_generatedTask_1',
      name: 'Child',
    },
  ]
  author.send({
    command: 'project_change',
    data: {
      project: 1,
      client: 'client-1',
      revisions: [
        { revision: 'local-1', clientId: 'client-1', changes: { tasks: { added, $input: { added } } } },
        {
          revision: 'local-2',
          clientId: 'client-1',
          conflictResolutionFor: 'server-9',
          changes: { tasks: { updated: [{ id: '_generatedTask_2', name: 'Son' }] }, project: { percentDone: 3 } },
        },
      ],
    },
  })
  const real = [
    { $PhantomId: '_generatedTask_1', name: 'Parent', id: 'events-101' },
    {
      $PhantomId: '_generatedTask_2',
      $PhantomParentId: '_generatedTask_1',
      parentId: 'events-101',
      name: 'Child',
      id: 'events-102',
    },
  ]
  const echo = {
    command: 'project_change',
    data: {
      project: 1,
      revisions: [
        {
          revision: 'server-1',
          localRevision: 'local-1',
          client: 'client-1',
          changes: { tasks: { added: real, $input: { added: real } } },
        },
        {
          revision: 'server-2',
          localRevision: 'local-2',
          client: 'client-1',
          conflictResolutionFor: 'server-9',
          changes: { tasks: { updated: [{ id: 'events-102', name: 'Son' }] }, project: { percentDone: 3 } },
        },
      ],
    },
  }
  expect(await sofar(author)).toEqual([echo])
  expect(await sofar(other)).toEqual([echo])
  expect(server.state().tasks.at(-1)).toEqual({ id: 'events-102', parentId: 'events-101', name: 'Son' })
})

test('a reset gives everyone the dataset and then the name; removed tasks are back', async () => {
  const server = await start()
  const author = await join(server, 'admin')
  const other = await join(server, 'Dora')
  await sofar(author)
  const changes = { tasks: { removed: [{ id: 'events-4' }] } }
  author.send({ command: 'project_change', data: { project: 1, revisions: [{ revision: 'local-1', changes }] } })
  author.send({ command: 'reset', data: { project: 1 } })
  const tail = [
    { command: 'dataset', data: { project: 1, dataset: { project: { startDate: '2026-03-02' } } } },
    { command: 'reset', data: { userName: 'admin', project: 1 } },
  ]
  expect((await sofar(author)).slice(1)).toMatchObject(tail)
  expect((await sofar(other)).slice(1)).toMatchObject(tail)
  expect(server.state().tasks).toHaveLength(4)
})

test('a logout is confirmed and closes; a bad frame is answered and harms nobody', async () => {
  const server = await start()
  const leaving = await join(server, 'admin')
  const other = await join(server, 'Dora')
  leaving.sendText('nonsense')
  leaving.send({ command: 'logout', data: {} })
  await leaving.closed
  const heard = leaving.take()
  expect(heard).toContainEqual({ command: 'error', message: 'Not a JSON object' })
  expect(heard.at(-1)).toEqual({ command: 'logout', data: {} })
  const left = await other.until((message) => message['command'] === 'logout')
  expect(left.at(-1)).toEqual({ command: 'logout', data: { userName: 'admin' } })
})
