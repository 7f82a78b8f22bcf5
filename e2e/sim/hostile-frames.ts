/**
 * Owns frames that a careless or hostile client might send: well-formed ones with odd values, protocol words where they do
 * not belong, names that reach for prototypes, valid frames cut, doubled, spliced and flipped, and what is no JSON at all.
 */
import fc from 'fast-check'
import { randomObject } from '../../client/protocol/schema/arbitrary.ts'
import { DIALECTS } from '../../client/protocol/schema/frames.ts'
import { STORES } from '../../client/protocol/schema/records.ts'

/** Keys and names that mean something, to the protocol or to JavaScript. */
const WORDS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'valueOf', 'length'],
  ...[...Object.keys(STORES), 'project', '$input', 'id', '$PhantomId'],
]
/** Every command of every dialect, whoever says it, and what is none. */
const COMMANDS = [
  ...new Set(
    DIALECTS.flatMap(({ up, down }) => [...up, ...down].flatMap(({ command, alias = command }) => [command, alias])),
  ),
  ...['error', 'nudge', '__proto__', 'constructor', ''],
]

const oddNumber = fc.constantFrom(0, -1, 1.5, 1e21, 2 ** 53, -(2 ** 53), Number.MIN_VALUE, 1e308)
const oddText = fc.oneof(
  fc.constantFrom(...WORDS, '', ' ', '\u0000', '\ud800', '\u2028', '🚧', '../../etc/passwd', '%00', "'; --"),
  fc.string({ maxLength: 12, unit: 'binary' }),
  fc.constant('x'.repeat(300)),
)
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<unknown>(1, 2, 3, '1', '_p', 100, 101) },
  oddNumber,
  oddText,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { id: 1 }),
  fc.jsonValue({ maxDepth: 2 }),
)
const record = fc.dictionary(
  fc.constantFrom(
    ...['id', 'id', '$PhantomId', '$PhantomParentId', 'parentId', 'parentIndex', 'from', 'to', 'event', 'resource'],
    ...['name', 'content', 'children', '__proto__', 'constructor', 'toJSON'],
  ),
  value,
  { maxKeys: 5, noNullPrototype: true },
)
const part = fc.dictionary(
  fc.constantFrom('added', 'updated', 'removed', '$input', '__proto__'),
  fc.oneof({ weight: 4, arbitrary: fc.array(record, { maxLength: 3 }) }, value),
  { maxKeys: 4, noNullPrototype: true },
)
const changes = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.dictionary(fc.constantFrom(...WORDS), fc.oneof({ weight: 4, arbitrary: part }, value), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  },
  value,
)
const planwire = fc.oneof(
  fc.record({ version: fc.constantFrom<unknown>(1, 2, '1'), client: value }, { requiredKeys: [] }),
  fc.record({ epoch: oddText, revision: fc.oneof(fc.nat(), oddNumber), counter: fc.oneof(fc.nat(9), oddNumber) }),
  fc.record({ counter: fc.nat(9) }),
  fc.record({ changeset: oddText }),
  fc.record({ state: fc.oneof(value, record) }),
  value,
)
const revision = fc.oneof(
  fc.record(
    { revision: value, clientId: value, conflictResolutionFor: value, changes, planwire },
    { requiredKeys: ['changes'] },
  ),
  value,
)
const body = fc.record(
  {
    login: fc.oneof(fc.constant('hostile'), value),
    password: value,
    project: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, value),
    changes,
    versionId: value,
    planwire,
    revisions: fc.oneof({ weight: 4, arbitrary: fc.array(revision, { maxLength: 2 }) }, value),
    client: value,
    name: value,
    error: value,
  },
  { requiredKeys: ['project'] },
)

/** `__proto__` as a key of its own, which `JSON.stringify` of a literal would not write. */
function written(json: unknown): string {
  return (JSON.stringify(json) ?? 'null').replace('"error":', '"__proto__":')
}

const flat = fc.tuple(fc.constantFrom(...COMMANDS), body).map(([command, fields]) => written({ command, ...fields }))
const enveloped = fc.tuple(fc.constantFrom(...COMMANDS), body).map(([command, data]) => written({ command, data }))
const live = fc
  .tuple(
    fc.constantFrom('subscribe', 'unsubscribe', 'call', 'event', 'start', '__proto__'),
    value,
    fc.oneof(value, fc.array(record, { maxLength: 3 })),
  )
  .map(([action, name, calls]) => written({ action, name, key: name, body: calls }))
const deep = fc
  .tuple(fc.constantFrom('[', '{"a":'), fc.constantFrom(50, 150, 20_000))
  .map(
    ([open, depth]) =>
      `{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"x":${open.repeat(depth)}`,
  )

/** What the schema allows a client to say, with values that mean nothing. */
const allowed = fc.oneof(
  ...DIALECTS.flatMap(({ name, up }) =>
    up.map(({ command, fields }) =>
      randomObject(fields, { project: fc.constantFrom<unknown>(1, '1', 2, 3) }, name).map((said) => {
        const word = command === '*' ? 'nudge' : command
        if (name === 'dhtmlx') return written({ ...said, action: word })
        return written(name === 'bryntum-flat' ? { ...said, command: word } : { command: word, data: said })
      }),
    ),
  ),
)

const wellFormed = fc.oneof(
  { weight: 4, arbitrary: flat },
  { weight: 4, arbitrary: enveloped },
  { weight: 3, arbitrary: allowed },
  live,
)

const knownId = fc.constantFrom<unknown>(1, 2, 3, '1', '_p', '_q', 100, 'events-101')
/** Changes that a server has to take, as each dialect sends them, with values that it has to survive. */
const sane = fc
  .record({
    added: fc.array(fc.record({ $PhantomId: knownId, parentId: knownId, name: value }, { requiredKeys: [] }), {
      maxLength: 3,
    }),
    updated: fc.array(
      fc.tuple(knownId, record).map(([id, fields]) => ({ ...fields, id })),
      { maxLength: 3 },
    ),
    removed: fc.array(fc.record({ id: knownId }), { maxLength: 1 }),
    store: fc.constantFrom('tasks', 'tasks', 'resources', 'dependencies', 'versions', 'own'),
    form: fc.constantFrom('flat', 'extended', 'revisions'),
    counter: fc.nat(20),
  })
  .map(({ store, form, counter, ...lists }) => {
    const sent = { [store]: lists }
    if (form === 'flat') return written({ command: 'projectChange', project: 1, changes: sent })
    if (form === 'extended') return written({ command: 'projectChange', changes: sent, planwire: { counter } })
    const revisions = [{ revision: `local-${counter}`, changes: sent }]
    return written({ command: 'project_change', data: { project: 1, revisions } })
  })

/** A well-formed frame after something happened to it. */
const broken = fc
  .tuple(
    fc.oneof(wellFormed, sane),
    fc.nat(),
    fc.nat(),
    fc.constantFrom('cut', 'double', 'drop', 'flip', 'splice'),
    oddText,
  )
  .map(([text, a, b, how, odd]) => {
    const from = a % (text.length + 1)
    const to = from + (b % 9)
    switch (how) {
      case 'cut':
        return text.slice(0, from)
      case 'double':
        return text + text.slice(from)
      case 'drop':
        return text.slice(0, from) + text.slice(to)
      case 'flip':
        return text.slice(0, from) + String.fromCharCode(text.charCodeAt(from) ^ (1 << (b % 7))) + text.slice(from + 1)
      default:
        return text.slice(0, from) + odd + text.slice(to)
    }
  })

/** A frame as text. */
export const hostileFrame: fc.Arbitrary<string> = fc.oneof(
  { weight: 40, arbitrary: wellFormed },
  { weight: 20, arbitrary: sane },
  { weight: 25, arbitrary: broken },
  { weight: 6, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 6, arbitrary: fc.jsonValue({ maxDepth: 3 }).map((json) => JSON.stringify(json)) },
  { weight: 1, arbitrary: deep },
  { weight: 1, arbitrary: fc.constant('x'.repeat(200_000)) },
)
