/** Owns random canonical messages for the round trips of `dialect.contract.ts`. */
import fc from 'fast-check'
import type { ChangesetId } from '../ids.ts'
import type { Downstream, Upstream } from '../messages.ts'
import type { Fields, PlainRecord } from '../records.ts'

type Arb<T> = fc.Arbitrary<T>

/** Objects with these fields; those that are not `required` may be missing. */
function objects<T extends object>(
  arbs: { readonly [K in keyof T]: Arb<T[K]> },
  required?: readonly (keyof T)[],
): Arb<T> {
  // With every key in `T`, which keys may be missing is for the caller's type to say.
  return fc.record(arbs, {
    requiredKeys: [...(required ?? (Object.keys(arbs) as (keyof T)[]))],
    noNullPrototype: true,
  }) as unknown as Arb<T>
}

const id = fc.oneof(fc.string({ minLength: 1 }), fc.integer())
const word = fc.constantFrom('name', 'duration', 'calendar', 'toString', 'note', 'ünï', 'a.b')
const value: Arb<unknown> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.constant([1, { a: 'b' }]),
  fc.constant({ __proto: 1 }),
)
const fields: Arb<Fields> = fc.dictionary(word, value, { maxKeys: 4, noNullPrototype: true })
const extra: Arb<Fields> = fc.constant({ x_future: { deep: [1, null] } })
const record: Arb<PlainRecord> = fc.tuple(fields, id).map(([rest, own]) => ({ ...rest, id: own }))
const added = fc
  .tuple(fields, objects({ id, $PhantomId: id, $PhantomParentId: id }, []))
  .map(([rest, ids]) => ({ ...rest, ...ids }))
const lists = {
  added: fc.array(added, { maxLength: 3 }),
  updated: fc.array(record, { maxLength: 3 }),
  removed: fc.array(record, { maxLength: 3 }),
}
const part = objects({ ...lists, $input: objects(lists, []) }, [])
const storeNames = fc.constantFrom('tasks', 'dependencies', 'timeRanges', 'toString')
const changes = objects({ stores: fc.dictionary(storeNames, part, { noNullPrototype: true }), meta: fields }, [
  'stores',
])
const revision = fc.nat()
const epoch = fc.string()
const changeset: Arb<ChangesetId> = fc
  .tuple(fc.string({ minLength: 1 }), fc.nat())
  .map(([client, counter]): ChangesetId => `${client}:${counter}`)
const position = objects({ epoch, revision })
const order = objects({ epoch, revision, changeset }, ['epoch', 'revision'])

/** Tasks in the order of the tree, each with its place. */
const tasks: Arb<readonly PlainRecord[]> = fc.array(fc.tuple(fields, fc.nat()), { maxLength: 12 }).map((rows) => {
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
const dataset = objects({
  stores: objects({ tasks, dependencies: fc.array(record), timeRanges: fc.array(record) }),
  meta: fields,
})
const projects = fc.array(
  fc.tuple(fields, id, fc.string()).map(([rest, own, name]) => ({ ...rest, id: own, name })),
  { maxLength: 3 },
)
const payloadKeys = fc.constantFrom('text', 'project', 'userName', 'revisions', 'body', 'name')
const custom = objects({
  type: fc.constant('custom' as const),
  command: fc.constantFrom('chat', 'toString', '__proto__', 'constructor', 'cursor'),
  payload: fc.dictionary(payloadKeys, value, { noNullPrototype: true }),
})

/** `type` and the given fields; the named ones, and `extra`, may be missing. */
function message<T extends Upstream | Downstream>(
  type: T['type'],
  arbs: { readonly [key: string]: Arb<unknown> } = {},
  optional: readonly string[] = [],
): Arb<T> {
  const all = { type: fc.constant(type), ...arbs, extra }
  const required = Object.keys(all).filter((key) => key !== 'extra' && !optional.includes(key))
  // The callers name the fields of the message that `type` says.
  return objects<{ [key: string]: unknown }>(all, required) as unknown as Arb<T>
}

const project = { project: id }

/** Upstream messages of a Bryntum dialect. `revisions` says what a change holds. */
function bryntumUpstream(revisions: Arb<readonly Fields[]>): Arb<Upstream> {
  return fc.oneof(
    message<Upstream>(
      'login',
      {
        login: fc.string(),
        password: fc.string(),
        extension: objects({ version: fc.constant(1), client: fc.string() }),
      },
      ['password', 'extension'],
    ),
    message<Upstream>('logout'),
    message<Upstream>('version'),
    message<Upstream>('projects'),
    message<Upstream>(
      'dataset',
      { ...project, resume: objects({ epoch, revision, counter: fc.nat() }, ['epoch', 'counter']) },
      ['project', 'resume'],
    ),
    message<Upstream>('presence', { state: fc.option(fields) }),
    message<Upstream>('reset', project, ['project']),
    message<Upstream>('requestVersionAutoSave', project, ['project']),
    message<Upstream>('loadVersionContent', { ...project, versionId: id }, ['project']),
    message<Upstream>('change', { ...project, revisions }, ['project']),
    custom,
  )
}

function bryntumDownstream(
  accepted: Arb<Downstream>,
  revisions: Arb<readonly Fields[]>,
  refusable: readonly (readonly [string, Upstream['type']])[],
): Arb<Downstream> {
  const refused = { error: fc.string(), changeset, code: fc.constant('client-expired'), ...project }
  return fc.oneof(
    accepted,
    message<Downstream>('joined', { userName: fc.string() }),
    message<Downstream>('left', { userName: fc.string() }),
    message<Downstream>('loggedOut'),
    message<Downstream>('users', { users: fc.array(fc.string()) }),
    message<Downstream>('version', { version: fc.string() }),
    message<Downstream>('projects', { projects }),
    message<Downstream>('dataset', { ...project, dataset, position: position }, ['project', 'position']),
    message<Downstream>('changed', { ...project, revisions }, ['project']),
    message<Downstream>('ack', { ...project, position: position }),
    message<Downstream>('caughtUp', { ...project, position: position }),
    message<Downstream>('presence', { client: fc.string(), userName: fc.string(), state: fc.option(fields) }),
    message<Downstream>('resetBy', { userName: fc.string(), ...project }, ['project']),
    message<Downstream>('versionAutoSaveOK', project, ['project']),
    message<Downstream>('versionContent', { ...project, versionId: id, content: value }, ['project', 'content']),
    message<Downstream>('refused', { command: fc.constantFrom('error', 'chat', 'toString'), ...refused }, [
      'project',
      'changeset',
      'code',
    ]),
    ...refusable.map(([command, request]) =>
      message<Downstream>('refused', { command: fc.constant(command), request: fc.constant(request), ...refused }, [
        'project',
        'changeset',
        'code',
      ]),
    ),
    custom,
  )
}

/** A changeset is keyed by the own counter or by another client's whole key, not by both. */
const flatUp = fc.oneof(objects({ changes, counter: fc.nat() }, ['changes']), objects({ changes, changeset }))
const flatDown = objects({ changes, order }, ['changes'])

export const flatUpstream: Arb<Upstream> = bryntumUpstream(fc.tuple(flatUp))
export const flatDownstream: Arb<Downstream> = bryntumDownstream(
  message<Downstream>('loginAccepted', { extension: fc.constant({ version: 1 }) }, ['extension']),
  fc.tuple(flatDown),
  [
    ['projectChange', 'change'],
    ['dataset', 'dataset'],
    ['loadVersionContent', 'loadVersionContent'],
  ],
)

const numbers = { localRevision: fc.string(), conflictResolutionFor: fc.string() }
const revisionUp = objects({ changes, ...numbers, counter: fc.nat(), extra }, ['changes'])
const revisionDown = objects({ changes, ...numbers, revision: fc.string(), client: fc.string(), order, extra }, [
  'changes',
])

/** The client id of a change stands in every revision. */
const revisionsUp = fc
  .tuple(fc.array(revisionUp, { maxLength: 3 }), fc.option(fc.string(), { nil: undefined }))
  .map(([revisions, client]) => revisions.map((entry) => (client === undefined ? entry : { ...entry, client })))

export const revisionsUpstream: Arb<Upstream> = bryntumUpstream(revisionsUp)
export const revisionsDownstream: Arb<Downstream> = bryntumDownstream(
  message('loginAccepted', { client: fc.string(), userName: fc.string(), extension: fc.constant({ version: 1 }) }, [
    'client',
    'userName',
    'extension',
  ]),
  fc.array(revisionDown, { maxLength: 3 }),
  [
    ['project_change', 'change'],
    ['dataset', 'dataset'],
    ['load_version_content', 'loadVersionContent'],
  ],
)

export const liveUpdatesUpstream: Arb<Upstream> = fc.oneof(
  message<Upstream>('subscribe', { name: fc.string() }),
  message<Upstream>('unsubscribe', { name: fc.string() }),
  message<Upstream>('call', {
    calls: fc.array(objects({ id: fc.string({ minLength: 1 }), name: fc.string(), args: fc.array(value) })),
  }),
  custom,
)
export const liveUpdatesDownstream: Arb<Downstream> = fc.oneof(
  message<Downstream>('start', { connection: fc.string() }),
  message<Downstream>('event', {
    name: fc.string(),
    value: fc.oneof(
      record.map((event) => ({ type: 'add-event', event })),
      record.map((task) => ({ type: 'delete-task', task })),
      fields.map((rest) => ({ ...rest, type: 'custom-action', value: 42 })),
    ),
  }),
  message<Downstream>('result', {
    results: fc.array(objects({ id: fc.string({ minLength: 1 }), error: value, data: value })),
  }),
  custom,
)
