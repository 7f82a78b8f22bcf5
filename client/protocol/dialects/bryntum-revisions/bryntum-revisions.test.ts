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
      why: 'the client id stands beside the revisions too',
      frames: 1,
      matches: ({ dir, frame }) =>
        dir === 'ws-out' && frame.command === 'project_change' && !('client' in asFields(frame.data)),
      rewritten: (frame) => {
        const data = asFields(frame.data)
        return { ...frame, data: { ...data, client: asList(data.revisions)[0]?.clientId } }
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
  upstream: revisionsUpstream,
  downstream: revisionsDownstream,
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
