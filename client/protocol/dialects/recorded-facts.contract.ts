/** Owns what the three dialects' tests share: how datasets come back, what is malformed in every dialect. */
import type { Fields } from '../records.ts'
import type { Exception, Malformed } from './dialect.contract.ts'

export const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
export const asFields = (value: unknown): Fields => (isRecord(value) ? value : {})
export const asList = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.filter(isRecord) : [])
export const keysOf = (value: unknown): string => Object.keys(asFields(value)).sort().join(',')

export const FUTURE = { since: 'tomorrow', list: [1, null] }

/** Every task of a tree with the place that our datasets always say. */
function placed(list: unknown, parentId: unknown = null): unknown {
  return asList(list).map((record, parentIndex) => ({
    parentId,
    parentIndex,
    ...record,
    ...(record.children === undefined ? {} : { children: placed(record.children, record.id) }),
  }))
}

/** A recorded dataset as we write it: the project's own fields under one key, every task with its place. */
export function written(dataset: unknown, meta: unknown, key: 'project' | 'projectMeta'): Fields {
  const { project, projectMeta, ...lists } = asFields(dataset)
  return { ...lists, tasksData: placed(lists.tasksData), [key]: projectMeta ?? project ?? meta }
}

/** Unknown keys in the changes of every store and in their records. */
export function futureChanges(changes: unknown): Fields {
  const stores = Object.entries(asFields(changes)).map(([store, part]) => {
    const lists = Object.entries(asFields(part)).map(([kind, list]) => [
      kind,
      Array.isArray(list) ? asList(list).map((record) => ({ ...record, x_future: FUTURE })) : list,
    ])
    return [store, { ...Object.fromEntries(lists), x_future: FUTURE }]
  })
  return Object.fromEntries(stores)
}

export const withoutNull: Exception = {
  why: 'a socket that has not logged in is listed as null: it is nobody',
  frames: 1,
  matches: ({ frame }) => JSON.stringify(frame).includes('"users":["admin",null]'),
  rewritten: (frame) => JSON.parse(JSON.stringify(frame).replace('"admin",null', '"admin"')),
}

export const malformedJson: readonly Malformed[] = (['client', 'server'] as const).flatMap((half): Malformed[] => [
  { half, frame: '', code: 'malformed-json' },
  { half, frame: '{"command":', code: 'malformed-json' },
  { half, frame: '<html></html>', code: 'malformed-json' },
  { half, frame: 'null', code: 'malformed-message', path: 'frame' },
  { half, frame: '[]', code: 'malformed-message', path: 'frame' },
  { half, frame: '"login"', code: 'malformed-message', path: 'frame' },
])

export const malformedChanges = (half: Malformed['half'], wrap: (changes: string) => string, at: string): Malformed[] =>
  (
    [
      ['null', 'changes'],
      ['[]', 'changes'],
      ['{"tasks":null}', 'changes.tasks'],
      ['{"tasks":{"updated":{}}}', 'changes.tasks.updated'],
      ['{"tasks":{"updated":[null]}}', 'changes.tasks.updated[0]'],
      ['{"tasks":{"updated":[{"id":1},{"id":2},{"id":3},{"name":"x"}]}}', 'changes.tasks.updated[3].id'],
      ['{"tasks":{"removed":[{"id":null}]}}', 'changes.tasks.removed[0].id'],
      ['{"tasks":{"removed":[{"id":1e999}]}}', 'changes.tasks.removed[0].id'],
      ['{"tasks":{"removed":[7]}}', 'changes.tasks.removed[0]'],
      ['{"tasks":{"added":[{"$PhantomId":{}}]}}', 'changes.tasks.added[0].$PhantomId'],
      ['{"tasks":{"added":[{"id":""}]}}', 'changes.tasks.added[0].id'],
      ['{"tasks":{"$input":{"updated":[{"id":true}]}}}', 'changes.tasks.$input.updated[0].id'],
      ['{"project":[]}', 'changes.project'],
    ] as const
  ).map(([changes, path]) => ({ half, frame: wrap(changes), code: 'malformed-message', path: `${at}${path}` }))
