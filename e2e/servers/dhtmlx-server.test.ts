import { afterEach, expect, test } from 'vitest'
import { type DhtmlxServer, startDhtmlxServer } from './dhtmlx-server.ts'
import { type PlainSocket, plainSocket } from './plain-socket.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(): Promise<DhtmlxServer> {
  const server = await startDhtmlxServer({ records: { events: [{ id: 1, text: 'Standup' }] } })
  ends.push(server.close)
  return server
}

function socketUrl(server: DhtmlxServer, token = 'token'): string {
  return `${server.url.replace('http', 'ws')}/api/v1?token=${token}&ws=1`
}

/** A socket that subscribed to `name`; `start` is taken off. */
async function subscribe(server: DhtmlxServer, name: string): Promise<PlainSocket> {
  const socket = await plainSocket(socketUrl(server))
  ends.push(socket.close)
  await socket.until((message) => message['action'] === 'start')
  const seen = server.received.length
  socket.send({ action: 'subscribe', name })
  await expect.poll(() => server.received.length).toBeGreaterThan(seen)
  return socket
}

async function call(server: DhtmlxServer, method: string, path: string, body?: unknown): Promise<[number, string]> {
  const answer = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return [answer.status, await answer.text()]
}

/** Everything a socket was sent up to a custom action of ours. */
async function sofar(server: DhtmlxServer, socket: PlainSocket, name: string): Promise<unknown[]> {
  server.broadcast(name, { type: 'end' })
  return (await socket.until((message) => JSON.stringify(message).includes('"end"'))).slice(0, -1)
}

test('the handshake answers the printed object, and 403 without the token', async () => {
  const server = await start()
  const allowed = await fetch(`${server.url}/api/v1`, { headers: { 'Remote-Token': 'token' } })
  expect(await allowed.text()).toBe('{"api":{},"data":{},"websocket":true}')
  for (const headers of [{}, { 'Remote-Token': 'guess' }]) {
    const refused = await fetch(`${server.url}/api/v1`, { headers })
    expect([refused.status, await refused.json()]).toEqual([403, { error: 'Forbidden' }])
  }
})

test('the socket says start, or closes with 1008 Unauthorized', async () => {
  const server = await start()
  const socket = await plainSocket(socketUrl(server))
  ends.push(socket.close)
  expect(await socket.until(() => true)).toEqual([{ action: 'start', body: 'connection-1' }])
  const refused = await plainSocket(socketUrl(server, 'guess'))
  expect(await refused.closed).toEqual({ code: 1008, reason: 'Unauthorized' })
})

test('events: wrapped bodies, an id for an insert, an empty 200 for the rest, and broadcasts to subscribers', async () => {
  const server = await start()
  const socket = await subscribe(server, 'events')
  expect(await call(server, 'GET', '/events?timeshift=-60')).toEqual([200, '[{"id":1,"text":"Standup"}]'])
  expect(await call(server, 'POST', '/events', { event: { text: 'A', id: 77 } })).toEqual([200, '{"id":1001}'])
  expect(await call(server, 'PUT', '/events/1001', { event: { id: 1001, text: 'B' } })).toEqual([200, ''])
  expect(server.state('events').at(-1)).toEqual({ id: 1001, text: 'B' })
  expect(await call(server, 'DELETE', '/events/1001')).toEqual([200, ''])
  const event = (value: object): object => ({ action: 'event', body: { name: 'events', value } })
  expect(await sofar(server, socket, 'events')).toEqual([
    event({ type: 'add-event', event: { text: 'A', id: 1001 } }),
    event({ type: 'update-event', event: { id: 1001, text: 'B' } }),
    event({ type: 'delete-event', event: { id: '1001' } }),
  ])
})

test('tasks and links in the same style; a subscriber hears of its own entity only', async () => {
  const server = await start()
  const tasks = await subscribe(server, 'tasks')
  const links = await subscribe(server, 'links')
  expect(await call(server, 'POST', '/tasks', { task: { text: 'T' } })).toEqual([200, '{"id":1001}'])
  expect(await call(server, 'POST', '/links', { link: { source: 1001, target: 1001 } })).toEqual([200, '{"id":1002}'])
  expect(await sofar(server, tasks, 'tasks')).toMatchObject([{ body: { name: 'tasks', value: { type: 'add-task' } } }])
  expect(await sofar(server, links, 'links')).toMatchObject([{ body: { name: 'links', value: { type: 'add-link' } } }])
  tasks.send({ action: 'unsubscribe', name: 'tasks' })
  tasks.send({ action: 'subscribe', name: 'links' })
  await expect.poll(() => JSON.stringify(server.received.at(-1))).toContain('"links"')
  await call(server, 'DELETE', '/tasks/1001')
  expect(await sofar(server, tasks, 'links')).toEqual([])
})

test('a bare body is refused with 400, and what is no JSON on the socket is passed over', async () => {
  const server = await start()
  const socket = await subscribe(server, 'events')
  socket.sendText('{')
  expect((await call(server, 'POST', '/events', { text: 'bare' }))[0]).toBe(400)
  expect((await call(server, 'GET', '/nothing'))[0]).toBe(404)
  expect(await sofar(server, socket, 'events')).toEqual([])
  expect(server.state('events')).toHaveLength(1)
})
