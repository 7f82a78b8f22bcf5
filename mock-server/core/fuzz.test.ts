import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { change, startKit } from './core-kit.contract.ts'

/** Small values: what matters is where they stand. */
const json = fc.jsonValue({ maxDepth: 1, stringUnit: 'binary-ascii' })
const id = fc.oneof(fc.constantFrom(1, 2, 3, '1', '_p', '__proto__', '', null, -1, 1e21), json)
const record = fc.dictionary(
  fc.constantFrom(
    'id',
    '$PhantomId',
    '$PhantomParentId',
    'parentId',
    'parentIndex',
    'from',
    'event',
    'name',
    '__proto__',
  ),
  id,
)
const lists = fc.dictionary(
  fc.constantFrom('added', 'updated', 'removed', '$input'),
  fc.oneof(fc.array(record, { maxLength: 3 }), json),
)
const changes = fc.dictionary(fc.constantFrom('tasks', 'dependencies', 'versions', 'project', '__proto__', 'x'), lists)
const command = fc.constantFrom(
  ...['login', 'logout2', 'version', 'projects', 'dataset', 'projectChange', 'project_change', 'reset', 'presence'],
  ...['requestVersionAutoSave', 'loadVersionContent', 'subscribe', 'call', '__proto__', 'constructor'],
)
const planwire = fc.oneof(
  fc.record({ counter: fc.nat(5) }),
  fc.record({ epoch: fc.string(), revision: fc.nat(), counter: fc.nat() }),
  json,
)
const body = fc.record(
  {
    project: id,
    changes,
    versionId: id,
    planwire,
    revisions: fc.array(fc.record({ revision: id, changes, planwire }), { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const frame = fc.oneof(
  fc.string(),
  json.map((value) => JSON.stringify(value)),
  fc.tuple(command, body).map(([name, fields]) => JSON.stringify({ command: name, ...fields })),
  fc.tuple(command, body).map(([name, data]) => JSON.stringify({ command: name, data })),
  fc
    .tuple(fc.constantFrom('subscribe', 'unsubscribe', 'call', 'event'), json)
    .map(([action, name]) => JSON.stringify({ action, name, body: name })),
)

describe('whatever arrives', () => {
  it('harms no other client, shows nothing of the inside, and leaves a plan that can be served', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), async (frames) => {
        const { flat, revisions, extended, live, dataset, logged, rest } = await startKit()
        const hostile = [flat(), revisions(), extended('c-1'), live('events')]
        for (const text of frames) for (const peer of hostile) peer.say(text)
        for (const method of ['POST', 'PUT', 'DELETE']) {
          for (const text of frames) {
            const url = method === 'POST' ? '/data/task' : '/data/task/2'
            expect((await rest(method, url, text)).body).not.toMatch(LEAK)
          }
        }
        for (const peer of hostile) expect(peer.frames().join('\n')).not.toMatch(LEAK)
        expect(logged.filter((line) => line.startsWith('error'))).toEqual([])
        const [author, other] = [flat(), flat()]
        author.say(change({ tasks: { added: [{ id: 'well', name: 'and fine' }] } }))
        expect(other.heard()).toHaveLength(1)
        expect(JSON.stringify(dataset())).toContain('and fine')
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      { seed: 20_261_122, numRuns: 60 },
    )
  }, 20_000)
})

const LEAK = /mock-server\/|node_modules|\.ts:\d|Internal error|"stack"/
