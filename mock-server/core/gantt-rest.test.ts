import { describe, expect, it } from 'vitest'
import { change, PLAN, startKit } from './core-kit.contract.ts'

const task = (type: string, record: object): object => ({
  action: 'event',
  body: { name: 'tasks', value: { type, task: record } },
})
const link = (type: string, record: object): object => ({
  action: 'event',
  body: { name: 'links', value: { type, link: record } },
})
const ROWS = {
  ...PLAN,
  projects: [{ id: 1, name: 'Plan', tasksData: [{ id: 1 }, { id: 2 }, { id: 3, children: [{ id: 4 }] }, { id: 5 }] }],
}

describe('one plan for both kinds of client', () => {
  it('shows Gantt the project in its own records and order', async () => {
    const { get, flat } = await startKit()
    flat().say(
      change({
        tasks: { added: [{ id: 9, name: 'First', parentIndex: -1, percentDone: 40, expanded: true }] },
        dependencies: { added: [{ id: 8, fromTask: 2, toTask: 3, type: 2 }] },
      }),
    )
    expect(await get('/data?dhxr1795327968195=1')).toEqual({
      data: [
        { id: 9, text: 'First', progress: 0.4, open: true },
        { id: 1, text: 'Dig', parent: 0 },
        { id: 2, text: 'Hole', start_date: '05-01-2026 00:00', duration: 2, parent: 1 },
        { id: 3, text: 'Rest', parent: 0 },
      ],
      links: [{ id: 8, source: 2, target: 3, type: '0' }],
    })
    expect(await get('/data/task/2')).toMatchObject({ text: 'Hole' })
    expect(await get('/data/link')).toHaveLength(1)
  })

  it('commits what Gantt writes in the project’s words, and answers in Gantt’s', async () => {
    const { flat, live, rest, revisions } = await startKit()
    const [project, rev, gantt] = [flat(), revisions(), live('tasks', 'links')]
    const sent = {
      text: 'G',
      start_date: '08-04-2025 00:00',
      duration: 4,
      parent: 0,
      end_date: '12-04-2025 00:00',
      progress: 0.5,
    }
    const { body } = await rest('POST', '/data/task', sent)
    expect(JSON.parse(body)).toEqual({ action: 'inserted', tid: 100, id: 100, item: { ...sent, id: 100 } })
    expect(gantt.heard()).toEqual([task('add-task', { ...sent, id: 100 })])
    const added = {
      ...{ id: 100, name: 'G', startDate: '2025-04-08T00:00:00', endDate: '2025-04-12T00:00:00' },
      ...{ duration: 4, percentDone: 50, parentId: null, parentIndex: 2 },
    }
    expect(project.heard()).toEqual([{ command: 'projectChange', project: 1, changes: { tasks: { added: [added] } } }])
    expect(rev.heard()).toMatchObject([{ data: { revisions: [{ revision: 'server-1', client: 'server' }] } }])

    const made = await rest('POST', '/data/link', { source: '2', target: '100', type: '0' })
    expect(JSON.parse(made.body)).toMatchObject({ action: 'inserted', tid: 101 })
    expect(gantt.heard()).toEqual([link('add-link', { source: 2, target: 100, type: '0', id: 101 })])
    expect(project.heard()).toMatchObject([
      { changes: { dependencies: { added: [{ from: 2, to: 100, type: 2, id: 101 }] } } },
    ])
    await rest('PUT', '/data/link/101', { source: 2, target: 100, type: '1' })
    expect(gantt.heard()).toEqual([link('update-link', { source: 2, target: 100, type: '1', id: 101 })])
    expect(project.heard()).toMatchObject([{ changes: { dependencies: { updated: [{ id: 101, type: 0 }] } } }])
    await rest('DELETE', '/data/link/101')
    expect(gantt.heard()).toEqual([link('delete-link', { id: 101 })])
  })

  it('tells Gantt of edits on the project socket with the whole record', async () => {
    const { flat, live } = await startKit()
    const [author, gantt] = [flat(), live('tasks', 'links')]
    author.say(
      change({
        tasks: { updated: [{ id: 2, percentDone: 30 }] },
        dependencies: { added: [{ id: 8, from: 1, to: 3 }] },
      }),
    )
    expect(gantt.heard()).toEqual([
      task('update-task', {
        id: 2,
        text: 'Hole',
        start_date: '05-01-2026 00:00',
        duration: 2,
        parent: 1,
        progress: 0.3,
      }),
      link('add-link', { id: 8, source: 1, target: 3 }),
    ])
  })

  it('keeps fields that only the other side knows', async () => {
    const { flat, rest, dataset } = await startKit()
    flat().say(change({ tasks: { updated: [{ id: 3, effort: 4, manuallyScheduled: true }] } }))
    await rest('PUT', '/data/task/3', { text: 'Renamed', parent: 0 })
    expect(dataset().tasksData?.[1]).toMatchObject({ name: 'Renamed', effort: 4, manuallyScheduled: true })
  })

  it('serves the project that the configuration names', async () => {
    const { get, rest } = await startKit({ ...PLAN, ganttProject: 2 })
    expect(await get('/data')).toEqual({ data: [{ id: 40, text: 'Elsewhere', parent: 0 }], links: [] })
    expect((await rest('GET', '/data/task/1')).status).toBe(404)
    const none = await startKit({ collections: {} })
    expect(none.core.http({ method: 'GET', url: '/data', headers: {}, body: '' })).toBeUndefined()
  })
})

describe('rows', () => {
  const order = async (get: (url: string) => Promise<unknown>): Promise<unknown> =>
    ((await get('/data')) as { data: { id: number }[] }).data.map(({ id }) => id)

  it('move behind or before another, and the project hears the new indexes', async () => {
    const { get, rest, flat, live } = await startKit(ROWS)
    const [project, gantt] = [flat(), live('tasks')]
    const { body } = await rest('PUT', '/data/task/1', { parent: 0, target: 'next:3' })
    expect(JSON.parse(body)).toMatchObject({ action: 'updated', item: { id: 1, parent: 0 } })
    expect(await order(get)).toEqual([2, 3, 4, 1, 5])
    expect(project.heard()).toMatchObject([
      {
        changes: {
          tasks: {
            updated: [
              { id: 1, parentIndex: 2 },
              { id: 2, parentIndex: 0 },
              { id: 3, parentIndex: 1 },
            ],
          },
        },
      },
    ])
    expect(gantt.heard()).toEqual([task('update-task', { id: 1, parent: 0, target: 'next:3' })])
    await rest('PUT', '/data/task/5', { parent: 0, target: '2' })
    expect(await order(get)).toEqual([5, 2, 3, 4, 1])
    expect(gantt.heard()).toEqual([task('update-task', { id: 5, parent: 0, target: '2' })])
  })

  it('move under another parent, at its end unless told where', async () => {
    const { get, rest } = await startKit(ROWS)
    await rest('PUT', '/data/task/1', { parent: '3' })
    expect(await order(get)).toEqual([2, 3, 4, 1, 5])
    await rest('PUT', '/data/task/2', { parent: 3, target: 'next:4' })
    expect(await order(get)).toEqual([3, 4, 2, 1, 5])
    expect(await get('/data/task/1')).toEqual({ id: 1, parent: 3 })
  })

  it('stay where they are when a widget sends along the target that it was told', async () => {
    const { get, rest, live } = await startKit(ROWS)
    live('tasks')
    await rest('PUT', '/data/task/1', { parent: 0, target: 'next:5' })
    await rest('PUT', '/data/task/3', { parent: 0, target: 'next:5' })
    expect(await order(get)).toEqual([2, 5, 3, 4, 1])
    await rest('PUT', '/data/task/1', { text: 'renamed', parent: 0, target: 'next:5' })
    expect(await order(get)).toEqual([2, 5, 3, 4, 1])
  })

  it('that moved on the project socket come to Gantt with a target, those that were only shifted not', async () => {
    const { flat, live } = await startKit(ROWS)
    const [author, gantt] = [flat(), live('tasks')]
    const updated = [
      { id: 5, parentIndex: 0 },
      { id: 1, parentIndex: 1 },
      { id: 2, parentIndex: 2 },
      { id: 3, parentIndex: 3 },
    ]
    author.say(change({ tasks: { updated } }))
    expect(gantt.heard()).toEqual([task('update-task', { id: 5, parent: 0, target: '1' })])
  })

  it('that were added between others on the project socket are placed there', async () => {
    const { flat, live, get } = await startKit(ROWS)
    const [author, gantt] = [flat(), live('tasks')]
    const added = [
      { id: 8, name: 'Second', parentIndex: 2 },
      { id: 7, name: 'First', parentIndex: 1 },
      { id: 9, name: 'Child', parentId: 3, parentIndex: 1 },
    ]
    const updated = [
      { id: 2, parentIndex: 3 },
      { id: 3, parentIndex: 4 },
      { id: 5, parentIndex: 5 },
    ]
    author.say(change({ tasks: { added, updated } }))
    expect(gantt.heard()).toMatchObject([
      task('add-task', { id: 8 }),
      task('add-task', { id: 7 }),
      task('add-task', { id: 9, parent: 3 }),
      task('update-task', { id: 7, target: 'next:1' }),
      task('update-task', { id: 8, target: 'next:7' }),
    ])
    expect(await order(get)).toEqual([1, 7, 8, 2, 3, 4, 9, 5])
  })

  it('never come below themselves', async () => {
    const { rest, get } = await startKit(ROWS)
    for (const parent of [3, 4]) {
      const { status, body } = await rest('PUT', '/data/task/3', { parent })
      expect([status, body]).toEqual([400, '{"error":"A task cannot be below itself"}'])
    }
    expect(await order(get)).toEqual([1, 2, 3, 4, 5])
  })
})

describe('deleting a task', () => {
  it('takes its descendants, links and assignments in one commit, each with an event', async () => {
    const { rest, live, extended, core } = await startKit()
    const project = extended()
    project.say(
      change(
        {
          dependencies: { added: [{ id: 10, from: 2, to: 3 }] },
          assignments: { added: [{ id: 11, event: 2, resource: 1 }] },
        },
        1,
      ),
    )
    await core.flushed()
    const gantt = live('tasks', 'links')
    project.heard()
    await rest('DELETE', '/data/task/1')
    expect(gantt.heard()).toEqual([
      link('delete-link', { id: 10 }),
      task('delete-task', { id: 1 }),
      task('delete-task', { id: 2 }),
    ])
    expect(project.heard()).toMatchObject([
      {
        changes: {
          tasks: { removed: [{ id: 1 }, { id: 2 }] },
          dependencies: { removed: [{ id: 10 }] },
          assignments: { removed: [{ id: 11 }] },
        },
        planwire: { revision: 2 },
      },
    ])
  })

  it('answers the widget’s own calls for what went with the parent, and refuses unknown ids', async () => {
    const { rest } = await startKit()
    await rest('POST', '/data/link', { source: 2, target: 3, type: '0' })
    await rest('DELETE', '/data/task/1')
    for (const url of ['/data/link/100', '/data/task/2']) {
      const { status, body } = await rest('DELETE', url)
      expect([status, body]).toEqual([200, '{"action":"deleted"}'])
    }
    expect((await rest('DELETE', '/data/task/77')).status).toBe(404)
    expect((await rest('PUT', '/data/task/2', { text: 'x' })).status).toBe(404)
  })
})
