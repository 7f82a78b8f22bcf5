import { describe, expect, it } from 'vitest'
import type { MockServerConfig } from './config.ts'
import type { ServiceContext } from './config-functions.ts'
import { type Peer, PLAN, startKit } from './core-kit.contract.ts'
import { CALL_MS } from './services.ts'

const TOKEN = { 'remote-token': 'token' }

class Taken extends Error {}

const api: MockServerConfig['api'] = {
  svc: {
    add: (a: number, b: number) => a + b,
    later: async (value: unknown) => value,
    nothing: () => {},
    never: () => new Promise(() => {}),
    boom: () => {
      throw new Taken('boom\n    at /home/somebody/server.ts:7:1')
    },
    path: () => {
      throw new Error('ENOENT: no such file, open /home/somebody/secret.json')
    },
    text: () => Promise.reject('no room'),
    shape: () => Promise.reject({ code: 7 }),
    falsy: () => Promise.reject(0),
    cyclic: () => {
      const value: Record<string, unknown> = {}
      value['self'] = value
      return value
    },
    deep: () => JSON.parse('['.repeat(5000) + ']'.repeat(5000)),
    large: () => 'x'.repeat(2000),
  },
  chat: {
    say(this: ServiceContext, text: string) {
      this.publish('chat', 'said', { text, by: this.token, over: typeof this.connection })
      return 'said'
    },
  },
}
const CONFIG = { ...PLAN, api, limits: { frameLength: 1000 } }

let ids = 0
const called = (peer: Peer, ...names: string[]): void => {
  const body = names.map((name) => ({ id: `${(ids += 1)}`, name, args: [1, 2] }))
  peer.say({ action: 'call', body })
}
const results = (peer: Peer): readonly unknown[] =>
  (peer.heard() as { action: string; body: { error: unknown; data: unknown }[] }[]).flatMap(({ action, body }) =>
    action === 'result' ? [body.map(({ error, data }) => (error ? { error } : data))] : [],
  )
/** Lets promises settle: nothing here waits for a timer. */
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}

describe('remote calls', () => {
  it('are offered by name in the handshake', async () => {
    const { rest } = await startKit({ ...PLAN, api: { svc: { add: () => 1 }, empty: {} } })
    expect(JSON.parse((await rest('GET', '/api/v1', '', TOKEN)).body)).toMatchObject({
      ...{ api: { svc: { add: 1 }, empty: {} }, data: {}, websocket: true },
    })
  })

  it('are answered as the real client expects: ids back, a frame for a frame', async () => {
    const peer = (await startKit(CONFIG)).live()
    const call = (id: string, name: string, args: unknown[]): object => ({ id, name, args })
    peer.say({
      action: 'call',
      body: [call('2', 'svc.add', [1, 2]), call('3', 'svc.add', [5, 6]), call('4', 'svc.boom', [])],
    })
    expect(peer.heard()).toEqual([
      {
        action: 'result',
        body: [
          { id: '2', error: null, data: 3 },
          { id: '3', error: null, data: 11 },
          { id: '4', error: 'boom', data: null },
        ],
      },
    ])
  })

  it('wait for functions that answer later, and hold up nobody else meanwhile', async () => {
    const kit = await startKit(CONFIG)
    const [peer, other] = [kit.live(), kit.live()]
    called(peer, 'svc.later', 'svc.add', 'svc.nothing')
    called(other, 'svc.add')
    expect([results(peer), results(other)]).toEqual([[], [[3]]])
    await settled()
    expect(results(peer)).toEqual([[1, 3, null]])
  })

  it('are answered by POST where there is no socket', async () => {
    const { rest } = await startKit(CONFIG)
    const body = [
      { id: 2, name: 'svc.add', args: [1, 2] },
      { id: 3, name: 'svc.later', args: ['x'] },
      { id: 4, name: 'svc.boom' },
    ]
    const answer = await rest('POST', '/api/v1', body, TOKEN)
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      [
        { id: '2', error: null, data: 3 },
        { id: '3', error: null, data: 'x' },
        { id: '4', error: 'boom', data: null },
      ],
    ])
    expect((await rest('POST', '/api/v1', body)).status).toBe(403)
  })

  it('have no other way where the configuration says so: no socket, and the handshake tells', async () => {
    const { rest, core } = await startKit({ ...CONFIG, websocket: false })
    expect(JSON.parse((await rest('GET', '/api/v1', '', TOKEN)).body)).toMatchObject({ websocket: false })
    expect(core.accept({ url: '/api/v1?token=token&ws=1', send() {}, close() {} })).toBeUndefined()
    const answer = await rest('POST', '/api/v1', [{ id: '1', name: 'svc.add', args: [2, 3] }], TOKEN)
    expect(JSON.parse(answer.body)).toEqual([{ id: '1', error: null, data: 5 }])
  })

  it('that fail show the reason and nothing of the inside [DS7]', async () => {
    const kit = await startKit(CONFIG)
    const peer = kit.live()
    called(peer, 'svc.boom', 'svc.path', 'svc.text', 'svc.shape', 'svc.falsy')
    await settled()
    expect(results(peer)).toEqual([
      [
        { error: 'boom' },
        { error: 'ENOENT: no such file, open (path)' },
        { error: 'no room' },
        { error: { code: 7 } },
        { error: 'Failed' },
      ],
    ])
    expect(kit.logged.filter((line) => line === 'warn A remote call failed')).toHaveLength(5)
  })

  it('that answer what cannot be sent, or too much, fail', async () => {
    const peer = (await startKit(CONFIG)).live()
    called(peer, 'svc.cyclic', 'svc.deep', 'svc.large')
    const error = 'The answer cannot be sent as JSON'
    expect(results(peer)).toEqual([[{ error }, { error }, { error }]])
  })

  it('of names that nobody configured are refused, also those that every object has', async () => {
    const peer = (await startKit(CONFIG)).live()
    called(peer, 'svc.none', 'none.add', 'svc', 'svc.constructor', '__proto__.toString', 'svc.add.call', '')
    expect(results(peer)).toEqual([Array.from({ length: 7 }, () => ({ error: 'Unknown method' }))])
  })

  it('end when their time is up, and their late answer is nobody’s', async () => {
    const kit = await startKit(CONFIG)
    const peer = kit.live()
    const { waiting } = kit.clock
    called(peer, 'svc.never', 'svc.add')
    await settled()
    kit.clock.advance(CALL_MS - 1)
    expect(results(peer)).toEqual([])
    kit.clock.advance(1)
    await settled()
    expect(results(peer)).toEqual([[{ error: 'No answer within 10 s' }, 3]])
    expect(kit.clock.waiting).toBe(waiting)
  })

  it('are bounded in number: in one frame, and under way for one caller, not for another', async () => {
    const kit = await startKit({ ...CONFIG, limits: {} })
    const [greedy, other] = [kit.live(), kit.live()]
    called(other, ...Array.from({ length: 101 }, () => 'svc.add'))
    expect((results(other) as unknown[][])[0]?.at(-1)).toEqual({ error: 'More than 100 calls at once' })
    for (let i = 0; i < 4; i += 1) called(greedy, ...Array.from({ length: 50 }, () => 'svc.never'))
    called(greedy, 'svc.later')
    expect(results(greedy)).toEqual([[{ error: 'Too many calls under way' }]])
    called(other, 'svc.later')
    await settled()
    expect(results(other)).toEqual([[1]])
    kit.clock.advance(CALL_MS)
    await settled()
    results(greedy)
    called(greedy, 'svc.later')
    await settled()
    expect(results(greedy)).toEqual([[1]])
  })

  it('can send messages, and know who called', async () => {
    const kit = await startKit(CONFIG)
    const [peer, listener] = [kit.live(), kit.live('chat')]
    peer.say({ action: 'call', body: [{ id: '1', name: 'chat.say', args: ['hello'] }] })
    await kit.rest('POST', '/api/v1', [{ id: '1', name: 'chat.say', args: ['hi'] }], TOKEN)
    expect(results(peer)).toEqual([['said']])
    const said = (value: object): object => ({
      action: 'event',
      body: { name: 'chat', value: { type: 'said', value } },
    })
    expect(listener.heard()).toEqual([
      said({ text: 'hello', by: 'token', over: 'string' }),
      said({ text: 'hi', by: 'token', over: 'undefined' }),
    ])
  })

  it('of a client that left are answered to nobody, and harm nobody', async () => {
    const kit = await startKit(CONFIG)
    const peer = kit.live()
    called(peer, 'svc.later', 'svc.never')
    peer.drop()
    kit.clock.advance(CALL_MS)
    await settled()
    expect(results(peer)).toEqual([])
    expect(kit.logged.filter((line) => line.startsWith('error'))).toEqual([])
  })
})

describe('a message from a test or a panel', () => {
  const event = (name: string, value: object): object => ({ action: 'event', body: { name, value } })

  it('reaches the subscribers of its entity, in the form that the document shows', async () => {
    const { core, live } = await startKit()
    const [both, calendars] = [live('events', 'calendars'), live('calendars')]
    core.publish('calendars', 'custom-action', 42)
    core.publish('events', 'custom-action', { id: 1, flash: true })
    core.publish('calendars', 'ping')
    const [first, last] = [
      event('calendars', { type: 'custom-action', value: 42 }),
      event('calendars', { type: 'ping', value: null }),
    ]
    expect(both.heard()).toEqual([
      first,
      event('events', { type: 'custom-action', event: { id: 1, flash: true } }),
      last,
    ])
    expect(calendars.heard()).toEqual([first, last])
  })

  it('may be a record’s own event, as a server that lies would send it', async () => {
    const { core, live } = await startKit()
    const peer = live('calendars')
    core.publish('calendars', 'add-calendar', { id: 7 })
    expect(peer.heard()).toEqual([event('calendars', { type: 'add-calendar', calendar: { id: 7 } })])
  })

  it('is refused when it cannot be sent', async () => {
    const { core } = await startKit({ ...PLAN, limits: { frameLength: 100 } })
    const refused = expect.objectContaining({ code: 'invalid-argument' })
    for (const [name, action, value] of [
      ['', 'x', 1],
      ['x', '', 1],
      ['x'.repeat(201), 'x', 1],
      ['x', 'x', 1n],
      ['x', 'x', 'x'.repeat(100)],
    ] as const) {
      expect(() => core.publish(name, action, value)).toThrow(refused)
    }
    await core.close()
    core.publish('x', 'x', 1)
  })
})
