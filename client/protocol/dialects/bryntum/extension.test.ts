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
