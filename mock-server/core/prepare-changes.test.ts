import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Changeset, StoreChanges } from '../../client/protocol/changeset.ts'
import { idKey, type RecordId, type RecordKey } from '../../client/protocol/ids.ts'
import type { PlainRecord } from '../../client/protocol/records.ts'
import { REFERENCE_FIELDS } from '../../client/store/references.ts'
import type { Tables } from '../../client/store/tables.ts'
import { type Prepared, prepareChanges } from './prepare-changes.ts'
import { ReferenceIndex } from './reference-index.ts'

const table = (...records: PlainRecord[]): Map<RecordKey, PlainRecord> =>
  new Map(records.map((record) => [idKey(record.id), record]))
const record = (id: number, fields: object = {}): PlainRecord => ({ id: id, ...fields })

/** Two tasks below each other, a link between them, and somebody who works on one. */
function prepared(stores: Changeset): Prepared {
  const tables: Tables = new Map([
    ['tasks', table(record(1, { name: 'a' }), record(2, { name: 'b', parentId: 1 }), record(3, { name: 'c' }))],
    ['dependencies', table(record(1, { from: 2, to: 3, lag: 0 }))],
    ['resources', table(record(1, { name: 'Ada' }))],
    ['assignments', table(record(1, { event: 2, resource: 1, units: 100 }))],
  ])
  const index = new ReferenceIndex()
  index.rebuild(tables)
  const newId = (): RecordId => 900
  const remembered = (_store: string, key: RecordKey): RecordId | undefined => (key === 'p' ? 1 : undefined)
  return prepareChanges({ stores }, { tables, index, newId, remembered, claim: () => {} })
}

/** Fields of all kinds, with values that are there, gone, or of another kind. */
const fields = fc.dictionary(
  fc.constantFrom('name', 'duration', 'parentIndex', 'units', 'lag', 'from$', ...Object.keys(REFERENCE_FIELDS)),
  fc.constantFrom<unknown>(1, 2, 3, 99, '1', 'x', 'p', null, true),
  { maxKeys: 3 },
)
const edit = fc.tuple(fc.constantFrom(1, 2, 3, 99), fields).map(([id, given]) => ({ ...given, id: id }))
const changeset: fc.Arbitrary<Record<string, StoreChanges>> = fc.dictionary(
  fc.constantFrom('tasks', 'dependencies', 'resources', 'assignments', 'notes'),
  fc.array(edit, { minLength: 1, maxLength: 3 }).map((updated) => ({ updated })),
  { minKeys: 1 },
)

/** The lists that hold something: what everybody is told. */
function said({ changes, correction, added }: Prepared): unknown {
  const stores = Object.entries(changes.stores).map(([store, part]) => [
    store,
    Object.entries(part ?? {}).filter(([, list]) => Array.isArray(list) && list.length > 0),
  ])
  return { stores, correction, added }
}

describe('edits that touch nobody’s place and no link', () => {
  it('become what the whole preparation makes of them, though they are spared it', () => {
    fc.assert(
      fc.property(changeset, (stores) => {
        // A list that is empty changes nothing, but is not what a plain edit looks like.
        const theLongWay = Object.fromEntries(
          Object.entries(stores).map(([store, part]) => [store, { ...part, removed: [] }]),
        )
        expect(said(prepared(stores))).toEqual(said(prepared(theLongWay)))
      }),
      { seed: 7, numRuns: 2_000 },
    )
  })

  it('are handed on as they came, without a copy', () => {
    const stores = {
      tasks: { updated: [{ id: 2, name: 'B' }] },
      resources: { updated: [{ id: 1, name: 'A' }] },
    }
    expect(prepared(stores).changes.stores).toBe(stores)
    expect(prepared({ tasks: { updated: [{ id: 99, name: 'gone' }] } }).changes.stores).not.toHaveProperty(
      'tasks.updated.0',
    )
  })
})
