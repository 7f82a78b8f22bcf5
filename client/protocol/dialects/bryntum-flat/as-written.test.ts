import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changesAsWritten } from './as-written.ts'
import { flatServer } from './server.ts'

const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const record = fc.dictionary(fc.string(), value).map((fields) => ({ ...fields, id: 7 }))
const changes = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.record({ updated: fc.array(record) }))
const extension = fc.option(fc.record({ counter: fc.nat() }), { nil: undefined })

test('the text of changes is found in a frame as clients write it, whatever is in it, and makes the same frame for others', () => {
  fc.assert(
    fc.property(changes, extension, fc.oneof(fc.nat(), fc.string({ minLength: 1 })), (sent, planwire, project) => {
      const frame = JSON.stringify({ command: 'projectChange', project, changes: sent, planwire })
      const text = changesAsWritten.read(frame, project)
      const plain = JSON.stringify(sent)
      if (/__proto__|constructor|\\u/.test(frame)) expect(text).toBe(undefined)
      else expect(text).toBe(plain)
      const order = { epoch: 'e', revision: 3 }
      expect(changesAsWritten.write(project, plain)).toBe(
        JSON.stringify({ command: 'projectChange', project, changes: sent }),
      )
      expect(changesAsWritten.write(project, plain, order)).toBe(
        JSON.stringify({ command: 'projectChange', project, changes: sent, planwire: order }),
      )
    }),
  )
})

const EDIT = '{"tasks":{"updated":[{"id":1,"name":"a \\"}] b"}]}}'

test.each([
  ['other keys', `{"command":"projectChange","project":1,"changes":${EDIT},"client":"x"}`],
  [
    'other keys behind the extension',
    `{"command":"projectChange","project":1,"changes":${EDIT},"planwire":{"counter":1},"x":{}}`,
  ],
  ['the same key again', `{"command":"projectChange","project":1,"changes":${EDIT},"changes":{}}`],
  [
    'an order that nobody gave',
    `{"command":"projectChange","project":1,"changes":${EDIT},"planwire":{},"planwire":{}}`,
  ],
  ['spaces', `{"command":"projectChange","project":1,"changes":${EDIT} }`],
  ['another order of keys', `{"project":1,"command":"projectChange","changes":${EDIT}}`],
  ['another project', `{"command":"projectChange","project":2,"changes":${EDIT}}`],
  ['changes that are none', '{"command":"projectChange","project":1,"changes":null}'],
  [
    'a key that reaches a prototype',
    '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"__proto__":{}}]}}}',
  ],
  [
    'one that is spelled otherwise',
    '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"__proto\\u005f_":{}}]}}}',
  ],
  [
    'a constructor',
    '{"command":"projectChange","project":1,"changes":{"tasks":{"updated":[{"id":1,"constructor":{}}]}}}',
  ],
])('a frame with %s is written anew', (_, frame) => {
  expect(flatServer.decode(frame)).toEqual(expect.anything())
  expect(changesAsWritten.read(frame, 1)).toBe(undefined)
})

test('a brace or a quote within a text ends nothing', () => {
  expect(changesAsWritten.read(`{"command":"projectChange","project":1,"changes":${EDIT}}`, 1)).toBe(EDIT)
})
