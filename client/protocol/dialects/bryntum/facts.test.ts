import { describe, expect, it } from 'vitest'
import type { Parsed } from '../../errors.ts'
import type { Downstream, Upstream } from '../../messages.ts'
import { flatClient } from '../bryntum-flat/client.ts'
import { flatServer } from '../bryntum-flat/server.ts'
import { revisionsClient } from '../bryntum-revisions/client.ts'
import { revisionsServer } from '../bryntum-revisions/server.ts'

function message<T extends Upstream | Downstream>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw parsed.error
  return parsed.message
}

const changes = { stores: { tasks: { updated: [{ id: 1, name: 'x' }] } } }
const wireChanges = { tasks: { updated: [{ id: 1, name: 'x' }] } }

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
