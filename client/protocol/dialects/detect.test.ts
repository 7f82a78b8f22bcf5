import { describe, expect, it } from 'vitest'
import type { Upstream } from '../messages.ts'
import { flatServer } from './bryntum-flat/server.ts'
import { revisionsServer } from './bryntum-revisions/server.ts'
import { commandForAny, dialectOfAnswer, dialectOfFirstFrame, loginForAny } from './detect.ts'
import { framesOf } from './recordings/recording.contract.ts'

const login = { type: 'login', login: 'admin', password: 'secret', extension: { version: 1, client: 'c-1' } } as const

describe('frames for a server of unknown dialect', () => {
  it('log in with the fields flat and inside data, the extension too', () => {
    const fields = { login: 'admin', password: 'secret', planwire: { version: 1, client: 'c-1' } }
    expect(JSON.parse(loginForAny(login))).toEqual({ command: 'login', ...fields, data: fields })
  })

  it.each<Upstream>([
    login,
    { type: 'login', login: 'user' },
    { type: 'version' },
    { type: 'projects' },
    { type: 'logout' },
    { type: 'dataset', project: 7 },
    { type: 'reset', project: 7 },
    { type: 'custom', command: 'chat', payload: { text: 'hi' } },
  ])('are read by servers of both dialects: $type', (message) => {
    const frame = commandForAny(message)
    expect(revisionsServer.decode(frame)).toEqual({ ok: true, message })
    const flat = flatServer.decode(frame)
    expect(flat).toMatchObject({ ok: true, message })
  })

  it('leave the doubled password of a login behind', () => {
    expect(flatServer.decode(loginForAny(login))).toEqual({ ok: true, message: login })
  })

  it('refuse messages that differ by more than the envelope', () => {
    const change: Upstream = { type: 'change', revisions: [{ changes: { stores: {} } }] }
    expect(() => commandForAny(change)).toThrow(expect.objectContaining({ code: 'invalid-argument' }))
    expect(() => commandForAny({ type: 'requestVersionAutoSave' })).toThrow('requestVersionAutoSave')
  })
})

describe('the dialect of an answer', () => {
  it.each([
    ['bryntum-flat', 118 - 39],
    ['bryntum-revisions', 152 - 45],
  ] as const)('shows in every recorded frame of %s that is no error', (name, count) => {
    const answers = framesOf(name).frames.filter(
      ({ dir, frame }) => dir === 'ws-in' && frame.command !== 'load_version_content',
    )
    const found = answers.map(({ frame }) => dialectOfAnswer(JSON.stringify(frame)))
    expect(found.filter((dialect) => dialect === name)).toHaveLength(count - 2 - (name === 'bryntum-revisions' ? 1 : 0))
    expect(found.filter((dialect) => dialect === undefined)).toHaveLength(2)
  })

  it.each([
    '{"command":"login","error":"Wrong username/password"}',
    '{"command":"login","data":{"project":1},"error":"Authorization required"}',
    '{"command":"error","message":"boom"}',
    '{"command":"chat","data":{}}',
    '{"command":"chat","text":"hi"}',
    '{"command":"toString"}',
    '{}',
    'null',
    'nonsense',
  ])('stays open after %s', (frame) => {
    expect(dialectOfAnswer(frame)).toBeUndefined()
  })

  it.each(['flat', 'revisions'])('shows in the answer of our own server: %s', (kind) => {
    const server = kind === 'flat' ? flatServer : revisionsServer
    const frame = server.encode({ type: 'loginAccepted', client: 'client-1', extension: { version: 1 } })
    expect(dialectOfAnswer(frame)).toBe(server.name)
  })
})

describe('the dialect that a first frame asks for', () => {
  it.each([
    ['bryntum-flat', '{"command":"login","login":"a"}'],
    ['bryntum-flat', '{"command":"version"}'],
    ['bryntum-flat', '{"command":"login","login":"a","data":{"login":"a"}}'],
    ['bryntum-flat', '{"command":"login","data":null}'],
    ['bryntum-flat', '{"command":"login","data":[]}'],
    ['bryntum-flat', 'nonsense'],
    ['bryntum-revisions', '{"command":"login","data":{"login":"a"}}'],
    ['bryntum-revisions', '{"command":"projects","data":{}}'],
  ])('is %s for %s', (dialect, frame) => {
    expect(dialectOfFirstFrame(frame)).toBe(dialect)
  })

  it.each(['bryntum-flat', 'bryntum-revisions'] as const)('is right for the first recorded frame of %s', (name) => {
    const first = framesOf(name).frames.find(({ dir }) => dir === 'ws-out')
    expect(dialectOfFirstFrame(JSON.stringify(first?.frame))).toBe(name)
  })
})
