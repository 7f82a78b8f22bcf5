import { describe, expect, it } from 'vitest'
import type { Parsed } from '../../errors.ts'
import type { Downstream, Upstream } from '../../messages.ts'
import { flatClient } from '../bryntum-flat/client.ts'
import { flatServer } from '../bryntum-flat/server.ts'
import { revisionsClient } from '../bryntum-revisions/client.ts'
import { revisionsServer } from '../bryntum-revisions/server.ts'
import type { ClientCodec, ServerCodec } from '../codec.ts'

function message<T extends Upstream | Downstream>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw parsed.error
  return parsed.message
}

const changes = { stores: { tasks: { updated: [{ id: 1, name: 'x' }] } } }
const wireChanges = { tasks: { updated: [{ id: 1, name: 'x' }] } }

describe('the extension on the wire', () => {
  const order = { epoch: 'e', revision: 4, changeset: 'c:7' } as const
  const position = { epoch: 'e', revision: 4 }
  const up: readonly [string, ClientCodec, Upstream, unknown][] = [
    [
      'flat login',
      flatClient,
      { type: 'login', login: 'a', extension: { version: 1, client: 'c' } },
      { command: 'login', login: 'a', planwire: { version: 1, client: 'c' } },
    ],
    [
      'revisions login',
      revisionsClient,
      { type: 'login', login: 'a', extension: { version: 1, client: 'c' } },
      { command: 'login', data: { login: 'a', planwire: { version: 1, client: 'c' } } },
    ],
    [
      'flat change',
      flatClient,
      { type: 'change', project: 1, revisions: [{ changes, counter: 7 }] },
      { command: 'projectChange', project: 1, changes: wireChanges, planwire: { counter: 7 } },
    ],
    [
      'revisions change',
      revisionsClient,
      { type: 'change', project: 1, revisions: [{ changes, counter: 7, client: 'x', localRevision: 'local-1' }] },
      {
        command: 'project_change',
        data: {
          project: 1,
          client: 'x',
          revisions: [{ revision: 'local-1', clientId: 'x', changes: wireChanges, planwire: { counter: 7 } }],
        },
      },
    ],
  ]
  it.each(up)('%s', (_, codec, sent, frame) => {
    expect(JSON.parse(codec.encode(sent))).toEqual(frame)
  })

  const down: readonly [string, ServerCodec, Downstream, unknown][] = [
    [
      'flat grant',
      flatServer,
      { type: 'loginAccepted', extension: { version: 1 } },
      { command: 'login', planwire: { version: 1 } },
    ],
    [
      'revisions grant',
      revisionsServer,
      { type: 'loginAccepted', client: 'x', extension: { version: 1 } },
      { command: 'login', data: { client: 'x', planwire: { version: 1 } } },
    ],
    [
      'flat dataset',
      flatServer,
      { type: 'dataset', project: 1, dataset: { stores: {}, meta: {} }, position },
      { command: 'dataset', project: 1, dataset: { projectMeta: {} }, planwire: position },
    ],
    [
      'revisions dataset',
      revisionsServer,
      { type: 'dataset', project: 1, dataset: { stores: {}, meta: {} }, position },
      { command: 'dataset', data: { project: 1, dataset: { project: {} }, planwire: position } },
    ],
    [
      'flat order',
      flatServer,
      { type: 'changed', project: 1, revisions: [{ changes, order }] },
      { command: 'projectChange', project: 1, changes: wireChanges, planwire: order },
    ],
    [
      'revisions order',
      revisionsServer,
      { type: 'changed', project: 1, revisions: [{ changes, order }] },
      { command: 'project_change', data: { project: 1, revisions: [{ changes: wireChanges, planwire: order }] } },
    ],
    ['flat ack', flatServer, { type: 'ack', project: 1, position }, { command: 'ack', project: 1, planwire: position }],
    [
      'revisions ack',
      revisionsServer,
      { type: 'ack', project: 1, position },
      { command: 'ack', data: { project: 1, planwire: position } },
    ],
    [
      'flat refusal',
      flatServer,
      { type: 'refused', command: 'change', error: 'no', project: 1, changeset: 'c:7' },
      { command: 'projectChange', project: 1, error: 'no', planwire: { changeset: 'c:7' } },
    ],
    [
      'revisions refusal',
      revisionsServer,
      { type: 'refused', command: 'change', error: 'no', project: 1, changeset: 'c:7' },
      { command: 'project_change', error: 'no', data: { project: 1, planwire: { changeset: 'c:7' } } },
    ],
  ]
  it.each(down)('%s', (_, codec, sent, frame) => {
    expect(JSON.parse(codec.encode(sent))).toEqual(frame)
  })

  it('is not granted by a server that relays what another client sent', () => {
    const relayed = message(
      flatClient.decode('{"command":"projectChange","project":1,"changes":{},"planwire":{"counter":7}}'),
    )
    expect(relayed).toEqual({ type: 'changed', project: 1, revisions: [{ changes: { stores: {} } }] })
  })

  it('of another version is not asked for', () => {
    expect(message(flatServer.decode('{"command":"login","login":"a","planwire":{"version":2}}'))).toEqual({
      type: 'login',
      login: 'a',
    })
  })

  it('granted in an answer that names the user is still the own login', () => {
    expect(message(flatClient.decode('{"command":"login","userName":"a","planwire":{"version":1}}'))).toMatchObject({
      type: 'loginAccepted',
    })
  })
})

describe('names of commands', () => {
  it.each(['projectChange', 'projectChanges', 'project_change'])(
    '%s is a change, up and down, in both dialects',
    (command) => {
      const frame = JSON.stringify({ command, project: 1, changes: wireChanges })
      for (const codec of [flatServer, revisionsServer])
        expect(message(codec.decode(frame))).toEqual({ type: 'change', project: 1, revisions: [{ changes }] })
      for (const codec of [flatClient, revisionsClient])
        expect(message(codec.decode(frame))).toEqual({ type: 'changed', project: 1, revisions: [{ changes }] })
    },
  )

  it('answer the version content under the name that was asked', () => {
    for (const [command, alias] of [
      ['loadVersionContent', 'loadVersionContent'],
      ['load_version_content', undefined],
    ] as const) {
      const asked = message(revisionsServer.decode(JSON.stringify({ command, data: { project: 1, versionId: 7 } })))
      expect(asked).toEqual({
        type: 'loadVersionContent',
        project: 1,
        versionId: 7,
        ...(alias ? { command: alias } : {}),
      })
      if (asked.type !== 'loadVersionContent') throw new Error(asked.type)
      const answer = revisionsServer.encode({ ...asked, type: 'versionContent', content: {} })
      expect(JSON.parse(answer)).toEqual({ command, data: { project: 1, versionId: 7, content: {} } })
    }
  })

  it('of requestVersionAutoSave may be either', () => {
    for (const command of ['requestVersionAutoSave', 'request_version_autosave']) {
      expect(message(revisionsServer.decode(JSON.stringify({ command, data: { project: 1 } })))).toEqual({
        type: 'requestVersionAutoSave',
        project: 1,
      })
    }
  })

  it('are no properties of an object', () => {
    for (const command of ['toString', 'constructor', '__proto__', 'hasOwnProperty']) {
      expect(message(flatServer.decode(JSON.stringify({ command })))).toEqual({ type: 'custom', command, payload: {} })
      expect(message(flatClient.decode(JSON.stringify({ command })))).toEqual({ type: 'custom', command, payload: {} })
    }
  })
})

describe('a refusal', () => {
  it.each([
    [
      '{"command":"dataset","error":"Authentication required"}',
      { command: 'dataset', request: 'dataset', error: 'Authentication required' },
    ],
    [
      '{"command":"projectChange","project":1,"error":"no"}',
      { command: 'projectChange', request: 'change', project: 1, error: 'no' },
    ],
    ['{"command":"chat","error":{"code":7}}', { command: 'chat', error: '{"code":7}' }],
    ['{"command":"error","message":"boom"}', { command: 'error', error: 'boom' }],
    ['{"command":"error","data":"boom"}', { command: 'error', error: 'boom' }],
    ['{"command":"error"}', { command: 'error', error: '' }],
  ])('is read from %s', (frame, refused) => {
    expect(message(flatClient.decode(frame))).toEqual({ type: 'refused', ...refused })
    expect(message(revisionsClient.decode(frame))).toEqual({ type: 'refused', ...refused })
  })

  it('of no command goes out as the message of an error, of a command as its error', () => {
    for (const codec of [flatServer, revisionsServer]) {
      expect(codec.encode({ type: 'refused', command: 'error', error: 'boom' })).toBe(
        '{"command":"error","message":"boom"}',
      )
      expect(codec.encode({ type: 'refused', command: 'chat', error: 'no' })).toBe('{"command":"chat","error":"no"}')
    }
  })

  it('is read beside data and inside', () => {
    const expected = { type: 'refused', command: 'dataset', request: 'dataset', project: 1, error: 'no' }
    expect(message(revisionsClient.decode('{"command":"dataset","error":"no","data":{"project":1}}'))).toEqual(expected)
    expect(message(revisionsClient.decode('{"command":"dataset","data":{"project":1,"error":"no"}}'))).toEqual(expected)
    expect(message(revisionsClient.decode('{"command":"error","data":{"message":"boom"}}'))).toEqual({
      type: 'refused',
      command: 'error',
      error: 'boom',
    })
  })

  it('is no refusal when the error is null', () => {
    expect(message(flatClient.decode('{"command":"logout","error":null}'))).toMatchObject({ type: 'loggedOut' })
  })
})

describe('a dataset', () => {
  it.each([
    ['inside, as documented', '{"command":"dataset","dataset":{"projectMeta":{"a":1}}}'],
    ['beside, as the 2022 server sends', '{"command":"dataset","dataset":{},"projectMeta":{"a":1}}'],
    ['as project, as the 2025 server sends', '{"command":"dataset","dataset":{"project":{"a":1}}}'],
  ])('has its meta %s', (_, frame) => {
    expect(message(flatClient.decode(frame))).toEqual({ type: 'dataset', dataset: { stores: {}, meta: { a: 1 } } })
  })

  it('may come without a project, as the documents show after a reset', () => {
    expect(message(flatClient.decode('{"command":"dataset","dataset":{}}'))).toEqual({
      type: 'dataset',
      dataset: { stores: {}, meta: {} },
    })
  })

  it('drops stores and records that would reach a prototype', () => {
    const frame =
      '{"command":"dataset","dataset":{"__proto__Data":[{"id":1}],"constructorData":[],"resourcesData":[{"id":1,"__proto__":{"polluted":1}}]}}'
    const read = message(flatClient.decode(frame))
    expect(read).toEqual({ type: 'dataset', dataset: { stores: { resources: [{ id: 1 }] }, meta: {} } })
    if (read.type === 'dataset') expect(Object.getPrototypeOf(read.dataset.stores)).toBe(Object.prototype)
  })
})

describe('a revision', () => {
  it('that does not name its client is of the one that the frame names', () => {
    const revisions = [{ changes: wireChanges, clientId: 'a' }, { changes: wireChanges }]
    const read = message(
      revisionsServer.decode(JSON.stringify({ command: 'project_change', data: { client: 'b', revisions } })),
    )
    expect(read).toEqual({
      type: 'change',
      revisions: [
        { changes, client: 'a' },
        { changes, client: 'b' },
      ],
    })
  })
})

describe('a flat frame', () => {
  it('holds one revision: none or several are a mistake of the caller', () => {
    for (const revisions of [[], [{ changes }, { changes }]]) {
      expect(() => flatClient.encode({ type: 'change', revisions })).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
      expect(() => flatServer.encode({ type: 'changed', revisions })).toThrow(
        expect.objectContaining({ code: 'invalid-argument' }),
      )
    }
  })

  it('never tells its own client a user name: that would be the broadcast', () => {
    expect(flatServer.encode({ type: 'loginAccepted', userName: 'a', client: 'c' })).toBe('{"command":"login"}')
  })
})

it('messages of the live updates have no frame on the project socket', () => {
  for (const codec of [flatClient, revisionsClient])
    expect(() => codec.encode({ type: 'subscribe', name: 'events' })).toThrow('subscribe')
  for (const codec of [flatServer, revisionsServer])
    expect(() => codec.encode({ type: 'start', connection: 'c' })).toThrow('start')
})
