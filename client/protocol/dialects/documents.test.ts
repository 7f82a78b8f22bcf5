import { describe, expect, it } from 'vitest'
import type { Parsed } from '../errors.ts'
import type { Downstream, Upstream } from '../messages.ts'
import { flatClient } from './bryntum-flat/client.ts'
import { flatServer } from './bryntum-flat/server.ts'
import { liveUpdatesClient } from './dhtmlx/client.ts'
import { liveUpdatesServer } from './dhtmlx/server.ts'

function message<T>(parsed: Parsed<T>): T {
  if (!parsed.ok) throw parsed.error
  return parsed.message
}

const LISTS = {
  tasksData: [],
  resourcesData: [],
  dependenciesData: [],
  assignmentsData: [],
  calendarsData: [],
} as const
const STORES = { tasks: [], resources: [], dependencies: [], assignments: [], calendars: [] }

const change = (added: { readonly [field: string]: unknown }) => ({
  tasks: { added: [added], updated: [{ id: 1, name: 'New name' }], removed: [{ id: 2 }] },
  resources: {},
  dependencies: {},
  assignments: {},
})
const phantom = { $PhantomId: '_generatedModel1', name: 'New task' }
const real = { $PhantomId: '_generatedModel1', id: 10 }

describe('frames of "Sync multiple clients in real-time with WebSockets"', () => {
  const up: readonly [unknown, Upstream][] = [
    [
      { command: 'login', login: 'user' },
      { type: 'login', login: 'user' },
    ],
    [
      { command: 'login', login: 'user', password: 'password' },
      { type: 'login', login: 'user', password: 'password' },
    ],
    [{ command: 'projects' }, { type: 'projects' }],
    [
      { command: 'dataset', project: 1 },
      { type: 'dataset', project: 1 },
    ],
    [
      { command: 'projectChange', project: 1, changes: change(phantom) },
      { type: 'change', project: 1, revisions: [{ changes: { stores: change(phantom) } }] },
    ],
    [{ command: 'reset' }, { type: 'reset' }],
    [
      { command: 'requestVersionAutoSave', project: 1 },
      { type: 'requestVersionAutoSave', project: 1 },
    ],
    [
      { command: 'loadVersionContent', project: 1, versionId: 15 },
      { type: 'loadVersionContent', project: 1, versionId: 15 },
    ],
  ]
  it.each(up)('%j goes up and is read', (frame, sent) => {
    expect(JSON.parse(flatClient.encode(sent))).toEqual(frame)
    expect(message(flatServer.decode(JSON.stringify(frame)))).toEqual(sent)
  })

  const projects = [
    { id: 1, name: 'Project 1' },
    { id: 2, name: 'Project 2' },
  ]
  const down: readonly [unknown, Downstream][] = [
    [
      { command: 'projects', projects },
      { type: 'projects', projects },
    ],
    [
      { command: 'dataset', project: 1, dataset: { ...LISTS, projectMeta: {} } },
      { type: 'dataset', project: 1, dataset: { stores: STORES, meta: {} } },
    ],
    [
      { command: 'projectChange', project: 1, changes: change(real) },
      { type: 'changed', project: 1, revisions: [{ changes: { stores: change(real) } }] },
    ],
    [
      { command: 'login', userName: 'Charlie' },
      { type: 'joined', userName: 'Charlie' },
    ],
    [
      { command: 'users', users: ['Charlie'] },
      { type: 'users', users: ['Charlie'] },
    ],
    [
      { command: 'reset', userName: 'Server' },
      { type: 'resetBy', userName: 'Server' },
    ],
    [
      { command: 'versionAutoSaveOK', project: 1 },
      { type: 'versionAutoSaveOK', project: 1 },
    ],
    [
      { command: 'loadVersionContent', project: 1, versionId: 15, content: { tasks: [] } },
      { type: 'versionContent', project: 1, versionId: 15, content: { tasks: [] } },
    ],
  ]
  it.each(down)('%j comes down and is written', (frame, received) => {
    expect(message(flatClient.decode(JSON.stringify(frame)))).toEqual(received)
    expect(JSON.parse(flatServer.encode(received))).toEqual(frame)
  })

  it('an empty dataset is the whole reset broadcast', () => {
    const empty: Downstream = { type: 'dataset', dataset: { stores: {}, meta: {} } }
    expect(message(flatClient.decode('{"command":"dataset","dataset":{}}'))).toEqual(empty)
  })
})

describe('frames of "Multi-User Live Updates"', () => {
  it.each(['subscribe', 'unsubscribe'] as const)('%s names the entity', (type) => {
    const sent: Upstream = { type, name: 'events' }
    expect(liveUpdatesClient.encode(sent)).toBe(`{"action":"${type}","name":"events"}`)
    expect(message(liveUpdatesServer.decode(`{"action":"${type}","name":"events"}`))).toEqual(sent)
  })

  const event = { id: 7, text: 'Review', start_date: '2025-04-23 09:00', end_date: '2025-04-23 10:00' }
  const down: readonly [string, Downstream][] = [
    ['{"action":"start","body":"connectionId"}', { type: 'start', connection: 'connectionId' }],
    ...['add-event', 'update-event'].map((type): [string, Downstream] => [
      `{"action":"event","body":{"name":"events","value":{"type":"${type}","event":${JSON.stringify(event)}}}}`,
      { type: 'event', name: 'events', value: { type, event } },
    ]),
    [
      '{"action":"event","body":{"name":"events","value":{"type":"delete-event","event":{"id":"7"}}}}',
      { type: 'event', name: 'events', value: { type: 'delete-event', event: { id: '7' } } },
    ],
    [
      '{"action":"event","body":{"name":"events","value":{"type":"custom-action","event":"value"}}}',
      { type: 'event', name: 'events', value: { type: 'custom-action', event: 'value' } },
    ],
    [
      '{"action":"event","body":{"name":"calendars","value":{"type":"custom-action","value":"value"}}}',
      { type: 'event', name: 'calendars', value: { type: 'custom-action', value: 'value' } },
    ],
  ]
  it.each(down)('%s', (frame, received) => {
    expect(message(liveUpdatesClient.decode(frame))).toEqual(received)
    expect(liveUpdatesServer.encode(received)).toBe(frame)
  })
})
