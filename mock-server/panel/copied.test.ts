import { expect, it } from 'vitest'
import { type MockServerConfig, startMockServer } from '../testing/index.ts'

const config: MockServerConfig = {
  users: [
    { name: 'ann', password: 'secret-1' },
    { name: 'bob', password: 'secret-2' },
  ],
  tokens: ['secret-3'],
  projects: [{ id: 1, name: 'House', tasksData: [{ id: 1, name: 'Dig' }] }],
  collections: {
    events: [{ id: 7, text: 'Inspection', start_date: '2026-11-23 09:00', end_date: '2026-11-23 10:00' }],
  },
}

it('answers as recorded', async () => {
  const mock = await startMockServer(config)
  /** A client: `hears` passes over what others cause, until a message of that name arrives. */
  const client = async (path: string) => {
    const socket = new WebSocket(mock.url + path)
    const inbox: string[] = []
    let arrived = (): void => {}
    socket.onmessage = ({ data }) => {
      inbox.push(String(data))
      arrived()
    }
    await new Promise((resolve, reject) => {
      socket.onopen = resolve
      socket.onerror = reject
    })
    return {
      say: (message: object) => socket.send(JSON.stringify(message)),
      leave: () => socket.close(),
      async hears(name: string): Promise<object> {
        for (;;) {
          const text = inbox.shift()
          if (text === undefined) await new Promise<void>((resolve) => (arrived = resolve))
          else if (text.slice(0, 300).includes(JSON.stringify(name))) return JSON.parse(text)
        }
      },
    }
  }
  /** Expects the status of the answer. */
  const request = async (status: number, method: string, path: string, token: string, body?: object) => {
    const headers = { 'content-type': 'application/json', ...(token && { 'remote-token': token }) }
    const sent = { method, headers, body: body === undefined ? null : JSON.stringify(body) }
    const answer = await fetch(mock.url.replace(/^ws/, 'http') + path, sent)
    expect(answer.status, `${method} ${path}`).toBe(status)
  }
  try {
    const bob = await client('/ws')
    bob.say({ command: 'login', login: 'bob', password: 'secret-2' })
    await bob.hears('login')
    bob.say({ command: 'dataset', project: 1 })
    await bob.hears('dataset')
    const ann = await client('/ws')
    ann.say({ command: 'login', login: 'ann', password: 'secret-1' })
    await ann.hears('login')
    ann.say({ command: 'dataset', project: 1 })
    await ann.hears('dataset')
    ann.say({ command: 'projectChange', project: 1, changes: { tasks: { updated: [{ id: 1, name: "It's dug" }] } } })
    expect(await bob.hears('projectChange')).toMatchObject({
      changes: { tasks: { updated: [{ id: 1, name: "It's dug" }] } },
    })
    bob.say({
      command: 'projectChange',
      project: 1,
      changes: { tasks: { added: [{ $PhantomId: 'p1', name: 'Build' }] } },
    })
    await bob.hears('projectChange')
    await ann.hears('projectChange')
    await request(200, 'PUT', '/events/7?token=secret-3', '', {
      text: 'Inspection',
      start_date: '2026-11-23 11:00',
      end_date: '2026-11-23 12:00',
    })
    ann.leave()
  } finally {
    await mock.close()
  }
})
