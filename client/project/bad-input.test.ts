/** What servers say that they should not, heard by a whole client: a typed error or a repair, and never a throw into the app. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PlanwireError } from '../protocol/errors.ts'
import type { RecordId } from '../protocol/ids.ts'
import { datasetFrame, type Frame, loadedScript, type Script } from './scripted-server.contract.ts'

const KINDS = ['extension', 'revisions', 'flat'] as const
type Kind = (typeof KINDS)[number]

const change = (tasks: Frame, planwire: Frame | undefined): Frame => ({
  command: 'projectChange',
  project: 1,
  planwire,
  changes: { tasks },
})
const names = ({ client }: Script): unknown[] => client.tasks.all().map((task) => task.name)

/** Every task is in the tree once, is found by its id, and nothing got into every object's prototype. */
function expectWhole({ client }: Script): void {
  const seen: RecordId[] = []
  const walk = (parent: RecordId | null): void => {
    for (const { id } of client.tasks.children(parent)) {
      seen.push(id)
      if (seen.length <= client.tasks.size) walk(id)
    }
  }
  walk(null)
  const ids = client.tasks.all().map(({ id }) => String(id))
  expect(seen.map(String).sort()).toEqual(ids.sort())
  expect(new Set(ids).size).toBe(ids.length)
  for (const task of client.tasks.all()) expect(client.tasks.get(task.id)).toBe(task)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain('0')
}

/** A new connection to a server that means well: what it says counts, whatever was said before. */
function expectGoodFrameWorks(script: Script, kind: Kind): void {
  script.client.wsAddress = 'ws://server/'
  script.client.wsSend('login', { login: 'user' })
  script.heard()
  if (kind === 'revisions') script.say({ command: 'login', data: { client: 'client-9', userName: 'user' } })
  else script.say(kind === 'flat' ? { command: 'login' } : { command: 'login', planwire: { version: 1 } })
  script.heard()
  script.say(datasetFrame(kind, [{ id: 500, name: 'good' }], 0, 'e-good'))
  expect(script.client.tasks.get(500)?.name).toBe('good')
  const tasks = { updated: [{ id: 500, name: 'better' }] }
  if (kind === 'revisions') {
    const revisions = [
      {
        revision: 'server-1',
        client: 'client-2',
        localRevision: 'local-1',
        changes: { tasks: { ...tasks, $input: tasks } },
      },
    ]
    script.say({ command: 'project_change', data: { project: 1, revisions } })
  } else script.say(change(tasks, kind === 'flat' ? undefined : { epoch: 'e-good', revision: 1 }))
  expect(script.client.tasks.get(500)?.name).toBe('better')
  expectWhole(script)
}

const id = fc.oneof(
  fc.constantFrom<unknown>(1, '1', 2, '2', 3, '3', 'x', '', '__proto__', 'constructor', '_generatedTask_x', null),
  fc.constantFrom<unknown>(1e308, -1, 1.5, true, [], {}),
)
const value = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom<unknown>('a', '', null, 0, -1, 'not a date', '2026-02-30T99:00', true, [], {}, [null]),
  },
  { weight: 1, arbitrary: fc.constant<unknown>('m'.repeat(1_000_000)) },
)
const FIELDS = [
  'name',
  'startDate',
  'endDate',
  'duration',
  'parentIndex',
  'children',
  '__proto__',
  'constructor',
  '$PhantomId',
  '$PhantomParentId',
]
const record = fc
  .tuple(
    fc.option(id, { nil: undefined, freq: 8 }),
    fc.option(id, { nil: undefined }),
    fc.array(fc.tuple(fc.constantFrom(...FIELDS), fc.oneof(value, id)), { maxLength: 4 }),
  )
  .map(([own, parentId, fields]) =>
    Object.fromEntries([['id', own], ['parentId', parentId], ...fields, ['polluted', 1]]),
  )
const records = fc.oneof(
  { weight: 9, arbitrary: fc.array<unknown>(record, { maxLength: 5 }) },
  { weight: 1, arbitrary: value },
)
const part = fc.record(
  { added: records, updated: records, removed: records, $input: fc.constantFrom({}, null, { updated: 1 }) },
  { requiredKeys: [] },
)
const stores = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { tasks: part, dependencies: part, ['__proto__']: part, project: record },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: value },
)
const planwire = fc.record(
  {
    epoch: fc.constantFrom<unknown>('e1', 'e2', 7, null),
    revision: fc.constantFrom<unknown>(0, 1, 2, 3, 9, -1, '2', 1.5, null),
    changeset: fc.constantFrom<unknown>('me:1', 'me:2', 'me:99', 'other:1', 'me', 5),
    counter: fc.constantFrom<unknown>(0, 1, 99),
  },
  { requiredKeys: [] },
)
const project = fc.constantFrom<unknown>(1, '1', 2, null)
const revision = fc.record(
  {
    revision: fc.constantFrom<unknown>('server-1', 'server-2', 'server-1', 'server-7', 'x', 3),
    localRevision: fc.constantFrom<unknown>('local-1', 'local-9', null),
    client: fc.constantFrom<unknown>('client-1', 'client-2', 4),
    changes: stores,
  },
  { requiredKeys: [] },
)
const dataset = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { tasksData: records, dependenciesData: records, ['__proto__']: records, project: record },
      { requiredKeys: [] },
    ),
  },
  { weight: 1, arbitrary: value },
)
const frame = fc.oneof(
  fc.record(
    { command: fc.constant('projectChange'), project, changes: stores, planwire },
    { requiredKeys: ['command'] },
  ),
  fc.record({
    command: fc.constant('project_change'),
    data: fc.record({ project, revisions: fc.array(revision, { maxLength: 3 }) }),
  }),
  fc.record({ command: fc.constantFrom('ack', 'caughtUp'), project, planwire }),
  fc.record({ command: fc.constant('dataset'), project, dataset, planwire }, { requiredKeys: ['command', 'dataset'] }),
  fc.record({ command: fc.constant('dataset'), data: fc.record({ project, dataset }) }),
  fc.record({ command: fc.constantFrom('error', 'projectChange', 'dataset'), error: value, message: value, planwire }),
  fc.record({
    command: fc.constantFrom('reset', 'users', 'presence', 'login', 'logout', 'projects', 'toString', 7),
    userName: id,
    users: records,
    project,
    planwire,
  }),
)
/** The first of two may be cut off, so that it is no JSON. */
const text = fc.oneof(
  { weight: 20, arbitrary: frame.map((said) => JSON.stringify(said)) },
  { weight: 1, arbitrary: fc.tuple(frame, fc.nat(200)).map(([said, length]) => JSON.stringify(said).slice(0, length)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'null', '[]', '1', '"x"', '\u0000', '{"command":"dataset","command":1}'),
  },
)
const edit = fc.constantFrom('add', 'update', 'remove', 'nest', 'undo', 'redo')

/** The app goes on meanwhile; what it asks for may have gone, and it is told so. */
function work({ client }: Script, what: string): void {
  const [first, second] = client.tasks.all()
  try {
    if (what === 'add') client.transact(() => client.tasks.add({ name: 'new' }))
    if (what === 'update' && first) client.transact(() => client.tasks.update(first.id, { name: 'mine' }))
    if (what === 'remove' && second) client.transact(() => client.tasks.remove(second.id))
    if (what === 'nest' && first && second)
      client.transact(() => client.tasks.update(second.id, { parentId: first.id }))
    if (what === 'undo') client.undo()
    if (what === 'redo') client.redo()
  } catch (error) {
    expect(error).toBeInstanceOf(PlanwireError)
  }
}

describe.each(KINDS)('a client of a server that speaks %s', (kind) => {
  test('[CN6 RB8] hears anything in any order and never throws, breaks its tree or goes deaf', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: text }, { weight: 1, arbitrary: edit }), { maxLength: 12 }),
        (steps) => {
          const script = loadedScript(kind, {}, [
            { id: 1, name: 'a' },
            { id: 2, name: 'b' },
          ])
          for (const step of steps) {
            if (/^[a-z]{2,}$/.test(step) && step !== 'null') work(script, step)
            else script.sayText(step)
            expectWhole(script)
          }
          for (const [name, error] of script.events) if (name === 'error') expect(error).toBeInstanceOf(PlanwireError)
          expect(script.events).not.toContainEqual(['error', expect.objectContaining({ code: 'handler-failed' })])
          expectGoodFrameWorks(script, kind)
          script.client.close()
          expect(script.clock.waiting).toBe(0)
        },
      ),
      { numRuns: 60, seed: 20_261_122 },
    )
  })

  test('[RB7] ids that change their type between number and string are one record', () => {
    const script = loadedScript(kind, {}, [
      { id: 1, name: 'a' },
      { id: '2', name: 'b', parentId: '1' },
    ])
    const tasks = { updated: [{ id: '1', name: 'c' }], removed: [] }
    if (kind === 'revisions') {
      const revisions = [
        {
          revision: 'server-1',
          client: 'x',
          localRevision: 'local-1',
          changes: { tasks: { ...tasks, $input: tasks } },
        },
      ]
      script.say({ command: 'project_change', data: { project: '1', revisions } })
    } else script.say({ ...change(tasks, kind === 'flat' ? undefined : { epoch: 'e1', revision: 1 }), project: '1' })
    expect([names(script), script.client.tasks.get('1') === script.client.tasks.get(1)]).toEqual([['c', 'b'], true])
    expect(script.client.tasks.children(1).map(({ name }) => name)).toEqual(['b'])
  })

  test('[RB8] a dataset with cycles, children before parents and ids given twice is shown whole, the first of two', () => {
    const script = loadedScript(kind, {}, [
      { id: 9, name: 'child first', parentId: 8 },
      { id: 8, name: 'parent' },
      { id: 3, name: 'round', parentId: 4 },
      { id: 4, name: 'and round', parentId: 3 },
      { id: 5, name: 'own parent', parentId: 5 },
      { id: 6, name: 'orphan', parentId: 77 },
      { id: 7, name: 'first' },
      { id: '7', name: 'second' },
    ])
    expectWhole(script)
    expect(names(script).sort()).toEqual([
      'and round',
      'child first',
      'first',
      'orphan',
      'own parent',
      'parent',
      'round',
    ])
    expect(script.client.tasks.children(8).map(({ name }) => name)).toEqual(['child first'])
  })

  test('[CN6] null, dates that are none and a megabyte of text arrive as they are, keys of prototypes do no harm', () => {
    const script = loadedScript(kind)
    const long = 'm'.repeat(1_000_000)
    const hostile = JSON.stringify(
      datasetFrame(kind, [{ id: 1, name: long, startDate: 'never', endDate: null, duration: 'NaN', HOSTILE: 0 }], 1),
    )
    script.client.wsSend('dataset', { project: 1 })
    script.heard()
    script.sayText(
      hostile.replace('"HOSTILE":0', '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}'),
    )
    expect(script.client.tasks.get(1)).toMatchObject({ name: long, startDate: 'never', endDate: null, duration: 'NaN' })
    expectWhole(script)
    expectGoodFrameWorks(script, kind)
  })

  test('[CN6] a store may be called like what every object has', () => {
    const script = loadedScript(kind)
    const told: unknown[] = []
    const heard: unknown[] = []
    script.client.on('change', ({ stores }) => told.push(...Object.entries(stores)))
    script.client.store('toString').on('change', ({ added }) => heard.push(...added))
    const changes = { toString: { added: [{ id: 5 }] }, constructor: { added: [{ id: 6 }] } }
    if (kind === 'revisions')
      script.say({ command: 'project_change', data: { project: 1, revisions: [{ revision: 'server-1', changes }] } })
    else if (kind === 'flat') script.say({ command: 'projectChange', project: 1, changes })
    else script.say({ command: 'projectChange', project: 1, changes, planwire: { epoch: 'e1', revision: 1 } })
    expect(told).toMatchObject([['toString', { added: [{ id: 5 }] }]])
    expect([heard, script.client.store('toString').all()]).toEqual([[{ id: 5 }], [{ id: 5 }]])
    script.client.transact(() => script.client.store('toString').update(5, { name: 'mine' }))
    expect(script.client.store('toString').get(5)).toEqual({ id: 5, name: 'mine' })
    expectGoodFrameWorks(script, kind)
  })
})

describe('revisions of the extension', () => {
  const said = (revision: number, name: string): Frame =>
    change({ updated: [{ id: 1, name }] }, { epoch: 'e1', revision })

  test('[AK2] out of order, repeated or with gaps, end with what the server holds', () => {
    const script = loadedScript('extension')
    script.say(said(1, 'one'), said(1, 'one again'), said(3, 'three'), said(2, 'two'))
    expect(names(script)).toEqual(['two'])
    expect(script.heard()).toMatchObject([{ command: 'dataset' }])
    script.say(said(3, 'three'), {
      command: 'caughtUp',
      project: 1,
      planwire: { epoch: 'e1', revision: 3 },
    })
    expect(names(script)).toEqual(['three'])
  })

  test('[AK3] acks of changesets that nobody made acknowledge nothing', () => {
    const script = loadedScript('extension')
    script.client.transact(() => script.client.tasks.update(1, { name: 'mine' }))
    script.heard()
    for (const revision of [0, 7, -1]) script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision } })
    script.say({ command: 'ack', project: 2, planwire: { epoch: 'e1', revision: 1 } })
    expect([script.client.pendingCount, names(script)]).toEqual([1, ['mine']])
    script.say({ ...said(1, 'mine'), planwire: { epoch: 'e1', revision: 1, changeset: 'me:1' } })
    script.say({ command: 'ack', project: 1, planwire: { epoch: 'e1', revision: 1 } })
    expect(script.client.pendingCount).toBe(0)
  })
})
