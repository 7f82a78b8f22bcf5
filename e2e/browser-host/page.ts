/** A page that starts the mock server as its address says, and keeps what it is told. */
import { type MockServerConfig, startMockServer } from 'planwire/mock-server'

const query = new URLSearchParams(location.search)
if (query.has('without')) {
  // As in a browser that has no such thing, or refuses it.
  for (const name of query.get('without')?.split(',') ?? []) Object.defineProperty(window, name, { value: undefined })
}
const config: MockServerConfig = {
  name: query.get('name') ?? 'planwire',
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  ...(query.has('projects') ? { projects: [{ id: 1, name: 'House', url: query.get('projects') ?? '' }] } : {}),
  ...(query.has('leader') ? { commands: { where: () => ({ led: true }) } } : {}),
}

window.told = []
window.marks = 0
window.server = startMockServer(config, { logger: (level, message) => window.told.push(`${level}: ${message}`) })
