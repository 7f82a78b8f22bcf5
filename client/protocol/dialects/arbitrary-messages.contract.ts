/**
 * Owns random canonical messages for the round trips of `dialect.contract.ts`: made from the schema, but for what a shape
 * cannot say (the order of a tree, one key of two, words that are no command).
 */
import fc from 'fast-check'
import type { Downstream, Upstream } from '../messages.ts'
import type { Fields, PlainRecord } from '../records.ts'
import { type Instead, randomFields, randomId, randomObject, randomValue } from '../schema/arbitrary.ts'
import { DIALECTS } from '../schema/frames.ts'
import { DOWNSTREAM, UPSTREAM } from '../schema/messages.ts'
import type { Dialect } from '../schema/shape.ts'
import { fieldsOf } from '../schema/to-json-schema.ts'

type Arb<T> = fc.Arbitrary<T>

const record: Arb<PlainRecord> = fc.tuple(randomFields, randomId).map(([rest, own]) => ({ ...rest, id: own }))

/** Tasks in the order of the tree, each with its place. */
const tasks: Arb<readonly PlainRecord[]> = fc.array(fc.tuple(randomFields, fc.nat()), { maxLength: 12 }).map((rows) => {
  const children = new Map<number, number[]>()
  rows.forEach(([, pick], at) => {
    const parent = (pick % (at + 1)) - 1
    children.set(parent, [...(children.get(parent) ?? []), at])
  })
  const walk = (parent: number): PlainRecord[] =>
    (children.get(parent) ?? []).flatMap((at, parentIndex) => [
      { ...rows[at]?.[0], id: at, parentId: parent < 0 ? null : parent, parentIndex },
      ...walk(at),
    ])
  return walk(-1)
})
const payloadKeys = fc.constantFrom('text', 'project', 'userName', 'revisions', 'body', 'name')

/** What is the same in every dialect. */
const COMMON: Instead = {
  extra: fc.constant({ x_future: { deep: [1, null] } }),
  UpdatedRecord: record,
  RemovedRecord: record,
  AddedRecord: fc
    .tuple(randomFields, randomObject(fieldsOf('AddedRecord')))
    .map(([rest, ids]) => ({ ...rest, ...ids })),
  Dataset: fc.record(
    {
      stores: fc.record(
        { tasks, dependencies: fc.array(record), timeRanges: fc.array(record) },
        { noNullPrototype: true },
      ),
      meta: randomFields,
    },
    { noNullPrototype: true },
  ),
  ProjectInfo: fc.tuple(randomFields, randomId, fc.string()).map(([rest, id, name]) => ({ ...rest, id, name })),
  // Calls are answered by these ids.
  RemoteCall: fc.record(
    { id: fc.string({ minLength: 1 }), name: fc.string(), args: fc.array(randomValue) },
    { noNullPrototype: true },
  ),
  RemoteResult: fc.record(
    { id: fc.string({ minLength: 1 }), error: randomValue, data: randomValue },
    { noNullPrototype: true },
  ),
  EventValue: fc.oneof(
    record.map((event) => ({ type: 'add-event', event })),
    record.map((task) => ({ type: 'delete-task', task })),
    randomFields.map((rest) => ({ ...rest, type: 'custom-action', value: 42 })),
  ),
}

/** Transactions of a dialect: a changeset is keyed by the own counter or by another client's whole key, not by both. */
function revisions(dialect: Dialect): Instead {
  const keyed = randomObject(fieldsOf('ClientRevision'), COMMON, dialect).map(
    ({ counter, changeset, ...rest }): Fields =>
      changeset === undefined ? { ...rest, ...(counter === undefined ? {} : { counter }) } : { ...rest, changeset },
  )
  const flat = dialect === 'bryntum-flat'
  // The client id of a change stands in every revision.
  const up = flat
    ? fc.tuple(keyed)
    : fc
        .tuple(fc.array(keyed, { maxLength: 3 }), fc.option(fc.string(), { nil: undefined }))
        .map(([list, client]) => list.map(({ client: _, ...own }) => (client === undefined ? own : { ...own, client })))
  const one = randomObject(fieldsOf('ServerRevision'), COMMON, dialect)
  return { up, down: flat ? fc.tuple(one) : fc.array(one, { maxLength: 3 }) }
}

/** Any message of one way that a dialect has. */
function messages(dialect: Dialect, way: 'up' | 'down'): Arb<Fields> {
  const frames = DIALECTS.find(({ name }) => name === dialect)?.[way] ?? []
  const list = revisions(dialect)[way]
  const all = (way === 'up' ? UPSTREAM : DOWNSTREAM).filter(({ type }) => frames.some((frame) => frame.type === type))
  return fc.oneof(
    ...all.map(({ type, fields }): Arb<Fields> => {
      const instead = { ...COMMON, ...(list ? { revisions: list } : {}) }
      const plain = fieldsOf('Extra')
      switch (type) {
        case 'custom': {
          const command = fc.constantFrom('chat', 'toString', '__proto__', 'constructor', 'cursor')
          const payload = fc.dictionary(payloadKeys, randomValue, { noNullPrototype: true })
          return fc.record({ type: fc.constant(type), command, payload }, { noNullPrototype: true })
        }
        case 'refused': {
          const { request: _, ...told } = { ...fields, ...plain }
          const commandOf = (request: string) =>
            DIALECTS.find(({ name }) => name === dialect)?.up.find((frame) => frame.type === request)?.command
          const requests = ['change', 'dataset', 'loadVersionContent'].map((request) => ({
            request,
            command: commandOf(request),
          }))
          const words = fc.constantFrom<Fields>(
            { command: 'error' },
            { command: 'chat' },
            { command: 'toString' },
            ...requests,
          )
          return fc.tuple(randomObject(told, instead), words).map(([rest, said]) => ({ ...rest, ...said, type }))
        }
        case 'loadVersionContent':
        case 'versionContent': {
          // The name of the command is kept only where it is not the dialect's own.
          const { command: _, ...told } = { ...fields, ...plain }
          return randomObject(told, instead, dialect).map((rest) => ({ ...rest, type }))
        }
        default:
          return randomObject({ ...fields, ...plain }, instead, dialect).map(({ lost, ...rest }) =>
            // What was lost, a dataset tells beside its position.
            ({ ...rest, type, ...(lost === true && 'position' in rest ? { lost } : {}) }),
          )
      }
    }),
  )
}

// The schema is what the types are made from.
const upstream = (dialect: Dialect) => messages(dialect, 'up') as unknown as Arb<Upstream>
const downstream = (dialect: Dialect) => messages(dialect, 'down') as unknown as Arb<Downstream>

export const flatUpstream: Arb<Upstream> = upstream('bryntum-flat')
export const flatDownstream: Arb<Downstream> = downstream('bryntum-flat')
export const revisionsUpstream: Arb<Upstream> = upstream('bryntum-revisions')
export const revisionsDownstream: Arb<Downstream> = downstream('bryntum-revisions')
export const liveUpdatesUpstream: Arb<Upstream> = upstream('dhtmlx')
export const liveUpdatesDownstream: Arb<Downstream> = downstream('dhtmlx')
