/** The way from `fetch`, `XMLHttpRequest` and `WebSocket` to a core and back, with a core of a few lines at the end of it. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { MockCore, RestRequest, ServerSocket } from '../core/contract.ts'
import { createMemoryLog } from '../core/memory-log.ts'
import { routesOf } from '../core/routes.ts'
import { createAuthority } from './authority.ts'
import { joinPageNetwork } from './page-network.ts'
import { openTabBridge, type TabBridge } from './tab-bridge.ts'

const native = { fetch: globalThis.fetch, WebSocket: globalThis.WebSocket, openXhr: XMLHttpRequest.prototype.open }
const isNative = (socket: WebSocket): boolean => Object.getPrototypeOf(socket) === native.WebSocket.prototype
const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

/** Echoes frames and requests; answers `bye` with last words and an end; tells every socket of a request before it answers. */
function echoCore(seen: RestRequest[] = []): MockCore {
  const sockets = new Set<ServerSocket>()
  return {
    accept(socket) {
      if (socket.url.startsWith('/api/v1') && !socket.url.includes('token=token')) {
        socket.close(1008, 'Unauthorized')
        return { frame: () => {}, closed: () => {} }
      }
      sockets.add(socket)
      if (socket.url.includes('greet')) socket.send('hello')
      return {
        frame(text) {
          if (text !== 'bye') return socket.send(`${socket.url} ${text}`)
          socket.send('last words')
          socket.close(4000, 'as you wish')
        },
        closed: () => sockets.delete(socket),
      }
    },
    http(request) {
      seen.push(request)
      if (request.url.startsWith('/events/unknown')) return undefined
      for (const socket of sockets) socket.send('changed')
      const headers = { 'content-type': 'application/json' }
      return Promise.resolve({
        status: 200,
        headers,
        body: JSON.stringify({ method: request.method, url: request.url }),
      })
    },
    reset: async () => {},
    publish: () => {},
    export: () => ({ format: 'planwire-state', version: 1, at: '', projects: [], collections: {} }),
    import: async () => {},
    snapshots: () => new Map(),
    flushed: async () => {},
    close: async () => {},
  }
}

async function serve(core: MockCore, host: string = location.host): Promise<{ bridge: TabBridge; leave: () => void }> {
  const log = createMemoryLog()
  const authority = createAuthority({
    lifeLock: '',
    own: async () => async () => {},
    openLog: async () => ({ log, storage: 'memory', seed: async () => undefined, setSeed: async () => {} }),
    watchTab: () => () => {},
    wholeConfig: async (config) => config,
    createCore: async () => core,
  })
  const logger = vi.fn()
  const bridge = await openTabBridge({
    name: 'page-network-test',
    config: '{}',
    logger,
    connect() {
      const { port1, port2 } = new MessageChannel()
      authority.connect(port1)
      return port2
    },
  })
  const config = { projects: [{ id: 1, name: 'House' }] }
  const leave = joinPageNetwork({ name: `at ${host}`, host, routes: routesOf(config), bridge, logger })
  ends.push(leave, () => bridge.close())
  return { bridge, leave }
}

/** Everything a socket tells, in order, until it closes. */
function record(socket: WebSocket): { readonly told: string[]; readonly closed: Promise<string[]> } {
  const told: string[] = []
  socket.addEventListener('open', () => told.push('open'))
  socket.addEventListener('message', ({ data }) => told.push(`message ${data}`))
  socket.addEventListener('error', () => told.push('error'))
  const closed = new Promise<string[]>((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => {
      told.push(`close ${code} ${reason}`)
      resolve(told)
    })
  })
  return { told, closed }
}

const opened = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const nextMessage = (socket: WebSocket): Promise<unknown> =>
  new Promise((resolve) => socket.addEventListener('message', ({ data }) => resolve(data), { once: true }))

function xhr(
  method: string,
  url: string,
  body?: string,
  responseType: XMLHttpRequestResponseType = '',
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open(method, url)
    request.setRequestHeader('remote-token', 'token')
    request.responseType = responseType
    request.onload = () => resolve(request)
    request.onerror = () => reject(new Error('failed'))
    request.send(body)
  })
}

describe("the page's network", () => {
  it('leads fetch to the backend, with method, path, query, headers and body', async () => {
    const seen: RestRequest[] = []
    await serve(echoCore(seen))
    const headers = { 'Remote-Token': 'token', 'content-type': 'application/json' }
    const response = await fetch('/events/7?x=1', { method: 'PUT', headers, body: '{"text":"ü"}' })
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.url).toBe(`${location.origin}/events/7?x=1`)
    expect(await response.json()).toEqual({ method: 'PUT', url: '/events/7?x=1' })
    expect(seen[0]).toMatchObject({ method: 'PUT', url: '/events/7?x=1', body: '{"text":"ü"}' })
    expect(seen[0]?.headers).toMatchObject({ 'remote-token': 'token', 'content-type': 'application/json' })
    await fetch(new Request('/data/task', { method: 'POST', body: 'b' }))
    expect(seen[1]).toMatchObject({ method: 'POST', url: '/data/task', body: 'b' })
  })

  it('leads XMLHttpRequest to the backend', async () => {
    const seen: RestRequest[] = []
    await serve(echoCore(seen))
    const request = await xhr('POST', '/data/task', '{"text":"G"}')
    expect(request.status).toBe(200)
    expect(JSON.parse(request.responseText)).toEqual({ method: 'POST', url: '/data/task' })
    expect(seen[0]).toMatchObject({ body: '{"text":"G"}', headers: { 'remote-token': 'token' } })
  })

  it('tells an XMLHttpRequest everything that the browser would: states, events, headers, and each type of response', async () => {
    await serve(echoCore())
    const request = new XMLHttpRequest()
    const told: string[] = []
    for (const type of ['loadstart', 'readystatechange', 'progress', 'load', 'loadend']) {
      request.addEventListener(type, () => told.push(`${type} ${request.readyState}`))
    }
    const done = new Promise((resolve) => (request.onloadend = resolve))
    request.open('GET', '/events')
    request.send()
    await done
    expect(told).toEqual([
      'readystatechange 1',
      'loadstart 1',
      'readystatechange 2',
      'readystatechange 3',
      'progress 3',
      'readystatechange 4',
      'load 4',
      'loadend 4',
    ])
    expect(request.responseURL).toBe(`${location.origin}/events`)
    expect(request.getResponseHeader('Content-Type')).toBe('application/json')
    expect(request.getAllResponseHeaders()).toBe('content-type: application/json\r\n')
    const text = request.responseText
    const responses = new Map<XMLHttpRequestResponseType, unknown>()
    for (const type of ['json', 'arraybuffer', 'blob', 'text'] as const) {
      responses.set(type, (await xhr('GET', '/events', undefined, type)).response)
    }
    expect(responses.get('json')).toEqual(JSON.parse(text))
    expect(responses.get('arraybuffer')).toEqual(new TextEncoder().encode(text).buffer)
    expect(responses.get('blob')).toMatchObject({ size: text.length, type: 'application/json' })
    expect(responses.get('text')).toBe(text)
  })

  it('aborts an XMLHttpRequest to the backend, lets it time out, and fails it when the server is closed', async () => {
    const answers: (() => void)[] = []
    const http: MockCore['http'] = () =>
      new Promise((resolve) => answers.push(() => resolve({ status: 200, headers: {}, body: 'late' })))
    const { bridge } = await serve({ ...echoCore(), http })
    const begin = (timeout = 0): { request: XMLHttpRequest; told: string[]; over: Promise<unknown> } => {
      const request = new XMLHttpRequest()
      const told: string[] = []
      for (const type of ['load', 'abort', 'timeout', 'error']) request.addEventListener(type, () => told.push(type))
      const over = new Promise((resolve) => request.addEventListener('loadend', resolve))
      request.open('GET', '/events')
      request.timeout = timeout
      request.send()
      return { request, told, over }
    }
    const aborted = begin()
    aborted.request.abort()
    expect(aborted.told).toEqual(['abort'])
    expect(aborted.request.readyState).toBe(0)
    const late = begin(1)
    await late.over
    expect([late.told, late.request.status]).toEqual([['timeout'], 0])
    // The answers come all the same, and are nobody's any more.
    const last = begin()
    await expect.poll(() => answers.length).toBe(3)
    for (const answer of answers) answer()
    await last.over
    expect([aborted.told, late.told, last.told]).toEqual([['abort'], ['timeout'], ['load']])
    const failed = begin()
    await bridge.close()
    await failed.over
    expect([failed.told, failed.request.status]).toEqual([['error'], 0])
  })

  it('leaves an XMLHttpRequest to any other URL to the browser, synchronous, aborted or opened anew', async () => {
    await serve(echoCore())
    const elsewhere = '/mock-server/browser/page-network.ts'
    const synchronous = new XMLHttpRequest()
    synchronous.open('GET', elsewhere, false)
    synchronous.send()
    expect(synchronous.responseText).toContain('joinPageNetwork')
    const request = new XMLHttpRequest()
    const aborted = vi.fn()
    request.onabort = aborted
    request.open('GET', elsewhere)
    request.send()
    request.abort()
    expect(aborted).toHaveBeenCalledOnce()
    request.open('GET', '/events')
    const answered = new Promise((resolve) => (request.onload = resolve))
    request.send()
    await answered
    expect(request.responseText).toContain('"/events"')
    request.open('GET', elsewhere)
    const passed = new Promise((resolve) => (request.onload = resolve))
    request.send()
    await passed
    expect(request.responseText).toContain('joinPageNetwork')
  })

  it('leads WebSocket to the backend, also at the root and under a host that the app hard-codes', async () => {
    await serve(echoCore(), 'localhost:8080')
    for (const url of ['ws://localhost:8080', 'ws://localhost:8080/ws?a=b']) {
      const socket = new WebSocket(url)
      await opened(socket)
      socket.send('hi')
      const { pathname, search } = new URL(url)
      expect(await nextMessage(socket)).toBe(`${pathname}${search} hi`)
    }
  })

  it('tells open before what the server sends at once', async () => {
    await serve(echoCore())
    const socket = new WebSocket('/ws?greet')
    const { told, closed } = record(socket)
    await nextMessage(socket)
    socket.close(1000)
    await closed
    expect(told).toEqual(['open', 'message hello', 'close 1000 '])
  })

  it('delivers what the server sends right before it closes, then its code and reason', async () => {
    await serve(echoCore())
    const socket = new WebSocket('/ws')
    const { closed } = record(socket)
    await opened(socket)
    socket.send('bye')
    expect(await closed).toEqual(['open', 'message last words', 'close 4000 as you wish'])
  })

  it('opens and then closes a socket that the server turns away', async () => {
    await serve(echoCore())
    expect(await record(new WebSocket('/api/v1?token=wrong&ws=1')).closed).toEqual(['open', 'close 1008 Unauthorized'])
  })

  it('delivers the frames of a change before the answer to the request that made it', async () => {
    await serve(echoCore())
    const socket = new WebSocket('/ws')
    const { told } = record(socket)
    await opened(socket)
    await fetch('/events', { method: 'POST', body: '{}' }).then(() => told.push('answer'))
    await xhr('POST', '/events', '{}').then(() => told.push('answer'))
    expect(told).toEqual(['open', 'message changed', 'answer', 'message changed', 'answer'])
  })

  it('lets every other request pass, also GET / though a socket lives there', async () => {
    const seen: RestRequest[] = []
    await serve(echoCore(seen))
    const source = await fetch('/mock-server/browser/page-network.ts')
    expect(await source.text()).toContain('joinPageNetwork')
    expect((await xhr('GET', '/mock-server/browser/page-network.ts')).responseText).toContain('joinPageNetwork')
    expect((await fetch('/')).headers.get('content-type') ?? '').not.toContain('json')
    await expect(fetch('http://127.0.0.1:1/events')).rejects.toThrow()
    expect(seen).toEqual([])
  })

  it('lets a request pass whose path the server does not know after all', async () => {
    const seen: RestRequest[] = []
    await serve(echoCore(seen))
    const response = await fetch('/events/unknown', { method: 'POST', body: 'b' })
    expect(response.headers.get('content-type') ?? '').not.toContain('json')
    expect((await xhr('GET', '/events/unknown')).getResponseHeader('content-type') ?? '').not.toContain('json')
    expect(seen.length).toBe(2)
  })

  it("hands every other WebSocket the browser's own, and never takes Vite's", async () => {
    await serve(echoCore())
    const others: [url: string, protocol?: string][] = [
      [`ws://${location.host}/elsewhere`],
      ['ws://127.0.0.1:1/ws'],
      [`ws://${location.host}/`, 'vite-hmr'],
      [`ws://${location.host}/`, 'vite-ping'],
    ]
    for (const [url, protocol] of others) {
      const socket = new WebSocket(url, protocol)
      expect(isNative(socket), url).toBe(true)
      socket.close()
    }
    expect(isNative(new WebSocket('/ws'))).toBe(false)
  })

  it('rejects an aborted fetch with its abort', async () => {
    await serve({ ...echoCore(), http: () => new Promise(() => {}) })
    const abort = new AbortController()
    const answer = fetch('/events', { signal: abort.signal })
    abort.abort()
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' })
    await expect(fetch('/events', { signal: AbortSignal.abort('enough') })).rejects.toBe('enough')
  })

  it('takes a Request object, once, and says in its answer where it came from', async () => {
    const seen: RestRequest[] = []
    await serve(echoCore(seen))
    const request = new Request('/events#top', { method: 'POST', headers: { 'X-Tag': 'a' }, body: 'b' })
    const response = await fetch(request)
    expect(response).toMatchObject({ status: 200, ok: true, url: new URL('/events', location.href).href })
    expect(seen).toMatchObject([{ method: 'POST', url: '/events', headers: { 'x-tag': 'a' }, body: 'b' }])
    await expect(fetch(request)).rejects.toBeInstanceOf(TypeError)
    await expect(fetch('/events', { method: 'GET', body: 'b' })).rejects.toBeInstanceOf(TypeError)
  })

  it('answers a request that the server fails on with 500, and says nothing of its insides', async () => {
    await serve({ ...echoCore(), http: () => Promise.reject(new Error('secret path')) })
    const response = await fetch('/events')
    expect(response.status).toBe(500)
    expect(await response.text()).toBe('{"error":"Internal server error"}')
  })

  it('closes a socket that sends a binary frame', async () => {
    await serve(echoCore())
    const socket = new WebSocket('/ws')
    const { closed } = record(socket)
    await opened(socket)
    socket.send(new Uint8Array([1]))
    expect(await closed).toEqual(['open', 'close 1003 text frames only'])
  })

  it('leaves the page as it was once it is closed, and ends its sockets and requests', async () => {
    const { bridge, leave } = await serve({ ...echoCore(), http: () => new Promise(() => {}) })
    const socket = new WebSocket('/ws')
    const { closed } = record(socket)
    await opened(socket)
    const pending = fetch('/events')
    // Registered before the close, so that the rejection is never unhandled.
    const rejected = expect(pending).rejects.toThrow('Failed to fetch')
    leave()
    leave()
    bridge.close()
    bridge.close()
    expect(await closed).toEqual(['open', 'close 1001 server closed'])
    await rejected
    expect(globalThis.fetch).toBe(native.fetch)
    expect(globalThis.WebSocket).toBe(native.WebSocket)
    expect(XMLHttpRequest.prototype.open).toBe(native.openXhr)
  })

  it('keeps serving one server when another of the page leaves', async () => {
    await serve(echoCore(), 'localhost:8080')
    const { leave } = await serve(echoCore(), 'localhost:8081')
    leave()
    expect((await fetch('http://localhost:8080/events')).status).toBe(200)
    await expect(fetch('http://localhost:8081/events')).rejects.toThrow()
  })

  it('refuses a second server at paths that one of the page has, and says whose they are', async () => {
    await serve(echoCore())
    await expect(serve(echoCore())).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining(`"at ${location.host}" has ${location.host}/`),
    })
    expect((await fetch('/events')).status).toBe(200)
  })
})
