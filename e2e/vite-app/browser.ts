/** The server lives in the browser, in a worker that all tabs share. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'
import { showTasks } from './task-list.ts'

const server = await startMockServer({
  projects: [{ id: 1, name: 'Plan', tasksData: [{ id: 1, name: 'First task' }] }],
})
if (server.mode !== 'shared-worker') throw new Error(`the server runs in mode ${server.mode}`)
showTasks(new ProjectClient({ wsAddress: server.url }))
