import { describe, expect, test } from 'vitest'
import type { Downstream, Upstream } from '../../messages.ts'
import type { Fields } from '../../records.ts'
import { revisionsDownstream, revisionsUpstream } from '../arbitrary-messages.contract.ts'
import { describeDialect } from '../dialect.contract.ts'
import {
  asFields,
  asList,
  FUTURE,
  futureChanges,
  isRecord,
  keysOf,
  malformedChanges,
  malformedJson,
  withoutNull,
  written,
} from '../recorded-facts.contract.ts'
import { revisionsClient } from './client.ts'
import { revisionsServer } from './server.ts'

function isWithoutInput({ changes }: Fields): boolean {
  return Object.values(asFields(changes)).every((part) => !('$input' in asFields(part)))
}

/** A recorded revision as it is written. */
function withInput(revision: Fields): Fields {
  const stores = Object.entries(asFields(revision.changes))
  const changes = Object.fromEntries(stores.map(([store, part]) => [store, { ...asFields(part), $input: part }]))
  return isWithoutInput(revision) ? { ...revision, changes } : revision
}

/** A message as it arrives: what nobody keys by the extension has its input. */
function arriving<M extends Upstream | Downstream>(message: M): M {
  if (!('revisions' in message)) return message
  const revisions = message.revisions.map((revision) => {
    const { stores } = revision.changes
    const keyed = ['counter', 'changeset', 'order'].some((key) => key in revision)
    if (keyed || Object.values(stores).some((part) => part?.$input)) return revision
    const given = Object.fromEntries(Object.entries(stores).map(([store, part]) => [store, { ...part, $input: part }]))
    return { ...revision, changes: { ...revision.changes, stores: given } }
  })
  return { ...message, revisions }
}

describeDialect({
  client: revisionsClient,
  server: revisionsServer,
  recordings: ['bryntum-revisions'],
  frames: 152,
  cut: 1,
  exceptions: [
    withoutNull,
    {
      why: 'datasets: every task says its place',
      frames: 6,
      matches: ({ frame }) => 'dataset' in asFields(frame.data),
      rewritten: (frame) => {
        const data = asFields(frame.data)
        return { ...frame, data: { ...data, dataset: written(data.dataset, undefined, 'project') } }
      },
    },
    {
      why: 'the documented name of the request, which the server of these frames ignores',
      frames: 1,
      matches: ({ frame }) => frame.command === 'requestVersionAutoSave',
      rewritten: (frame) => ({ ...frame, command: 'request_version_autosave' }),
    },
    {
      why: 'the client id stands beside the revisions too, and there is an `$input`',
      frames: 1,
      matches: ({ dir, frame }) =>
        dir === 'ws-out' && frame.command === 'project_change' && !('client' in asFields(frame.data)),
      rewritten: (frame) => {
        const data = asFields(frame.data)
        const revisions = asList(data.revisions)
        return { ...frame, data: { ...data, client: revisions[0]?.clientId, revisions: revisions.map(withInput) } }
      },
    },
    {
      why: 'a revision of which no store has `$input`, of which a ProjectModel takes nothing',
      frames: 4,
      matches: ({ dir, frame }) => dir === 'ws-in' && asList(asFields(frame.data).revisions).some(isWithoutInput),
      rewritten: (frame) => {
        const data = asFields(frame.data)
        return { ...frame, data: { ...data, revisions: asList(data.revisions).map(withInput) } }
      },
    },
    {
      why: 'an answer outside its envelope, a fault of that server',
      frames: 1,
      matches: ({ dir, frame }) => dir === 'ws-in' && frame.command === 'load_version_content',
      rewritten: ({ command, ...data }) => ({ command, data }),
    },
  ],
  withUnknownKeys: (frame) => {
    if (!isRecord(frame.data)) return frame
    const data: Fields = { ...frame.data, x_future: FUTURE }
    const revisions = asList(data.revisions).map((revision) => ({
      ...revision,
      x_future: FUTURE,
      changes: futureChanges(revision.changes),
    }))
    return {
      ...frame,
      data: {
        ...data,
        ...('revisions' in data ? { revisions } : {}),
        ...('dataset' in data ? { dataset: { ...asFields(data.dataset), x_future: FUTURE } } : {}),
      },
    }
  },
  upstream: revisionsUpstream.map(arriving),
  downstream: revisionsDownstream.map(arriving),
  samples: {
    upstream: [
      { type: 'login', login: 'admin', password: 'admin' },
      { type: 'logout' },
      { type: 'version' },
      { type: 'projects' },
      { type: 'dataset', project: 1 },
      { type: 'reset', project: 1 },
      { type: 'requestVersionAutoSave', project: 1 },
      { type: 'loadVersionContent', project: 1, versionId: 7 },
      {
        type: 'change',
        project: 1,
        revisions: [{ changes: { stores: {} }, localRevision: 'local-1', client: 'client-1' }],
      },
      {
        type: 'change',
        project: 1,
        revisions: [
          { changes: { stores: {} }, localRevision: 'local-2', client: 'client-1', conflictResolutionFor: 'server-9' },
        ],
      },
    ],
    downstream: [
      { type: 'loginAccepted', client: 'client-1', userName: 'admin' },
      { type: 'joined', userName: 'admin' },
      { type: 'left', userName: 'admin' },
      { type: 'loggedOut' },
      { type: 'users', users: [] },
      { type: 'version', version: '1.0.3' },
      { type: 'projects', projects: [] },
      { type: 'dataset', project: 1, dataset: { stores: {}, meta: {} } },
      {
        type: 'changed',
        project: 1,
        revisions: [{ changes: { stores: {} }, revision: 'server-1', localRevision: 'local-1', client: 'client-1' }],
      },
      { type: 'resetBy', userName: 'admin', project: 1 },
      { type: 'versionAutoSaveOK', project: 1 },
      { type: 'refused', command: 'dataset', error: 'Authentication required' },
    ],
  },
  shapeOf: (frame) =>
    `${frame.command} ${keysOf(frame)} data:${keysOf(frame.data)} ${asList(asFields(frame.data).revisions).map(keysOf).join(' ')}`,
  malformed: [
    ...malformedJson,
    ...malformedChanges(
      'server',
      (changes) => `{"command":"project_change","data":{"revisions":[{"changes":${changes}}]}}`,
      'revisions[0].',
    ),
    ...malformedChanges(
      'client',
      (changes) => `{"command":"project_change","data":{"revisions":[{"changes":${changes}}]}}`,
      'revisions[0].',
    ),
    { half: 'server', frame: '{"data":{}}', code: 'malformed-message', path: 'command' },
    { half: 'server', frame: '{"data":{"command":"login"}}', code: 'malformed-message', path: 'command' },
    { half: 'server', frame: '{"command":"login","data":{}}', code: 'malformed-message', path: 'login' },
    { half: 'server', frame: '{"command":"login","data":7}', code: 'malformed-message', path: 'login' },
    {
      half: 'server',
      frame: '{"command":"project_change","data":{"revisions":{}}}',
      code: 'malformed-message',
      path: 'revisions',
    },
    {
      half: 'server',
      frame: '{"command":"project_change","data":{"revisions":[null]}}',
      code: 'malformed-message',
      path: 'revisions[0]',
    },
    {
      half: 'server',
      frame: '{"command":"project_change","data":{"revisions":[{"changes":{},"revision":{}}]}}',
      code: 'malformed-message',
      path: 'revisions[0].revision',
    },
    {
      half: 'server',
      frame: '{"command":"project_change","data":{"revisions":[{"changes":{},"planwire":{"counter":"7"}}]}}',
      code: 'malformed-message',
      path: 'revisions[0].planwire.counter',
    },
    { half: 'client', frame: '{"command":"join","data":{}}', code: 'malformed-message', path: 'userName' },
    {
      half: 'client',
      frame: '{"command":"dataset","data":{"dataset":[]}}',
      code: 'malformed-message',
      path: 'dataset',
    },
  ],
})

describe('a revision for a ProjectModel', () => {
  const stores = { tasks: { updated: [{ id: 1, name: 'x' }] }, resources: { removed: [{ id: 2 }] } }
  const changesOf = (frame: string): unknown => JSON.parse(frame).data.revisions[0].changes

  test('[BR8] has all that changed as its input, from clients and from the server, where no store says what the input was', () => {
    const input = {
      tasks: { ...stores.tasks, $input: stores.tasks },
      resources: { ...stores.resources, $input: stores.resources },
      project: { name: 'P' },
    }
    const changes = { stores, meta: { name: 'P' } }
    const up = { changes, localRevision: 'local-1', client: 'client-1' }
    expect(changesOf(revisionsClient.encode({ type: 'change', project: 1, revisions: [up] }))).toEqual(input)
    const down = { changes, revision: 'server-1' }
    expect(changesOf(revisionsServer.encode({ type: 'changed', project: 1, revisions: [down] }))).toEqual(input)
  })

  test('[BR8] is left alone where a store says it, and where the extension tells that the other end is ours', () => {
    const given = { stores: { ...stores, dependencies: { $input: {} } } }
    const foreign = { changes: given, revision: 'server-1' }
    expect(changesOf(revisionsServer.encode({ type: 'changed', revisions: [foreign] }))).toEqual(given.stores)
    const ours = { changes: { stores }, order: { epoch: 'e', revision: 1 } }
    expect(changesOf(revisionsServer.encode({ type: 'changed', revisions: [ours] }))).toEqual(stores)
    const keyed = { changes: { stores }, counter: 1 }
    expect(changesOf(revisionsClient.encode({ type: 'change', project: 1, revisions: [keyed] }))).toEqual(stores)
  })
})
