import { describe, expect, test } from 'vitest'
import type { MockServerConfig } from '../core/config.ts'
import { rename, startRecorderKit } from './recorder-kit.contract.ts'
import type { WireEntry } from './recording.ts'
import { Redactor } from './redact.ts'

const SECRETS: MockServerConfig = {
  users: [{ name: 'ann', password: 'correct horse' }],
  tokens: ['open sesame', { token: 'second door', groups: ['users'] }],
}

describe('secrets', () => {
  test('one secret is one word in frames, addresses, headers and the configuration; who is asked again answers the same', () => {
    const redactor = new Redactor(SECRETS)
    const { users, tokens } = redactor.config(SECRETS)
    const word = users?.[0]?.password ?? ''
    expect(word).toMatch(/^secret-\d$/)
    expect(redactor.text('{"command":"login","password":"correct horse"}')).toBe(
      `{"command":"login","password":"${word}"}`,
    )
    expect(redactor.text('{"data":{"PassWord" : "correct\\u0020horse"}}')).toBe(`{"data":{"PassWord" : "${word}"}}`)
    expect(redactor.url('/api/v1?token=open%20sesame&ws=1')).toBe(`/api/v1?token=${String(tokens?.[0])}&ws=1`)
    expect(redactor.headers({ 'Remote-Token': 'open sesame' })).toEqual({ 'remote-token': tokens?.[0] })
    expect(redactor.config({ tokens: [`secret-1`] }).tokens).toEqual(['secret-1'])
  })

  test('numbers, cookies and tokens of others are secrets too; empty ones, and what documents give everybody, are none', () => {
    const redactor = new Redactor({})
    expect(redactor.text('{"password":1234,"access_token":"abc","apiKey":"","name":"token"}')).toBe(
      '{"password":"secret-1","access_token":"secret-2","apiKey":"","name":"token"}',
    )
    expect(redactor.text('{"command":"login","login":"admin","password":"admin"}')).toContain('"password":"admin"')
    expect(redactor.headers({ cookie: 'a=1', authorization: 'Bearer abc', 'x-app': 'abc', accept: '*/*' })).toEqual({
      cookie: 'secret-3',
      authorization: 'secret-4',
      accept: '*/*',
    })
  })

  test('tokens that a script of the network lab names are secrets as well', async () => {
    const kit = await startRecorderKit(SECRETS)
    kit.core.recorder.start()
    const step = { fault: 'expired-token', token: 'open sesame', to: { token: 'second door' } } as const
    kit.core.lab.run({ format: 'planwire-lab', version: 1, steps: [step] }, { seed: 4 })
    const [snapshot, recording] = [kit.core.recorder.snapshot(), kit.core.recorder.stop()]
    expect([snapshot.lab?.seed, recording.lab?.seed]).toEqual([4, 4])
    expect(JSON.stringify([snapshot, recording])).not.toMatch(/open sesame|second door/)
  })

  test('a very long text of quotes and backslashes is read in no time', () => {
    const began = performance.now()
    new Redactor({}).text(`{"password":"${'\\\\"'.repeat(100_000)}`)
    expect(performance.now() - began).toBeLessThan(1_000)
  })
})

describe('a recording', () => {
  test('that reaches its bound keeps what came first, counts the rest, and says so while it is made', async () => {
    const kit = await startRecorderKit(undefined, { entries: 12, characters: 100_000 })
    kit.core.recorder.start()
    const ann = kit.planner('ann')
    for (let at = 0; at < 20; at += 1) ann.say(rename(`${at}`))
    expect(kit.core.recorder.state).toMatchObject({ state: 'recording', entries: 12, dropped: 14 })
    const { entries, dropped, end } = kit.core.recorder.stop()
    expect([entries.length, entries.at(-1)?.n, dropped, end]).toEqual([12, 12, 14, undefined])
    const long = await startRecorderKit(undefined, { entries: 1_000, characters: 2_000 })
    long.core.recorder.start()
    long.planner('bob').say(rename('x'.repeat(3_000)))
    expect(long.core.recorder.stop().dropped).toBeGreaterThan(0)
  })

  test('holds what the server was told from outside, and ends where it ended', async () => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    const state = kit.core.export()
    kit.core.publish('calendars', 'changed', 42)
    await kit.core.import(state)
    const { entries } = kit.core.recorder.stop()
    expect(entries).toMatchObject([
      {
        type: 'control',
        party: 'Server',
        action: { do: 'publish', entity: 'calendars', action: 'changed', value: 42 },
      },
      { type: 'control', action: { do: 'import', state: { projects: state.projects } } },
    ])
  })

  test('holds a refused handshake with its status, and a request that the network swallowed', async () => {
    const kit = await startRecorderKit()
    kit.core.recorder.start()
    kit.core.lab.inject({ fault: 'refuse-handshake', status: 418, for: 1_000 })
    kit.core.lab.inject({ fault: 'offline', for: 500, to: { path: '/events' } })
    kit.connect()
    expect(await kit.rest('GET', '/events')).toBe('no answer')
    const { entries } = kit.core.recorder.stop()
    expect(entries.filter(({ type }) => type !== 'fault')).toMatchObject([
      { type: 'open', held: true },
      { type: 'close', by: 'server', refused: 418 },
      { type: 'request', method: 'GET', url: '/events', held: true },
      { type: 'answer', status: 0 },
    ])
  })
})

describe('a listener', () => {
  test('hears one batch a turn; one that throws keeps nobody else from hearing, and nothing is kept for nobody', async () => {
    const kit = await startRecorderKit()
    const batches: (readonly WireEntry[])[] = []
    kit.core.recorder.subscribe(() => {
      throw new Error('mine')
    })
    const stop = kit.core.recorder.subscribe((entries) => batches.push(entries))
    const ann = kit.planner('ann')
    await kit.pass()
    expect(batches.map(({ length }) => length)).toEqual([6])
    stop()
    ann.say(rename('unheard'))
    await kit.pass()
    expect(batches).toHaveLength(1)
  })
})
