import { describe, expect, it } from 'vitest'
import { PLAN, startKit } from './core-kit.contract.ts'

const add = (id: number, text: string): object => ({
  action: 'event',
  body: { name: 'events', value: { type: 'add-event', event: { text, id } } },
})

describe('the handshake', () => {
  it('takes a token that is right and no other [DS1]', async () => {
    const { rest } = await startKit()
    const good = await rest('GET', '/api/v1', '', { 'remote-token': 'token' })
    expect([good.status, JSON.parse(good.body)]).toMatchObject([200, { api: {}, data: {}, websocket: true }])
    for (const headers of [{}, { 'remote-token': 'nope' }, { 'remote-token': '' }, { 'remote-token': 'tokentoken' }]) {
      const { status, body } = await rest('GET', '/api/v1', '', headers)
      expect([status, body]).toEqual([403, '{"error":"Forbidden"}'])
    }
  })

  it('answers remote calls by POST, of which there are none', async () => {
    const { rest } = await startKit()
    const answer = await rest('POST', '/api/v1', [{ id: '2', name: 'svc.add', args: [1] }], { 'remote-token': 'token' })
    expect(JSON.parse(answer.body)).toEqual([{ id: '2', error: 'Unknown method', data: null }])
    expect((await rest('POST', '/api/v1', '{', { 'remote-token': 'token' })).status).toBe(400)
    expect((await rest('DELETE', '/api/v1', '', { 'remote-token': 'token' })).status).toBe(405)
  })
})

describe('the socket', () => {
  it('starts at once with a good token and is closed with 1008 otherwise [DS1]', async () => {
    const { connect } = await startKit()
    const good = connect('/api/v1?token=token&ws=1')
    expect(good.heard()).toEqual([{ action: 'start', body: expect.stringMatching(/\w/) }])
    expect(good.closed()).toBeUndefined()
    for (const url of ['/api/v1', '/api/v1?ws=1', '/api/v1?token=bad&ws=1', '/api/v1?token=&ws=1']) {
      const bad = connect(url)
      bad.say({ action: 'subscribe', name: 'events' })
      expect([bad.closed(), bad.heard()]).toEqual(['1008 Unauthorized', []])
    }
  })

  it('finds a token that the vendor’s client did not encode, and one that ours did', async () => {
    const { connect } = await startKit({ ...PLAN, tokens: ['a+b/c%d='] })
    expect(connect('/api/v1?token=a+b/c%d=&ws=1').closed()).toBeUndefined()
    expect(connect(`/api/v1?token=${encodeURIComponent('a+b/c%d=')}&ws=1`).closed()).toBeUndefined()
  })

  it('hears only of what it subscribed to, until it unsubscribes', async () => {
    const { live, rest } = await startKit()
    const [events, tasks, leaving] = [live('events'), live('tasks', 'links'), live('events', 'events')]
    await rest('POST', '/events', { text: 'one' })
    expect([events.heard(), tasks.heard(), leaving.heard()]).toEqual([[add(100, 'one')], [], [add(100, 'one')]])
    leaving.say({ action: 'unsubscribe', name: 'events' })
    await rest('POST', '/events', { text: 'two' })
    expect([events.heard(), leaving.heard()]).toEqual([[add(101, 'two')], []])
    events.drop()
    await rest('POST', '/data/task', { text: 'three' })
    expect([events.heard(), tasks.heard().length]).toEqual([[], 1])
  })

  it('understands the `key` that the vendor’s detach() sends [DC6]', async () => {
    const { live, rest } = await startKit()
    const peer = live('events')
    peer.say({ action: 'unsubscribe', key: 'events' })
    await rest('POST', '/events', { text: 'one' })
    expect(peer.heard()).toEqual([])
  })

  it('subscribes to so many names and no more [DS10]', async () => {
    const { live, rest, logged } = await startKit({ ...PLAN, limits: { subscriptions: 3 } })
    const peer = live('a', 'b', 'c', 'events')
    await rest('POST', '/events', { text: 'one' })
    expect(peer.heard()).toEqual([])
    expect(logged).toContain('warn A subscription was refused')
    peer.say({ action: 'unsubscribe', name: 'a' })
    peer.say({ action: 'subscribe', name: 'events' })
    await rest('POST', '/events', { text: 'two' })
    expect(peer.heard()).toEqual([add(101, 'two')])
  })

  it('logs malformed frames, answers none, and goes on', async () => {
    const { live, rest, logged } = await startKit({ ...PLAN, limits: { frameLength: 500 } })
    const peer = live()
    const hostile = [
      'x',
      '',
      'null',
      '[]',
      '{}',
      '{"action":7}',
      '{"action":"subscribe"}',
      '{"action":"subscribe","name":{}}',
    ]
    const odd = [
      '{"action":"sing"}',
      '{"action":"login","login":"admin"}',
      '{"action":"call","body":[{}]}',
      'y'.repeat(501),
    ]
    for (const frame of [...hostile, ...odd, '{"action":"subscribe","name":"__proto__"}']) peer.say(frame)
    expect(peer.heard()).toEqual([])
    expect(logged.length).toBe(hostile.length + odd.length)
    peer.say({ action: 'subscribe', name: 'events' })
    await rest('POST', '/events', { text: 'fine' })
    expect(peer.heard()).toEqual([add(100, 'fine')])
  })

  it('answers calls of services that do not exist with an error each', async () => {
    const peer = (await startKit()).live()
    peer.say({ action: 'call', body: [{ id: '2', name: 'svc.add', args: [1, 2] }] })
    expect(peer.heard()).toEqual([{ action: 'result', body: [{ id: '2', error: 'Unknown method', data: null }] }])
  })
})
