import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProjectChanges } from '../protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../protocol/ids.ts'
import type { PlainRecord } from '../protocol/records.ts'
import { changesOf } from '../store/as-changes.ts'
import type { Operation } from '../store/operations.ts'
import { isPhantomId } from '../store/phantom-ids.ts'
import {
  applyRemote,
  confirm,
  createReplica,
  load,
  operate,
  type Pending,
  type Replica,
  reject,
  settle,
  visibleRecord,
  visibleRecords,
} from './replica.ts'
import { checkReplica } from './replica-invariants.ts'

let counter = 0
function pending(): Pending {
  counter += 1
  return { id: `c:${counter}`, operations: new Map() }
}

function loaded(...tasks: PlainRecord[]): Replica {
  const replica = createReplica()
  load(replica, { stores: { tasks }, meta: {} })
  return replica
}

const names = (replica: Replica) => visibleRecords(replica, 'tasks').map((task) => task['name'])
const update = (id: RecordId, fields: Record<string, unknown>): Operation => ({ type: 'update', id, fields })
const add = (id: RecordId, fields: Record<string, unknown>): Operation => ({ type: 'add', id, fields })
const remoteUpdate = (id: RecordId, fields: Record<string, unknown>): ProjectChanges => ({
  stores: { tasks: { updated: [{ ...fields, id }] } },
})

describe('what the app sees', () => {
  test('[RB1 RB2] an own edit is visible at once and survives a remote edit of another field', () => {
    const replica = loaded({ id: 1, name: 'a', note: 'x' })
    operate(replica, pending(), 'tasks', update(1, { name: 'mine' }))
    applyRemote(replica, remoteUpdate(1, { note: 'theirs' }))
    expect(visibleRecord(replica, 'tasks', 1)).toEqual({ id: 1, name: 'mine', note: 'theirs' })
    expect(replica.confirmed.get('tasks')?.get(1)).toEqual({ id: 1, name: 'a', note: 'theirs' })
    checkReplica(replica)
  })

  test('an own edit stays on top of a remote edit of the same field until the server orders it, and the crossing is told', () => {
    const replica = loaded({ id: 1, name: 'a' })
    const mine = pending()
    operate(replica, mine, 'tasks', update(1, { name: 'mine' }))
    const { crossings } = applyRemote(replica, remoteUpdate('1', { name: 'theirs' }))
    expect(names(replica)).toEqual(['mine'])
    expect(crossings).toMatchObject([{ kind: 'overwritten', pending: { id: mine.id } }])
    confirm(replica, mine.id, remoteUpdate(1, { name: 'mine' }))
    expect(names(replica)).toEqual(['mine'])
    expect(replica.pending).toEqual([])
    checkReplica(replica)
  })

  test('fields that belong together cross: the end of a bar against its start', () => {
    const replica = loaded({ id: 1, startDate: '2026-01-01', endDate: '2026-01-02' })
    operate(replica, pending(), 'tasks', update(1, { endDate: '2026-01-05' }))
    expect(applyRemote(replica, remoteUpdate(1, { startDate: '2025-12-01' })).crossings).toHaveLength(1)
    expect(applyRemote(replica, remoteUpdate(1, { name: 'x' })).crossings).toHaveLength(0)
  })

  test('[RB4] a removed record wins over an edit of it, and the loser is told', () => {
    const replica = loaded({ id: 1, name: 'a' })
    operate(replica, pending(), 'tasks', update(1, { name: 'mine' }))
    const { crossings, changes } = applyRemote(replica, { stores: { tasks: { removed: [{ id: 1 }] } } })
    expect(names(replica)).toEqual([])
    expect(crossings).toMatchObject([{ kind: 'removed', id: 1 }])
    expect(changes).toMatchObject([{ store: 'tasks', before: { name: 'mine' }, after: undefined }])
    checkReplica(replica)
  })

  test('the server may rewrite what it was sent: its values are what everyone sees', () => {
    const replica = loaded({ id: 1, name: 'a' })
    const mine = pending()
    operate(replica, mine, 'tasks', update(1, { name: ' mine ' }))
    confirm(replica, mine.id, remoteUpdate(1, { name: 'mine' }))
    expect(names(replica)).toEqual(['mine'])
  })

  test('[RB5] a refused changeset is rolled back, and what was built on it is rebased', () => {
    const replica = loaded({ id: 1, name: 'a', note: 'x' })
    const first = pending()
    const second = pending()
    operate(replica, first, 'tasks', update(1, { name: 'refused', note: 'refused' }))
    operate(replica, second, 'tasks', update(1, { note: 'kept' }))
    reject(replica, first.id)
    expect(visibleRecord(replica, 'tasks', 1)).toEqual({ id: 1, name: 'a', note: 'kept' })
    checkReplica(replica)
  })
})

describe('ids', () => {
  test('[RB3] a phantom id becomes real in the record, in later edits of it and in every reference to it', () => {
    const replica = loaded()
    const first = pending()
    const second = pending()
    operate(replica, first, 'tasks', add('_generatedtasks_1', { name: 'parent' }))
    operate(replica, second, 'tasks', add('_generatedtasks_2', { name: 'child', parentId: '_generatedtasks_1' }))
    operate(replica, second, 'tasks', update('_generatedtasks_1', { name: 'renamed' }))
    operate(
      replica,
      second,
      'dependencies',
      add('_generateddependencies_3', { from: '_generatedtasks_1', to: '_generatedtasks_2' }),
    )
    const changes = confirm(replica, first.id, {
      stores: { tasks: { added: [{ $PhantomId: '_generatedtasks_1', id: 7, name: 'parent' }] } },
    })
    expect(changes).toContainEqual({
      store: 'tasks',
      before: { id: '_generatedtasks_1', name: 'renamed' },
      after: { id: 7, name: 'renamed' },
      rekeyedFrom: '_generatedtasks_1',
    })
    expect(visibleRecord(replica, 'tasks', '_generatedtasks_2')).toMatchObject({ parentId: 7 })
    expect(changesOf(second.operations, isPhantomId).stores).toEqual({
      tasks: {
        added: [{ $PhantomId: '_generatedtasks_2', name: 'child', parentId: 7 }],
        updated: [{ id: 7, name: 'renamed' }],
      },
      dependencies: { added: [{ $PhantomId: '_generateddependencies_3', from: 7, to: '_generatedtasks_2' }] },
    })
    checkReplica(replica)
  })

  test('[RB3] an app that still holds a phantom id finds its record', () => {
    const replica = loaded()
    const mine = pending()
    operate(replica, mine, 'tasks', add('_generatedtasks_1', { name: 'new' }))
    confirm(replica, mine.id, {
      stores: { tasks: { added: [{ $PhantomId: '_generatedtasks_1', id: 7, name: 'new' }] } },
    })
    expect(visibleRecord(replica, 'tasks', '_generatedtasks_1')).toEqual({ id: 7, name: 'new' })
  })

  test('[RB7] vendors send one id as a number and as a string: it is one record', () => {
    const replica = loaded({ id: 7, name: 'a' })
    applyRemote(replica, remoteUpdate('7', { name: 'b' }))
    expect(visibleRecords(replica, 'tasks')).toEqual([{ id: 7, name: 'b' }])
  })

  test('a changeset that a dataset already shows leaves the list without being applied again', () => {
    const replica = loaded()
    const mine = pending()
    operate(replica, mine, 'tasks', add('_generatedtasks_1', { name: 'new' }))
    load(replica, { stores: { tasks: [{ id: 7, name: 'new' }] }, meta: {} })
    settle(replica, mine.id, new Map([['_generatedtasks_1', 7]]))
    expect(visibleRecords(replica, 'tasks')).toEqual([{ id: 7, name: 'new' }])
    checkReplica(replica)
  })
})

describe('datasets', () => {
  test('[RB6] a second dataset tells only what differs, and pending edits stay on top', () => {
    const replica = loaded({ id: 1, name: 'a' }, { id: 2, name: 'b' }, { id: 3, name: 'c' })
    operate(replica, pending(), 'tasks', update(1, { name: 'mine' }))
    const changes = load(replica, {
      stores: {
        tasks: [
          { id: 1, name: 'theirs' },
          { id: 2, name: 'b' },
          { id: 4, name: 'd' },
        ],
      },
      meta: {},
    })
    expect(changes).toEqual([
      { store: 'tasks', before: undefined, after: { id: 4, name: 'd' } },
      { store: 'tasks', before: { id: 3, name: 'c' }, after: undefined },
    ])
    expect(names(replica)).toEqual(['mine', 'b', 'd'])
    checkReplica(replica)
  })

  test('[RB6] where nothing is pending, what others change is told record by record; one that says the same stays the same object', () => {
    const replica = loaded({ id: 1, name: 'a' }, { id: 2, name: 'b', tags: ['x'] })
    const [first, second] = visibleRecords(replica, 'tasks')
    const updated = [
      { id: '1', name: 'A' },
      { id: 2, tags: ['x'] },
      { id: 3, name: 'gone' },
    ]
    const { changes } = applyRemote(replica, { stores: { tasks: { updated } } })
    expect(changes).toEqual([{ store: 'tasks', before: { id: 1, name: 'a' }, after: { id: 1, name: 'A' } }])
    expect(changes[0]?.before).toBe(first)
    expect(visibleRecord(replica, 'tasks', 1)).toBe(changes[0]?.after)
    expect(visibleRecord(replica, 'tasks', 2)).toBe(second)
    checkReplica(replica)
  })

  test('[RB6] an own edit that says the same, and an add of what is there, leave the same object', () => {
    const replica = loaded({ id: 1, name: 'a', tags: ['x'] })
    const [first] = visibleRecords(replica, 'tasks')
    const mine = pending()
    expect(operate(replica, mine, 'tasks', update(1, { tags: ['x'] }))).toEqual([])
    expect(visibleRecord(replica, 'tasks', 1)).toBe(first)
    expect(operate(replica, mine, 'tasks', update(1, { name: 'A' }))).toHaveLength(1)
    checkReplica(replica)

    const other = loaded({ id: 1, name: 'a' })
    const [known] = visibleRecords(other, 'tasks')
    expect(applyRemote(other, { stores: { tasks: { added: [{ id: 1, name: 'a' }] } } }).changes).toEqual([])
    expect(visibleRecord(other, 'tasks', 1)).toBe(known)
  })

  test('a record in several lists of a changeset of others is one change', () => {
    const replica = loaded({ id: 1, name: 'a' })
    const lists = { added: [{ id: 2, name: 'b' }], updated: [{ id: 2, name: 'B' }], removed: [{ id: 1 }] }
    expect(applyRemote(replica, { stores: { tasks: lists } }).changes).toEqual([
      { store: 'tasks', before: undefined, after: { id: 2, name: 'B' } },
      { store: 'tasks', before: { id: 1, name: 'a' }, after: undefined },
    ])
    const both = { added: [{ id: 3 }], removed: [{ id: 3 }] }
    expect(applyRemote(replica, { stores: { tasks: both } }).changes).toEqual([])
    checkReplica(replica)
  })

  test('the project’s own fields are merged like a record', () => {
    const replica = createReplica()
    load(replica, { stores: {}, meta: { hoursPerDay: 8, startDate: '2026-01-01' } })
    operate(replica, pending(), 'project', { type: 'update', id: 'project', fields: { hoursPerDay: 7 } })
    applyRemote(replica, { stores: {}, meta: { startDate: '2026-02-01' } })
    expect(visibleRecord(replica, 'project', 'project')).toEqual({
      id: 'project',
      hoursPerDay: 7,
      startDate: '2026-02-01',
    })
  })
})

/** Random sessions against the definition: visible = confirmed, then every pending changeset, oldest first. */
describe('any session', () => {
  const id = fc.integer({ min: 1, max: 5 })
  const fields = fc.dictionary(
    fc.constantFrom('name', 'note', 'startDate', 'endDate', 'parentId'),
    fc.integer({ min: 1, max: 5 }),
    { minKeys: 1 },
  )
  const step = fc.oneof(
    fc.record({ do: fc.constant('update' as const), id, fields }),
    fc.record({ do: fc.constant('add' as const), fields }),
    fc.record({ do: fc.constant('remove' as const), id }),
    fc.record({ do: fc.constant('commit' as const) }),
    fc.record({ do: fc.constant('order' as const) }),
    fc.record({ do: fc.constant('refuse' as const), at: fc.nat(3) }),
    fc.record({ do: fc.constant('remoteUpdate' as const), id, fields }),
    fc.record({ do: fc.constant('remoteRemove' as const), id }),
  )

  test('[RB2] shows the confirmed records with every pending changeset applied in order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const replica = loaded(...[1, 2, 3].map((key) => ({ id: key, name: key })))
        let draft: Pending | undefined
        let made = 0
        let real = 100
        for (const current of steps) {
          switch (current.do) {
            case 'commit':
              draft = undefined
              break
            case 'order': {
              const first = replica.pending[0]
              if (!first) break
              if (first === draft) draft = undefined
              const changes = changesOf(first.operations, isPhantomId)
              const named = changes.stores['tasks']?.added?.map((entry) => ({ ...entry, id: real++ }))
              confirm(
                replica,
                first.id,
                named ? { stores: { tasks: { ...changes.stores['tasks'], added: named } } } : changes,
              )
              break
            }
            case 'refuse': {
              const victim = replica.pending[current.at]
              if (victim === draft) draft = undefined
              if (victim) reject(replica, victim.id)
              break
            }
            case 'remoteUpdate':
              applyRemote(replica, remoteUpdate(current.id, current.fields))
              break
            case 'remoteRemove':
              applyRemote(replica, { stores: { tasks: { removed: [{ id: current.id }] } } })
              break
            default: {
              draft ??= pending()
              made += 1
              const operation: Operation =
                current.do === 'add'
                  ? add(`_generatedtasks_${made}`, current.fields)
                  : current.do === 'update'
                    ? update(current.id, current.fields)
                    : { type: 'remove', id: current.id }
              operate(replica, draft, 'tasks', operation)
            }
          }
          checkReplica(replica)
          expect(new Map(visibleRecords(replica, 'tasks').map((record) => [idKey(record.id), record]))).toEqual(
            byDefinition(replica),
          )
        }
      }),
      { seed: 20261122, numRuns: 400 },
    )
  })

  function byDefinition(replica: Replica): Map<RecordKey, PlainRecord> {
    const records = new Map(replica.confirmed.get('tasks'))
    for (const { operations } of replica.pending) {
      for (const [key, operation] of operations.get('tasks') ?? []) {
        const before = records.get(key)
        if (operation.type === 'remove') records.delete(key)
        else if (operation.type === 'add') records.set(key, { ...operation.fields, id: operation.id })
        else if (before) records.set(key, { ...before, ...operation.fields })
      }
    }
    return records
  }
})
