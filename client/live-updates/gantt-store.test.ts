/** What an app can rely on with tasks and links. */
import { beforeEach, describe, expect, test } from 'vitest'
import { createGanttStore } from './gantt-store.ts'
import { HandServer, settle } from './hand-server.contract.ts'

let server: HandServer
beforeEach(() => {
  server = new HandServer()
})

describe('tasks and links', () => {
  const TASK = { id: 5, text: 'Build', start_date: '01-04-2025 00:00', duration: 2, progress: 0, parent: 0 }
  const LINK = { id: 5, source: 5, target: 6, type: '0' }

  async function openGantt(): Promise<ReturnType<typeof createGanttStore>> {
    const gantt = createGanttStore(server.ports)
    void gantt.load('/data')
    gantt.createDataProcessor({ url: '/data' })
    const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await settle()
    await server.request('GET /api/v1').answer(200, { api: {}, data: {}, websocket: true })
    await server.request('GET /data').answer(200, { data: [TASK, { ...TASK, id: 6 }], links: [LINK] })
    server.socket.start()
    await settle()
    await server.last.answer(200, { data: [TASK, { ...TASK, id: 6 }], links: [LINK] })
    return gantt
  }

  test('[DC15] a remote change of a task that is being saved is merged', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, progress: 0.5 } })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, text: 'mine' } })
    await server.request('PUT /data/task/5').answer(200, { action: 'updated' })
    expect(gantt.tasks.get(5)).toMatchObject({ text: 'mine', progress: 0.5 })
    expect(server.last.body).toMatchObject({ text: 'mine', progress: 0.5 })
  })

  test('[DC14] link 5 is changed by others while task 5 is being saved', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    server.socket.event('links', { type: 'update-link', link: { ...LINK, type: '2' } })
    expect(gantt.links.get(5)?.type).toBe('2')
    server.socket.event('links', { type: 'delete-link', link: { id: 5 } })
    expect(gantt.links.get(5)).toBeUndefined()
    expect(gantt.tasks.get(5)?.text).toBe('mine')
  })

  test('new records that refer to each other leave in order, with real ids', async () => {
    const gantt = await openGantt()
    gantt.transact(() => {
      const parent = gantt.tasks.add({ ...TASK, text: 'p' })
      const child = gantt.tasks.add({ ...TASK, text: 'c', parent: parent.id })
      gantt.links.add({ source: parent.id, target: child.id, type: '0' })
    })
    await settle()
    const posts = (): string[] => server.asked.filter((line) => line.startsWith('POST'))
    expect(posts()).toEqual(['POST /data/task'])
    await server.last.answer(200, { tid: 101 })
    expect(posts()).toHaveLength(2)
    expect(server.last.body).toMatchObject({ text: 'c', parent: 101 })
    await server.last.answer(200, { tid: 102 })
    expect(server.last).toMatchObject({ url: '/data/link', body: { source: 101, target: 102, type: '0' } })
    await server.last.answer(200, { tid: 6 })
    expect(gantt.pendingCount).toBe(0)
    expect(gantt.children(101).map(({ id }) => id)).toEqual([102])
  })

  test('where a row goes travels with the move and never again, and a move to the same place is a move', async () => {
    const gantt = await openGantt()
    gantt.tasks.update(5, { target: 'next:6' })
    await settle()
    expect(server.last.body).toEqual({ ...TASK, id: undefined, target: 'next:6' })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: 'next:6' } })
    await server.last.answer(200)
    expect(gantt.pendingCount).toBe(0)
    gantt.tasks.update(5, { text: 'mine' })
    await settle()
    expect(server.last.body).toEqual({ ...TASK, id: undefined, text: 'mine' })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: '6' } })
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, text: 'mine' } })
    await server.last.answer(200)
    expect(gantt.pendingCount).toBe(0)
    server.socket.event('tasks', { type: 'update-task', task: { ...TASK, target: 'next:6' } })
    const before = server.requests.length
    gantt.tasks.update(5, { target: 'next:6' })
    await settle()
    expect(server.requests).toHaveLength(before + 1)
  })

  test('a new task that goes behind another new one does not wait for it, its move does', async () => {
    const gantt = await openGantt()
    const first = gantt.tasks.add({ ...TASK, text: 'a' })
    const second = gantt.tasks.add({ ...TASK, text: 'b', target: `next:${first.id}` })
    gantt.tasks.update(first.id, { target: String(second.id) })
    await settle()
    const posts = server.requests.filter(({ method }) => method === 'POST')
    expect(posts.map(({ body }) => body)).toEqual([
      { ...TASK, id: undefined, text: 'a' },
      { ...TASK, id: undefined, text: 'b' },
    ])
    await posts[0]?.answer(200, { tid: 101 })
    expect(server.asked.filter((line) => line.startsWith('PUT'))).toEqual([])
    await posts[1]?.answer(200, { tid: 102 })
    expect(server.request('PUT /data/task/101').body).toMatchObject({ target: 102 })
    expect(server.request('PUT /data/task/102').body).toMatchObject({ target: 'next:101' })
  })

  test('what was built on a record that the server refused is rolled back with it, and told', async () => {
    const gantt = await openGantt()
    const rejected: string[] = []
    gantt.on('rejected', ({ store, operation }) => rejected.push(`${operation} ${store}`))
    const parent = gantt.tasks.add({ ...TASK, text: 'p' })
    const child = gantt.tasks.add({ ...TASK, text: 'c', parent: parent.id })
    gantt.links.add({ source: 5, target: child.id, type: '0' })
    gantt.tasks.update(6, { parent: child.id })
    await settle()
    await server.last.answer(400)
    expect(rejected).toEqual(['add tasks', 'add tasks', 'add links', 'update tasks'])
    expect(gantt.tasks.all().map(({ id }) => id)).toEqual([5, 6])
    expect(gantt.tasks.get(6)?.parent).toBe(0)
    expect(gantt.links.size).toBe(1)
    expect(gantt.pendingCount).toBe(0)
  })

  test('a removed task takes its descendants and their links along, each by a request of its own, in one change', async () => {
    const gantt = await openGantt()
    server.socket.event('tasks', { type: 'add-task', task: { ...TASK, id: 7, parent: 5 } })
    server.socket.event('tasks', { type: 'add-task', task: { ...TASK, id: 8, parent: 7 } })
    let batches = 0
    gantt.on('change', () => batches++)
    gantt.tasks.remove(5)
    await settle()
    expect(batches).toBe(1)
    expect(server.asked.filter((line) => line.startsWith('DELETE')).sort()).toEqual([
      'DELETE /data/link/5',
      'DELETE /data/task/5',
      'DELETE /data/task/7',
      'DELETE /data/task/8',
    ])
  })

  test('[DC17] a viewer that saves nothing sees every change', async () => {
    const gantt = createGanttStore(server.ports)
    const { RemoteEvents, remoteUpdates } = gantt.ext.liveUpdates
    new RemoteEvents('/api/v1', 'token').on(remoteUpdates)
    await server.accept()
    server.socket.event('tasks', { type: 'add-task', task: TASK })
    server.socket.event('links', { type: 'add-link', link: LINK })
    expect([gantt.tasks.size, gantt.links.size]).toEqual([1, 1])
  })

  test('tasks and links may be read from URLs of their own', async () => {
    const gantt = createGanttStore(server.ports)
    const load = gantt.load({ tasks: '/tasks', links: '/links' })
    await settle()
    await server.request('GET /tasks').answer(200, [TASK])
    await server.request('GET /links').answer(200, [LINK])
    await load
    expect([gantt.tasks.all(), gantt.links.all()]).toEqual([[TASK], [LINK]])
  })
})
