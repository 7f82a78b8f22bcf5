import { once } from 'node:events'
import nodeHttp, { createServer, type Server } from 'node:http'
import { HttpResponse, http } from 'msw'
import { setupServer } from 'msw/node'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ManualClock } from '../../client/testing/manual-clock.ts'
import { seededRandom } from '../../client/testing/seeded-random.ts'
import { Peer } from '../peer.contract.ts'
import { startMockServer, type TestMockServer } from './index.ts'

const config = {
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: { events: [{ id: 7, text: 'Inspection' }] },
}

let mocks: TestMockServer[] = []
async function start(...args: Parameters<typeof startMockServer>): Promise<TestMockServer> {
  const mock = await startMockServer(...args)
  mocks.push(mock)
  return mock
}

afterEach(async () => {
  vi.useRealTimers()
  for (const mock of mocks) await mock.close()
  mocks = []
  vi.unstubAllGlobals()
})

function open(url: string): Promise<Peer> {
  return new Peer(url, globalThis.WebSocket).opened
}

async function projectsSeenBy(peer: Peer): Promise<unknown> {
  peer.send({ command: 'login', login: 'admin', password: 'admin' })
  peer.send({ command: 'projects' })
  return (await peer.next({ command: 'projects' }))['projects']
}

test('without a url it is at ws://localhost:8080, though nothing listens there', async () => {
  const mock = await start(config)
  expect(mock.url).toBe('ws://localhost:8080')
  expect(await projectsSeenBy(await open('ws://localhost:8080'))).toEqual([{ id: 1, name: 'House' }])
  expect(await (await fetch('http://localhost:8080/events')).json()).toMatchObject([{ id: 7 }])
})

test('node:http is answered too', async () => {
  await start(config)
  const [response] = await once(nodeHttp.get('http://localhost:8080/events'), 'response')
  let body = ''
  for await (const chunk of response) body += chunk
  expect(JSON.parse(body)).toMatchObject([{ id: 7 }])
})

describe('everything else passes through', () => {
  let server: Server
  let url: string
  beforeEach(async () => {
    server = createServer((request, response) => response.end(`real ${request.url}`)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })
  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('requests to other hosts, even at the mock’s paths, and to other paths of its own host', async () => {
    await start(config, { url: url.replace('http', 'ws') })
    expect(await (await fetch(`${url}/other`)).text()).toBe('real /other')
    expect(await (await fetch(`${url}/events`)).json()).toMatchObject([{ id: 7 }])
    await mocks[0]?.close()
    await start(config, { url: 'ws://elsewhere.test' })
    expect(await (await fetch(`${url}/events`)).text()).toBe('real /events')
  })

  test('sockets of other servers, where the platform has a WebSocket', async () => {
    const opened: string[] = []
    class PlatformSocket {
      constructor(address: string | URL) {
        opened.push(String(address))
      }
    }
    vi.stubGlobal('WebSocket', PlatformSocket)
    await start(config)
    expect(new WebSocket('ws://localhost:8080/vite-hmr')).toBeInstanceOf(PlatformSocket)
    expect(new WebSocket(new URL('wss://elsewhere.test/'))).toBeInstanceOf(PlatformSocket)
    await open('ws://localhost:8080/ws')
    expect(opened).toEqual(['ws://localhost:8080/vite-hmr', 'wss://elsewhere.test/'])
  })

  test('sockets of other servers fail where the platform has none, as if nobody were there', async () => {
    vi.stubGlobal('WebSocket', undefined)
    await start(config)
    await expect(open('ws://elsewhere.test/')).rejects.toThrow('before it opened')
  })
})

describe('globals', () => {
  test('close gives them back, and may be called again', async () => {
    const before = { fetch: globalThis.fetch, WebSocket: Object.getOwnPropertyDescriptor(globalThis, 'WebSocket') }
    const mock = await start(config)
    expect(globalThis.fetch).not.toBe(before.fetch)
    await Promise.all([mock.close(), mock.close()])
    await mock.close()
    expect(globalThis.fetch).toBe(before.fetch)
    expect(Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')).toEqual(before.WebSocket)
  })

  test('whoever replaced WebSocket in the meantime keeps it, and reaches the platform’s through it', async () => {
    const opened: string[] = []
    class PlatformSocket {
      constructor(address: string) {
        opened.push(address)
      }
    }
    vi.stubGlobal('WebSocket', PlatformSocket)
    const mock = await start(config)
    const ours = globalThis.WebSocket
    class Wrapper extends ours {}
    globalThis.WebSocket = Wrapper
    await mock.close()
    expect(globalThis.WebSocket).toBe(Wrapper)
    new Wrapper('ws://localhost:8080/')
    expect(opened).toEqual(['ws://localhost:8080/'])
  })

  test('a second server at the same url is refused with what to do, and the first goes on', async () => {
    await start(config)
    await expect(startMockServer({}, { logger: () => {} })).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining('close it first, or start this one with another url'),
    })
    expect(await projectsSeenBy(await open('ws://localhost:8080/'))).toHaveLength(1)
    expect(await (await fetch('http://localhost:8080/events')).json()).toMatchObject([{ id: 7 }])
  })

  test('two servers at two urls serve their own clients, in whatever order they close', async () => {
    const garden = { projects: [{ id: 2, name: 'Garden' }] }
    const one = await start(config, { url: 'ws://one.test' })
    await start(garden, { url: 'wss://two.test:444' })
    expect(await projectsSeenBy(await open('ws://one.test/'))).toEqual([{ id: 1, name: 'House' }])
    expect(await projectsSeenBy(await open('wss://two.test:444/'))).toEqual([{ id: 2, name: 'Garden' }])
    await one.close()
    expect(await projectsSeenBy(await open('wss://two.test:444/'))).toEqual([{ id: 2, name: 'Garden' }])
  })
})

test('beside the app’s own MSW server both answer, each request once, and each can be closed without the other', async () => {
  const before = globalThis.fetch
  const theirs = setupServer(http.get('http://api.test/', () => HttpResponse.json('theirs')))
  theirs.listen({ onUnhandledRequest: 'bypass' })
  const logged: string[] = []
  for (let round = 0; round < 2; round += 1) {
    const mock = await start(config, { logger: (_level, message) => logged.push(message) })
    await fetch('http://localhost:8080/events', { method: 'POST', body: '{"text":"One"}' })
    expect(await (await fetch('http://localhost:8080/events')).json()).toHaveLength(2)
    expect(await (await fetch('http://api.test/')).json()).toBe('theirs')
    expect(await projectsSeenBy(await open('ws://localhost:8080/'))).toHaveLength(1)
    await mock.close()
  }
  expect(await (await fetch('http://api.test/')).json()).toBe('theirs')
  theirs.close()
  expect(globalThis.fetch).toBe(before)
  // A request that were asked for twice would be found without its body the second time.
  expect(logged).toEqual([])
})

test('relative addresses count from the page, where a test has one', async () => {
  vi.stubGlobal('location', new URL('http://localhost:3000/app/'))
  await start(config)
  expect(await (await fetch('/events')).json()).toMatchObject([{ id: 7 }])
  const peer = await open('/api/v1?token=token&ws=1')
  expect(await peer.next({ action: 'start' })).toMatchObject({ body: expect.any(String) })
})

test('a frame never arrives within the call that sends it', async () => {
  await start(config)
  const [author, other] = [await open('ws://localhost:8080/'), await open('ws://localhost:8080/')]
  for (const peer of [author, other]) {
    peer.send({ command: 'login', login: 'admin', password: 'admin' })
    peer.send({ command: 'dataset', project: 1 })
    await peer.next({ command: 'dataset' })
  }
  const reset = mocks[0]?.reset(1)
  expect(other.heard({ command: 'reset' })).toEqual([])
  await reset
  await other.next({ command: 'reset' })
})

test('with fake timers nothing moves but by the test’s hand, and close needs no timer', async () => {
  vi.useFakeTimers()
  const mock = await start(config)
  const peer = new Peer('ws://localhost:8080/', globalThis.WebSocket)
  await vi.advanceTimersByTimeAsync(10)
  await peer.opened
  peer.send({ command: 'version' })
  await vi.advanceTimersByTimeAsync(10)
  expect(peer.heard({ command: 'version' })).toHaveLength(1)
  await mock.close()
  expect(await peer.closed).toBe(1001)
  expect(vi.getTimerCount()).toBe(0)
})

test('a clock and a seed of the test’s own make two runs alike', async () => {
  const run = async (): Promise<unknown> => {
    const mock = await start(config, { clock: new ManualClock(), random: seededRandom(1) })
    const frame = await (await open('ws://localhost:8080/api/v1?token=token&ws=1')).next({ action: 'start' })
    await mock.close()
    return frame
  }
  expect(await run()).toEqual(await run())
})

test('an address that is none is refused with an example of one', async () => {
  await expect(startMockServer({}, { url: 'localhost' })).rejects.toMatchObject({
    code: 'invalid-argument',
    message: 'localhost is no address for a mock server: use one like ws://localhost:8080',
  })
})

test('a reset after close is refused', async () => {
  const mock = await start(config)
  await mock.close()
  await expect(mock.reset()).rejects.toMatchObject({ code: 'closed' })
})
