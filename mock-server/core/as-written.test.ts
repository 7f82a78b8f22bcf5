import { expect, test } from 'vitest'
import { PLAN, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

/** A frame with this text as its changes. */
const frameOf = (changes: string, more = ''): string =>
  `{"command":"projectChange","project":1,"changes":${changes}${more}}`
/** A number as no serialiser writes it: what is told like this was not written anew. */
const WRITTEN = '{"tasks":{"updated":[{"id":1,"percentDone":5.50,"name":"x"}]}}'
const order = (epoch: unknown, revision: number, changeset = ''): string =>
  `,"planwire":${JSON.stringify({ epoch, revision, ...(changeset ? { changeset } : {}) })}`

test('a plain edit is told in the words of its author, with the order to whom the extension was granted', async () => {
  const { flat, extended, revisions } = await startKit()
  const [author, plain, rev, ours] = [flat(), flat(), revisions(), extended('c')]
  author.say(frameOf(WRITTEN))
  expect(plain.frames()).toEqual([frameOf(WRITTEN)])
  const [frame = ''] = ours.frames()
  const { epoch } = JSON.parse(frame).planwire
  expect(frame).toBe(frameOf(WRITTEN, order(epoch, 1)))
  expect(rev.frames().join()).toContain('"percentDone":5.5,')
  ours.say(frameOf(WRITTEN, ',"planwire":{"counter":0}'))
  expect(plain.frames()).toEqual([frameOf(WRITTEN)])
  expect(ours.frames()[0]).toBe(frameOf(WRITTEN, order(epoch, 2, 'c:0')))
})

test.each([
  [
    'a number too large for one',
    '{"tasks":{"updated":[{"id":1,"duration":1e999}]}}',
    '{"tasks":{"updated":[{"id":1,"duration":null}]}}',
  ],
  ['a list', '{"tasks":{"updated":[{"id":1,"x":[5.50]}]}}', '{"tasks":{"updated":[{"id":1,"x":[5.5]}]}}'],
  [
    'a record that is gone',
    '{"tasks":{"updated":[{"id":1,"x":5.50},{"id":99,"x":1}]}}',
    '{"tasks":{"updated":[{"id":1,"x":5.5}]}}',
  ],
  [
    'fields of the project',
    '{"project":{"x":5.50},"tasks":{"updated":[{"id":1,"x":5.50}]}}',
    '{"tasks":{"updated":[{"id":1,"x":5.5}]},"project":{"x":5.5}}',
  ],
  [
    'a key that reaches a prototype',
    '{"tasks":{"updated":[{"id":1,"x":5.50,"__proto__":{"y":1}}]}}',
    '{"tasks":{"updated":[{"id":1,"x":5.5}]}}',
  ],
])('an edit with %s is written anew', async (_, sent, told) => {
  const { flat } = await startKit()
  const [author, other] = [flat(), flat()]
  author.say(frameOf(sent))
  expect(other.frames()).toEqual([frameOf(told)])
})

test.each(['{}', '{"tasks":{}}', '{"tasks":{"updated":[]}}'])(
  'a flat listener hears nothing of %s, others that it was',
  async (changes) => {
    const { flat, extended } = await startKit()
    const [author, plain, ours] = [flat(), flat(), extended('c')]
    author.say(frameOf(changes))
    expect(plain.frames()).toEqual([])
    expect(ours.frames()).toHaveLength(1)
  },
)

test('who comes back, before a restart and after it, is told the same', async () => {
  const log = createMemoryLog()
  const before = await startKit(PLAN, log)
  const client = before.extended('c')
  client.say({ command: 'dataset', project: 1 })
  const { epoch } = (client.heard()[0] as { planwire: { epoch: string } }).planwire
  const author = before.flat()
  client.heard()
  for (const name of ['"a"', '"b"']) author.say(frameOf(`{"tasks":{"updated":[{"id":1,"name":${name}}]}}`))
  client.heard()
  const resume = { command: 'dataset', project: 1, planwire: { epoch, revision: 0, counter: 0 } }
  client.say(resume)
  const missed = client.frames()
  expect(missed.map((frame) => JSON.parse(frame).command)).toEqual(['projectChange', 'projectChange', 'caughtUp'])
  await before.core.close()
  const again = (await startKit(PLAN, log)).extended('c')
  again.say(resume)
  expect(again.frames()).toEqual(missed)
})
