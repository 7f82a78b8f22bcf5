/** A page that runs MSW of its own, in which the mock server is some handlers among others. */
import { HttpResponse, http, ws } from 'msw'
import { setupWorker } from 'msw/browser'
import { startMockServer } from 'planwire/mock-server'

const name = new URLSearchParams(location.search).get('name') ?? 'planwire'

window.told = []
window.server = startMockServer(
  { name, projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }] },
  { intercept: false, logger: (level, message) => window.told.push(`${level}: ${message}`) },
).then(async (server) => {
  const mine = http.get('/mine', () => HttpResponse.json('mine'))
  const worker = setupWorker(mine, ...server.handlers({ http, ws }))
  await worker.start({ quiet: true, onUnhandledRequest: 'bypass', serviceWorker: { url: '/mockServiceWorker.js' } })
  return server
})
