/** A chart on a real `GanttStore` of the live updates, whose server is the test. */
import { beforeEach, describe, expect, it } from 'vitest'
import { createGanttStore, type GanttStore } from '../../live-updates/gantt-store.ts'
import { HandServer, settle } from '../../live-updates/hand-server.contract.ts'
import type { GanttChange, GanttSource } from './gantt-source.ts'
import { liveSource } from './live-source.ts'
import { formatWallClock } from './wall-clock.ts'

const PLAN = {
  data: [
    { id: 1, text: 'Phase', start_date: '01-02-2026 00:00', duration: 8, parent: 0 },
    { id: 2, text: 'Draft', start_date: '01-02-2026 00:00', duration: 3, parent: 1 },
    { id: 3, text: 'Review', start_date: '04-02-2026 00:00', duration: 2, parent: 1 },
    { id: 4, text: 'Out', start_date: '09-02-2026 00:00', duration: 0, parent: 0 },
  ],
  links: [{ id: 1, source: 2, target: 3, type: '0' }],
}

let server: HandServer
let store: GanttStore
let source: GanttSource
let changes: GanttChange[]

beforeEach(async () => {
  server = new HandServer()
  store = createGanttStore(server.ports)
  source = liveSource(store)
  changes = []
  source.onChange((change) => changes.push(change))
  void store.load('/data')
  store.createDataProcessor({ url: '/data', mode: 'REST-JSON' })
  await settle()
  await server.request('GET /data').answer(200, PLAN)
  await settle()
})

/** Somebody else's frame. */
function hear(type: string, task: object): void {
  const handler = store.ext.liveUpdates.remoteUpdates['tasks']
  handler?.({ type, task })
}

describe('live updates as the source of a chart', () => {
  it('[DC10] show and take moments by the clock here where the store says that dates are moments', async () => {
    server = new HandServer()
    store = createGanttStore({ ...server.ports, dates: 'instant' })
    source = liveSource(store)
    void store.load('/data')
    store.createDataProcessor({ url: '/data', mode: 'REST-JSON' })
    await settle()
    await server.request('GET /data').answer(200, PLAN)
    const here = formatWallClock(new Date(Date.UTC(2026, 1, 4)), 'day-first')
    expect(source.task(3)?.['start_date']).toBe(here)
    source.updateTask(3, { start_date: formatWallClock(new Date(Date.UTC(2026, 1, 5, 9)), 'day-first') })
    await settle()
    expect(server.last).toMatchObject({ method: 'PUT', body: { start_date: '05-02-2026 09:00' } })
  })

  it('show the plan once it is read, in the order of the load', () => {
    expect(changes).toEqual([{ type: 'everything', sameProject: true }])
    expect([source.children(null), source.children(1)]).toEqual([
      [1, 4],
      [2, 3],
    ])
    expect(source.parent(2)).toBe(1)
    expect(source.task(1)).toMatchObject({ text: 'Phase', type: 'project' })
    expect(source.task(4)).toMatchObject({ type: 'milestone' })
    expect(source.link(1)).toEqual({ source: 2, target: 3, type: '0' })
  })

  it('say where a moved task goes by its neighbour, as the widget does', () => {
    source.moveTask(3, { parent: 1, index: 0 })
    expect(source.children(1)).toEqual([3, 2])
    expect(store.tasks.get(3)).toMatchObject({ parent: 1, target: '2' })
    source.moveTask(3, { parent: null, index: 1 })
    expect(source.children(null)).toEqual([1, 3, 4])
    expect(store.tasks.get(3)).toMatchObject({ parent: 0, target: 'next:1' })
  })

  it('put a task that others moved where its target says', () => {
    hear('update-task', { ...PLAN.data[2], target: '2' })
    expect(source.children(1)).toEqual([3, 2])
    expect(changes.at(-1)).toMatchObject({ type: 'records' })
    hear('update-task', { ...PLAN.data[2], parent: 0, target: 'next:4' })
    expect(source.children(null)).toEqual([1, 4, 3])
    expect(source.children(1)).toEqual([2])
  })

  it('leave a task in its row when others edit it', () => {
    hear('update-task', { ...PLAN.data[1], text: 'First draft' })
    expect(source.children(1)).toEqual([2, 3])
    expect(changes.at(-1)).toMatchObject({ tasks: [2], branches: [] })
  })

  it('add a task last under its parent and show a task without its parent at the top', () => {
    hear('add-task', { id: 5, text: 'Extra', start_date: '01-02-2026 00:00', duration: 1, parent: 1 })
    hear('add-task', { id: 6, text: 'Lost', start_date: '01-02-2026 00:00', duration: 1, parent: 99 })
    expect(source.children(1)).toEqual([2, 3, 5])
    expect(source.children(null)).toEqual([1, 4, 6])
  })

  it('remove a branch with its links', () => {
    source.removeTask(1)
    expect(source.children(null)).toEqual([4])
    expect(source.links()).toEqual([])
    expect(source.task(2)).toBeUndefined()
  })
})
