/** A page that starts the mock server, loads a plan of 10,000 tasks from it and shows the first rows. */
import { ProjectClient } from 'planwire'
import { startMockServer } from 'planwire/mock-server'
import { plan } from '../plan.js'

const count = Number(new URLSearchParams(location.search).get('tasks') ?? 10_000)
const ROWS = 40

async function show() {
  const mock = await startMockServer(plan(count))
  const readyMs = performance.now()
  const project = new ProjectClient({
    wsAddress: mock.url,
    wsProjectId: 1,
    credentials: { login: 'admin', password: 'admin' },
  })
  await project.whenSynced()
  const rows = project.tasks.children(null).slice(0, ROWS)
  document
    .querySelector('#view')
    ?.replaceChildren(
      ...rows.map(({ name }) => Object.assign(document.createElement('p'), { textContent: String(name) })),
    )
  // The frame after the next begins once this one is painted.
  await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
  if (project.tasks.all().length !== count || rows.length === 0) throw new Error('the plan is not there')
  return { readyMs, shownMs: performance.now(), storage: mock.storage }
}

Object.assign(globalThis, { shown: show() })
