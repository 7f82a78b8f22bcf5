import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MockServerConfig } from './config.ts'
import { type Kit, type Peer, startKit } from './core-kit.contract.ts'
import { createMemoryLog } from './memory-log.ts'

const STORES = ['tasks', 'resources', 'calendars', 'versions'] as const

/** What may happen to a server, in any order. */
type Step =
  | {
      readonly type: 'add'
      readonly project: 1 | 2
      readonly store: string
      readonly form: 'flat' | 'revisions'
      readonly count: number
    }
  | { readonly type: 'chosen'; readonly project: 1 | 2; readonly id: string | number }
  | { readonly type: 'rest'; readonly url: '/events' | '/data/task' }
  | { readonly type: 'remove'; readonly project: 1 | 2 }
  | { readonly type: 'reset'; readonly project: 1 | 2 | 0 }
  | { readonly type: 'restart'; readonly clean: boolean }

const project = fc.constantFrom(1 as const, 2 as const)
/** Ids as vendors, seeds and clients write them: numbers, texts, with a number at the end. */
const id = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.integer({ min: 90, max: 200 }).map((n) => `events-${n}`),
  fc.integer({ min: 90, max: 200 }).map(String),
)
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    type: fc.constant('add' as const),
    project,
    store: fc.constantFrom(...STORES),
    form: fc.constantFrom('flat' as const, 'revisions' as const),
    count: fc.integer({ min: 1, max: 3 }),
  }),
  fc.record({ type: fc.constant('chosen' as const), project, id }),
  fc.record({ type: fc.constant('rest' as const), url: fc.constantFrom('/events' as const, '/data/task' as const) }),
  fc.record({ type: fc.constant('remove' as const), project }),
  fc.record({ type: fc.constant('reset' as const), project: fc.constantFrom(0 as const, 1 as const, 2 as const) }),
  fc.record({ type: fc.constant('restart' as const), clean: fc.boolean() }),
)
const seeds = fc.record({
  tasks: fc.uniqueArray(id, { maxLength: 4, selector: String }),
  resources: fc.uniqueArray(id, { maxLength: 4, selector: String }),
  events: fc.uniqueArray(id, { maxLength: 4, selector: String }),
})

/** `7`, `'7'` and `events-7` have one number: none of them may be given again. */
const numberOf = (value: unknown): string => /\d+$/.exec(String(value))?.[0] ?? String(value)

test('real ids never collide: between stores, projects, seeds, ids of clients’ choice, requests, resets and restarts [BO1]', async () => {
  let given = 0
  await fc.assert(
    fc.asyncProperty(seeds, seeds, fc.array(step, { minLength: 1, maxLength: 15 }), async (one, two, steps) => {
      const records = (ids: readonly (string | number)[]): { id: string | number }[] =>
        ids.map((each) => ({ id: each }))
      const config: MockServerConfig = {
        projects: [
          { id: 1, name: 'One', tasksData: records(one.tasks), resourcesData: records(one.resources) },
          { id: 2, name: 'Two', tasksData: records(two.tasks), resourcesData: records(two.resources) },
        ],
        collections: { events: records(one.events) },
        resetDelay: 0,
      }
      const log = createMemoryLog()
      let kit = await startKit(config, log)
      const seeded = [one, two].flatMap(({ tasks, resources }) => [...tasks, ...resources])
      const taken = new Set([...seeded, ...one.events].map(numberOf))
      const own: Record<number, (string | number)[]> = { 1: [], 2: [] }
      const take = (found: unknown): void => {
        const number = numberOf(found)
        expect(taken, `${String(found)} was given before`).not.toContain(number)
        taken.add(number)
        given += 1
      }
      for (const each of steps) {
        switch (each.type) {
          case 'add': {
            const added = Array.from({ length: each.count }, (_, at) => ({ $PhantomId: `_p${at}` }))
            for (const found of idsIn(sent(kit, each, { [each.store]: { added } }))) {
              take(found)
              own[each.project]?.push(found)
            }
            break
          }
          case 'chosen':
            sent(kit, { project: each.project, form: 'flat' }, { tasks: { added: [{ id: each.id }] } })
            taken.add(numberOf(each.id))
            break
          case 'rest':
            take(JSON.parse((await kit.rest('POST', each.url, { text: 'x' })).body).tid)
            break
          case 'remove':
            sent(kit, { project: each.project, form: 'flat' }, { tasks: { removed: records(own[each.project] ?? []) } })
            break
          case 'reset':
            await kit.core.reset(each.project || undefined)
            break
          case 'restart':
            if (each.clean) await kit.core.close()
            else await kit.core.flushed()
            kit = await startKit(config, log)
        }
      }
    }),
    { seed: 20_261_122, numRuns: 300 },
  )
  expect(given).toBeGreaterThan(500)
}, 60_000)

/** Sends a change as a client that has just come, and answers what it heard of it. */
function sent(
  kit: Kit,
  { project: to, form }: { project: number; form: 'flat' | 'revisions' },
  changes: object,
): unknown {
  const peer: Peer = kit.connect()
  const wrap = (command: string, data: object): object => (form === 'flat' ? { command, ...data } : { command, data })
  peer.say(wrap('login', { login: 'admin', password: 'admin' }))
  peer.say(wrap('dataset', { project: to }))
  peer.heard()
  peer.say(
    form === 'flat'
      ? wrap('projectChange', { project: to, changes })
      : wrap('project_change', { project: to, revisions: [{ revision: 'local-1', changes }] }),
  )
  const heard = peer.heard()
  peer.drop()
  return heard
}

/** Ids beside phantom ones, wherever they stand in what was heard. */
function idsIn(value: unknown): (string | number)[] {
  if (typeof value !== 'object' || value === null) return []
  // What a revision says twice is given once.
  const below = Object.entries(value).flatMap(([key, inner]) => (key === '$input' ? [] : idsIn(inner)))
  if (!('$PhantomId' in value) || !('id' in value)) return below
  return typeof value.id === 'number' || typeof value.id === 'string' ? [value.id, ...below] : below
}
