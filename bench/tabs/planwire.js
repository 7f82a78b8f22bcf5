/** A tab with the mock server in the browser and a client on it. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'
import { plan } from '../plan.js'
import { TASKS, tab } from './tab.js'

tab(async ({ arrived }) => {
  const mock = await startMockServer(plan(TASKS))
  const project = new ProjectClient({
    wsAddress: mock.url,
    wsProjectId: 1,
    credentials: { login: 'admin', password: 'admin' },
  })
  project.on('change', ({ origin, stores }) => {
    if (origin !== 'remote') return
    for (const { after } of stores['tasks']?.updated ?? []) arrived(String(project.tasks.get(after.id)?.['note']))
  })
  await project.whenSynced()
  return {
    edit: (id, note) => project.tasks.update(id, { note }),
    synced: () => project.whenSynced(),
    pending: () => project.pendingCount,
  }
})
