import { afterAll, beforeAll, expect, test } from 'vitest'
import { type NodeMockServer, startMockServer } from '../mock-server/node/index.ts'
import { soak } from './soak.js'

let server: NodeMockServer
beforeAll(async () => {
  server = await startMockServer({ projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }] })
})
afterAll(() => server.close())

test('each of many sockets on one project hears of every change, once and in order', async () => {
  const figures = await soak({ url: server.url, sockets: 100, changes: 50 })
  expect(figures).toMatchObject({ sockets: 100, changes: 50, deliveries: 5_000, disordered: 0 })
}, 30_000)
