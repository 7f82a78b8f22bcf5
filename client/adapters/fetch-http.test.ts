import { createServer, type Server } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { fetchHttp } from './fetch-http.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

describe('over a real server', () => {
  let server: Server
  let url: string

  beforeEach(async () => {
    server = createServer(async (request, response) => {
      if (request.url === '/broken')
        return response.writeHead(200, { 'Content-Length': 100 }).write('half', () => response.destroy())
      let body = ''
      for await (const chunk of request) body += chunk
      response.writeHead(request.url === '/missing' ? 404 : 200, { 'X-Planwire': 'yes' })
      response.end(JSON.stringify([request.method, request.headers['remote-token'], body]))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })

  afterEach(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })

  test('an address that names the socket of a server serves for its requests too', async () => {
    const answer = await fetchHttp().request({ method: 'GET', url: `${url.replace('http', 'ws')}/events` })
    expect(answer.status).toBe(200)
  })

  test('method, headers and body go out, status, headers and body come back', async () => {
    const answer = await fetchHttp().request({
      method: 'POST',
      url: `${url}/events`,
      headers: { 'Remote-Token': 'token' },
      body: '{"text":"ü"}',
    })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toEqual(['POST', 'token', '{"text":"ü"}'])
    expect([answer.header('x-planwire'), answer.header('X-PLANWIRE'), answer.header('absent')]).toEqual([
      'yes',
      'yes',
      null,
    ])
  })

  test('an answer with an error status is an answer', async () => {
    expect(await fetchHttp().request({ method: 'GET', url: `${url}/missing` })).toMatchObject({ status: 404 })
  })

  test('a connection that breaks within the body brought no answer', async () => {
    const request = fetchHttp().request({ method: 'GET', url: `${url}/broken` })
    await expect(request).rejects.toMatchObject({ code: 'connection-lost', recovery: 'retry' })
  })

  test('a server that is not there rejects with connection-lost', async () => {
    await new Promise((resolve) => server.close(resolve))
    const request = fetchHttp().request({ method: 'GET', url })
    await expect(request).rejects.toMatchObject({ name: 'PlanwireError', code: 'connection-lost' })
  })
})

test('the global fetch is looked up at each request, so that mocks may replace it, and never answers from the HTTP cache', async () => {
  const http = fetchHttp()
  const fetch = vi.fn(async () => new Response('mocked'))
  vi.stubGlobal('fetch', fetch)
  expect(await http.request({ method: 'GET', url: '/events' })).toMatchObject({ status: 200, body: 'mocked' })
  expect(fetch).toHaveBeenCalledWith('/events', expect.objectContaining({ method: 'GET', cache: 'no-store' }))
})

test('no answer within timeoutMs rejects with timeout, and the request is given up', async () => {
  vi.useFakeTimers()
  let signal: AbortSignal | null | undefined
  vi.stubGlobal('fetch', (_url: string, init: RequestInit) => {
    signal = init.signal
    return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Error('aborted'))))
  })
  const request = fetchHttp().request({ method: 'GET', url: '/events', timeoutMs: 5_000 })
  const settled = expect(request).rejects.toMatchObject({ code: 'timeout', recovery: 'retry' })
  vi.advanceTimersByTime(4_999)
  expect(signal?.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal?.aborted).toBe(true)
  await settled
})

test('an answered request leaves no timer', async () => {
  vi.useFakeTimers()
  vi.stubGlobal('fetch', async () => new Response(''))
  await fetchHttp().request({ method: 'GET', url: '/', timeoutMs: 5_000 })
  expect(vi.getTimerCount()).toBe(0)
})
