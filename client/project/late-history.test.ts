/** A client whose undo is not there yet: its code is loaded beside it. */
import { expect, test, vi } from 'vitest'
import { MemoryNetwork } from '../testing/memory-network.ts'
import type { ProjectClientOptions } from './project-options.ts'

/** Without the modules of an earlier test: nothing is loaded yet. */
async function fresh(undo: 'comes' | 'is missing' | Promise<void> = 'comes') {
  vi.resetModules()
  if (undo === 'comes') vi.doUnmock('../sync/undo.ts')
  else if (undo === 'is missing') vi.doMock('../sync/undo.ts', () => Promise.reject(new Error('chunk not found')))
  else vi.doMock('../sync/undo.ts', async (original) => undo.then(() => original()))
  const { undoing } = await import('./late-history.ts')
  const { ProjectClient } = await import('./project-client.ts')
  const { ManualClock } = await import('../testing/manual-clock.ts')
  const errors: unknown[] = []
  const client = (options: ProjectClientOptions = {}) => {
    const made = new ProjectClient({ wsProjectId: 1, clock: new ManualClock(), logger: () => {}, ...options })
    made.on('error', ({ code, message }) => errors.push([code, message]))
    return made
  }
  return { undoing, client, errors }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

test('what was edited before the code of undo was there can be undone when it is, step by step, and the app is told', async () => {
  const { undoing, client } = await fresh()
  const project = client()
  const history: unknown[] = []
  project.on('history', ({ canUndo, undoLabel }) => history.push([canUndo, undoLabel]))
  project.transact(() => project.tasks.add({ name: 'a' }), { label: 'add a' })
  const [task] = project.tasks.all()
  project.transact(() => task && project.tasks.update(task.id, { name: 'b' }), { label: 'rename' })
  expect([project.canUndo, project.undo(), history]).toEqual([false, false, []])
  await undoing.load()
  await turns()
  expect(history).toEqual([[true, 'rename']])
  expect(project.undo()).toBe(true)
  expect(project.tasks.all()).toMatchObject([{ name: 'a' }])
  expect(project.undo()).toBe(true)
  expect(project.tasks.size).toBe(0)
  expect(project.redo()).toBe(true)
})

test('nobody waits for the code of undo to know that everything is stored', async () => {
  let come = (): void => {}
  const { client } = await fresh(new Promise<void>((resolve) => (come = resolve)))
  const network = new MemoryNetwork(
    (far) => ({
      frame(text) {
        const { command } = JSON.parse(text)
        if (command === 'login') far.send('{"command":"login"}')
        if (command === 'dataset') far.send('{"command":"dataset","project":1,"dataset":{"tasksData":[]}}')
      },
      closed() {},
    }),
    { mode: 'auto' },
  )
  const project = client({ transport: network.transport, wsAddress: 'ws://far/', credentials: { login: 'ann' } })
  await project.whenSynced()
  project.transact(() => project.tasks.add({ name: 'a' }))
  const told = new Promise((resolve) => project.on('history', resolve))
  expect(project.canUndo).toBe(false)
  come()
  expect(await told).toMatchObject({ canUndo: true })
  project.close()
})

test('without undo steps nothing is loaded', async () => {
  const { undoing, client } = await fresh()
  const load = vi.spyOn(undoing, 'load')
  client({ undoLimit: 0 })
  expect(load).not.toHaveBeenCalled()
  client()
  expect(load).toHaveBeenCalledOnce()
})

test('where the code of undo cannot be loaded, the app is told once, and edits go on', async () => {
  const { undoing, client, errors } = await fresh('is missing')
  const project = client()
  project.tasks.add({ name: 'a' })
  await expect(undoing.load()).rejects.toThrow()
  await turns()
  project.tasks.add({ name: 'b' })
  expect([project.tasks.size, project.canUndo, project.undo()]).toEqual([2, false, false])
  expect(errors).toMatchObject([['connection-lost', expect.stringContaining('Undo could not be loaded')]])
})
