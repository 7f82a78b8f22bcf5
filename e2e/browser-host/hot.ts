/** App code that starts the mock server itself and takes its own replacement, as a hot module does. */
/// <reference types="vite/client" />
import { startMockServer } from 'planwire/mock-server'

const name = new URLSearchParams(location.search).get('name') ?? 'planwire'
window.told ??= []
window.marks = (window.marks ?? 0) + 1
window.server = startMockServer(
  { name, projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }] },
  { logger: (level, message) => window.told.push(`${level}: ${message}`) },
)

import.meta.hot?.accept()
