/** A client whose outbox is not there yet: its code is loaded beside it. */
import { expect, test, vi } from 'vitest'
import { MemoryLocks, MemoryOutbox } from '../testing/memory-outbox.ts'

/** Without the modules of an earlier test: nothing is loaded yet. */
async function fresh(breakIt = false) {
  vi.resetModules()
  if (breakIt) vi.doMock('./keeping.ts', () => Promise.reject(new Error('chunk not found')))
  else vi.doUnmock('./keeping.ts')
  const { keeping } = await import('./project-core.ts')
  const { loadedScript } = await import('./scripted-server.contract.ts')
  const storage = new MemoryOutbox()
  const outbox = { storage, locks: new MemoryLocks().tab() }
  const script = loadedScript('extension', { outbox })
  const edit = (name: string): void => script.client.transact(() => void script.client.tasks.update(1, { name }))
  const sent = (): unknown[] => script.heard().filter(({ command }) => command === 'projectChange')
  return { keeping, storage, script, edit, sent }
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await Promise.resolve()
}

test('what is edited before the code of the outbox is there is shown at once, then kept and sent', async () => {
  const { keeping, storage, script, edit, sent } = await fresh()
  expect(keeping.code).toBeUndefined()
  edit('early')
  expect(script.client.tasks.get(1)?.name).toBe('early')
  expect(sent()).toEqual([])
  await keeping.load()
  await turns()
  expect(sent()).toMatchObject([{ changes: { tasks: { updated: [{ id: 1, name: 'early' }] } } }])
  expect([...storage.stored.keys()]).toEqual(['me:1'])
})

test('a client that is closed before the code of its outbox is there leaves its edits there all the same', async () => {
  const { keeping, storage, script, edit } = await fresh()
  edit('last')
  script.client.close()
  expect(storage.stored.size).toBe(0)
  await keeping.load()
  await turns()
  expect([...storage.stored.keys()]).toEqual(['me:1'])
})

test('where the code of the outbox cannot be loaded, the app is told, and goes on in memory, in every project', async () => {
  const { keeping, script, edit, sent } = await fresh(true)
  edit('kept by nobody')
  await expect(keeping.load()).rejects.toThrow()
  await turns()
  expect(script.event('error')).toMatchObject({ code: 'storage-failed', recovery: 'retry' })
  expect(sent()).toMatchObject([{ changes: { tasks: { updated: [{ name: 'kept by nobody' }] } } }])
  script.client.wsProjectId = 2
  script.heard()
  script.say({
    command: 'dataset',
    project: 2,
    dataset: { tasksData: [{ id: 1 }] },
    planwire: { epoch: 'e', revision: 0 },
  })
  edit('in another one')
  expect(sent()).toMatchObject([{ project: 2 }])
})
