/** The handlers for a test's own `setupServer`, with the real MSW. Node 20 has no WebSocket that MSW could replace: mock-socket's stands in. */
import { WebSocket as StandIn } from 'mock-socket'
import { HttpResponse, http, ws } from 'msw'
import { setupServer } from 'msw/node'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hostContract } from '../host.contract.ts'
import { Peer } from '../peer.contract.ts'
import { startMockServer, type TestMockServer } from './index.ts'

// A port that nothing listens on, so that what passes through fails instead of reaching some server of this machine.
const url = 'ws://127.0.0.1:9'
const config = {
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: { 'my events': [{ id: 7, text: 'Inspection' }] },
}

beforeEach(() => vi.stubGlobal('WebSocket', StandIn))
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
  vi.unstubAllGlobals()
})

async function start(...more: Parameters<typeof setupServer>): Promise<TestMockServer> {
  const mock = await startMockServer(config, { url, intercept: false })
  const server = setupServer(...more, ...mock.handlers({ http, ws }))
  server.listen({ onUnhandledRequest: 'bypass' })
  ends.push(
    () => mock.close(),
    () => server.close(),
  )
  return mock
}

hostContract("the handlers in a test's own MSW server", async (config) => {
  const mock = await startMockServer(config, { url, intercept: false })
  const server = setupServer(...mock.handlers({ http, ws }))
  server.listen({ onUnhandledRequest: 'bypass' })
  return {
    ...mock,
    httpUrl: url.replace('ws', 'http'),
    unknownPaths: 'pass',
    async close() {
      await mock.close()
      server.close()
    },
  }
})

test('the handlers stand beside those of the test, which come first where they stand first', async () => {
  await start(
    http.get('http://127.0.0.1:9/my%20events/8', () => HttpResponse.json('mine')),
    http.get('http://api.test/', () => HttpResponse.json('other')),
  )
  const at = async (address: string): Promise<unknown> => (await fetch(address)).json()
  expect(await at('http://127.0.0.1:9/my%20events')).toMatchObject([{ id: 7 }])
  expect(await at('http://127.0.0.1:9/my%20events/8')).toBe('mine')
  expect(await at('http://api.test/')).toBe('other')
  await expect(at('http://127.0.0.1:9/elsewhere')).rejects.toThrow()
})

test('a socket that the server turns away, and one of a server that closes, end with its codes', async () => {
  const mock = await start()
  // A server turns a socket away when it is open: closed before, it would look like a dropped line.
  const refused = await new Peer(`${url}/api/v1?token=wrong&ws=1`, globalThis.WebSocket).opened
  expect(await refused.closed).toBe(1008)
  const peer = await new Peer(`${url}/`, globalThis.WebSocket).opened
  await mock.close()
  expect(await peer.closed).toBe(1001)
})

test('without `ws` the sockets are left alone, and without handlers nothing is taken', async () => {
  const mock = await startMockServer(config, { url, intercept: false })
  ends.push(() => mock.close())
  expect(globalThis.WebSocket).toBe(StandIn)
  await expect(fetch('http://127.0.0.1:9/my%20events')).rejects.toThrow()
  expect(mock.handlers({ http })).toHaveLength(1)
})

test('a closed server takes nothing any more', async () => {
  const mock = await start()
  await mock.close()
  await expect(fetch('http://127.0.0.1:9/my%20events')).rejects.toThrow()
})
