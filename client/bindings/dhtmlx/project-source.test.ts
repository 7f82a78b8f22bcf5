/** A chart on a real `ProjectClient`, whose server is the test. */
import { describe, expect, it } from 'vitest'
import { loadedScript, type Script } from '../../project/scripted-server.contract.ts'
import type { GanttChange, GanttSource } from './gantt-source.ts'
import { projectSource } from './project-source.ts'

const TASKS = [
  { id: 1, name: 'Phase', startDate: '2026-02-01', endDate: '2026-02-09', expanded: true },
  {
    id: 2,
    name: 'Draft',
    parentId: 1,
    parentIndex: 0,
    startDate: '2026-02-01',
    endDate: '2026-02-04',
    percentDone: 50,
  },
  { id: 3, name: 'Review', parentId: 1, parentIndex: 1, startDate: '2026-02-04', endDate: '2026-02-06' },
  { id: 4, name: 'Out', parentIndex: 1, startDate: '2026-02-09', endDate: '2026-02-09', duration: 0 },
]

function open(dependencies: object[] = []): { script: Script; source: GanttSource; changes: GanttChange[] } {
  const script = loadedScript('flat', {}, TASKS)
  const dataset = { tasksData: TASKS, dependenciesData: dependencies }
  script.say({ command: 'dataset', project: 1, dataset })
  const source = projectSource(script.client)
  const changes: GanttChange[] = []
  source.onChange((change) => changes.push(change))
  return { script, source, changes }
}

/** What the server heard of changes. */
async function sent(script: Script): Promise<unknown[]> {
  await Promise.resolve()
  return script.heard().flatMap((frame) => (frame['command'] === 'projectChange' ? [frame['changes']] : []))
}

describe('a project as the source of a chart', () => {
  it('names fields as the widget does; children make a summary, no length makes a milestone', () => {
    const { source } = open()
    expect(source.task(1)).toMatchObject({ text: 'Phase', type: 'project', open: true })
    expect(source.task(2)).toMatchObject({ text: 'Draft', type: 'task', progress: 0.5, start_date: '2026-02-01 00:00' })
    expect(source.task(4)).toMatchObject({ type: 'milestone' })
    expect(source.task(99)).toBeUndefined()
    expect([source.children(null), source.children(1), source.parent(2), source.parent(1)]).toEqual([
      [1, 4],
      [2, 3],
      1,
      null,
    ])
  })

  it('shows a link when both its tasks are there, and finish-start where the type is left out', () => {
    const { source, script, changes } = open([
      { id: 10, from: 2, to: 3 },
      { id: 11, from: 2, to: 77, type: 0 },
    ])
    expect(source.link(10)).toEqual({ source: 2, target: 3, type: '0' })
    expect(source.link(11)).toBeUndefined()
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { added: [{ id: 77, name: 'Late' }] } } })
    expect(changes.at(-1)).toMatchObject({ type: 'records', tasks: [77], links: [11] })
    expect(source.link(11)).toMatchObject({ target: 77, type: '1' })
  })

  it('sends the edits of one action as one changeset in the canonical names', async () => {
    const { source, script } = open()
    source.transact(() => {
      source.updateTask(2, { text: 'First draft', progress: 0.75, type: 'task' })
      const id = source.addTask({ text: 'New', start_date: '2026-02-02 00:00', type: 'task' }, { parent: 1, index: 2 })
      source.addLink({ source: 3, target: id, type: '0' })
    })
    const changes = await sent(script)
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({
      tasks: {
        updated: [{ id: 2, name: 'First draft', percentDone: 75 }],
        added: [{ name: 'New', parentId: 1, parentIndex: 2, startDate: '2026-02-02T00:00:00' }],
      },
      dependencies: { added: [{ from: 3, type: 2 }] },
    })
    expect(JSON.stringify(changes)).not.toContain('"type":"task"')
  })

  it('puts a new task where it was drawn', () => {
    const { source } = open()
    const id = source.addTask({ text: 'Between' }, { parent: 1, index: 1 })
    expect(source.children(1)).toEqual([2, id, 3])
  })

  it('a move tells both branches, and the parents, which may have become or ceased to be a summary', () => {
    const { source, changes } = open()
    source.moveTask(2, { parent: 4, index: 0 })
    const change = changes.at(-1)
    if (change?.type !== 'records') throw new Error('no change')
    expect(new Set(change.branches)).toEqual(new Set([1, 4, null]))
    expect(new Set(change.tasks)).toEqual(new Set([1, 2, 4]))
    expect(source.task(4)).toMatchObject({ type: 'project' })
  })

  it('tells when a task gets its real id', () => {
    const { source, script, changes } = open()
    const phantom = source.addTask({ text: 'New' }, { parent: null, index: 2 })
    script.heard()
    const added = [{ $PhantomId: phantom, id: 50, name: 'New', parentIndex: 2 }]
    script.say({ command: 'projectChange', project: 1, changes: { tasks: { added } } })
    expect(changes.at(-1)).toMatchObject({ rekeyedTasks: [{ from: phantom, to: 50 }] })
    expect(source.children(null)).toEqual([1, 4, 50])
  })

  it('a reset reads the same project anew, another project replaces it', () => {
    const { script, changes } = open()
    script.say({ command: 'dataset', project: 1, dataset: { tasksData: TASKS.slice(0, 1) } })
    expect(changes.at(-1)).toEqual({ type: 'everything', sameProject: true })
    script.client.wsProjectId = 2
    script.heard()
    script.say({ command: 'dataset', project: 2, dataset: { tasksData: [] } })
    expect(changes).toContainEqual({ type: 'everything', sameProject: false })
  })
})
